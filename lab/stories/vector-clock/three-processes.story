# Three processes, with the stamps of the textbook (Coulouris and others 2012, figure 14.7). n0: a,
# then b, which sends to n1: c receives it, d sends to n2: f receives it, after n2's own e. In the
# textbook's words a = (1,0,0), b = (2,0,0), c = (2,1,0), d = (2,2,0), e = (0,0,1), f = (2,2,2): e is
# concurrent with a, b, c and d.
nodes vector-clock 3
---
ok

request n0 local
---
n0 tells local at [n0:1]

request n0 send n1 1
---
n0 tells sent 1 at [n0:2]
n0 sends n1 Carry 1 [n0:2]

deliver n0 n1 Carry 1
---
n1 tells received 1 from n0 at [n0:2 n1:1]

request n1 send n2 11
---
n1 tells sent 11 at [n0:2 n1:2]
n1 sends n2 Carry 11 [n0:2 n1:2]

request n2 local
---
n2 tells local at [n2:1]

deliver n1 n2 Carry 11
---
n2 tells received 11 from n1 at [n0:2 n1:2 n2:2]

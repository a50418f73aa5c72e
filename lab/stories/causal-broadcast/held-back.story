# The textbook's three processes. n0 broadcasts a question at (1,0,0). n1 delivers it and
# broadcasts its answer at (1,1,0). The answer overtakes the question on its way to n2, which holds it
# back: it has delivered nothing of n0, and the answer follows upon one broadcast of n0. When the
# question comes, n2 delivers both.
nodes causal-broadcast 3
---
ok

request n0 broadcast 1
---
n0 sends n1 Data n0#1 1 [n0:1]
n0 sends n2 Data n0#1 1 [n0:1]
n0 tells deliver from n0: 1

deliver n0 n1 Data n0#1
---
n1 sends n0 Data n0#1 1 [n0:1]
n1 sends n2 Data n0#1 1 [n0:1]
n1 tells deliver from n0: 1

request n1 broadcast 11
---
n1 sends n0 Data n1#1 11 [n0:1 n1:1]
n1 sends n2 Data n1#1 11 [n0:1 n1:1]
n1 tells deliver from n1: 11

deliver n1 n2 Data n1#1
---
n2 sends n0 Data n1#1 11 [n0:1 n1:1]
n2 sends n1 Data n1#1 11 [n0:1 n1:1]

deliver n0 n2 Data n0#1
---
n2 sends n0 Data n0#1 1 [n0:1]
n2 sends n1 Data n0#1 1 [n0:1]
n2 tells deliver from n0: 1
n2 tells deliver from n1: 11

settle
---
n0 sends n1 Data n1#1 11 [n0:1 n1:1]
n0 sends n2 Data n1#1 11 [n0:1 n1:1]
n0 tells deliver from n1: 11

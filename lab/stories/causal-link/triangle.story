# The textbook's triangle: n0 sends to n2, then to n1, which then sends to n2. The last message comes
# first: n2 holds it back, for its matrix tells of one message from n0 to n2.
nodes causal-link 3
---
ok

request n0 send to n2
---
n0 sends n2 Carry 2 {}

request n0 send to n1
---
n0 sends n1 Carry 1 {n0: [n2:1]}

deliver n0 n1 Carry 1
---
n1 tells deliver from n0: 1

request n1 send to n2
---
n1 sends n2 Carry 12 {n0: [n2:1]}

deliver n1 n2 Carry 12
---
ok

deliver n0 n2 Carry 2
---
n2 tells deliver from n0: 2
n2 tells deliver from n1: 12

settle
---
ok

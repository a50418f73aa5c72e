# Four messengers, of whom each general wants all that should come to him. The last one is lost. He
# who sent him cannot tell, and attacks; the other one stays.
nodes two-generals 2
---
n0 sets dawn 1s
n1 sets dawn 1s

request n0 order
deliver n0 n1 Messenger 1
deliver n1 n0 Messenger 2
deliver n0 n1 Messenger 3
---
n0 sends n1 Messenger 1
n1 sends n0 Messenger 2
n0 sends n1 Messenger 3
n1 sends n0 Messenger 4

drop n1 n0 Messenger 4
---
ok

fire n1 dawn
fire n0 dawn
---
n1 tells attack
n0 tells stay
violation: n1 attacks, but n0 does not.

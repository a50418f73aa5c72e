# The same with a node that does not look whether it owes the sender a grant: the probe comes home,
# but n1 has been granted all it asked for and goes on.
nodes chandy-misra-haas-and 3 mutant=take-white

request n0 block on {n1}
request n1 block on {n2}
deliver n0 n1 Request
deliver n1 n2 Request
---
n0 tells blocked on {n1}
n0 sends n1 Request
n1 tells blocked on {n2}
n1 sends n2 Request
n1 tells asked by n0
n2 tells asked by n1

request n0 detect
request n2 grant n1
request n2 block on {n0}
---
n0 sends n1 Probe(n0) #1
n2 tells granted n1
n2 sends n1 Grant
n2 tells blocked on {n0}
n2 sends n0 Request

deliver n2 n0 Request
deliver n0 n1 Probe
deliver n1 n2 Probe
---
n0 tells asked by n2
n1 sends n2 Probe(n0) #1
n2 sends n0 Probe(n0) #1

deliver n2 n0 Probe
---
n0 tells deadlock
violation: n0 is told of a deadlock, but of {n1}, for whom it waits directly or not, nobody waits for it.

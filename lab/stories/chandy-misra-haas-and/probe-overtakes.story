# Why links must keep their order: the probe overtakes the request. n1 does not know yet that n0
# waits for it, drops the probe, and nobody is told of the deadlock.
nodes chandy-misra-haas-and 2

request n0 block on {n1}
request n1 block on {n0}
request n0 detect
---
n0 tells blocked on {n1}
n0 sends n1 Request
n1 tells blocked on {n0}
n1 sends n0 Request
n0 sends n1 Probe(n0) #1

deliver n0 n1 Probe
---
ok

settle
---
n1 tells asked by n0
n0 tells asked by n1

show
---
n0 up
n1 up

# The nine processes after Tanenbaum's figure (Distributed Operating Systems, "the Chandy-Misra-Haas
# distributed deadlock detection algorithm"): 0 waits for 1, 1 for 2, 2 for 3, 3 for 4 and 5, 4 for
# 6, 5 for 7, 6 for 8, 8 for 0; 7 runs. Its messages (0, 2, 3), (0, 4, 6), (0, 5, 7) and (0, 8, 0)
# are those between machines; here each process has its own. The probe to 7 ends there, the one from
# 8 comes home.
nodes chandy-misra-haas-and 9 waits=3-4-5,4-6,5-7,6-8

request n1 block on {n2}
request n2 block on {n3}
request n3 block on {n4 n5}
request n4 block on {n6}
request n5 block on {n7}
request n6 block on {n8}
request n8 block on {n0}
request n0 block on {n1}
---
n1 tells blocked on {n2}
n1 sends n2 Request
n2 tells blocked on {n3}
n2 sends n3 Request
n3 tells blocked on {n4 n5}
n3 sends n4 Request
n3 sends n5 Request
n4 tells blocked on {n6}
n4 sends n6 Request
n5 tells blocked on {n7}
n5 sends n7 Request
n6 tells blocked on {n8}
n6 sends n8 Request
n8 tells blocked on {n0}
n8 sends n0 Request
n0 tells blocked on {n1}
n0 sends n1 Request

settle
---
n2 tells asked by n1
n3 tells asked by n2
n4 tells asked by n3
n5 tells asked by n3
n6 tells asked by n4
n7 tells asked by n5
n8 tells asked by n6
n0 tells asked by n8
n1 tells asked by n0

request n0 detect
---
n0 sends n1 Probe(n0) #1

deliver n0 n1 Probe
deliver n1 n2 Probe
---
n1 sends n2 Probe(n0) #1
n2 sends n3 Probe(n0) #1

deliver n2 n3 Probe
---
n3 sends n4 Probe(n0) #1
n3 sends n5 Probe(n0) #1

deliver n3 n5 Probe
deliver n5 n7 Probe
---
n5 sends n7 Probe(n0) #1

deliver n3 n4 Probe
deliver n4 n6 Probe
deliver n6 n8 Probe
---
n4 sends n6 Probe(n0) #1
n6 sends n8 Probe(n0) #1
n8 sends n0 Probe(n0) #1

deliver n8 n0 Probe
---
n0 tells deadlock

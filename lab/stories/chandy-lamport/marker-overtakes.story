# Why channels must keep their order: n0's marker overtakes its money. n0 recorded that it had paid,
# n1 records that nothing has come, and nothing is under way behind the marker: $50 are missing.
nodes chandy-lamport 2

request n0 transfer $50 to n1
request n0 record #1
deliver n0 n1 Marker
deliver n0 n1 Credit $50
deliver n1 n0 Marker
---
n0 sends n1 Credit $50
n0 sends n1 Marker #1
n1 sends n0 Marker #1
n1 tells recorded #1: $200, from n0 []
n0 tells recorded #1: $550, from n1 []
violation: Snapshot #1 holds 750 when n0 has told its part, but there is always 800.

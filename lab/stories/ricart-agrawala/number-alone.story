# Without the node's own number to break ties, two that ask with the same number both let the
# other in.
nodes ricart-agrawala 2 inner=false mutant=number-alone

request n0 enter
request n1 enter
deliver n0 n1 Request
deliver n1 n0 Request
deliver n0 n1 Reply
deliver n1 n0 Reply
---
n0 sends n1 Request #1
n1 sends n0 Request #1
n1 sends n0 Reply
n0 sends n1 Reply
n1 tells entered
n0 tells entered
violation: n0 entered, but n1 is inside and has not left.

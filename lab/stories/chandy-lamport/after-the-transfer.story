# The same bank, but n0 begins the snapshot just after it has paid, and its marker reaches n1 when
# all the money has arrived: n0 recorded $550, n1 records $170, and again n1's $80 are caught in
# the channel: 550 + 170 + 80 = 800. It was so at no moment of the run.
nodes chandy-lamport 2

request n0 transfer $50 to n1
request n0 record #1
---
n0 sends n1 Credit $50
n0 sends n1 Marker #1

request n1 transfer $80 to n0
---
n1 sends n0 Credit $80

deliver n1 n0 Credit $80
deliver n0 n1 Credit $50
---
ok

deliver n0 n1 Marker
---
n1 sends n0 Marker #1
n1 tells recorded #1: $170, from n0 []

deliver n1 n0 Marker
---
n0 tells recorded #1: $550, from n1 [Credit $80]

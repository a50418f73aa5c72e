# The bank of Kshemkalyani and Singhal, section 4.1: $600 and $200; n0 pays n1 $50 and n1 pays n0
# $80. n0 begins the snapshot just before it pays. Its marker reaches n1 between n1's payment and
# n0's money, so n1 records $120, and its $80 are caught in the channel: 600 + 120 + 80 = 800.
nodes chandy-lamport 2

request n0 record #1
request n0 transfer $50 to n1
---
n0 sends n1 Marker #1
n0 sends n1 Credit $50

request n1 transfer $80 to n0
---
n1 sends n0 Credit $80

deliver n0 n1 Marker
---
n1 sends n0 Marker #1
n1 tells recorded #1: $120, from n0 []

deliver n1 n0 Credit $80
deliver n0 n1 Credit $50
---
ok

deliver n1 n0 Marker
---
n0 tells recorded #1: $600, from n1 [Credit $80]

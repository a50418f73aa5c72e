# Two of three want in at the same time. n0 asks with 8 and n2 with 12; n1 wants nothing. n1 lets
# both in, n2 finds 8 below its own 12 and lets n0 in, and n0 lets n2 wait until it leaves (van
# Steen and Tanenbaum, Distributed Systems, "A distributed algorithm", timestamps 8 and 12).
nodes ricart-agrawala 3 seen=7,0,11

request n0 enter
request n2 enter
---
n0 sends n1 Request #8
n0 sends n2 Request #8
n2 sends n0 Request #12
n2 sends n1 Request #12

deliver n0 n1 Request
deliver n2 n1 Request
---
n1 sends n0 Reply
n1 sends n2 Reply

deliver n0 n2 Request
---
n2 sends n0 Reply

deliver n2 n0 Request
---
ok

deliver n1 n0 Reply
deliver n1 n2 Reply
---
ok

deliver n2 n0 Reply
---
n0 tells entered

request n0 leave
---
n0 tells left
n0 sends n2 Reply

deliver n0 n2 Reply
---
n2 tells entered

request n2 leave
---
n2 tells left

show
---
n0 up
n1 up
n2 up

# All three ask with the number 1 before anybody has heard of anybody: they enter in the order of
# their own numbers, and it takes 2(n-1) = 4 messages an entry. n0's Reply to n1 is sent when it
# leaves; n0 asks again at once, with 2, and comes after both.
nodes ricart-agrawala 3 stays=2

request n2 enter
request n1 enter
request n0 enter
---
n2 sends n0 Request #1
n2 sends n1 Request #1
n1 sends n0 Request #1
n1 sends n2 Request #1
n0 sends n1 Request #1
n0 sends n2 Request #1

deliver n2 n1 Request #1
deliver n2 n0 Request #1
---
ok

deliver n1 n0 Request #1
deliver n1 n2 Request #1
---
n2 sends n1 Reply

deliver n0 n1 Request #1
deliver n0 n2 Request #1
---
n1 sends n0 Reply
n2 sends n0 Reply

deliver n1 n0 Reply
deliver n2 n0 Reply
---
n0 tells entered

request n0 leave
request n0 enter
---
n0 tells left
n0 sends n1 Reply
n0 sends n2 Reply
n0 sends n1 Request #2
n0 sends n2 Request #2

deliver n0 n1 Request #2
deliver n0 n2 Request #2
---
ok

deliver n0 n2 Reply
deliver n0 n1 Reply
deliver n2 n1 Reply
---
n1 tells entered

request n1 leave
---
n1 tells left
n1 sends n0 Reply
n1 sends n2 Reply

deliver n1 n2 Reply
---
n2 tells entered

request n2 leave
---
n2 tells left
n2 sends n0 Reply

settle
---
n0 tells entered

# n0 is the server. n1 asks and is let in; n2 asks and gets no answer until n1 has left (van Steen
# and Tanenbaum, Distributed Systems, "A centralized algorithm").
nodes central-mutex 3
---
ok

request n1 enter
---
n1 sends n0 Request

deliver n1 n0 Request
---
n0 sends n1 Grant

deliver n0 n1 Grant
---
n1 tells entered

request n2 enter
---
n2 sends n0 Request

deliver n2 n0 Request
---
ok

request n1 leave
---
n1 tells left
n1 sends n0 Release

deliver n1 n0 Release
---
n0 sends n2 Grant

deliver n0 n2 Grant
---
n2 tells entered

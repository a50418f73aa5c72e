# n0 is the server. n1 asks and is let in; n2 asks and gets no answer until n1 has left (van Steen
# and Tanenbaum, Distributed Systems, "A centralized algorithm").
nodes central-mutex 3
---

request n1 enter
---

deliver n1 n0 Request
---

deliver n0 n1 Grant
---

request n2 enter
---

deliver n2 n0 Request
---

request n1 leave
---

deliver n1 n0 Release
---

deliver n0 n2 Grant
---

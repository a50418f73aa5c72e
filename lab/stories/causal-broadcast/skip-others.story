# The same run without the second condition: n2 delivers the answer before the question.
nodes causal-broadcast 3 mutant=skip-others
---
ok

request n0 broadcast 1
---
n0 sends n1 Data n0#1 1 [n0:1]
n0 sends n2 Data n0#1 1 [n0:1]
n0 tells deliver from n0: 1

deliver n0 n1 Data n0#1
---
n1 sends n0 Data n0#1 1 [n0:1]
n1 sends n2 Data n0#1 1 [n0:1]
n1 tells deliver from n0: 1

request n1 broadcast 11
---
n1 sends n0 Data n1#1 11 [n0:1 n1:1]
n1 sends n2 Data n1#1 11 [n0:1 n1:1]
n1 tells deliver from n1: 11

deliver n1 n2 Data n1#1
---
n2 sends n0 Data n1#1 11 [n0:1 n1:1]
n2 sends n1 Data n1#1 11 [n0:1 n1:1]
n2 tells deliver from n1: 11
violation: n2 delivers 11 from n1 before 1 from n0, which n1 knew when it broadcast 11.

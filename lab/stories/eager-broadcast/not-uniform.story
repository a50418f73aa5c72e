# Eager broadcast does not agree with the crashed: n1 delivers what it got from n0 and passes it on,
# but n0 and n1 crash, and nothing of what they had on its way to n2 arrives. Perfect links promise
# nothing to who stops. Two nodes have delivered a broadcast that n2, which is correct, never will.
nodes eager-broadcast 3
---
ok

request n0 broadcast 1
---
n0 sends n1 Data n0#1 1
n0 sends n2 Data n0#1 1
n0 tells deliver from n0: 1

deliver n0 n1 Data
---
n1 sends n0 Data n0#1 1
n1 sends n2 Data n0#1 1
n1 tells deliver from n0: 1

crash n0
crash n1
drop n0 n2 Data
drop n1 n2 Data
---
ok

settle
---
ok

show
---
n0 down
n1 down
n2 up

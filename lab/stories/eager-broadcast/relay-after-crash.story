# The broadcaster crashes and only one of its messages arrives. Whoever gets it passes it on, so the
# two correct nodes agree.
nodes eager-broadcast 3
---
ok

request n0 broadcast 1
---
n0 sends n1 Data n0#1 1
n0 sends n2 Data n0#1 1
n0 tells deliver from n0: 1

crash n0
drop n0 n2 Data
---
ok

deliver n0 n1 Data
---
n1 sends n0 Data n0#1 1
n1 sends n2 Data n0#1 1
n1 tells deliver from n0: 1

deliver n1 n2 Data
---
n2 sends n0 Data n0#1 1
n2 sends n1 Data n0#1 1
n2 tells deliver from n0: 1

settle
---
ok

show
---
n0 down
n1 up
n2 up

# Of five nodes, n0 and n1 are the two that may crash. n1 cannot deliver before three have a copy, so
# one of them stays up: n2 passes the broadcast on, and every correct node delivers what n1, which
# has crashed, delivered.
nodes uniform-broadcast 5
---
ok

request n0 broadcast 1
---
n0 sends n1 Data n0#1 1
n0 sends n2 Data n0#1 1
n0 sends n3 Data n0#1 1
n0 sends n4 Data n0#1 1

deliver n0 n1 Data
---
n1 sends n0 Data n0#1 1
n1 sends n2 Data n0#1 1
n1 sends n3 Data n0#1 1
n1 sends n4 Data n0#1 1

deliver n0 n2 Data
---
n2 sends n0 Data n0#1 1
n2 sends n1 Data n0#1 1
n2 sends n3 Data n0#1 1
n2 sends n4 Data n0#1 1

deliver n2 n1 Data
---
n1 tells deliver from n0: 1

crash n0
crash n1
drop n0 n3 Data
drop n0 n4 Data
drop n1 n2 Data
drop n1 n3 Data
drop n1 n4 Data
---
ok

deliver n2 n3 Data
---
n3 sends n0 Data n0#1 1
n3 sends n1 Data n0#1 1
n3 sends n2 Data n0#1 1
n3 sends n4 Data n0#1 1

deliver n2 n4 Data
---
n4 sends n0 Data n0#1 1
n4 sends n1 Data n0#1 1
n4 sends n2 Data n0#1 1
n4 sends n3 Data n0#1 1

settle
---
n2 tells deliver from n0: 1
n4 tells deliver from n0: 1
n3 tells deliver from n0: 1

show
---
n0 down
n1 down
n2 up
n3 up
n4 up

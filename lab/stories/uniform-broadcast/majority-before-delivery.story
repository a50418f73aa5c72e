# The broadcaster has its own copy alone and does not deliver yet: two of three are a majority. n1
# has a copy and knows of n0's: it delivers at once. The relay of n1 is n0's acknowledgement.
nodes uniform-broadcast 3
---
ok

request n0 broadcast 1
---
n0 sends n1 Data n0#1 1
n0 sends n2 Data n0#1 1

deliver n0 n1 Data
---
n1 sends n0 Data n0#1 1
n1 sends n2 Data n0#1 1
n1 tells deliver from n0: 1

deliver n1 n0 Data
---
n0 tells deliver from n0: 1

settle
---
n2 sends n0 Data n0#1 1
n2 sends n1 Data n0#1 1
n2 tells deliver from n0: 1

show
---
n0 up
n1 up
n2 up

# A receipt that learns nothing from its message: its stamp does not say that the sending was
# before.
nodes vector-clock 3 mutant=no-merge
---
ok

request n0 send n1 1
---
n0 tells sent 1 at [n0:1]
n0 sends n1 Carry 1 [n0:1]

deliver n0 n1 Carry 1
---
n1 tells received 1 from n0 at [n1:1]
violation: Event 1 of n0 happened before event 1 of n1, but its stamp [n0:1] is not comparable to [n1:1].

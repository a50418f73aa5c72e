# promise to the layer above: n1 decides 10, but 0 was decided before.
nodes paxos 3 auto-flush mutant=vote-below-promise inside=false
request n0 propose 0
deliver n0 n1 Prepare ballot=3
sync n0
sync n0
request n1 propose 10
deliver n1 n0 Prepare ballot=4
sync n0
deliver n0 n1 Promise ballot=4 no vote
sync n1
deliver n1 n0 Promise ballot=3 no vote
deliver n0 n1 Accept ballot=3 0
sync n0
sync n1
sync n1
sync n1
deliver n1 n0 Accept ballot=4 10
deliver n1 n0 Accepted ballot=3
sync n0
deliver n0 n1 Accepted ballot=4
sync n1
---
n0 sends n1 Prepare ballot=3
n0 sends n2 Prepare ballot=3
n0 sets retry 100ms..500ms
n0 saves Begun 3
n0 saves Promised 3
n0 holds n0 Promise ballot=3 no vote
n1 saves Promised 3
n1 holds n0 Promise ballot=3 no vote
n1 sends n0 Prepare ballot=4
n1 sends n2 Prepare ballot=4
n1 sets retry 100ms..500ms
n1 saves Begun 4
n1 saves Promised 4
n1 holds n1 Promise ballot=4 no vote
n0 saves Promised 4
n0 holds n1 Promise ballot=4 no vote
n0 sends n1 Promise ballot=4 no vote
n1 sends n0 Promise ballot=3 no vote
n0 sets retry 100ms..500ms
n0 sends n1 Accept ballot=3 0
n0 sends n2 Accept ballot=3 0
n0 saves Voted 0@3
n0 holds n0 Accepted ballot=3
n1 saves Voted 0@3
n1 holds n0 Accepted ballot=3
n1 sets retry 100ms..500ms
n1 holds n0 Accept ballot=4 10
n1 holds n1 Accept ballot=4 10
n1 holds n2 Accept ballot=4 10
n1 sends n0 Accepted ballot=3
n1 sends n0 Accept ballot=4 10
n1 sends n2 Accept ballot=4 10
n1 saves Voted 10@4
n1 holds n1 Accepted ballot=4
n0 saves Voted 10@4
n0 holds n1 Accepted ballot=4
n0 tells decide 0
n0 sets retry 100ms..500ms
n0 sends n1 Decided 0
n0 sends n2 Decided 0
n0 saves Learned 0
n0 sends n1 Accepted ballot=4
n1 tells decide 10
n1 sets retry 100ms..500ms
n1 sends n0 Decided 10
n1 sends n2 Decided 10
n1 saves Learned 10
violation: n1 decides 10, but 0 was decided before.

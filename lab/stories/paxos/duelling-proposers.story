# Lamport 2001, §2.4: two proposers keep overtaking each other, each with a ballot above that of
# the other, and no value is ever chosen. Nothing is lost and nobody crashes: timing alone does it.
# Random back-offs end such a duel sooner or later; here they are picked by an unkind hand.
nodes paxos 3
---
ok

# n0 has a majority for ballot 3: itself and n2.
request n0 propose 0
sync n0
sync n0
deliver n0 n2 Prepare ballot=3
sync n2
deliver n2 n0 Promise ballot=3
---
n0 sends n1 Prepare ballot=3
n0 sends n2 Prepare ballot=3
n0 sets retry 100ms..500ms
n0 saves Begun 3
n0 saves Promised 3
n0 holds n0 Promise ballot=3 no vote
n2 saves Promised 3
n2 holds n0 Promise ballot=3 no vote
n2 sends n0 Promise ballot=3 no vote
n0 sets retry 100ms..500ms
n0 sends n1 Accept ballot=3 0
n0 sends n2 Accept ballot=3 0
n0 saves Voted 0@3
n0 holds n0 Accepted ballot=3

# Before n2 votes in ballot 3, it promises ballot 4.
request n1 propose 10
sync n1
sync n1
deliver n1 n2 Prepare ballot=4
sync n2
deliver n2 n1 Promise ballot=4
---
n1 sends n0 Prepare ballot=4
n1 sends n2 Prepare ballot=4
n1 sets retry 100ms..500ms
n1 saves Begun 4
n1 saves Promised 4
n1 holds n1 Promise ballot=4 no vote
n2 saves Promised 4
n2 holds n1 Promise ballot=4 no vote
n2 sends n1 Promise ballot=4 no vote
n1 sets retry 100ms..500ms
n1 sends n0 Accept ballot=4 10
n1 sends n2 Accept ballot=4 10
n1 saves Voted 10@4
n1 holds n1 Accepted ballot=4

deliver n0 n2 Accept ballot=3
deliver n2 n0 Refuse ballot=3
---
n2 sends n0 Refuse ballot=3 promised=4
n0 sets retry 100ms..500ms

# Before n2 votes in ballot 4, it promises ballot 6.
fire n0 retry
sync n0
sync n0
sync n0
deliver n0 n2 Prepare ballot=6
sync n2
deliver n2 n0 Promise ballot=6
---
n0 sends n1 Prepare ballot=6
n0 sends n2 Prepare ballot=6
n0 sets retry 100ms..500ms
n0 saves Begun 6
n0 saves Promised 6
n0 holds n0 Promise ballot=6 vote=0@3
n2 saves Promised 6
n2 holds n0 Promise ballot=6 no vote
n2 sends n0 Promise ballot=6 no vote
n0 sets retry 100ms..500ms
n0 sends n1 Accept ballot=6 0
n0 sends n2 Accept ballot=6 0
n0 saves Voted 0@6
n0 holds n0 Accepted ballot=6

deliver n1 n2 Accept ballot=4
deliver n2 n1 Refuse ballot=4
---
n2 sends n1 Refuse ballot=4 promised=6
n1 sets retry 100ms..500ms

# Before n2 votes in ballot 6, it promises ballot 7.
fire n1 retry
sync n1
sync n1
sync n1
deliver n1 n2 Prepare ballot=7
sync n2
deliver n2 n1 Promise ballot=7
---
n1 sends n0 Prepare ballot=7
n1 sends n2 Prepare ballot=7
n1 sets retry 100ms..500ms
n1 saves Begun 7
n1 saves Promised 7
n1 holds n1 Promise ballot=7 vote=10@4
n2 saves Promised 7
n2 holds n1 Promise ballot=7 no vote
n2 sends n1 Promise ballot=7 no vote
n1 sets retry 100ms..500ms
n1 sends n0 Accept ballot=7 10
n1 sends n2 Accept ballot=7 10
n1 saves Voted 10@7
n1 holds n1 Accepted ballot=7

deliver n0 n2 Accept ballot=6
deliver n2 n0 Refuse ballot=6
---
n2 sends n0 Refuse ballot=6 promised=7
n0 sets retry 100ms..500ms

# n0 rests for once, and ballot 7 is decided.
deliver n1 n2 Accept ballot=7
sync n2
sync n1
deliver n2 n1 Accepted ballot=7
---
n2 saves Voted 10@7
n2 holds n1 Accepted ballot=7
n2 sends n1 Accepted ballot=7
n1 tells decide 10
n1 sets retry 100ms..500ms
n1 sends n0 Decided 10
n1 sends n2 Decided 10
n1 saves Learned 10

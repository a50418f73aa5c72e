# The textbook's case (Lamport 2001, §2.2): in ballot 10, two acceptors report that they voted for
# 20 in ballot 7, so ballot 10 is for 20, whatever its proposer would like better. Among five nodes,
# ballot 7 is n2's first, and ballots 5 and 10 are n0's first two.
nodes paxos 5 proposers=5
---
ok

request n2 propose 20
sync n2
sync n2
---
n2 sends n0 Prepare ballot=7
n2 sends n1 Prepare ballot=7
n2 sends n3 Prepare ballot=7
n2 sends n4 Prepare ballot=7
n2 sets retry 100ms..500ms
n2 saves Begun 7
n2 saves Promised 7
n2 holds n2 Promise ballot=7 no vote

deliver n2 n3 Prepare
sync n3
deliver n3 n2 Promise
---
n3 saves Promised 7
n3 holds n2 Promise ballot=7 no vote
n3 sends n2 Promise ballot=7 no vote

deliver n2 n4 Prepare
sync n4
deliver n4 n2 Promise
---
n4 saves Promised 7
n4 holds n2 Promise ballot=7 no vote
n4 sends n2 Promise ballot=7 no vote
n2 sets retry 100ms..500ms
n2 sends n0 Accept ballot=7 20
n2 sends n1 Accept ballot=7 20
n2 sends n3 Accept ballot=7 20
n2 sends n4 Accept ballot=7 20
n2 saves Voted 20@7
n2 holds n2 Accepted ballot=7

# n3 votes in ballot 7, as n2 does; the others will not hear of it in time.
sync n2
deliver n2 n3 Accept
sync n3
---
n3 saves Voted 20@7
n3 holds n2 Accepted ballot=7
n3 sends n2 Accepted ballot=7

# n0 has another value, and a ballot that is too low.
request n0 propose 0
sync n0
deliver n0 n3 Prepare
deliver n3 n0 Refuse
---
n0 sends n1 Prepare ballot=5
n0 sends n2 Prepare ballot=5
n0 sends n3 Prepare ballot=5
n0 sends n4 Prepare ballot=5
n0 sets retry 100ms..500ms
n0 saves Begun 5
n0 saves Promised 5
n0 holds n0 Promise ballot=5 no vote
n3 sends n0 Refuse ballot=5 promised=7
n0 sets retry 100ms..500ms

# It takes the next of its ballots above 7.
fire n0 retry
sync n0
sync n0
sync n0
---
n0 sends n1 Prepare ballot=10
n0 sends n2 Prepare ballot=10
n0 sends n3 Prepare ballot=10
n0 sends n4 Prepare ballot=10
n0 sets retry 100ms..500ms
n0 saves Begun 10
n0 saves Promised 10
n0 holds n0 Promise ballot=10 no vote

deliver n0 n2 Prepare ballot=10
sync n2
deliver n2 n0 Promise
---
n2 saves Promised 10
n2 holds n0 Promise ballot=10 vote=20@7
n2 sends n0 Promise ballot=10 vote=20@7

# Three of five promised. Two of them voted for 20, so it is 20 that n0 puts to the vote.
deliver n0 n3 Prepare ballot=10
sync n3
deliver n3 n0 Promise
---
n3 saves Promised 10
n3 holds n0 Promise ballot=10 vote=20@7
n3 sends n0 Promise ballot=10 vote=20@7
n0 sets retry 100ms..500ms
n0 sends n1 Accept ballot=10 20
n0 sends n2 Accept ballot=10 20
n0 sends n3 Accept ballot=10 20
n0 sends n4 Accept ballot=10 20
n0 saves Voted 20@10
n0 holds n0 Accepted ballot=10

sync n0
deliver n0 n2 Accept
sync n2
deliver n2 n0 Accepted
---
n2 saves Voted 20@10
n2 holds n0 Accepted ballot=10
n2 sends n0 Accepted ballot=10

deliver n0 n3 Accept
sync n3
deliver n3 n0 Accepted ballot=10
---
n3 saves Voted 20@10
n3 holds n0 Accepted ballot=10
n3 sends n0 Accepted ballot=10
n0 tells decide 20
n0 sets retry 100ms..500ms
n0 sends n1 Decided 20
n0 sends n2 Decided 20
n0 sends n3 Decided 20
n0 sends n4 Decided 20
n0 saves Learned 20

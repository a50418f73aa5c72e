# A proposer that puts its own value to the vote, whatever acceptors report, after 0 was chosen. Its own
# vote for that was part of the choice, and its next one takes the place of it: nobody's state says any
# more that 0 was chosen. That it was comes out when its proposer hears of the votes.
nodes paxos 3 auto-flush mutant=own-value
---
ok

# n0 puts 0 to the vote; n0 and n1 vote for it, so it is chosen.
request n0 propose 0
sync n0
sync n0
deliver n0 n1 Prepare ballot=3
sync n1
deliver n1 n0 Promise ballot=3
sync n0
deliver n0 n1 Accept ballot=3
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
n1 sends n0 Promise ballot=3 no vote
n0 sets retry 100ms..500ms
n0 sends n1 Accept ballot=3 0
n0 sends n2 Accept ballot=3 0
n0 saves Voted 0@3
n0 holds n0 Accepted ballot=3
n1 saves Voted 0@3
n1 holds n0 Accepted ballot=3
n1 sends n0 Accepted ballot=3

# n1 begins the next ballot with the promise of n2, which knows nothing of it.
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
n1 holds n1 Promise ballot=4 vote=0@3
n2 saves Promised 4
n2 holds n1 Promise ballot=4 no vote
n2 sends n1 Promise ballot=4 no vote
n1 sets retry 100ms..500ms
n1 sends n0 Accept ballot=4 10
n1 sends n2 Accept ballot=4 10
n1 saves Voted 10@4
n1 holds n1 Accepted ballot=4

# n0 hears that n1 voted for 0.
deliver n1 n0 Accepted ballot=3
---
n0 tells decide 0
n0 sets retry 100ms..500ms
n0 sends n1 Decided 0
n0 sends n2 Decided 0
n0 saves Learned 0
violation: a decided value stays: 0 is decided, but no majority stands by it, and 10 is put to the vote.

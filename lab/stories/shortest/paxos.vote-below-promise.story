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

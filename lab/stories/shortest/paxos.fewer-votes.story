# promise to the layer above: n1 decides 10, but 0 was decided before.
nodes paxos 3 auto-flush mutant=fewer-votes inside=false
request n0 propose 0
deliver n0 n1 Prepare ballot=3
sync n0
sync n0
request n1 propose 10
deliver n1 n2 Prepare ballot=4
sync n1
deliver n1 n0 Promise ballot=3 no vote
sync n0
sync n1
sync n1
sync n2
deliver n2 n1 Promise ballot=4 no vote
sync n1

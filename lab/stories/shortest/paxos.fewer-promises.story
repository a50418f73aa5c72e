# promise to the layer above: n0 decides 0, but 10 was decided before.
nodes paxos 3 auto-flush mutant=fewer-promises inside=false
request n0 propose 0
sync n0
sync n0
deliver n0 n2 Accept ballot=3 0
sync n0
request n1 propose 10
sync n1
sync n1
deliver n1 n0 Accept ballot=4 10
sync n0
deliver n0 n1 Accepted ballot=4
sync n1
sync n2
deliver n2 n0 Accepted ballot=3

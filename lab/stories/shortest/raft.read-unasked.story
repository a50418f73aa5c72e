# promise to the layer above: n0 lets read #0 be answered from slot 0, but slot 1 had been told before it was asked.
nodes raft 3 auto-flush mutant=read-unasked proposals=1 reads=true
fire n0 election
sync n0
deliver n0 n1 RequestVote term=1 last=0@0
sync n1
deliver n1 n0 Vote term=1 granted
fire n1 election
sync n1
deliver n1 n2 RequestVote term=2 last=0@0
sync n2
deliver n2 n1 Vote term=2 granted
deliver n1 n2 Append term=2 base=0@0 [1@2=no-op] commit=0
sync n1
sync n2
deliver n2 n1 AppendReply term=2 matched=1
request n0 read #0

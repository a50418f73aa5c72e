# leader completeness to come: n0 told the entry at 1@1, but n1 could still be elected without it.
nodes raft 3 auto-flush mutant=early-append-reply proposals=0 reads=false
fire n0 election
sync n0
deliver n0 n1 RequestVote term=1 last=0@0
sync n1
deliver n1 n0 Vote term=1 granted
deliver n0 n1 Append term=1 base=0@0 [1@1=no-op] commit=0
deliver n1 n0 AppendReply term=1 matched=1
crash n1

# leader completeness to come: n1 told the entry at 1@2, but n0 could still be elected without it.
nodes store 3 auto-flush mutant=keep-conflict
sync n0
sync n1
sync n2
fire n0 election
sync n0
deliver n0 n1 RequestVote term=1 last=0@0
sync n1
deliver n1 n0 Vote term=1 granted
sync n0
fire n1 election
sync n1
deliver n1 n2 RequestVote term=2 last=0@0
sync n2
deliver n2 n1 Vote term=2 granted
deliver n1 n0 Append term=2 base=0@0 [1@2=no-op] commit=0
sync n0
deliver n0 n1 AppendReply term=2 matched=1
sync n1

# leader completeness: n1 leads term 2 without the entry that n0 knows committed at index 1.
nodes store 3 auto-flush mutant=vote-for-old-log
sync n0
sync n1
sync n2
fire n0 election
sync n0
deliver n0 n1 RequestVote term=1 last=0@0
sync n1
deliver n1 n0 Vote term=1 granted
deliver n0 n2 Append term=1 base=0@0 [1@1=no-op] commit=0
sync n0
fire n1 election
sync n1
deliver n1 n2 RequestVote term=2 last=0@0
sync n2
deliver n2 n0 AppendReply term=1 matched=1
sync n2
deliver n2 n1 Vote term=2 granted

# election safety: n0 and n2 both lead term 1.
nodes store 3 auto-flush mutant=vote-again
sync n0
sync n1
sync n2
fire n0 election
sync n0
deliver n0 n1 RequestVote term=1 last=0@0
sync n1
deliver n1 n0 Vote term=1 granted
fire n2 election
sync n2
deliver n2 n1 RequestVote term=1 last=0@0
sync n1
deliver n1 n2 Vote term=1 granted

# election safety: n0 and n1 both lead term 1.
nodes store 3 auto-flush mutant=fewer-votes
sync n0
sync n1
sync n2
fire n0 election
sync n0
fire n1 election
sync n1

# election safety: n0 and n1 both lead term 1.
nodes raft 3 auto-flush mutant=fewer-votes proposals=0 reads=false
fire n0 election
sync n0
fire n1 election
sync n1

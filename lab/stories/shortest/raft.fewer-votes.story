# set proposals=0
# set reads=false
# election safety: n0 and n1 both lead term 1.
nodes raft 3 auto-flush
fire n0 election
sync n0
fire n1 election
sync n1

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
---
n0 sets election 500ms..1s
n1 sets election 500ms..1s
n2 sets election 500ms..1s
n0 tells nobody known leads term 1
n0 sets election 500ms..1s
n0 saves Term 1 vote=n0
n0 holds n1 RequestVote term=1 last=0@0
n0 holds n2 RequestVote term=1 last=0@0
n0 holds n0 Vote term=1 granted
n0 sends n1 RequestVote term=1 last=0@0
n0 sends n2 RequestVote term=1 last=0@0
n1 tells nobody known leads term 1
n1 sets election 500ms..1s
n1 saves Term 1 vote=n0
n1 holds n0 Vote term=1 granted
n1 sends n0 Vote term=1 granted
n0 cancels election
n0 sets heartbeat 50ms
n0 tells n0 leads term 1
n0 sends n1 Append term=1 base=0@0 [1@1=no-op] commit=0
n0 sends n2 Append term=1 base=0@0 [1@1=no-op] commit=0
n0 saves Entries [1@1=no-op]
n0 holds n0 AppendReply term=1 matched=1
n1 tells nobody known leads term 2
n1 sets election 500ms..1s
n1 saves Term 2 vote=n1
n1 holds n0 RequestVote term=2 last=0@0
n1 holds n2 RequestVote term=2 last=0@0
n1 holds n1 Vote term=2 granted
n1 sends n0 RequestVote term=2 last=0@0
n1 sends n2 RequestVote term=2 last=0@0
n2 tells nobody known leads term 2
n2 sets election 500ms..1s
n2 saves Term 2 vote=n1
n2 holds n1 Vote term=2 granted
n2 sends n1 Vote term=2 granted
n1 cancels election
n1 sets heartbeat 50ms
n1 tells n1 leads term 2
n1 sends n0 Append term=2 base=0@0 [1@2=no-op] commit=0
n1 sends n2 Append term=2 base=0@0 [1@2=no-op] commit=0
n1 saves Entries [1@2=no-op]
n1 holds n1 AppendReply term=2 matched=1
n2 tells n1 leads term 2
n2 sets election 500ms..1s
n2 saves Entries [1@2=no-op]
n2 holds n1 AppendReply term=2 matched=1
n2 sends n1 AppendReply term=2 matched=1
n1 tells deliver 1: no-op
n1 sends n2 Commit term=2 commit=1
n0 tells read #0 from slot 0
violation: n0 lets read #0 be answered from slot 0, but slot 1 had been told before it was asked.

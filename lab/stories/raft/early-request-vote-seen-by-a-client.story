# promise to the layer above: Two commands stand at slot 2: 6 was told first, and now n1 tells 3.
nodes raft 3 proposals=2 judged=interface mutant=early-request-vote
---
n0 sets election 500ms..1s
n1 sets election 500ms..1s
n2 sets election 500ms..1s

fire n0 election
---
n0 tells nobody known leads term 1
n0 sets election 500ms..1s
n0 sends n1 RequestVote term=1 last=0@0
n0 sends n2 RequestVote term=1 last=0@0
n0 saves Term 1 vote=n0

deliver n0 n1 RequestVote term=1 last=0@0
---
n1 tells nobody known leads term 1
n1 sets election 500ms..1s
n1 saves Term 1 vote=n0
n1 holds n0 Vote term=1 granted

sync n1
---
n1 sends n0 Vote term=1 granted

deliver n1 n0 Vote term=1 granted
---
n0 cancels election
n0 sets heartbeat 50ms
n0 tells n0 leads term 1

request n0 propose 3
---
ok

flush n0
---
n0 sends n1 Append term=1 base=0@0 [1@1=no-op 2@1=3] commit=0
n0 sends n2 Append term=1 base=0@0 [1@1=no-op 2@1=3] commit=0
n0 saves Entries [1@1=no-op 2@1=3]
n0 holds n0 AppendReply term=1 matched=2

deliver n0 n2 Append term=1 base=0@0 [1@1=no-op 2@1=3] commit=0
---
n2 tells nobody known leads term 1
n2 tells n0 leads term 1
n2 sets election 500ms..1s
n2 saves Entries [1@1=no-op 2@1=3]
n2 saves Term 1 no vote
n2 holds n0 AppendReply term=1 matched=2

crash n0
---
ok

restart n0
---
n0 sets election 500ms..1s

fire n0 election
---
n0 tells nobody known leads term 1
n0 sets election 500ms..1s
n0 sends n1 RequestVote term=1 last=0@0
n0 sends n2 RequestVote term=1 last=0@0
n0 saves Term 1 vote=n0

deliver n0 n1 RequestVote term=1 last=0@0
---
n1 sets election 500ms..1s
n1 sends n0 Vote term=1 granted

deliver n1 n0 Vote term=1 granted
---
n0 cancels election
n0 sets heartbeat 50ms
n0 tells n0 leads term 1

deliver n0 n1 Append term=1 base=0@0 [1@1=no-op 2@1=3] commit=0
---
n1 tells n0 leads term 1
n1 sets election 500ms..1s
n1 saves Entries [1@1=no-op 2@1=3]
n1 holds n0 AppendReply term=1 matched=2

request n0 propose 6
---
ok

sync n1
---
n1 sends n0 AppendReply term=1 matched=2

deliver n1 n0 AppendReply term=1 matched=2
---
ok

sync n2
---
n2 sends n0 AppendReply term=1 matched=2

deliver n2 n0 AppendReply term=1 matched=2
---
n0 tells deliver 1: no-op
n0 tells deliver 2: 6

flush n0
---
n0 sends n1 Commit term=1 commit=2
n0 sends n2 Commit term=1 commit=2
n0 saves Entries [1@1=no-op 2@1=6]
n0 holds n0 AppendReply term=1 matched=2

deliver n0 n1 Commit term=1 commit=2
---
n1 sets election 500ms..1s
n1 tells deliver 1: no-op
n1 tells deliver 2: 3
violation: Two commands stand at slot 2: 6 was told first, and now n1 tells 3.


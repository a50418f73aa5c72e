# log matching: The logs of n0 and n2 agree on 2@1 but differ at index 2.
nodes raft 3 proposals=2 judged=log-matching mutant=early-request-vote
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

request n0 propose 6
---
violation: log matching: The logs of n0 and n2 agree on 2@1 but differ at index 2.


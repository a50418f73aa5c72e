# Raft fig. 8: why a leader may not commit an entry of an earlier term by counting its copies. n0
# appends a command in term 1 that reaches nobody; n1 leads term 2, with an entry of its own that
# reaches nobody; n0 leads term 3 and copies the old command to n2. Two of three disks hold it now,
# but n1, whose log ends in a later term, could still be elected and cut it.
nodes raft 3 auto-flush mutant=commit-old-term
---
n0 sets election 500ms..1s
n1 sets election 500ms..1s
n2 sets election 500ms..1s

fire n0 election
---
n0 tells nobody known leads term 1
n0 sets election 500ms..1s
n0 saves Term 1 vote=n0
n0 holds n1 RequestVote term=1 last=0@0
n0 holds n2 RequestVote term=1 last=0@0
n0 holds n0 Vote term=1 granted

sync n0
---
n0 sends n1 RequestVote term=1 last=0@0
n0 sends n2 RequestVote term=1 last=0@0

deliver n0 n1 RequestVote
---
n1 tells nobody known leads term 1
n1 sets election 500ms..1s
n1 saves Term 1 vote=n0
n1 holds n0 Vote term=1 granted

sync n1
---
n1 sends n0 Vote term=1 granted

deliver n1 n0 Vote
---
n0 cancels election
n0 sets heartbeat 50ms
n0 tells n0 leads term 1
n0 sends n1 Append term=1 base=0@0 [1@1=no-op] commit=0
n0 sends n2 Append term=1 base=0@0 [1@1=no-op] commit=0
n0 saves Entries [1@1=no-op]
n0 holds n0 AppendReply term=1 matched=1

request n0 propose 3
---
n0 saves Entries [2@1=3]
n0 holds n0 AppendReply term=1 matched=2

sync n0
---
ok

sync n0
---
ok

fire n1 election
---
n1 tells nobody known leads term 2
n1 sets election 500ms..1s
n1 saves Term 2 vote=n1
n1 holds n0 RequestVote term=2 last=0@0
n1 holds n2 RequestVote term=2 last=0@0
n1 holds n1 Vote term=2 granted

sync n1
---
n1 sends n0 RequestVote term=2 last=0@0
n1 sends n2 RequestVote term=2 last=0@0

deliver n1 n2 RequestVote
---
n2 tells nobody known leads term 2
n2 sets election 500ms..1s
n2 saves Term 2 vote=n1
n2 holds n1 Vote term=2 granted

sync n2
---
n2 sends n1 Vote term=2 granted

deliver n2 n1 Vote
---
n1 cancels election
n1 sets heartbeat 50ms
n1 tells n1 leads term 2
n1 sends n0 Append term=2 base=0@0 [1@2=no-op] commit=0
n1 sends n2 Append term=2 base=0@0 [1@2=no-op] commit=0
n1 saves Entries [1@2=no-op]
n1 holds n1 AppendReply term=2 matched=1

deliver n1 n0 RequestVote
---
n0 cancels heartbeat
n0 sets election 500ms..1s
n0 tells nobody known leads term 2
n0 saves Term 2 no vote
n0 holds n1 Vote term=2 denied

sync n0
---
n0 sends n1 Vote term=2 denied

fire n0 election
---
n0 tells nobody known leads term 3
n0 sets election 500ms..1s
n0 saves Term 3 vote=n0
n0 holds n1 RequestVote term=3 last=2@1
n0 holds n2 RequestVote term=3 last=2@1
n0 holds n0 Vote term=3 granted

sync n0
---
n0 sends n1 RequestVote term=3 last=2@1
n0 sends n2 RequestVote term=3 last=2@1

deliver n0 n2 RequestVote term=3
---
n2 tells nobody known leads term 3
n2 sets election 500ms..1s
n2 saves Term 3 vote=n0
n2 holds n0 Vote term=3 granted

sync n2
---
n2 sends n0 Vote term=3 granted

deliver n2 n0 Vote term=3
---
n0 cancels election
n0 sets heartbeat 50ms
n0 tells n0 leads term 3
n0 sends n1 Append term=3 base=2@1 [3@3=no-op] commit=0
n0 sends n2 Append term=3 base=2@1 [3@3=no-op] commit=0
n0 saves Entries [3@3=no-op]
n0 holds n0 AppendReply term=3 matched=3

deliver n0 n2 Append term=3
---
n2 tells n0 leads term 3
n2 sets election 500ms..1s
n2 sends n0 AppendReply term=3 conflict at 2 hint=0@0

deliver n2 n0 AppendReply
---
n0 sends n2 Append term=3 base=0@0 [1@1=no-op 2@1=3] commit=0

deliver n0 n2 Append term=3 base=0@0
---
n2 sets election 500ms..1s
n2 saves Entries [1@1=no-op 2@1=3]
n2 holds n0 AppendReply term=3 matched=2

sync n2
---
n2 sends n0 AppendReply term=3 matched=2

deliver n2 n0 AppendReply
---
n0 sends n2 Append term=3 base=2@1 [3@3=no-op] commit=0

sync n0
---
n0 tells deliver 1: no-op
n0 tells deliver 2: 3
n0 sends n2 Commit term=3 commit=2
violation: leader completeness to come: n0 told the entry at 2@1, but n1 could still be elected without it.


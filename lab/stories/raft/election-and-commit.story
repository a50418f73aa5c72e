# An election, a proposal, and its commit at leader and follower. The leader sends before its own
# write, its own acknowledgement waits for its disk like anybody's, and a majority of disks commits.
nodes raft 3 auto-flush
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

deliver n0 n1 Append
---
n1 tells n0 leads term 1
n1 sets election 500ms..1s
n1 saves Entries [1@1=no-op]
n1 holds n0 AppendReply term=1 matched=1

sync n1
---
n1 sends n0 AppendReply term=1 matched=1

deliver n1 n0 AppendReply
---
ok

sync n0
---
n0 tells deliver 1: no-op
n0 sends n1 Commit term=1 commit=1

deliver n0 n1 Commit
---
n1 sets election 500ms..1s
n1 tells deliver 1: no-op

request n0 propose 3
---
n0 sends n1 Append term=1 base=1@1 [2@1=3] commit=1
n0 saves Entries [2@1=3]
n0 holds n0 AppendReply term=1 matched=2

deliver n0 n1 Append
---
n1 sets election 500ms..1s
n1 saves Entries [2@1=3]
n1 holds n0 AppendReply term=1 matched=2

sync n0
---
ok

sync n1
---
n1 sends n0 AppendReply term=1 matched=2

deliver n1 n0 AppendReply
---
n0 tells deliver 2: 3
n0 sends n1 Commit term=1 commit=2

deliver n0 n1 Commit
---
n1 sets election 500ms..1s
n1 tells deliver 2: 3

show
---
n0 up, alarms: heartbeat
n1 up, alarms: election
n2 up, alarms: election
in flight n0 n2 RequestVote term=1 last=0@0
in flight n0 n2 Append term=1 base=0@0 [1@1=no-op] commit=0


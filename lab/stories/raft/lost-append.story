# An Append is lost and the answer to the one before comes twice. Answers are no measure of what
# arrived: the leader looks at what the follower is known to lack, and after four heartbeats without
# an answer sends it again. (A leader that counted answers would have waited for ever.)
nodes raft 3 auto-flush proposals=2
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

sync n0
---
ok

deliver n1 n0 AppendReply
---
n0 tells deliver 1: no-op
n0 sends n1 Commit term=1 commit=1

request n0 propose 3
---
n0 sends n1 Append term=1 base=1@1 [2@1=3] commit=1
n0 saves Entries [2@1=3]
n0 holds n0 AppendReply term=1 matched=2

request n0 propose 6
---
n0 sends n1 Append term=1 base=2@1 [3@1=6] commit=1
n0 saves Entries [3@1=6]
n0 holds n0 AppendReply term=1 matched=3

deliver n0 n1 Append term=1 base=1@1
---
n1 sets election 500ms..1s
n1 tells deliver 1: no-op
n1 saves Entries [2@1=3]
n1 holds n0 AppendReply term=1 matched=2

drop n0 n1 Append term=1 base=2@1
---
ok

sync n1
---
n1 sends n0 AppendReply term=1 matched=2

duplicate n1 n0 AppendReply
---
ok

deliver n1 n0 AppendReply
---
ok

deliver n1 n0 AppendReply
---
ok

fire n0 heartbeat
---
n0 sets heartbeat 50ms
n0 sends n1 Heartbeat term=1 round=1
n0 sends n2 Heartbeat term=1 round=1
n0 sends n1 Commit term=1 commit=1

fire n0 heartbeat
---
n0 sets heartbeat 50ms
n0 sends n1 Heartbeat term=1 round=2
n0 sends n2 Heartbeat term=1 round=2
n0 sends n1 Commit term=1 commit=1

fire n0 heartbeat
---
n0 sets heartbeat 50ms
n0 sends n1 Heartbeat term=1 round=3
n0 sends n2 Heartbeat term=1 round=3
n0 sends n1 Commit term=1 commit=1

fire n0 heartbeat
---
n0 sets heartbeat 50ms
n0 sends n1 Heartbeat term=1 round=4
n0 sends n2 Heartbeat term=1 round=4
n0 sends n1 Commit term=1 commit=1

fire n0 heartbeat
---
n0 sets heartbeat 50ms
n0 sends n1 Heartbeat term=1 round=5
n0 sends n2 Heartbeat term=1 round=5
n0 sends n1 Append term=1 base=2@1 [3@1=6] commit=1
n0 sends n2 Append term=1 base=0@0 [1@1=no-op 2@1=3] commit=1

deliver n0 n1 Append term=1 base=2@1
---
n1 sets election 500ms..1s
n1 saves Entries [3@1=6]
n1 holds n0 AppendReply term=1 matched=3


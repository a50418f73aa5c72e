# A run of 24 events that decides nothing (FLP): every message arrives, nobody crashes.
nodes deterministic-consensus 3 auto-flush
---
ok

request n0 propose true
---
n0 sets suspect 20ms

request n1 propose false
---
n1 sends n0 Estimate round=0 since=0 false
n1 sets suspect 20ms

request n2 propose false
---
n2 sends n0 Estimate round=0 since=0 false
n2 sets suspect 20ms

deliver n1 n0 Estimate round=0 since=0 false
---
n0 sends n1 Proposal round=0 true
n0 sends n2 Proposal round=0 true

deliver n2 n0 Estimate round=0 since=0 false
---
ok

fire n1 suspect
---
n1 sets suspect 40ms

deliver n0 n1 Proposal round=0 true
---
ok

fire n2 suspect
---
n2 sends n1 Estimate round=1 since=0 false
n2 sets suspect 40ms

deliver n0 n2 Proposal round=0 true
---
ok

deliver n2 n1 Estimate round=1 since=0 false
---
n1 sends n0 Proposal round=1 false
n1 sends n2 Proposal round=1 false

fire n0 suspect
---
n0 sends n1 Estimate round=1 since=1 true
n0 sets suspect 40ms

fire n0 suspect
---
n0 sends n2 Estimate round=2 since=1 true
n0 sets suspect 60ms

deliver n1 n0 Proposal round=1 false
---
ok

deliver n0 n2 Estimate round=2 since=1 true
---
n2 sets suspect 60ms
n2 sends n0 Proposal round=2 true
n2 sends n1 Proposal round=2 true

deliver n1 n2 Proposal round=1 false
---
ok

deliver n0 n1 Estimate round=1 since=1 true
---
ok

fire n0 suspect
---
n0 sets suspect 80ms

deliver n2 n0 Proposal round=2 true
---
ok

fire n0 suspect
---
n0 sends n1 Estimate round=4 since=1 true
n0 sets suspect 100ms

deliver n0 n1 Estimate round=4 since=1 true
---
n1 sets suspect 100ms
n1 sends n0 Proposal round=4 false
n1 sends n2 Proposal round=4 false

deliver n2 n1 Proposal round=2 true
---
ok

fire n0 suspect
---
n0 sends n2 Estimate round=5 since=1 true
n0 sets suspect 120ms

deliver n1 n0 Proposal round=4 false
---
ok

deliver n0 n2 Estimate round=5 since=1 true
---
n2 sets suspect 120ms
n2 sends n0 Proposal round=5 true
n2 sends n1 Proposal round=5 true

deliver n1 n2 Proposal round=4 false
---
ok

fire n0 suspect
---
n0 sets suspect 140ms

deliver n2 n0 Proposal round=5 true
---
ok


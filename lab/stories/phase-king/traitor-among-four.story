# One traitor among four is too many: n > 4f does not hold. To keep a value against the king, a node
# must count it more than 4/2 + 1 times, that is four times, but only three nodes are loyal.
nodes phase-king 4 f=1 traitors=1
---
n0 sets round-ends 6ms
n2 sets round-ends 6ms
n3 sets round-ends 6ms

request n0 propose false
request n2 propose false
request n3 propose true
---
ok

# First phase: n0 is a loyal king, and unites them.
fire n0 round-ends
fire n2 round-ends
fire n3 round-ends
settle
---
n0 sends n1 Value phase=1 false
n0 sends n2 Value phase=1 false
n0 sends n3 Value phase=1 false
n0 sets round-ends 6ms
n2 sends n0 Value phase=1 false
n2 sends n1 Value phase=1 false
n2 sends n3 Value phase=1 false
n2 sets round-ends 6ms
n3 sends n0 Value phase=1 true
n3 sends n1 Value phase=1 true
n3 sends n2 Value phase=1 true
n3 sets round-ends 6ms

fire n0 round-ends
fire n2 round-ends
fire n3 round-ends
settle
---
n0 sends n1 King phase=1 false
n0 sends n2 King phase=1 false
n0 sends n3 King phase=1 false
n0 sets round-ends 6ms
n2 sets round-ends 6ms
n3 sets round-ends 6ms

# Second phase: all tell false. The traitor, n1, tells it to n0 alone.
fire n0 round-ends
fire n2 round-ends
fire n3 round-ends
forge n1 n0 Value phase=2 false
settle
---
n0 sends n1 Value phase=2 false
n0 sends n2 Value phase=2 false
n0 sends n3 Value phase=2 false
n0 sets round-ends 6ms
n2 sends n0 Value phase=2 false
n2 sends n1 Value phase=2 false
n2 sends n3 Value phase=2 false
n2 sets round-ends 6ms
n3 sends n0 Value phase=2 false
n3 sends n1 Value phase=2 false
n3 sends n2 Value phase=2 false
n3 sets round-ends 6ms

# Now n1 is king. n0 has counted false four times and disobeys; the others, three times, obey.
fire n0 round-ends
fire n2 round-ends
fire n3 round-ends
forge n1 n2 King phase=2 true
forge n1 n3 King phase=2 false
settle
---
n0 sets round-ends 6ms
n2 sets round-ends 6ms
n3 sets round-ends 6ms

fire n0 round-ends
fire n3 round-ends
fire n2 round-ends
---
n0 tells decide false
n3 tells decide false
n2 tells decide true
violation: n2 decides true, but false was decided before.

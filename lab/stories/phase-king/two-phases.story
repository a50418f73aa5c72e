# Five nodes, none of which betrays, though one might: two phases, with n0 and n1 for kings. To keep
# a value against the king, a node must count it more than 5/2 + 1 times: four times.
nodes phase-king 5 traitors=none
---
n0 sets round-ends 6ms
n1 sets round-ends 6ms
n2 sets round-ends 6ms
n3 sets round-ends 6ms
n4 sets round-ends 6ms

# Three propose false, and two true.
request n0 propose false
request n1 propose false
request n2 propose true
request n3 propose false
request n4 propose true
---
ok

# First phase, first round: all tell their values.
fire n0 round-ends
fire n1 round-ends
fire n2 round-ends
fire n3 round-ends
fire n4 round-ends
settle
---
n0 sends n1 Value phase=1 false
n0 sends n2 Value phase=1 false
n0 sends n3 Value phase=1 false
n0 sends n4 Value phase=1 false
n0 sets round-ends 6ms
n1 sends n0 Value phase=1 false
n1 sends n2 Value phase=1 false
n1 sends n3 Value phase=1 false
n1 sends n4 Value phase=1 false
n1 sets round-ends 6ms
n2 sends n0 Value phase=1 true
n2 sends n1 Value phase=1 true
n2 sends n3 Value phase=1 true
n2 sends n4 Value phase=1 true
n2 sets round-ends 6ms
n3 sends n0 Value phase=1 false
n3 sends n1 Value phase=1 false
n3 sends n2 Value phase=1 false
n3 sends n4 Value phase=1 false
n3 sets round-ends 6ms
n4 sends n0 Value phase=1 true
n4 sends n1 Value phase=1 true
n4 sends n2 Value phase=1 true
n4 sends n3 Value phase=1 true
n4 sets round-ends 6ms

# Second round: n0 has counted three times false, and tells it. Nobody has counted four.
fire n0 round-ends
fire n1 round-ends
fire n2 round-ends
fire n3 round-ends
fire n4 round-ends
settle
---
n0 sends n1 King phase=1 false
n0 sends n2 King phase=1 false
n0 sends n3 King phase=1 false
n0 sends n4 King phase=1 false
n0 sets round-ends 6ms
n1 sets round-ends 6ms
n2 sets round-ends 6ms
n3 sets round-ends 6ms
n4 sets round-ends 6ms

# Second phase: all have obeyed, and tell false.
fire n0 round-ends
fire n1 round-ends
fire n2 round-ends
fire n3 round-ends
fire n4 round-ends
settle
---
n0 sends n1 Value phase=2 false
n0 sends n2 Value phase=2 false
n0 sends n3 Value phase=2 false
n0 sends n4 Value phase=2 false
n0 sets round-ends 6ms
n1 sends n0 Value phase=2 false
n1 sends n2 Value phase=2 false
n1 sends n3 Value phase=2 false
n1 sends n4 Value phase=2 false
n1 sets round-ends 6ms
n2 sends n0 Value phase=2 false
n2 sends n1 Value phase=2 false
n2 sends n3 Value phase=2 false
n2 sends n4 Value phase=2 false
n2 sets round-ends 6ms
n3 sends n0 Value phase=2 false
n3 sends n1 Value phase=2 false
n3 sends n2 Value phase=2 false
n3 sends n4 Value phase=2 false
n3 sets round-ends 6ms
n4 sends n0 Value phase=2 false
n4 sends n1 Value phase=2 false
n4 sends n2 Value phase=2 false
n4 sends n3 Value phase=2 false
n4 sets round-ends 6ms

# Whatever n1 told now, nobody would obey: each has counted false five times.
fire n0 round-ends
fire n1 round-ends
fire n2 round-ends
fire n3 round-ends
fire n4 round-ends
settle
---
n0 sets round-ends 6ms
n1 sends n0 King phase=2 false
n1 sends n2 King phase=2 false
n1 sends n3 King phase=2 false
n1 sends n4 King phase=2 false
n1 sets round-ends 6ms
n2 sets round-ends 6ms
n3 sets round-ends 6ms
n4 sets round-ends 6ms

fire n0 round-ends
fire n1 round-ends
fire n2 round-ends
fire n3 round-ends
fire n4 round-ends
---
n0 tells decide false
n1 tells decide false
n2 tells decide false
n3 tells decide false
n4 tells decide false

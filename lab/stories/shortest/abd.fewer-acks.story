# promise to the layer above: n1 asked: read, and is told: read returns nothing; but after what others were told before, in whatever order operations took effect, it can only be: read returns 1.
nodes abd 3 auto-flush mutant=fewer-acks writers=one writes=1 reading=2
request n0 write 1
sync n0
request n1 read
sync n1
deliver n1 n2 Query #1.1
deliver n2 n1 Value #1.1 0=nothing
---
n0 sets repeat 50ms
n0 saves Copy 1.n0=1
n0 holds n0 Propagate 1.n0=1
n0 holds n1 Propagate 1.n0=1
n0 holds n2 Propagate 1.n0=1
n0 sends n1 Propagate 1.n0=1
n0 sends n2 Propagate 1.n0=1
n0 cancels repeat
n0 tells write returns
n1 sets repeat 50ms
n1 saves Life 1
n1 holds n0 Query #1.1
n1 holds n1 Query #1.1
n1 holds n2 Query #1.1
n1 sends n0 Query #1.1
n1 sends n2 Query #1.1
n2 sends n1 Value #1.1 0=nothing
n1 sets repeat 50ms
n1 sends n0 Propagate 0=nothing
n1 sends n2 Propagate 0=nothing
n1 cancels repeat
n1 tells read returns nothing
violation: n1 asked: read, and is told: read returns nothing; but after what others were told before, in whatever order operations took effect, it can only be: read returns 1.

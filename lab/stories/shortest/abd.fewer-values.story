# promise to the layer above: n2 asked: read, and is told: read returns nothing; but after what others were told before, in whatever order operations took effect, it can only be: read returns 1.
nodes abd 3 auto-flush mutant=fewer-values writers=one writes=1 reading=2
request n0 write 1
sync n0
deliver n0 n1 Propagate 1.n0=1
sync n1
deliver n1 n0 Ack 1.n0
request n2 read
sync n2
deliver n2 n0 Propagate 0=nothing
deliver n0 n2 Ack 0
---
n0 sets repeat 50ms
n0 saves Copy 1.n0=1
n0 holds n0 Propagate 1.n0=1
n0 holds n1 Propagate 1.n0=1
n0 holds n2 Propagate 1.n0=1
n0 sends n1 Propagate 1.n0=1
n0 sends n2 Propagate 1.n0=1
n1 saves Copy 1.n0=1
n1 holds n0 Ack 1.n0
n1 sends n0 Ack 1.n0
n0 cancels repeat
n0 tells write returns
n2 sets repeat 50ms
n2 saves Life 1
n2 holds n0 Query #1.1
n2 holds n1 Query #1.1
n2 holds n2 Query #1.1
n2 sends n0 Query #1.1
n2 sends n1 Query #1.1
n2 sets repeat 50ms
n2 sends n0 Propagate 0=nothing
n2 sends n1 Propagate 0=nothing
n0 sends n2 Ack 0
n2 cancels repeat
n2 tells read returns nothing
violation: n2 asked: read, and is told: read returns nothing; but after what others were told before, in whatever order operations took effect, it can only be: read returns 1.

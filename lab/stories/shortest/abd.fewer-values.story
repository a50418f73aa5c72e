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

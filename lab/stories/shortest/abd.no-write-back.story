# promise to the layer above: n2 asked: read, and is told: read returns nothing; but after what others were told before, in whatever order operations took effect, it can only be: read returns 1.
nodes abd 3 auto-flush mutant=no-write-back writers=one writes=1 reading=2
request n0 write 1
sync n0
request n1 read
sync n1
deliver n1 n0 Query #1.1
deliver n0 n1 Value #1.1 1.n0=1
request n2 read
sync n2
deliver n2 n1 Query #1.1
deliver n1 n2 Value #1.1 0=nothing

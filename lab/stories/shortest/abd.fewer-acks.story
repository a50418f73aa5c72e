# promise to the layer above: n1 asked: read, and is told: read returns nothing; but after what others were told before, in whatever order operations took effect, it can only be: read returns 1.
nodes abd 3 auto-flush mutant=fewer-acks writers=one writes=1 reading=2
request n0 write 1
sync n0
request n1 read
sync n1
deliver n1 n2 Query #1.1
deliver n2 n1 Value #1.1 0=nothing

# The new-old inversion, which the write-back is for. n0 writes 1, and its Propagate is slow: only n0
# itself holds the value. n1 reads from n0 and itself, and returns the new value. Then n2 reads from
# itself and n1, which never took over what it had found: the older value, after the newer one.
nodes abd 3 auto-flush writers=one mutant=no-write-back
---
ok

request n0 write 1
---
n0 sets repeat 50ms
n0 saves Copy 1.n0=1
n0 holds n0 Propagate 1.n0=1
n0 holds n1 Propagate 1.n0=1
n0 holds n2 Propagate 1.n0=1

sync n0
---
n0 sends n1 Propagate 1.n0=1
n0 sends n2 Propagate 1.n0=1

request n1 read
---
n1 sets repeat 50ms
n1 saves Life 1
n1 holds n0 Query #1.1
n1 holds n1 Query #1.1
n1 holds n2 Query #1.1

sync n1
---
n1 sends n0 Query #1.1
n1 sends n2 Query #1.1

deliver n1 n0 Query
---
n0 sends n1 Value #1.1 1.n0=1

deliver n0 n1 Value
---
n1 cancels repeat
n1 tells read returns 1

request n2 read
---
n2 sets repeat 50ms
n2 saves Life 1
n2 holds n0 Query #1.1
n2 holds n1 Query #1.1
n2 holds n2 Query #1.1

sync n2
---
n2 sends n0 Query #1.1
n2 sends n1 Query #1.1

deliver n2 n1 Query
---
n1 sends n2 Value #1.1 0=nothing

deliver n1 n2 Value
---
n2 cancels repeat
n2 tells read returns nothing
violation: n2 asked: read, and is told: read returns nothing; but after what others were told before, in whatever order operations took effect, it can only be: read returns 1.


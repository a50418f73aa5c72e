# The same run as the new-old inversion, with the write-back. n1 finds the new value, and before it
# returns it, it takes it over itself and waits until one more node holds it on disk. When n2 then
# reads from itself and n1, it finds the new value too.
nodes abd 3 auto-flush writers=one
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
n1 sets repeat 50ms
n1 sends n0 Propagate 1.n0=1
n1 sends n2 Propagate 1.n0=1
n1 saves Copy 1.n0=1
n1 holds n1 Ack 1.n0

sync n1
---
ok

deliver n1 n0 Propagate
---
n0 sends n1 Ack 1.n0

deliver n0 n1 Ack
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
n1 sends n2 Value #1.1 1.n0=1

deliver n1 n2 Value
---
n2 sets repeat 50ms
n2 sends n0 Propagate 1.n0=1
n2 sends n1 Propagate 1.n0=1
n2 saves Copy 1.n0=1
n2 holds n2 Ack 1.n0

sync n2
---
ok

deliver n2 n1 Propagate
---
n1 sends n2 Ack 1.n0

deliver n1 n2 Ack
---
n2 cancels repeat
n2 tells read returns 1


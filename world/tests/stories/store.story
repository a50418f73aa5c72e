# n0 acknowledges a value when a backup has it on disk.
nodes toy 3

request n0 Put 2
show
---
n0 tells Recovered {}
n1 tells Recovered {}
n2 tells Recovered {}
n0 sends n1 Store(2)
n0 sends n2 Store(2)
n0 sets retry 50ms..100ms
n0 up, alarms: retry
n1 up
n2 up
in flight n0 n1 Store(2)
in flight n0 n2 Store(2)

# The reply waits for the disk.
deliver n0 n1 Store(2)
drop n0 n2
flush n1
show n1
---
n1 saves Put 2
n1 holds n0 Stored(2)
n1 is Backup { me: NodeId(1), nodes: 3, mutant: None, stored: {2}, open: {} }

sync n1
deliver n1 n0
show
---
n1 sends n0 Stored(2)
n0 tells Acked 2 by n1
n0 up, alarms: retry
n1 up
n2 up

# A value that is not yet durable is lost in a crash, and so is what the node would have said.
request n0 Put 1
deliver n0 n1
crash n1
restart n1
---
n0 sends n1 Store(1)
n0 sends n2 Store(1)
n0 sets retry 50ms..100ms
n1 saves Put 1
n1 holds n0 Stored(1)
n1 tells Recovered {2}

# n0 asks again. Nothing reaches n1, but n2 will do.
partition n0 n2 | n1
fire n0 retry
duplicate n0 n2 Store(1)
deliver n0 n2 Store(1)
settle
---
n0 sends n1 Store(1) (lost)
n0 sends n2 Store(1)
n0 sets retry 50ms..100ms
n2 saves Put 1
n2 holds n0 Stored(1)
n2 holds n0 Stored(1)
n2 holds n0 Stored(1)
n2 sends n0 Stored(1)
n2 sends n0 Stored(1)
n2 sends n0 Stored(1)
n0 tells Acked 1 by n2

heal
fire n0 retry
show
---
n0 up
n1 up
n2 up

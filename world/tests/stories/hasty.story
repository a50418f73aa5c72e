# Storing in haste: the acknowledgement is out before the value is durable.
nodes toy 2 auto-flush
request n0 Put 1
deliver n0 n1
deliver n1 n0
crash n1
restart n1
---
n0 tells Recovered {}
n1 tells Recovered {}
n0 sends n1 Store(1)
n0 sets retry 50ms..100ms
n1 sends n0 Stored(1)
n1 saves Put 1
n0 tells Acked 1 by n1
n1 tells Recovered {}
violation: n1 lost 1, which is acknowledged.

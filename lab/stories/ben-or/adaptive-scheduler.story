# Ben-Or 1983 under a scheduler that looks at the coins before it says who hears what next (a strong
# adversary: Aguilera and Toueg 2012). Two nodes have one value and the third has the other. In each
# round one of the two is held back until the others have tossed. Nobody stops and every message may
# still arrive, but the nodes stay apart unless both coins show what the two had, and then a third one
# does: a chance of one in eight a round, where a scheduler that sees nothing leaves one in four.
nodes ben-or 3
---
ok

request n0 propose false
request n1 propose false
request n2 propose true
---
n0 sends n1 Report round=1 false
n0 sends n2 Report round=1 false
n1 sends n0 Report round=1 false
n1 sends n2 Report round=1 false
n2 sends n0 Report round=1 true
n2 sends n1 Report round=1 true

# n0 and n2 hear one another and nobody else: no majority, nothing to propose.
deliver n2 n0 Report round=1
deliver n0 n2 Report round=1
---
n0 sends n1 Proposal round=1 none
n0 sends n2 Proposal round=1 none
n2 sends n0 Proposal round=1 none
n2 sends n1 Proposal round=1 none

# They toss, and the coins differ. Whatever n1 does now, the nodes are of two minds.
choose 0
deliver n2 n0 Proposal round=1
choose 1
deliver n0 n2 Proposal round=1
---
n0 sends n1 Report round=2 false
n0 sends n2 Report round=2 false
n2 sends n0 Report round=2 true
n2 sends n1 Report round=2 true

# It hears of one more false, proposes it, and takes it over: everything is as in the beginning.
deliver n0 n1 Report round=1
deliver n0 n1 Proposal round=1
---
n1 sends n0 Proposal round=1 false
n1 sends n2 Proposal round=1 false
n1 sends n0 Report round=2 false
n1 sends n2 Report round=2 false

# The second round begins alike, but both coins show true.
deliver n2 n0 Report round=2
deliver n0 n2 Report round=2
choose 1
deliver n2 n0 Proposal round=2
choose 1
deliver n0 n2 Proposal round=2
---
n0 sends n1 Proposal round=2 none
n0 sends n2 Proposal round=2 none
n2 sends n0 Proposal round=2 none
n2 sends n1 Proposal round=2 none
n0 sends n1 Report round=3 true
n0 sends n2 Report round=3 true
n2 sends n0 Report round=3 true
n2 sends n1 Report round=3 true

# So n1 must not be told of it. What n0 reported before it tossed was false, and with its own value
# that is a majority: n1 stays with false.
deliver n0 n1 Report round=2
deliver n0 n1 Proposal round=2
---
n1 sends n0 Proposal round=2 false
n1 sends n2 Proposal round=2 false
n1 sends n0 Report round=3 false
n1 sends n2 Report round=3 false

# Now n0 and n2 are of one mind. One of them, n2, is held back while n0 and n1 toss: both coins show
# true, which n2 has, too.
deliver n1 n0 Report round=3
deliver n0 n1 Report round=3
choose 1
deliver n1 n0 Proposal round=3
choose 1
deliver n0 n1 Proposal round=3
---
n0 sends n1 Proposal round=3 none
n0 sends n2 Proposal round=3 none
n1 sends n0 Proposal round=3 none
n1 sends n2 Proposal round=3 none
n0 sends n1 Report round=4 true
n0 sends n2 Report round=4 true
n1 sends n0 Report round=4 true
n1 sends n2 Report round=4 true

# This time it must toss itself: it hears what n1 reported before, false, and so of no majority. Only
# if its coin showed true as well would all be alike. It shows false.
deliver n1 n2 Report round=3
choose 0
deliver n1 n2 Proposal round=3
---
n2 sends n0 Proposal round=3 none
n2 sends n1 Proposal round=3 none
n2 sends n0 Report round=4 false
n2 sends n1 Report round=4 false

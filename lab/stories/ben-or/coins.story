# Ben-Or 1983: a round in which nobody hears of a majority, so that all toss coins; and one in which
# the coins have fallen alike. Each node waits for two of three, for one may have stopped.
nodes ben-or 3
---
ok

# Two nodes propose false and one true, but each hears one of either.
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

deliver n2 n0 Report round=1
deliver n2 n1 Report round=1
deliver n0 n2 Report round=1
---
n0 sends n1 Proposal round=1 none
n0 sends n2 Proposal round=1 none
n1 sends n0 Proposal round=1 none
n1 sends n2 Proposal round=1 none
n2 sends n0 Proposal round=1 none
n2 sends n1 Proposal round=1 none

# Nobody has anything to propose. All coins show 1, which is true.
choose 1
deliver n1 n0 Proposal round=1
choose 1
deliver n0 n1 Proposal round=1
choose 1
deliver n0 n2 Proposal round=1
---
n0 sends n1 Report round=2 true
n0 sends n2 Report round=2 true
n1 sends n0 Report round=2 true
n1 sends n2 Report round=2 true
n2 sends n0 Report round=2 true
n2 sends n1 Report round=2 true

# In the second round two reports are enough to propose true, and two proposals to decide it.
deliver n1 n0 Report round=2
deliver n0 n1 Report round=2
deliver n0 n2 Report round=2
---
n0 sends n1 Proposal round=2 true
n0 sends n2 Proposal round=2 true
n1 sends n0 Proposal round=2 true
n1 sends n2 Proposal round=2 true
n2 sends n0 Proposal round=2 true
n2 sends n1 Proposal round=2 true

deliver n1 n0 Proposal round=2
deliver n0 n1 Proposal round=2
deliver n0 n2 Proposal round=2
---
n0 tells decide true
n0 sends n1 Report round=3 true
n0 sends n2 Report round=3 true
n0 sends n1 Proposal round=3 true
n0 sends n2 Proposal round=3 true
n1 tells decide true
n1 sends n0 Report round=3 true
n1 sends n2 Report round=3 true
n1 sends n0 Proposal round=3 true
n1 sends n2 Proposal round=3 true
n2 tells decide true
n2 sends n0 Report round=3 true
n2 sends n1 Report round=3 true
n2 sends n0 Proposal round=3 true
n2 sends n1 Proposal round=3 true

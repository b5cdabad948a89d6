"""What the two planes say to each other over the Unix socket: typed, versioned, standard library only.

The control plane connects. Both sides first send `Hello`. Then the control plane states every link it wants between
`SnapshotBegin` and `SnapshotEnd`; afterwards it sends single `Want` and `Remove` messages. The data plane converges to
that and reports a `LinkFact` for every link after each snapshot, and for one link whenever something about it changed.
"""

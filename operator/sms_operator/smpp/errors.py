"""What can go wrong with a connection beyond what the operating system tells."""

from __future__ import annotations


class PeerStoppedReading(ConnectionError):
    """The connection was dropped, because the SMSC took nothing while more and more waited for it."""

"""What can go wrong beyond what the operating system tells."""

from __future__ import annotations


class PeerStoppedReading(ConnectionError):
    """The connection was dropped, because the SMSC took nothing while more and more waited for it."""


class NotBound(Exception):
    """A request was given to a session that does not send requests (any more)."""


class Malformed(ValueError):
    """A PDU whose body cannot be read. It costs that PDU and not the bind: framing holds."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(what)
        self.status = status
        """The command_status that its response should carry."""
        self.what = what

"""Messages that nobody can take: kept aside as they came, so that the SMSC does not send them for ever."""

from __future__ import annotations

from collections import deque
from hashlib import blake2b
from typing import Final, NamedTuple

ATTEMPTS: Final = 3
"""How often a message may fail before it is put aside."""
REMEMBERED: Final = 10_000
"""Failing messages that are counted at a time; beyond it the oldest count begins anew."""
KEPT: Final = 100
"""Messages put aside that are kept; beyond it the oldest goes."""


class Quarantined(NamedTuple):
    """One message that was put aside."""

    key: str
    """`namespace/name` of the gateway."""
    command_id: int
    body: bytes
    """The body of the PDU, octet by octet."""
    why: str

    def __repr__(self) -> str:
        return f"Quarantined({self.key!r}, {self.command_id:#x}, {len(self.body)} octets, {self.why!r})"


class Quarantine:
    """Counts failures of a message over all its redeliveries: it is the same when its octets are."""

    def __init__(self) -> None:
        self.kept: deque[Quarantined] = deque(maxlen=KEPT)
        """The last ones, oldest first; they hold what people wrote, and go nowhere by themselves."""
        self._failures: dict[bytes, int] = {}

    @property
    def doubts(self) -> bool:
        """Whether any message has failed that was neither taken nor put aside since."""
        return bool(self._failures)

    def put(self, key: str, command_id: int, body: bytes, why: str) -> None:
        """Put a message aside."""
        self.kept.append(Quarantined(key, command_id, body, why))

    def failed(self, key: str, command_id: int, body: bytes, why: str) -> bool:
        """Count a failure; True: it was one too many, the message is put aside and not to be sent again."""
        identity = _identity(key, command_id, body)
        count = self._failures.pop(identity, 0) + 1
        if count >= ATTEMPTS:
            self.put(key, command_id, body, why)
            return True
        if len(self._failures) >= REMEMBERED:
            del self._failures[next(iter(self._failures))]
        self._failures[identity] = count
        return False

    def taken(self, key: str, command_id: int, body: bytes) -> None:
        """It was taken after all."""
        self._failures.pop(_identity(key, command_id, body), None)


def _identity(key: str, command_id: int, body: bytes) -> bytes:
    """Of a message; nothing of what people write is kept while it is only counted."""
    return blake2b(b"%b\0%d\0%b" % (key.encode(), command_id, body), digest_size=16).digest()

"""Octets in any portions into whole PDUs."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from .tuples import maker

HEADER: Final = struct.Struct(">IIII")
MAX_LENGTH: Final = 65_536 + 1024
"""Octets a PDU may have: a message_payload of 64 KiB and everything around it."""


class FramingError(ValueError):
    """A command_length that no PDU has: where the next PDU begins can no longer be known."""

    def __init__(self, length: int, head: bytes) -> None:
        super().__init__(f"command_length {length} is not in {HEADER.size}..{MAX_LENGTH}")
        self.head = head
        """The octets in question, at most 16."""


class Frame(NamedTuple):
    """A whole PDU, its body not looked into."""

    command_id: int
    status: int
    sequence: int
    body: bytes


_frame: Final = maker(Frame)


class FrameBuffer:
    """Collects octets; never holds more than one PDU's worth beyond what was just received."""

    __slots__ = ("_needed", "_pending", "broken")

    def __init__(self) -> None:
        self._pending = bytearray()
        self._needed = 0
        self.broken: FramingError | None = None
        """Set once a command_length made no sense; nothing is understood afterwards."""

    def receive(self, data: bytes) -> list[Frame]:
        """The PDUs that are whole now, in order, up to the first broken one: look at `broken` after them."""
        if self.broken is not None:
            return []
        buffer = data
        if self._pending:
            self._pending += data
            # A PDU that comes octet by octet is not copied at each of them.
            if len(self._pending) < self._needed:
                return []
            buffer = bytes(self._pending)
            self._pending.clear()
        frames: list[Frame] = []
        unpack = HEADER.unpack_from
        start, size = 0, len(buffer)
        self._needed = 4
        while size - start >= 16:
            length, command_id, status, sequence = unpack(buffer, start)
            end = start + length
            if size < end or not 16 <= length <= MAX_LENGTH:
                break
            frames.append(_frame((command_id, status, sequence, buffer[start + 16 : end])))
            start = end
        if size - start >= 4:
            length = int.from_bytes(buffer[start : start + 4], "big")
            if not 16 <= length <= MAX_LENGTH:
                self.broken = FramingError(length, buffer[start : start + 16])
                return frames
            self._needed = length
        if start < size:
            self._pending += buffer[start:]
        return frames

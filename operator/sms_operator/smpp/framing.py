"""Octets in any portions into whole PDUs."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

HEADER: Final = struct.Struct(">IIII")
MAX_LENGTH: Final = 65_536 + 1024
"""Octets a PDU may have: a message_payload of 64 KiB and everything around it."""


class FramingError(ValueError):
    """A command_length that no PDU has: where the next PDU begins can no longer be known."""

    def __init__(self, length: int, head: bytes) -> None:
        super().__init__(f"command_length {length} is not in {HEADER.size}..{MAX_LENGTH}")
        self.head = head
        """The octets in question, at most 16."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole PDU, its body not looked into."""

    command_id: int
    status: int
    sequence: int
    body: bytes


class FrameBuffer:
    """Collects octets; never holds more than one PDU's worth beyond what was just received."""

    __slots__ = ("_pending", "broken")

    def __init__(self) -> None:
        self._pending = b""
        self.broken: FramingError | None = None
        """Set once a command_length made no sense; nothing is understood afterwards."""

    def receive(self, data: bytes) -> list[Frame]:
        """The PDUs that are whole now, in order, up to the first broken one: look at `broken` after them."""
        if self.broken is not None:
            return []
        buffer = self._pending + data if self._pending else data
        frames: list[Frame] = []
        start, size = 0, len(buffer)
        while size - start >= 4:
            length = int.from_bytes(buffer[start : start + 4], "big")
            if not HEADER.size <= length <= MAX_LENGTH:
                self.broken = FramingError(length, buffer[start : start + HEADER.size])
                break
            if size - start < length:
                break
            _, command_id, status, sequence = HEADER.unpack_from(buffer, start)
            frames.append(Frame(command_id, status, sequence, buffer[start + HEADER.size : start + length]))
            start += length
        self._pending = buffer[start:]
        return frames

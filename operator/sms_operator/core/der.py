"""The little of DER (ITU-T X.690) that is needed to look at a key before others are let loose on it."""

from __future__ import annotations

from typing import Final

INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
OID: Final = 0x06
SEQUENCE: Final = 0x30


class DerError(ValueError):
    """The octets are not what they have to be."""


class Reader:
    """Takes values from the front of some octets, one after the other. Every method raises DerError."""

    def __init__(self, octets: bytes) -> None:
        self._rest = octets

    @property
    def next_tag(self) -> int:
        """Of what comes next; -1 at the end."""
        return self._rest[0] if self._rest else -1

    def sequence(self) -> bytes:
        """The content of a SEQUENCE."""
        return self._take(SEQUENCE)

    def octet_string(self) -> bytes:
        """An OCTET STRING."""
        return self._take(OCTET_STRING)

    def integer(self) -> int:
        """An INTEGER."""
        return int.from_bytes(self._take(INTEGER), "big", signed=True)

    def oid(self) -> str:
        """An OBJECT IDENTIFIER, with dots."""
        octets = self._take(OID)
        if not octets or octets[-1] & 0x80 or len(octets) > 32:
            raise DerError("no object identifier")
        parts, value = [min(octets[0] // 40, 2)], 0
        for octet in octets:
            value = value << 7 | octet & 0x7F
            if not octet & 0x80:
                parts.append(value - 40 * parts[0] if len(parts) == 1 else value)
                value = 0
        return ".".join(map(str, parts))

    def _take(self, tag: int) -> bytes:
        rest = self._rest
        if len(rest) < 2 or rest[0] != tag:
            raise DerError(f"no value with tag {tag}")
        start, length = 2, rest[1]
        if length & 0x80:
            start += length & 0x7F
            if not 2 < start <= min(6, len(rest)):
                raise DerError("a length that cannot be")
            length = int.from_bytes(rest[2:start], "big")
        if len(rest) < start + length:
            raise DerError("cut off")
        self._rest = rest[start + length :]
        return rest[start : start + length]

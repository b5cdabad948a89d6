"""The one body that only an SMSC reads: that of a bind request (SMPP 3.4, sections 4.1.1, 4.1.3, 4.1.5)."""

from __future__ import annotations

from dataclasses import dataclass, field

from sms_operator.smpp.fields import Reader


@dataclass(frozen=True, slots=True)
class Bind:
    """Body of the three bind requests."""

    system_id: str
    password: str = field(repr=False)
    system_type: str
    interface_version: int
    addr_ton: int
    addr_npi: int
    address_range: str

    @classmethod
    def decode(cls, body: bytes) -> Bind:
        """Raises Malformed."""
        reader = Reader(body)
        system_id, password, system_type = reader.c_octets(), reader.c_octets(), reader.c_octets()
        version, ton, npi = reader.take(3)
        return cls(system_id, password, system_type, version, ton, npi, reader.c_octets())


def c_octets(text: str) -> bytes:
    """A C-octet string."""
    return text.encode("latin-1", "replace") + b"\0"

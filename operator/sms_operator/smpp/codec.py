"""PDUs to octets, and the few fields that a session reads.

smpplib cuts a password after eight octets without a word, forces its own interface_version and burns a sequence number
for every PDU it parses, so what a session needs is written here; the tests hold it against smpplib byte by byte.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .commands import RESPONSE, Command
from .framing import HEADER, Frame


class EncodingError(ValueError):
    """A field cannot be put on the wire; the text names it and never quotes a password."""

    def __init__(self, field_name: str, what: str) -> None:
        super().__init__(f"{field_name} {what}")
        self.field_name = field_name


@dataclass(frozen=True, slots=True)
class BindRequest:
    """The fields of bind_receiver, bind_transmitter and bind_transceiver (sections 4.1.1, 4.1.3, 4.1.5)."""

    command: Command
    system_id: str
    password: str = field(repr=False)
    """Sent whole: the standard's eight octets are a limit that many SMSCs do not have."""
    system_type: str = ""
    interface_version: int = 0x34
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""

    def encode(self, sequence: int) -> bytes:
        """Octets on the wire. Raises EncodingError."""
        body = b"".join(
            (
                _c_octets("system_id", self.system_id),
                _c_octets("password", self.password),
                _c_octets("system_type", self.system_type),
                _octet("interface_version", self.interface_version),
                _octet("addr_ton", self.addr_ton),
                _octet("addr_npi", self.addr_npi),
                _c_octets("address_range", self.address_range),
            )
        )
        return encode(self.command, sequence, body=body)


def encode(command_id: int, sequence: int, status: int = 0, body: bytes = b"") -> bytes:
    """A PDU."""
    return HEADER.pack(HEADER.size + len(body), command_id, status, sequence) + body


def answer(frame: Frame, status: int = 0, body: bytes = b"") -> bytes:
    """The response to a request."""
    return encode(frame.command_id | RESPONSE, frame.sequence, status, body)


def nack(sequence: int, status: int) -> bytes:
    """generic_nack (section 4.3): the answer to what cannot be answered otherwise."""
    return encode(Command.GENERIC_NACK, sequence, status)


def first_c_octets(body: bytes, limit: int = 16) -> str:
    """The C-octet string that begins a body, cut at `limit`; tolerant of a missing NUL and of control characters."""
    text = body[:limit].partition(b"\0")[0].decode("latin-1")
    return "".join(character if character.isprintable() else "?" for character in text)


def _octet(name: str, number: int) -> bytes:
    if not 0 <= number <= 0xFF:
        raise EncodingError(name, f"is {number}, which is not in 0..255")
    return bytes((number,))


def _c_octets(name: str, text: str) -> bytes:
    try:
        octets = text.encode("latin-1")
    except UnicodeEncodeError:
        raise EncodingError(name, "has characters beyond Latin-1, which SMPP cannot carry") from None
    if b"\0" in octets:
        raise EncodingError(name, "holds a NUL octet, which ends a field of SMPP")
    return octets + b"\0"

"""Bodies of the PDUs that only an SMSC reads or writes (SMPP 3.4, section 4): bind requests and short messages."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

from sms_operator.smpp import codec
from sms_operator.smpp.command_status import ESME_RINVCMDLEN
from sms_operator.smpp.commands import Command
from sms_operator.smpp.framing import Frame

TLV_RECEIPTED_MESSAGE_ID: Final = 0x001E
TLV_MESSAGE_PAYLOAD: Final = 0x0424
TLV_MESSAGE_STATE: Final = 0x0427


class Malformed(ValueError):
    """The body of a PDU cannot be read; `status` is what to answer."""

    status: Final = ESME_RINVCMDLEN


@dataclass(frozen=True, slots=True)
class Bind:
    """Body of the three bind requests (sections 4.1.1, 4.1.3, 4.1.5)."""

    system_id: str
    password: str = field(repr=False)
    system_type: str
    interface_version: int
    addr_ton: int
    addr_npi: int
    address_range: str

    @classmethod
    def parse(cls, body: bytes) -> Bind:
        """Raises Malformed."""
        reader = _Reader(body)
        return cls(
            reader.text(), reader.text(), reader.text(), reader.octet(), reader.octet(), reader.octet(), reader.text()
        )


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """Body of submit_sm, deliver_sm and data_sm (sections 4.4, 4.6, 4.7): what a bench looks at."""

    source: str
    destination: str
    content: bytes = field(repr=False)
    """short_message, else message_payload."""
    esm_class: int = 0
    data_coding: int = 0
    registered_delivery: int = 0
    tlvs: tuple[tuple[int, bytes], ...] = field(default=(), repr=False)

    @classmethod
    def parse(cls, frame: Frame) -> ShortMessage:
        """Raises Malformed."""
        reader = _Reader(frame.body)
        reader.text()
        source, destination = reader.address(), reader.address()
        esm_class = reader.octet()
        content = b""
        if frame.command_id == Command.DATA_SM:
            registered_delivery, data_coding = reader.octet(), reader.octet()
        else:
            reader.take(2)
            reader.text()
            reader.text()
            registered_delivery, _, data_coding, _, length = reader.take(5)
            content = reader.take(length)
        tlvs = reader.tlvs()
        content = content or dict(tlvs).get(TLV_MESSAGE_PAYLOAD, b"")
        return cls(source, destination, content, esm_class, data_coding, registered_delivery, tlvs)

    def deliver_sm(self, sequence: int) -> bytes:
        """The deliver_sm that carries this message; what is longer than 254 octets goes as message_payload."""
        content, tlvs = self.content, self.tlvs
        if len(content) > 254:
            content, tlvs = b"", (*tlvs, (TLV_MESSAGE_PAYLOAD, content))
        body = b"\0" + _address(self.source) + _address(self.destination)
        body += bytes((self.esm_class, 0, 0, 0, 0, self.registered_delivery, 0, self.data_coding, 0, len(content)))
        body += content + b"".join(struct.pack(">HH", tag, len(value)) + value for tag, value in tlvs)
        return codec.encode(Command.DELIVER_SM, sequence, body=body)


def c_octets(text: str) -> bytes:
    """A C-octet string."""
    return text.encode("latin-1", "replace") + b"\0"


def encode_text(text: str) -> tuple[int, bytes]:
    """data_coding and octets of a text: the default alphabet for what is plain ASCII, else UCS-2."""
    if text.isascii():
        return 0, text.encode("ascii")
    return 8, text.encode("utf-16-be")


def _address(number: str) -> bytes:
    international = number.startswith("+")
    return bytes((1 if international else 0, 1)) + c_octets(number.removeprefix("+"))


class _Reader:
    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def take(self, count: int) -> bytes:
        octets = self._body[self._at : self._at + count]
        if len(octets) < count:
            raise Malformed(f"the body of {len(self._body)} octets ends too early")
        self._at += count
        return octets

    def octet(self) -> int:
        return self.take(1)[0]

    def text(self) -> str:
        end = self._body.find(b"\0", self._at)
        if end < 0:
            raise Malformed("a C-octet string has no end")
        octets = self.take(end - self._at + 1)
        return octets[:-1].decode("latin-1")

    def address(self) -> str:
        ton, _ = self.take(2)
        number = self.text()
        return f"+{number}" if ton == 1 and not number.startswith("+") else number

    def tlvs(self) -> tuple[tuple[int, bytes], ...]:
        found: list[tuple[int, bytes]] = []
        while self._at < len(self._body):
            tag, length = struct.unpack(">HH", self.take(4))
            found.append((tag, self.take(length)))
        return tuple(found)

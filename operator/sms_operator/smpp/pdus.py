"""Messages on the wire: submit_sm and deliver_sm, which have one layout, and data_sm."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Self

from . import fields
from .address import NOBODY, Address
from .codec import EncodingError
from .command_status import ESME_RINVCMDLEN, ESME_RINVMSGLEN
from .errors import Malformed
from .fields import Reader
from .tlv import Tag, Tlvs, decode_tlvs, encode_tlvs, first
from .tuples import maker

MAX_SHORT_MESSAGE: Final = 254
"""Octets of short_message (section 5.2.22); longer content goes as message_payload."""


_address: Final = maker(Address)


@dataclass(slots=True)
class ShortMessage:
    """submit_sm and deliver_sm (sections 4.4.1 and 4.6.1). Treat it as frozen; to freeze it costs a microsecond."""

    source: Address = NOBODY
    destination: Address = NOBODY
    service_type: str = ""
    esm_class: int = 0
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    replace_if_present_flag: int = 0
    data_coding: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = field(default=b"", repr=False)
    tlvs: Tlvs = field(default=(), repr=False)

    @property
    def content(self) -> bytes:
        """short_message, or message_payload when that is empty (section 5.3.2.32)."""
        if self.short_message or not self.tlvs:
            return self.short_message
        return first(self.tlvs, Tag.MESSAGE_PAYLOAD) or b""

    def encode(self) -> bytes:
        """The body. Raises EncodingError for what does not fit; nothing is cut."""
        length = len(self.short_message)
        if length > MAX_SHORT_MESSAGE:
            raise EncodingError("short_message", f"has {length} octets, the standard allows {MAX_SHORT_MESSAGE}")
        return b"".join(
            (
                fields.c_octets("service_type", self.service_type, fields.SERVICE_TYPE),
                fields.address("source", self.source),
                fields.address("destination", self.destination),
                fields.octet("esm_class", self.esm_class),
                fields.octet("protocol_id", self.protocol_id),
                fields.octet("priority_flag", self.priority_flag),
                fields.c_octets("schedule_delivery_time", self.schedule_delivery_time, fields.TIME),
                fields.c_octets("validity_period", self.validity_period, fields.TIME),
                fields.octet("registered_delivery", self.registered_delivery),
                fields.octet("replace_if_present_flag", self.replace_if_present_flag),
                fields.octet("data_coding", self.data_coding),
                fields.octet("sm_default_msg_id", self.sm_default_msg_id),
                bytes((length,)),
                self.short_message,
                encode_tlvs(self.tlvs),
            )
        )

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Raises Malformed. Written out field by field, because a deliver_sm comes for every message that is sent."""
        index = body.index
        try:
            end = index(0)
            service_type = body[:end].decode("latin-1") if end else ""
            at = end + 3
            end = index(0, at)
            source = _address((body[at:end].decode("latin-1"), body[at - 2], body[at - 1]))
            at = end + 3
            end = index(0, at)
            destination = _address((body[at:end].decode("latin-1"), body[at - 2], body[at - 1]))
            at = end + 4
            schedule = index(0, at)
            validity = index(0, schedule + 1)
            length = body[validity + 5]
        except (IndexError, ValueError):
            raise Malformed(ESME_RINVCMDLEN, f"the body of {len(body)} octets ends too early") from None
        start = validity + 6
        stop = start + length
        if stop > len(body):
            raise Malformed(ESME_RINVMSGLEN, f"sm_length is {length}, and {len(body) - start} octets follow")
        return cls(
            source,
            destination,
            service_type,
            body[at - 3],
            body[at - 2],
            body[at - 1],
            body[at:schedule].decode("latin-1") if schedule > at else "",
            body[schedule + 1 : validity].decode("latin-1") if validity > schedule + 1 else "",
            body[validity + 1],
            body[validity + 2],
            body[validity + 3],
            body[validity + 4],
            body[start:stop],
            decode_tlvs(body, stop) if stop < len(body) else (),
        )


@dataclass(slots=True)
class DataSm:
    """data_sm (section 4.7.1); its content is a message_payload."""

    source: Address = NOBODY
    destination: Address = NOBODY
    service_type: str = ""
    esm_class: int = 0
    registered_delivery: int = 0
    data_coding: int = 0
    tlvs: Tlvs = field(default=(), repr=False)

    @property
    def content(self) -> bytes:
        """message_payload."""
        return first(self.tlvs, Tag.MESSAGE_PAYLOAD) or b""

    def encode(self) -> bytes:
        """The body. Raises EncodingError."""
        return b"".join(
            (
                fields.c_octets("service_type", self.service_type, fields.SERVICE_TYPE),
                fields.address("source", self.source, fields.LONG_ADDRESS),
                fields.address("destination", self.destination, fields.LONG_ADDRESS),
                fields.octet("esm_class", self.esm_class),
                fields.octet("registered_delivery", self.registered_delivery),
                fields.octet("data_coding", self.data_coding),
                encode_tlvs(self.tlvs),
            )
        )

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Raises Malformed."""
        reader = Reader(body)
        service_type = reader.c_octets()
        source, destination = reader.address(), reader.address()
        esm_class, registered_delivery, data_coding = reader.take(3)
        return cls(source, destination, service_type, esm_class, registered_delivery, data_coding, reader.tlvs())

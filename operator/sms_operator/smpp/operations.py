"""The rarer requests of an ESME, and those of an SMSC that have no content."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

from . import fields
from .address import NOBODY, Address
from .codec import EncodingError
from .command_status import ESME_RINVDESTFLAG, ESME_RINVMSGLEN
from .errors import Malformed
from .fields import Reader
from .pdus import MAX_SHORT_MESSAGE
from .tlv import Tlvs, encode_tlvs

MAX_DESTINATIONS: Final = 254
_SME: Final = 1
_LIST: Final = 2


class DistributionList(NamedTuple):
    """A list of numbers that the SMSC keeps (section 4.5.1.2)."""

    name: str
    """Up to 20 octets."""


@dataclass(frozen=True, slots=True)
class SubmitMulti:
    """submit_multi (section 4.5.1): one message for up to 254 destinations."""

    source: Address
    destinations: tuple[Address | DistributionList, ...]
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

    def encode(self) -> bytes:
        """The body. Raises EncodingError."""
        if not 1 <= len(self.destinations) <= MAX_DESTINATIONS:
            raise EncodingError(
                "destinations", f"are {len(self.destinations)}, the standard allows 1..{MAX_DESTINATIONS}"
            )
        pieces = [
            fields.c_octets("service_type", self.service_type, fields.SERVICE_TYPE),
            fields.address("source", self.source),
            bytes((len(self.destinations),)),
        ]
        for one in self.destinations:
            if isinstance(one, DistributionList):
                pieces += (bytes((_LIST,)), fields.c_octets("distribution list", one.name, fields.ADDRESS))
            else:
                pieces += (bytes((_SME,)), fields.address("destination", one))
        pieces += (
            fields.octet("esm_class", self.esm_class),
            fields.octet("protocol_id", self.protocol_id),
            fields.octet("priority_flag", self.priority_flag),
            fields.c_octets("schedule_delivery_time", self.schedule_delivery_time, fields.TIME),
            fields.c_octets("validity_period", self.validity_period, fields.TIME),
            fields.octet("registered_delivery", self.registered_delivery),
            fields.octet("replace_if_present_flag", self.replace_if_present_flag),
            fields.octet("data_coding", self.data_coding),
            fields.octet("sm_default_msg_id", self.sm_default_msg_id),
            _short_message(self.short_message),
            encode_tlvs(self.tlvs),
        )
        return b"".join(pieces)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Raises Malformed."""
        reader = Reader(body)
        service_type, source = reader.c_octets(), reader.address()
        destinations = tuple(_destination(reader) for _ in range(reader.octet()))
        esm_class, protocol_id, priority_flag = reader.take(3)
        schedule, validity = reader.c_octets(), reader.c_octets()
        registered, replace, coding, default = reader.take(4)
        content = _read_short_message(reader)
        return cls(
            source,
            destinations,
            service_type,
            esm_class,
            protocol_id,
            priority_flag,
            schedule,
            validity,
            registered,
            replace,
            coding,
            default,
            content,
            reader.tlvs(),
        )


@dataclass(frozen=True, slots=True)
class QuerySm:
    """query_sm (section 4.8.1)."""

    message_id: str
    source: Address = NOBODY
    """As the message was submitted with; empty where that was the SMSC's default."""

    def encode(self) -> bytes:
        """The body. Raises EncodingError."""
        identity = fields.c_octets("message_id", self.message_id, fields.MESSAGE_ID)
        return identity + fields.address("source", self.source)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Raises Malformed."""
        reader = Reader(body)
        return cls(reader.c_octets(), reader.address())


@dataclass(frozen=True, slots=True)
class CancelSm:
    """cancel_sm (section 4.9.1): one message by its id, or without one all from the source to the destination."""

    message_id: str = ""
    source: Address = NOBODY
    destination: Address = NOBODY
    service_type: str = ""

    def encode(self) -> bytes:
        """The body. Raises EncodingError."""
        return b"".join(
            (
                fields.c_octets("service_type", self.service_type, fields.SERVICE_TYPE),
                fields.c_octets("message_id", self.message_id, fields.MESSAGE_ID),
                fields.address("source", self.source),
                fields.address("destination", self.destination),
            )
        )

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Raises Malformed."""
        reader = Reader(body)
        service_type, identity = reader.c_octets(), reader.c_octets()
        return cls(identity, reader.address(), reader.address(), service_type)


@dataclass(frozen=True, slots=True)
class ReplaceSm:
    """replace_sm (section 4.10.1); the data_coding stays what it was."""

    message_id: str
    source: Address = NOBODY
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = field(default=b"", repr=False)

    def encode(self) -> bytes:
        """The body. Raises EncodingError."""
        return b"".join(
            (
                fields.c_octets("message_id", self.message_id, fields.MESSAGE_ID),
                fields.address("source", self.source),
                fields.c_octets("schedule_delivery_time", self.schedule_delivery_time, fields.TIME),
                fields.c_octets("validity_period", self.validity_period, fields.TIME),
                fields.octet("registered_delivery", self.registered_delivery),
                fields.octet("sm_default_msg_id", self.sm_default_msg_id),
                _short_message(self.short_message),
            )
        )

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Raises Malformed."""
        reader = Reader(body)
        identity, source = reader.c_octets(), reader.address()
        schedule, validity = reader.c_octets(), reader.c_octets()
        registered, default = reader.take(2)
        return cls(identity, source, schedule, validity, registered, default, _read_short_message(reader))


@dataclass(frozen=True, slots=True)
class AlertNotification:
    """alert_notification (section 4.12.1): a phone that was waited for can be reached."""

    source: Address
    """The phone."""
    esme: Address
    """Who asked for it, by set_dpf."""
    tlvs: Tlvs = field(default=(), repr=False)

    def encode(self) -> bytes:
        """The body. Raises EncodingError."""
        source = fields.address("source", self.source, fields.LONG_ADDRESS)
        return source + fields.address("esme", self.esme, fields.LONG_ADDRESS) + encode_tlvs(self.tlvs)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Raises Malformed."""
        reader = Reader(body)
        return cls(reader.address(), reader.address(), reader.tlvs())


@dataclass(frozen=True, slots=True)
class Outbind:
    """outbind (section 4.1.7): an SMSC that asks to be bound to."""

    system_id: str
    password: str = field(default="", repr=False)

    def encode(self) -> bytes:
        """The body. Raises EncodingError."""
        return fields.c_octets("system_id", self.system_id, 15) + fields.c_octets("password", self.password, 8)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Raises Malformed."""
        reader = Reader(body)
        return cls(reader.c_octets(), reader.last_c_octets())


def _short_message(content: bytes) -> bytes:
    if len(content) > MAX_SHORT_MESSAGE:
        raise EncodingError("short_message", f"has {len(content)} octets, the standard allows {MAX_SHORT_MESSAGE}")
    return bytes((len(content),)) + content


def _read_short_message(reader: Reader) -> bytes:
    length = reader.octet()
    if reader.at + length > len(reader.body):
        raise Malformed(ESME_RINVMSGLEN, f"sm_length is {length}, and {len(reader.body) - reader.at} octets follow")
    return reader.take(length)


def _destination(reader: Reader) -> Address | DistributionList:
    match reader.octet():
        case 1:  # an SME's address
            return reader.address()
        case 2:  # a distribution list
            return DistributionList(reader.c_octets())
        case flag:
            raise Malformed(ESME_RINVDESTFLAG, f"dest_flag is {flag}")

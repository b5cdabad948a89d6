"""Responses that carry more than their status. One with an error may come without a body: then all is empty."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Self

from . import fields
from .address import Address
from .fields import Reader
from .tlv import Tlvs, encode_tlvs


def message_id(body: bytes) -> str:
    """The message_id that begins a submit_sm_resp, with or without its NUL (section 4.4.2)."""
    end = body.find(0)
    return (body if end < 0 else body[:end]).decode("latin-1")


@dataclass(frozen=True, slots=True)
class MessageIdResponse:
    """submit_sm_resp and data_sm_resp (sections 4.4.2 and 4.7.2)."""

    message_id: str = ""
    tlvs: Tlvs = field(default=(), repr=False)

    def encode(self) -> bytes:
        """The body. Raises EncodingError."""
        return fields.c_octets("message_id", self.message_id, fields.MESSAGE_ID) + encode_tlvs(self.tlvs)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Raises Malformed."""
        reader = Reader(body)
        return cls(reader.last_c_octets(), reader.tlvs())


class Unsuccessful(NamedTuple):
    """One destination that a submit_multi could not be sent to, and why."""

    destination: Address
    command_status: int


@dataclass(frozen=True, slots=True)
class SubmitMultiResponse:
    """submit_multi_resp (section 4.5.2)."""

    message_id: str = ""
    unsuccessful: tuple[Unsuccessful, ...] = ()
    tlvs: Tlvs = field(default=(), repr=False)

    def encode(self) -> bytes:
        """The body. Raises EncodingError."""
        pieces = [fields.c_octets("message_id", self.message_id, fields.MESSAGE_ID)]
        pieces.append(fields.octet("no_unsuccess", len(self.unsuccessful)))
        for destination, status in self.unsuccessful:
            pieces += (fields.address("destination", destination), fields.four_octets("error_status_code", status))
        return b"".join(pieces) + encode_tlvs(self.tlvs)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Raises Malformed."""
        reader = Reader(body)
        identity = reader.last_c_octets()
        count = 0 if reader.done else reader.octet()
        unsuccessful = tuple(Unsuccessful(reader.address(), reader.number()) for _ in range(count))
        return cls(identity, unsuccessful, reader.tlvs())


@dataclass(frozen=True, slots=True)
class QuerySmResponse:
    """query_sm_resp (section 4.8.2)."""

    message_id: str = ""
    final_date: str = ""
    """When it reached its final state, as of section 7.1.1; empty: it has none yet."""
    message_state: int = 0
    """Section 5.2.28; see receipts.states."""
    error_code: int = 0
    """The network's, where the delivery failed."""

    def encode(self) -> bytes:
        """The body. Raises EncodingError."""
        return b"".join(
            (
                fields.c_octets("message_id", self.message_id, fields.MESSAGE_ID),
                fields.c_octets("final_date", self.final_date, fields.TIME),
                fields.octet("message_state", self.message_state),
                fields.octet("error_code", self.error_code),
            )
        )

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Raises Malformed."""
        if not body:
            return cls()
        reader = Reader(body)
        return cls(reader.c_octets(), reader.c_octets(), reader.octet(), 0 if reader.done else reader.octet())

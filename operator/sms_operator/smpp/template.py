"""submit_sm by template: smpplib writes one, and every message puts its own number and content into it."""

from __future__ import annotations

from typing import Any, Final

import smpplib.smpp

from .codec import EncodingError
from .fields import ADDRESS, c_octets
from .pdus import MAX_SHORT_MESSAGE, ShortMessage

_HEADER: Final = 16
_SMPP: Final[Any] = smpplib.smpp


class SubmitTemplate:
    """All submit_sm of one kind: everything is the same but the digits of the destination and the content.

    smpplib takes some 50 µs for a PDU, this takes one.
    """

    __slots__ = ("_after", "_before")

    def __init__(self, message: ShortMessage) -> None:
        """`message`: without content and without digits of its destination. Raises EncodingError."""
        # smpplib cuts what is too long without a word: our own encoder refuses it first.
        message.encode()
        wire: bytes = _SMPP.make_pdu(
            "submit_sm",
            client=_Sequence(),
            service_type=message.service_type,
            source_addr_ton=message.source.ton,
            source_addr_npi=message.source.npi,
            source_addr=message.source.digits,
            dest_addr_ton=message.destination.ton,
            dest_addr_npi=message.destination.npi,
            destination_addr="",
            esm_class=message.esm_class,
            protocol_id=message.protocol_id,
            priority_flag=message.priority_flag,
            schedule_delivery_time=message.schedule_delivery_time,
            validity_period=message.validity_period,
            registered_delivery=message.registered_delivery,
            replace_if_present_flag=message.replace_if_present_flag,
            data_coding=message.data_coding,
            sm_default_msg_id=message.sm_default_msg_id,
            short_message=b"",
        ).generate()
        digits = _HEADER + len(message.service_type) + 1 + 2 + len(message.source.digits) + 1 + 2
        self._before = wire[_HEADER:digits]
        self._after = wire[digits:-1]

    def body(self, destination: str, short_message: bytes, tlvs: bytes = b"") -> bytes:
        """The body of one message; `tlvs` as `encode_tlvs` wrote them.

        Raises:
            EncodingError: the number is longer than 20 octets or beyond Latin-1, or the content longer than 254.
        """
        length = len(short_message)
        if length > MAX_SHORT_MESSAGE:
            raise EncodingError("short_message", f"has {length} octets, the standard allows {MAX_SHORT_MESSAGE}")
        # Digits, as good as always; the rest is checked where it is written for all PDUs.
        if len(destination) <= ADDRESS and destination.isascii() and "\0" not in destination:
            digits = destination.encode()
        else:
            digits = c_octets("destination", destination, ADDRESS)[:-1]
        return b"%b%b%b%c%b%b" % (self._before, digits, self._after, length, short_message, tlvs)


class _Sequence:
    """smpplib asks for a number that the template does not keep."""

    def next_sequence(self) -> int:
        """Any."""
        return 1

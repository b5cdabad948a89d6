"""What phones send: texts in any alphabet, long ones in any form, whole or in a mess, and what nobody can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sms_operator.smpp.address import Address
from sms_operator.smpp.commands import Command
from sms_operator.smpp.fields import ADDRESS
from sms_operator.smpp.pdus import DataSm, ShortMessage
from sms_operator.smpp.text.encoding import Encoding
from sms_operator.smpp.text.splitting import LongMessages, encode_text
from sms_operator.smpp.tlv import Tag

ESM_CLASS_UDHI: Final = 0x40
TON_INTERNATIONAL: Final = 1
TON_ALPHANUMERIC: Final = 5
NPI_ISDN: Final = 1


@dataclass(frozen=True, slots=True)
class Text:
    """A text that a phone sends."""

    source: str
    destination: str
    text: str = field(repr=False)
    encoding: Encoding = Encoding.AUTO
    long_messages: LongMessages = LongMessages.PAYLOAD
    """How it goes when it is too long for one message."""
    reference: int = 1
    """Of a long one."""
    parts: Sequence[int] = ()
    """Which parts go out, in which order, the first is 1: `(3, 1, 1)` is out of order, with one doubled and one
    missing; empty: all of them in order."""

    def messages(self) -> list[ShortMessage]:
        """One for each part.

        Raises:
            ValueError: the encoding lacks a character, or there is no such part.
        """
        encoded = encode_text(self.text, self.encoding, self.long_messages, self.reference)
        count = len(encoded.parts)
        if wrong := [number for number in self.parts if not 1 <= number <= count]:
            raise ValueError(f"parts: no part {wrong[0]}: the text has {count}")
        chosen = [encoded.parts[number - 1] for number in self.parts] if self.parts else encoded.parts
        return [
            ShortMessage(
                source=address(self.source),
                destination=address(self.destination),
                esm_class=ESM_CLASS_UDHI if part.udhi else 0,
                data_coding=encoded.data_coding,
                short_message=part.short_message,
                tlvs=part.tlvs,
            )
            for part in chosen
        ]


class Poison(StrEnum):
    """Ways in which a deliver_sm cannot be read."""

    EMPTY = "empty"
    """It has no body."""
    SHORT = "short"
    """It ends after the addresses."""
    UNENDED = "unended"
    """Its C-octet strings never end."""
    OVERLONG = "overlong"
    """Its sm_length goes beyond its end."""
    TLV = "tlv"
    """Its last optional parameter goes beyond its end."""

    def body(self, message: ShortMessage) -> bytes:
        """The message, spoilt."""
        whole = message.encode()
        addresses = (
            1 + len(message.service_type) + sum(3 + len(one.digits) for one in (message.source, message.destination))
        )
        match self:
            case Poison.EMPTY:
                return b""
            case Poison.SHORT:
                return whole[:addresses]
            case Poison.UNENDED:
                return whole.replace(b"\0", b"\1")
            case Poison.OVERLONG:
                size = addresses + 9
                return whole[:size] + b"\xff" + whole[size + 1 :]
            case Poison.TLV:
                return whole + bytes.fromhex("1403 0040 dead")


def address(number: str) -> Address:
    """The address that a number or a name means; a plus is for international numbers (section 5.2.5)."""
    if number.startswith("+"):
        return Address(number[1:], TON_INTERNATIONAL, NPI_ISDN)
    if number and not number.isdecimal():
        return Address(number, TON_ALPHANUMERIC, 0)
    return Address(number, 0, NPI_ISDN)


def written(one: Address) -> str:
    """The number that an address means, the way `address` reads it."""
    return f"+{one.digits}" if one.ton == TON_INTERNATIONAL and not one.digits.startswith("+") else one.digits


def body_of(message: ShortMessage, as_data_sm: bool, tlvs: bytes = b"") -> tuple[Command, bytes]:
    """The request that delivers a message, with octets after it that are meant to be optional parameters."""
    # A longer address fits into a data_sm only.
    long = max(len(message.source.digits), len(message.destination.digits)) > ADDRESS
    if not as_data_sm and not long:
        return Command.DELIVER_SM, message.encode() + tlvs
    payload = ((int(Tag.MESSAGE_PAYLOAD), message.short_message),) if message.short_message else ()
    request = DataSm(
        source=message.source,
        destination=message.destination,
        service_type=message.service_type,
        esm_class=message.esm_class,
        registered_delivery=message.registered_delivery,
        data_coding=message.data_coding,
        tlvs=(*message.tlvs, *payload),
    )
    return Command.DATA_SM, request.encode() + tlvs

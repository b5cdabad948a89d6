"""How messages are sent over a gateway where they say nothing else."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from .base import ApiModel
from .duration import Between
from .network import Address
from .values import PRINTABLE, Text


class RegisteredDelivery(StrEnum):
    """Which delivery receipts are asked for (SMPP 3.4, 5.2.17)."""

    NONE = "None"
    ALWAYS = "Always"
    ON_FAILURE = "OnFailure"


class Encoding(StrEnum):
    """How text becomes octets."""

    AUTO = "Auto"
    GSM7 = "Gsm7"
    LATIN1 = "Latin1"
    UCS2 = "Ucs2"


class LongMessages(StrEnum):
    """How a text longer than one message is sent."""

    UDH = "Udh"
    UDH16 = "Udh16"
    SAR = "Sar"
    PAYLOAD = "Payload"


class Gsm7Packing(StrEnum):
    """How septets are put into octets."""

    UNPACKED = "Unpacked"
    PACKED = "Packed"


class ReceiptIds(StrEnum):
    """How receipts write message ids, compared with the responses to submit_sm."""

    AUTO = "Auto"
    SAME = "Same"
    SUBMIT_HEX = "SubmitHex"
    SUBMIT_DECIMAL = "SubmitDecimal"


class MessageDefaults(ApiModel):
    """How messages are sent where they say nothing else. A change needs no new bind."""

    source: Address = Address()
    """Sender of the messages."""
    registered_delivery: RegisteredDelivery = RegisteredDelivery.NONE
    """Which delivery receipts are asked for."""
    encoding: Encoding = Encoding.AUTO
    """How text becomes octets; Auto: GSM7 where the text allows it, else UCS-2."""
    gsm7_packing: Gsm7Packing = Gsm7Packing.UNPACKED
    """One septet an octet, as nearly every SMSC wants it, or eight septets in seven octets."""
    long_messages: LongMessages = LongMessages.UDH
    """How long texts are split: user data header (8 or 16 bit references), SAR parameters, or message_payload."""
    receipt_ids: ReceiptIds = ReceiptIds.AUTO
    """How receipts write message ids. Auto: learnt; Same: as responses do; SubmitHex: responses hexadecimal, receipts
    decimal; SubmitDecimal: the other way round."""
    validity_period: Annotated[timedelta, Between("1m", "744h")] | None = None
    """How long the SMSC tries to deliver, 1m to 744h (31 days); default: as the SMSC decides."""
    service_type: Annotated[Text, Field(max_length=5), PRINTABLE] = ""
    """service_type: up to 5 printable ASCII characters; empty unless the SMSC wants one."""

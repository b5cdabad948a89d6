"""What may be given to a link to send."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sms_operator.smpp.address import Address
from sms_operator.smpp.tlv import Tlvs

PATIENCE: Final = 30.0
"""Seconds that a message waits for a bind, its window or its rate, unless its sender says otherwise."""


@dataclass(frozen=True, slots=True)
class SendOptions:
    """What a message may have of its own. None: as the gateway's spec.message says."""

    source: Address | None = None
    """Sender of the message."""
    registered_delivery: int | None = None
    """Which receipts are asked for (SMPP 3.4, section 5.2.17): 0 none, 1 always, 2 on failure, 16 intermediate."""
    validity_period: str | None = None
    """Until when the SMSC tries, absolute or relative as of section 7.1.1, up to 16 characters; empty: its default."""
    schedule_delivery_time: str = ""
    """When the SMSC shall begin to try, in the same form; empty: at once."""
    service_type: str | None = None
    """Up to 5 characters (section 5.2.11)."""
    protocol_id: int = 0
    """GSM TP-PID, 0..255 (section 5.2.13)."""
    priority_flag: int = 0
    """0..3, or what the network knows more (section 5.2.14)."""
    replace_if_present: bool = False
    """Take the place of a message that still waits at the SMSC for this phone, from the same source."""
    tlvs: Tlvs = field(default=(), repr=False)
    """Optional parameters beyond those the link needs itself; a vendor's too."""


class TextMessage(NamedTuple):
    """A text for one phone; longer than one message allows it is sent in segments."""

    destination: Address
    text: str
    options: SendOptions | None = None
    tag: object = None
    """Comes back with every receipt for this message."""

    def __repr__(self) -> str:
        return f"TextMessage(of {len(self.text)} characters)"


class BinaryMessage(NamedTuple):
    """Octets for one phone, sent as they are, in one message."""

    destination: Address
    content: bytes
    """Up to 254 octets as short_message; more, up to 65,535, as message_payload."""
    data_coding: int = 4
    """Section 5.2.19; 4: 8-bit binary."""
    udhi: bool = False
    """Whether the content begins with a user data header (3GPP TS 23.040, 9.2.3.24)."""
    options: SendOptions | None = None
    tag: object = None

    def __repr__(self) -> str:
        return f"BinaryMessage(of {len(self.content)} octets)"


class Tracked(NamedTuple):
    """What is kept of an accepted segment until its receipt comes."""

    destination: str
    number: int
    """Of the segment, from 1."""
    total: int
    tag: object

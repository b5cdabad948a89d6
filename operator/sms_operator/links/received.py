"""What SMSCs send, as it is given to whoever takes it, and what may be answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import Enum
from typing import NamedTuple

from sms_operator.smpp.address import Address
from sms_operator.smpp.command_status import ESME_ROK, ESME_RX_P_APPN, ESME_RX_T_APPN
from sms_operator.smpp.operations import AlertNotification
from sms_operator.smpp.pdus import DataSm, ShortMessage
from sms_operator.smpp.receipts.parsing import Receipt

from .outgoing import Tracked


class Verdict(Enum):
    """What becomes of a message; the value is the command_status of the answer (SMPP 3.4, section 5.1.3)."""

    ACCEPT = ESME_ROK
    """It is safe: the SMSC may forget it."""
    TEMPORARY = ESME_RX_T_APPN
    """Not now: the SMSC keeps it and tries again."""
    PERMANENT = ESME_RX_P_APPN
    """Never: the SMSC gives it up."""


class ReceivedText(NamedTuple):
    """A text from a phone, all its segments put together."""

    key: str
    """`namespace/name` of the gateway."""
    source: Address
    destination: Address
    text: str
    pdus: tuple[ShortMessage | DataSm, ...]
    """What it came in, in the order of the segments."""
    missing: tuple[int, ...] = ()
    """Numbers of segments that did not come in time; the text goes without them."""

    def __repr__(self) -> str:
        return f"ReceivedText(over {self.key}, {len(self.text)} characters, missing {self.missing})"


class ReceivedBinary(NamedTuple):
    """Octets from a phone, all segments put together."""

    key: str
    source: Address
    destination: Address
    content: bytes
    """Without the user data header."""
    pdus: tuple[ShortMessage | DataSm, ...]
    missing: tuple[int, ...] = ()

    def __repr__(self) -> str:
        return f"ReceivedBinary(over {self.key}, {len(self.content)} octets, missing {self.missing})"


class ReceivedReceipt(NamedTuple):
    """What became of a message that was sent."""

    key: str
    receipt: Receipt
    tracked: Tracked | None
    """The segment it speaks of; None: one that is not known (any more), or was told of before."""
    pdu: ShortMessage | DataSm

    def __repr__(self) -> str:
        return f"ReceivedReceipt(over {self.key}, {self.receipt.state})"


class ReceivedAlert(NamedTuple):
    """A phone can be reached again (section 4.12). There is nothing to answer: the verdict does not matter."""

    key: str
    alert: AlertNotification

    def __repr__(self) -> str:
        return f"ReceivedAlert(over {self.key})"


Received = ReceivedText | ReceivedBinary | ReceivedReceipt | ReceivedAlert
Handler = Callable[[Received], Verdict | Awaitable[Verdict]]
"""Takes one message. Only its verdict is answered, so a handler that awaits may take its time, within the SMSC's own.

One that raises has not taken the message: the SMSC is told to try again, and after `quarantine.ATTEMPTS` the message is
put aside. It must expect to see a message twice: an SMSC whose connection broke before it read our answer sends again.
"""

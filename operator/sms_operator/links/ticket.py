"""The answer that is owed for a message from the SMSC."""

from __future__ import annotations

from typing import NamedTuple

from sms_operator.smpp.events import Delivery
from sms_operator.smpp.transport import SessionProtocol


class Ticket(NamedTuple):
    """One deliver_sm or data_sm, and the bind that it came over."""

    delivery: Delivery
    way: SessionProtocol

    def answer(self, status: int) -> bool:
        """Answer it, once. False: the bind is gone, and the SMSC sends the message again over another."""
        return self.way.answer(self.delivery, status)

"""Delivery receipts in the format of SMPP 3.4, appendix B."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from .bodies import TLV_MESSAGE_STATE, TLV_RECEIPTED_MESSAGE_ID, ShortMessage

ESM_CLASS_RECEIPT: Final = 0x04
STATE_DELIVERED: Final = 2


def wants_receipt(message: ShortMessage) -> bool:
    """Whether registered_delivery asks for the final outcome in case of success (section 5.2.17)."""
    return message.registered_delivery & 0x03 == 0x01


def receipt(message_id: str, message: ShortMessage, done: datetime) -> ShortMessage:
    """The receipt that says the message has been delivered."""
    date = done.strftime("%y%m%d%H%M")
    text = f"id:{message_id} sub:001 dlvrd:001 submit date:{date} done date:{date} stat:DELIVRD err:000 text:"
    return ShortMessage(
        source=message.destination,
        destination=message.source,
        content=text.encode("ascii"),
        esm_class=ESM_CLASS_RECEIPT,
        tlvs=(
            (TLV_RECEIPTED_MESSAGE_ID, message_id.encode("ascii") + b"\0"),
            (TLV_MESSAGE_STATE, bytes((STATE_DELIVERED,))),
        ),
    )

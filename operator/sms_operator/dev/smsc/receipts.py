"""Delivery receipts and intermediate notifications, in the forms that SMSCs give them (SMPP 3.4, appendix B)."""

from __future__ import annotations

import struct
from datetime import datetime
from typing import Final

from sms_operator.smpp.pdus import ShortMessage
from sms_operator.smpp.tlv import Tag, Tlvs

from .behaviour import Dialect, Receipts
from .states import MessageState
from .store import Submission

ESM_CLASS_NOTIFICATION: Final = 0x20
INTERMEDIATE: Final = 0x10
"""Bit of registered_delivery that asks for intermediate notifications (section 5.2.17)."""
GSM_NETWORK: Final = 3
"""First octet of network_error_code (section 5.3.2.31)."""
QUOTED: Final = 20
"""Octets of the message that a receipt repeats."""
WORDS: Final = {
    MessageState.ENROUTE: "ENROUTE",
    MessageState.DELIVERED: "DELIVRD",
    MessageState.EXPIRED: "EXPIRED",
    MessageState.DELETED: "DELETED",
    MessageState.UNDELIVERABLE: "UNDELIV",
    MessageState.ACCEPTED: "ACCEPTD",
    MessageState.REJECTED: "REJECTD",
}
_PATTERNS: Final = {
    Dialect.SPACED: "id: {id} sub: 001 dlvrd: {count} submit date: {submitted} done date: {done} "
    "stat: {word} err: {error:03} text: {text}",
    Dialect.JOINED: "id:{id} sub:001 dlvrd:{count} submitdate:{submitted} donedate:{done} "
    "stat:{word} err:{error:03} text:{text}",
    Dialect.REORDERED: "stat:{word} err:{error:03} id:{id} done date:{done} submit date:{submitted} "
    "sub:001 dlvrd:{count} text:{text}",
    Dialect.SHORT: "id:{id} stat:{word} err:{error:03}",
    Dialect.CAPITALS: "ID:{id} SUB:001 DLVRD:{count} SUBMIT DATE:{submitted} DONE DATE:{done} "
    "STAT:{word} ERR:{error:03} TEXT:{text}",
}
_STANDARD: Final = (
    "id:{id} sub:001 dlvrd:{count} submit date:{submitted} done date:{done} stat:{word} err:{error:03} text:{text}"
)
_DATES: Final = {Dialect.SECONDS: "%y%m%d%H%M%S", Dialect.CENTURY: "%Y%m%d%H%M%S"}


def wants_receipt(registered_delivery: int, outcome: MessageState) -> bool:
    """Whether the outcome is to be told (section 5.2.17: 1 always, 2 on failure; 3, in SMPP 5.0, on success)."""
    delivered = outcome == MessageState.DELIVERED
    return (False, True, not delivered, delivered)[registered_delivery & 0x03]


def receipt(submission: Submission, script: Receipts, done: datetime) -> ShortMessage:
    """What is told about the outcome of a message."""
    return _told(submission, script, submission.outcome, submission.error, done, script.esm_class)


def notification(submission: Submission, script: Receipts, now: datetime) -> ShortMessage:
    """What is told about a message that is under way."""
    return _told(submission, script, MessageState.ENROUTE, 0, now, ESM_CLASS_NOTIFICATION)


def _told(
    submission: Submission, script: Receipts, state: MessageState, error: int, at: datetime, esm_class: int
) -> ShortMessage:
    text = _text(submission, script.dialect, state, error, at) if script.text else ""
    content = text.encode("utf-16-be" if script.ucs2 else "latin-1", "replace")
    tlvs = _tlvs(submission, script, state, error) if script.tlvs else ()
    payload = script.payload or len(content) > 254
    return ShortMessage(
        source=submission.message.destination,
        destination=submission.message.source,
        esm_class=esm_class,
        data_coding=8 if script.ucs2 else 0,
        short_message=b"" if payload else content,
        tlvs=(*tlvs, (int(Tag.MESSAGE_PAYLOAD), content)) if payload and content else tlvs,
    )


def _text(submission: Submission, dialect: Dialect, state: MessageState, error: int, at: datetime) -> str:
    dates = _DATES.get(dialect, "%y%m%d%H%M")
    quoted = submission.message.content[:QUOTED].decode("ascii", "replace")
    return _PATTERNS.get(dialect, _STANDARD).format(
        id=submission.receipt_id,
        count="001" if state == MessageState.DELIVERED else "000",
        submitted=submission.submitted.strftime(dates),
        done=at.strftime(dates),
        word=WORDS.get(state, "UNKNOWN"),
        error=error,
        text="".join(character if character.isprintable() and character.isascii() else "." for character in quoted),
    )


def _tlvs(submission: Submission, script: Receipts, state: MessageState, error: int) -> Tlvs:
    identifier = submission.receipt_id.encode("ascii") + (b"\0" if script.id_nul else b"")
    told: Tlvs = (
        (int(Tag.RECEIPTED_MESSAGE_ID), identifier),
        (int(Tag.MESSAGE_STATE), int(state).to_bytes(script.state_octets, "big")),
    )
    if not error:
        return told
    return (*told, (int(Tag.NETWORK_ERROR_CODE), struct.pack(">BH", GSM_NETWORK, error)))

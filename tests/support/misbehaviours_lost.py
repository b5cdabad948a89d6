"""Connections that are lost or never stand, and binds that are refused."""

from __future__ import annotations

from typing import Final

from sms_operator.protocol.messages import FailureReason
from sms_operator.smpp.command_status import (
    ESME_RALYBND,
    ESME_RBINDFAIL,
    ESME_RINVCMDID,
    ESME_RINVPASWD,
    ESME_RINVSYSID,
    ESME_RINVSYSTYP,
    ESME_RMSGQFUL,
    ESME_RSYSERR,
    ESME_RTHROTTLED,
)
from sms_operator.smpp.commands import Command
from sms_operator.smpp.pdus import DataSm, ShortMessage
from sms_operator.smpp.tlv import Tag

from . import habits
from .habits import BIND, ENQUIRE, SUBMIT
from .misbehaviour import Row, Sent
from .rogue import PHONE, SHORT_CODE

UNKNOWN_COMMAND: Final = 0x0001_0200
NOTHING: Final = {ENQUIRE: habits.nothing, SUBMIT: habits.nothing, Command.UNBIND: habits.nothing}
UNREADABLE: Final = ShortMessage(PHONE, SHORT_CODE, short_message=b"x" * 20).encode()[:-10]
"""A deliver_sm whose sm_length goes beyond its end."""
HELLO: Final = ShortMessage(PHONE, SHORT_CODE, short_message=b"hello").encode()
PERMANENT: Final = frozenset(
    {
        FailureReason.BIND_MODE_NOT_SUPPORTED,
        FailureReason.INVALID_PASSWORD,
        FailureReason.INVALID_SYSTEM_ID,
        FailureReason.INVALID_SYSTEM_TYPE,
    }
)
"""Refusals that only a change of the spec or the Secret heals."""
HARDLY: Final = "not tried again before spec or Secret change, but for a probe every quarter of an hour"
SLOWLY: Final = "tried again after 30 s, and ever more slowly up to 10 min: it may be the login"
SOON: Final = "tried again soon, and ever more slowly: it says nothing about the login"
DATA: Final = DataSm(PHONE, SHORT_CODE, tlvs=((int(Tag.MESSAGE_PAYLOAD), b"data"),)).encode()
DELIVER_RESP: Final = Command.DELIVER_SM_RESP
NACK: Final = Command.GENERIC_NACK

LOSSES: Final = (
    Row(
        "G2 the bind is never answered",
        "takes the connection and the bind, and says nothing",
        "given up after the response timeout; what was to be sent waits",
        {BIND: habits.nothing},
        FailureReason.BIND_TIMEOUT,
        "no answer to the bind within 0.5 s",
        (Sent.LATER,),
        timeout=0.5,
    ),
    Row(
        "G3 half-open",
        "stops to read and to answer, without an end of the connection",
        "found by enquire_link, after interval and response timeout",
        {SUBMIT: habits.stop_reading},
        FailureReason.ENQUIRE_LINK_TIMEOUT,
        "no answer to enquire_link within 0.5 s",
        (Sent.TIMEOUT,),
        interval=0.2,
        timeout=0.5,
    ),
    Row(
        "G4 reset when idle",
        "resets a connection on which nothing happens",
        "noticed at once; binds again after a delay that grows and is never the same",
        {ENQUIRE: habits.reset},
        FailureReason.UNREACHABLE,
        "the connection was",
        interval=0.2,
    ),
    Row(
        "G4 closed when idle",
        "closes a connection on which nothing happens, without unbind",
        "the same",
        {ENQUIRE: habits.close},
        FailureReason.UNREACHABLE,
        "the connection was closed",
        interval=0.2,
    ),
    Row(
        "G4 reset within a PDU",
        "resets the connection in the middle of a response",
        "half a response says nothing: the outcome is unknown, and nothing is sent twice",
        {SUBMIT: habits.half_a_response(habits.reset)},
        FailureReason.UNREACHABLE,
        "the connection was",
        (Sent.LOST,),
    ),
    Row(
        "G4 closed within a PDU",
        "closes the connection in the middle of a response",
        "the same",
        {SUBMIT: habits.half_a_response(habits.close)},
        FailureReason.UNREACHABLE,
        "the connection was",
        (Sent.LOST,),
    ),
    Row(
        "G4 reset within a window",
        "resets the connection when three messages wait for their responses",
        "each of them has an unknown outcome, and none is sent twice",
        {SUBMIT: habits.third(habits.reset)},
        FailureReason.UNREACHABLE,
        "the connection was",
        (Sent.LOST,) * 3,
    ),
    Row(
        "G4 reset in answer to the bind",
        "resets the connection when the bind comes",
        "told with what may be the cause; what was to be sent waits",
        {BIND: habits.reset},
        FailureReason.UNREACHABLE,
        "before the bind was answered",
        (Sent.LATER,),
    ),
    Row(
        "G5 a PDU that does not end",
        "begins a long PDU, of which an octet comes now and then",
        "octets that are no whole PDU are no sign of life: found by enquire_link",
        {**NOTHING, SUBMIT: habits.trickle},
        FailureReason.ENQUIRE_LINK_TIMEOUT,
        "no answer to enquire_link within 0.5 s",
        (Sent.TIMEOUT,),
        interval=0.2,
        timeout=0.5,
    ),
)
REFUSALS: Final = tuple(
    Row(
        f"G7 bind refused with {name}",
        f"answers the bind with command_status 0x{status:x}",
        we,
        {BIND: habits.answering(status, b"rogue\0")},
        reason,
        name,
        (Sent.LATER,),
        permanent=reason in PERMANENT,
        waits=waits,
        interval=0.2,
    )
    for status, name, reason, we, waits in (
        (ESME_RBINDFAIL, "ESME_RBINDFAIL", FailureReason.BIND_REJECTED, SLOWLY, (0.2, 0.4)),
        (ESME_RINVPASWD, "ESME_RINVPASWD", FailureReason.INVALID_PASSWORD, HARDLY, (8.0, 10.0)),
        (ESME_RINVSYSID, "ESME_RINVSYSID", FailureReason.INVALID_SYSTEM_ID, HARDLY, (8.0, 10.0)),
        (ESME_RINVSYSTYP, "ESME_RINVSYSTYP", FailureReason.INVALID_SYSTEM_TYPE, HARDLY, (8.0, 10.0)),
        (ESME_RINVCMDID, "ESME_RINVCMDID", FailureReason.BIND_MODE_NOT_SUPPORTED, HARDLY, (8.0, 10.0)),
        (
            ESME_RALYBND,
            "ESME_RALYBND",
            FailureReason.ALREADY_BOUND,
            "tried again when the SMSC has had the time to drop a dead session: after the enquire_link interval",
            (0.2, 0.3),
        ),
        (0x400, "0x00000400", FailureReason.BIND_REJECTED, SLOWLY, (0.2, 0.4)),
        (ESME_RSYSERR, "ESME_RSYSERR", FailureReason.BIND_REJECTED, SOON, (0.0, 0.1)),
        (ESME_RTHROTTLED, "ESME_RTHROTTLED", FailureReason.BIND_REJECTED, SOON, (0.0, 0.1)),
        (ESME_RMSGQFUL, "ESME_RMSGQFUL", FailureReason.BIND_REJECTED, SOON, (0.0, 0.1)),
    )
)

"""Faults that other clients and libraries were seen to fail at, and the whole table of docs/misbehaving-peers.md.

`B.3` were met by clients, `L` by libraries; `G`, here and in `misbehaviours_lost.py`, are failures of SMSCs and
networks.
"""

from __future__ import annotations

from typing import Final

from sms_operator.protocol.messages import FailureReason
from sms_operator.smpp.command_status import (
    ESME_RINVBNDSTS,
    ESME_RINVCMDID,
    ESME_RINVCMDLEN,
    ESME_RINVDSTADR,
    ESME_RINVMSGLEN,
    ESME_RINVOPTPARSTREAM,
    ESME_RINVPASWD,
    ESME_RX_R_APPN,
)
from sms_operator.smpp.commands import Command
from sms_operator.smpp.operations import AlertNotification
from sms_operator.smpp.pdus import DataSm, ShortMessage
from sms_operator.smpp.tlv import Tag

from . import habits
from .habits import BIND, ENQUIRE, SUBMIT
from .misbehaviour import Row, Sent
from .misbehaviours_lost import LOSSES, REFUSALS
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

B3: Final = (
    Row(
        "B.3 deliver_sm in one segment with the bind_resp",
        "sends a message in the same segment as its bind_resp",
        "both are understood; the message is handed over and answered",
        {BIND: habits.deliver_with_bind_resp},
        answers=((DELIVER_RESP, 0),),
        heard=("early",),
    ),
    Row(
        "B.3 octet by octet",
        "sends every octet by itself",
        "PDUs are put together whatever they come in",
        {BIND: habits.drip, SUBMIT: habits.asking(Command.DELIVER_SM, HELLO)},
        answers=((DELIVER_RESP, 0),),
        heard=("hello",),
    ),
    Row(
        "B.3 responses out of order",
        "answers three messages last one first",
        "responses are matched by sequence_number: each message has its own message_id",
        {SUBMIT: habits.in_reverse},
        sent=(Sent.ACCEPTED,) * 3,
    ),
    Row(
        "B.3 enquire_link before bind_resp",
        "asks for a sign of life before it answers the bind",
        "enquire_link_resp; the bind stands when its own response has come, and not before",
        {BIND: habits.enquire_first, Command.ENQUIRE_LINK_RESP: habits.then_bind},
        answers=((Command.ENQUIRE_LINK_RESP, 0),),
    ),
    Row(
        "B.3 unknown TLV 0x1403",
        "delivers a message with a parameter that no standard has",
        "the message is taken, and the parameter kept as it came",
        {SUBMIT: habits.asking(Command.DELIVER_SM, HELLO + bytes.fromhex("1403 0004 deadbeef"))},
        answers=((DELIVER_RESP, 0),),
        heard=("hello 0x1403=deadbeef",),
    ),
    Row(
        "B.3 message_state with length 2",
        "writes message_state in two octets, and more parameters after it",
        "the receipt is read whole and matched with its message",
        {SUBMIT: habits.receipt((int(Tag.MESSAGE_STATE), b"\0\2"), (int(Tag.RECEIPTED_MESSAGE_ID), b"message-0\0"))},
        answers=((DELIVER_RESP, 0),),
        heard=("message-0 is DELIVERED",),
    ),
    Row(
        "B.3 receipted_message_id without NUL",
        "writes an id that does not end",
        "the id is read to its last character and matched",
        {SUBMIT: habits.receipt((int(Tag.RECEIPTED_MESSAGE_ID), b"message-0"), (int(Tag.MESSAGE_STATE), b"\2"))},
        answers=((DELIVER_RESP, 0),),
        heard=("message-0 is DELIVERED",),
    ),
    Row(
        "B.3 submit_sm_resp with network_error_code",
        "adds a parameter to a response that the standard gives none",
        "the response counts, its message_id is what stands before the NUL",
        {SUBMIT: habits.network_error},
    ),
    Row(
        "B.3 unknown command id",
        "sends a request with the command_id 0x00010200",
        "generic_nack ESME_RINVCMDID with its sequence_number; the bind goes on",
        {SUBMIT: habits.asking(UNKNOWN_COMMAND)},
        answers=((NACK, ESME_RINVCMDID),),
        counted="smpp_unknown_pdus_total",
    ),
    Row(
        "B.3 message as data_sm",
        "delivers a message by data_sm",
        "taken like one that comes by deliver_sm; data_sm_resp",
        {SUBMIT: habits.asking(Command.DATA_SM, DATA)},
        answers=((Command.DATA_SM_RESP, 0),),
        heard=("data",),
    ),
    Row(
        "B.3 unbind by the SMSC",
        "unbinds",
        "unbind_resp, the connection is closed, and another bind follows",
        {SUBMIT: habits.asking(Command.UNBIND)},
        FailureReason.PEER_UNBOUND,
        "the SMSC ended the bind (unbind)",
        answers=((Command.UNBIND_RESP, 0),),
    ),
    Row(
        "B.3 nothing answered after the bind",
        "answers the bind and nothing after it",
        "found by enquire_link, after interval and response timeout",
        NOTHING,
        FailureReason.ENQUIRE_LINK_TIMEOUT,
        "no answer to enquire_link within 0.5 s",
        (Sent.TIMEOUT,),
        interval=0.2,
        timeout=0.5,
    ),
    Row(
        "B.3 header of 2 GiB",
        "announces a PDU of 2 GiB",
        "generic_nack ESME_RINVCMDLEN and the end of the connection at once: nothing is waited for, no memory taken",
        {SUBMIT: habits.writing(habits.header(0x7FFF_FFFF))},
        FailureReason.PROTOCOL_ERROR,
        "command_length 2147483647",
        (Sent.LOST,),
        ((NACK, ESME_RINVCMDLEN),),
    ),
    Row(
        "B.3 error without a body",
        "refuses the bind with a bare header",
        "the command_status is read from the header",
        {BIND: habits.answering(ESME_RINVPASWD)},
        FailureReason.INVALID_PASSWORD,
        "ESME_RINVPASWD",
        (Sent.LATER,),
        permanent=True,
        waits=(8.0, 10.0),
    ),
)
LENGTHS: Final = tuple(
    Row(
        f"L2 command_length {length}",
        f"announces a PDU of {length} octets",
        "as for 2 GiB: where the next PDU begins can no longer be known",
        {SUBMIT: habits.writing(habits.header(length))},
        FailureReason.PROTOCOL_ERROR,
        f"command_length {length} ",
        (Sent.LOST,),
        ((NACK, ESME_RINVCMDLEN),),
    )
    for length in (0, 3, 12)
)
UNREADABLE_MESSAGES: Final = (
    Row(
        "L8 a message that cannot be read, again and again",
        "sends the same unreadable deliver_sm three times",
        "refused twice; then put aside and refused for good, so that the SMSC does not send it for ever",
        {SUBMIT: habits.delivering(UNREADABLE, 3)},
        answers=((DELIVER_RESP, ESME_RINVMSGLEN), (DELIVER_RESP, ESME_RINVMSGLEN), (DELIVER_RESP, ESME_RX_R_APPN)),
    ),
    Row(
        "L9 deliver_sm without a body",
        "sends a bare header",
        "deliver_sm_resp ESME_RINVCMDLEN; nothing is handed over, the bind goes on",
        {SUBMIT: habits.asking(Command.DELIVER_SM)},
        answers=((DELIVER_RESP, ESME_RINVCMDLEN),),
    ),
    Row(
        "L9 a parameter beyond the end",
        "sends a message whose last parameter is longer than the PDU",
        "deliver_sm_resp ESME_RINVOPTPARSTREAM; nothing is handed over, the bind goes on",
        {SUBMIT: habits.asking(Command.DELIVER_SM, HELLO + bytes.fromhex("1403 0040 dead"))},
        answers=((DELIVER_RESP, ESME_RINVOPTPARSTREAM),),
    ),
)
REQUESTS: Final = (
    Row(
        "G9 unbind before a response it owes",
        "unbinds, and then answers what was sent before",
        "the response counts; unbind_resp when nothing waits any more",
        {SUBMIT: habits.unbind_first},
        FailureReason.PEER_UNBOUND,
        "the SMSC ended the bind (unbind)",
        answers=((Command.UNBIND_RESP, 0),),
    ),
    Row(
        "G9 generic_nack for a message",
        "answers a submission with generic_nack",
        "that refuses the message; the bind goes on",
        {SUBMIT: habits.answering_as(NACK, ESME_RINVCMDID)},
        sent=(Sent.REFUSED,),
    ),
    Row(
        "G9 an error for a message",
        "refuses a submission, with a body that the standard does not want there",
        "the message is refused with that status; the bind goes on",
        {SUBMIT: habits.answering(ESME_RINVDSTADR, b"\0")},
        sent=(Sent.REFUSED,),
    ),
    Row(
        "G9 generic_nack for nobody",
        "sends a generic_nack with sequence_number 0",
        "counted and passed over",
        {SUBMIT: habits.nack_nobody},
        counted="smpp_oddities_total",
    ),
    Row(
        "G9 outbind",
        "sends outbind on a connection that we opened",
        "generic_nack ESME_RINVBNDSTS; the bind goes on",
        {SUBMIT: habits.asking(Command.OUTBIND, b"rogue\0\0")},
        answers=((NACK, ESME_RINVBNDSTS),),
        counted="smpp_oddities_total",
    ),
    Row(
        "G9 a request for SMSCs",
        "sends submit_sm to us",
        "generic_nack ESME_RINVCMDID; the bind goes on",
        {SUBMIT: habits.asking(Command.SUBMIT_SM, HELLO)},
        answers=((NACK, ESME_RINVCMDID),),
    ),
    Row(
        "G9 alert_notification",
        "says that a phone can be reached again",
        "handed over; it has no response",
        {SUBMIT: habits.asking(Command.ALERT_NOTIFICATION, AlertNotification(PHONE, SHORT_CODE).encode())},
        heard=("31600000000 can be reached",),
    ),
    Row(
        "G10 enquire_link and no bind_resp",
        "asks for a sign of life and never answers the bind",
        "enquire_link_resp, and never counted as bound",
        {BIND: habits.enquire_first},
        FailureReason.BIND_TIMEOUT,
        "no answer to the bind within 0.5 s",
        (Sent.LATER,),
        ((Command.ENQUIRE_LINK_RESP, 0),),
        timeout=0.5,
    ),
    Row(
        "G10 deliver_sm before bind_resp",
        "delivers a message before it answers the bind",
        "deliver_sm_resp ESME_RINVBNDSTS: the SMSC keeps it; the bind stands when its response has come",
        {BIND: habits.deliver_first},
        answers=((DELIVER_RESP, ESME_RINVBNDSTS),),
    ),
    Row(
        "G10 two bind_resps",
        "answers the bind twice",
        "the second one is counted and passed over",
        {BIND: habits.twice},
        counted="smpp_oddities_total",
    ),
    Row(
        "G10 a bind_resp that accepts and one that refuses",
        "accepts the bind, and then refuses it",
        "the first one counts",
        {BIND: habits.accept_and_refuse},
    ),
    Row(
        "G10 a bind_resp with another sequence_number",
        "answers a bind that nobody sent",
        "says nothing about our bind, which is never counted as bound",
        {BIND: habits.wrong_sequence},
        FailureReason.BIND_TIMEOUT,
        "no answer to the bind within 0.5 s",
        (Sent.LATER,),
        timeout=0.5,
    ),
    Row(
        "G10 another command's bind_resp",
        "answers bind_transceiver with bind_receiver_resp",
        "says nothing about our bind, which is never counted as bound",
        {BIND: habits.answering_as(Command.BIND_RECEIVER_RESP)},
        FailureReason.BIND_TIMEOUT,
        "no answer to the bind within 0.5 s",
        (Sent.LATER,),
        timeout=0.5,
    ),
)
RESPONSES: Final = (
    Row(
        "G11 a response to nothing",
        "sends a response with a sequence_number that nobody used before the right one",
        "counted and passed over; the right one counts",
        {SUBMIT: habits.stray},
        counted="smpp_oddities_total",
    ),
    Row(
        "G11 only a response to nothing",
        "answers a message with a wrong sequence_number",
        "the outcome is unknown when the response timeout is over; the bind goes on",
        {SUBMIT: habits.wrong_sequence},
        sent=(Sent.TIMEOUT,),
        timeout=0.5,
    ),
    Row(
        "G11 answered twice",
        "answers each message twice",
        "the second one is counted and passed over",
        {SUBMIT: habits.twice},
        counted="smpp_oddities_total",
    ),
    Row(
        "G11 another command's response",
        "answers submit_sm with query_sm_resp",
        "it says nothing about the message: the outcome is unknown; the bind goes on",
        {SUBMIT: habits.answering_as(Command.QUERY_SM_RESP)},
        sent=(Sent.MISMATCH,),
    ),
    Row(
        "G12 a message is never answered",
        "does not answer the first message, and the window has room for one",
        "after the response timeout its outcome is unknown and the next one leaves; the bind goes on",
        {SUBMIT: habits.ignore_the_first},
        sent=(Sent.TIMEOUT, Sent.ACCEPTED),
        timeout=0.5,
        window=1,
    ),
)
TABLE: Final = (*B3, *LENGTHS, *UNREADABLE_MESSAGES, *LOSSES, *REFUSALS, *REQUESTS, *RESPONSES)

"""What an SMSC does with the messages of its ESMEs: takes or refuses them, tells and changes their state, and reports.

Sections 4.4 (submit_sm), 4.5 (submit_multi), 4.7 (data_sm), 4.8 (query_sm), 4.9 (cancel_sm) and 4.10 (replace_sm).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from sms_operator.smpp.address import Address
from sms_operator.smpp.command_status import (
    ESME_RCANCELFAIL,
    ESME_RCNTSUBDL,
    ESME_RINVDLNAME,
    ESME_RINVDSTADR,
    ESME_RINVEXPIRY,
    ESME_RINVMSGID,
    ESME_RINVSCHED,
    ESME_RINVSRCADR,
    ESME_ROK,
    ESME_RQUERYFAIL,
    ESME_RREPLACEFAIL,
)
from sms_operator.smpp.commands import Command
from sms_operator.smpp.fields import ADDRESS, LONG_ADDRESS
from sms_operator.smpp.framing import Frame
from sms_operator.smpp.operations import CancelSm, DistributionList, QuerySm, ReplaceSm, SubmitMulti
from sms_operator.smpp.pdus import DataSm, ShortMessage
from sms_operator.smpp.responses import MessageIdResponse, QuerySmResponse, SubmitMultiResponse, Unsuccessful

from . import times
from .accounts import Account
from .behaviour import Behaviour
from .ledger import OCTETS, Submitted
from .mobile import written
from .states import MessageState
from .store import Submission, ids, rewritten

if TYPE_CHECKING:
    from .state import State

MESSAGES: Final = frozenset({Command.SUBMIT_SM, Command.SUBMIT_MULTI, Command.DATA_SM})
"""Requests that bring a message."""
ABOUT_MESSAGES: Final = frozenset({Command.QUERY_SM, Command.CANCEL_SM, Command.REPLACE_SM})
"""Requests about a message that was brought before."""


@dataclass(slots=True)
class Incoming:
    """What a request brings."""

    command_id: int
    messages: list[ShortMessage]
    """One for each destination."""
    entries: list[Submitted]
    """Their places in the ledger."""
    lists: tuple[str, ...] = ()
    """Distribution lists among the destinations, of which this SMSC has none."""


@dataclass(slots=True)
class Verdict:
    """The answer to a request about messages."""

    status: int
    body: bytes = b""
    taken: list[Submission] = field(default_factory=list[Submission])
    """Messages that are new."""


class MessageCentre:
    """Shared by all sessions of a simulator."""

    def __init__(self, state: State) -> None:
        self._state = state

    def read(self, frame: Frame, system_id: str, session: int) -> Incoming:
        """Reads a request that brings a message and enters it in the ledger.

        Raises:
            Malformed: it cannot be read.
        """
        messages, lists = _messages(frame)
        now = asyncio.get_running_loop().time()
        entries = [
            Submitted(
                now,
                session,
                frame.sequence,
                system_id,
                frame.command_id,
                written(one.source),
                written(one.destination),
                one.content[:OCTETS],
            )
            for one in messages
        ]
        self._state.ledger.submitted.extend(entries)
        return Incoming(frame.command_id, messages, entries, lists)

    def take(self, incoming: Incoming, account: Account) -> Verdict:
        """Takes the messages or refuses them, and enters the verdict in the ledger."""
        behaviour = self._state.behaviour_of(account.system_id)
        status = behaviour.submit_status or self._state.meter(account.system_id).verdict(
            behaviour.limits, asyncio.get_running_loop().time()
        )
        refused = [Unsuccessful(Address(name), ESME_RINVDLNAME) for name in incoming.lists]
        taken: list[Submission] = []
        number = self._state.store.new_number()
        for message, entry in zip(incoming.messages, incoming.entries, strict=True):
            entry.status = status or self._admit(message, account)
            if entry.status != ESME_ROK:
                refused.append(Unsuccessful(message.destination, entry.status))
                continue
            submission = self._replaced(message, account) or self._submission(number, message, account, behaviour)
            entry.message_id = submission.message_id
            taken.append(submission)
        if incoming.command_id == Command.SUBMIT_MULTI:
            verdict = _multi_verdict(status, refused, taken)
        else:
            verdict = (
                Verdict(refused[0].command_status)
                if refused
                else Verdict(ESME_ROK, _id_body(taken[0].message_id), taken)
            )
        if verdict.status != ESME_ROK:
            verdict.body = _id_body("") if behaviour.responses.error_body else b""
        else:
            verdict.body += behaviour.responses.tlvs
        self._state.ledger.statuses[verdict.status] += 1
        return verdict

    def tell(self, frame: Frame, system_id: str) -> Verdict:
        """Answers query_sm, cancel_sm and replace_sm.

        Raises:
            Malformed: it cannot be read.
        """
        now = datetime.now(UTC)
        match frame.command_id:
            case Command.QUERY_SM:
                return self._query(QuerySm.decode(frame.body), system_id, now)
            case Command.CANCEL_SM:
                return self._cancel(CancelSm.decode(frame.body), system_id, now)
            case _:
                return self._replace(ReplaceSm.decode(frame.body), system_id, now)

    def _admit(self, message: ShortMessage, account: Account) -> int:
        destination = written(message.destination)
        if destination in account.refused_destinations or not 1 <= len(message.destination.digits) <= LONG_ADDRESS:
            return ESME_RINVDSTADR
        if len(message.source.digits) > LONG_ADDRESS:
            return ESME_RINVSRCADR
        now = datetime.now(UTC)
        for text, status in (
            (message.schedule_delivery_time, ESME_RINVSCHED),
            (message.validity_period, ESME_RINVEXPIRY),
        ):
            try:
                times.moment(text, now)
            except ValueError:
                return status
        return ESME_ROK

    def _replaced(self, message: ShortMessage, account: Account) -> Submission | None:
        # replace_if_present_flag (section 5.2.18): the new text takes the place of one that is under way.
        if not message.replace_if_present_flag:
            return None
        ends = (message.source, message.destination)
        found = self._state.store.pending(account.system_id, *ends, message.service_type, datetime.now(UTC))
        older = next(found, None)
        if older is not None:
            older.message = message
        return older

    def _submission(self, number: int, message: ShortMessage, account: Account, behaviour: Behaviour) -> Submission:
        now = datetime.now(UTC)
        script = behaviour.receipts
        start = times.moment(message.schedule_delivery_time, now) or now
        due = start + timedelta(seconds=self._state.receipt_delay + script.delay)
        outcome, error = script.outcome, script.error
        expiry = times.moment(message.validity_period, now)
        if expiry is not None and expiry < due:
            due, outcome, error = expiry, MessageState.EXPIRED, 0
        message_id, receipt_id = ids(number, account.message_ids, account.receipt_ids)
        submission = Submission(number, message_id, receipt_id, account.system_id, message, now, due, outcome, error)
        self._state.store.add(submission)
        return submission

    def _query(self, request: QuerySm, system_id: str, now: datetime) -> Verdict:
        found = self._state.store.find(system_id, request.message_id)
        if found is None:
            return Verdict(ESME_RINVMSGID)
        if found.message.source != request.source:
            return Verdict(ESME_RQUERYFAIL)
        state = found.state(now)
        final = state != MessageState.ENROUTE
        answer = QuerySmResponse(
            message_id=found.message_id,
            final_date=times.absolute(found.due) if final else "",
            message_state=int(state),
            error_code=found.error & 0xFF if final else 0,
        )
        return Verdict(ESME_ROK, answer.encode())

    def _cancel(self, request: CancelSm, system_id: str, now: datetime) -> Verdict:
        ends = (request.source, request.destination)
        if request.message_id:
            found = self._state.store.find(system_id, request.message_id)
            if found is None:
                return Verdict(ESME_RINVMSGID)
            # The destination may be left out where the id is given (section 4.9.1).
            right = found.message.source == request.source and (
                not request.destination.digits or found.message.destination == request.destination
            )
            cancelled = [found] if right and found.state(now) == MessageState.ENROUTE else []
        else:
            cancelled = list(self._state.store.pending(system_id, *ends, request.service_type, now))
        for submission in cancelled:
            submission.cancel(now)
            self._state.reporter.report_now(submission)
        return Verdict(ESME_ROK if cancelled else ESME_RCANCELFAIL)

    def _replace(self, request: ReplaceSm, system_id: str, now: datetime) -> Verdict:
        found = self._state.store.find(system_id, request.message_id)
        if found is None:
            return Verdict(ESME_RINVMSGID)
        if found.message.source != request.source or found.state(now) != MessageState.ENROUTE:
            return Verdict(ESME_RREPLACEFAIL)
        found.message = rewritten(found, request.short_message, request.registered_delivery)
        return Verdict(ESME_ROK)


def _multi_verdict(status: int, refused: list[Unsuccessful], taken: list[Submission]) -> Verdict:
    if not taken:
        return Verdict(status or ESME_RCNTSUBDL)
    # What was too long for an address is one reason for a refusal, and has to fit into the answer.
    told = tuple(
        one._replace(destination=one.destination._replace(digits=one.destination.digits[:ADDRESS])) for one in refused
    )
    return Verdict(ESME_ROK, SubmitMultiResponse(taken[0].message_id, told).encode(), taken)


def _id_body(message_id: str) -> bytes:
    return MessageIdResponse(message_id).encode()


def _messages(frame: Frame) -> tuple[list[ShortMessage], tuple[str, ...]]:
    match frame.command_id:
        case Command.DATA_SM:
            return [_from_data_sm(DataSm.decode(frame.body))], ()
        case Command.SUBMIT_MULTI:
            many = SubmitMulti.decode(frame.body)
            lists = tuple(one.name for one in many.destinations if isinstance(one, DistributionList))
            return [_single(many, one) for one in many.destinations if isinstance(one, Address)], lists
        case _:
            return [ShortMessage.decode(frame.body)], ()


def _from_data_sm(one: DataSm) -> ShortMessage:
    return ShortMessage(
        source=one.source,
        destination=one.destination,
        service_type=one.service_type,
        esm_class=one.esm_class,
        registered_delivery=one.registered_delivery,
        data_coding=one.data_coding,
        tlvs=one.tlvs,
    )


def _single(many: SubmitMulti, destination: Address) -> ShortMessage:
    return ShortMessage(
        source=many.source,
        destination=destination,
        service_type=many.service_type,
        esm_class=many.esm_class,
        protocol_id=many.protocol_id,
        priority_flag=many.priority_flag,
        schedule_delivery_time=many.schedule_delivery_time,
        validity_period=many.validity_period,
        registered_delivery=many.registered_delivery,
        replace_if_present_flag=many.replace_if_present_flag,
        data_coding=many.data_coding,
        sm_default_msg_id=many.sm_default_msg_id,
        short_message=many.short_message,
        tlvs=many.tlvs,
    )

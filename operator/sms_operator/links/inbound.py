"""From deliver_sm and data_sm to a verdict, and only then to the answer."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable
from typing import Final

import structlog

from sms_operator.protocol.messages import WantedLink
from sms_operator.smpp.command_status import ESME_RMSGQFUL, ESME_ROK, ESME_RX_R_APPN, ESME_RX_T_APPN
from sms_operator.smpp.commands import Command, command_name
from sms_operator.smpp.errors import Malformed
from sms_operator.smpp.events import Delivery
from sms_operator.smpp.operations import AlertNotification
from sms_operator.smpp.pdus import DataSm, ShortMessage
from sms_operator.smpp.receipts.parsing import parse_receipt
from sms_operator.smpp.receipts.store import OpenReceipts
from sms_operator.smpp.text.encoding import decode_text
from sms_operator.smpp.text.segments import segment_of
from sms_operator.smpp.transport import SessionProtocol
from sms_operator.smpp.tuples import maker

from .outgoing import Tracked
from .parts import Joined, Parts
from .quarantine import ATTEMPTS, Quarantine
from .received import Handler, Received, ReceivedAlert, ReceivedBinary, ReceivedReceipt, ReceivedText, Verdict
from .reports import Report, Reports
from .sender import Sender
from .tally import Tally
from .ticket import Ticket

MOST_AT_A_TIME: Final = 1_000
"""Messages of one gateway that a handler may think about at a time; beyond it the SMSC is told that a queue is full."""
ESM_TYPE: Final = 0x3C
"""Bits of esm_class that say what a message is (section 5.2.12); 0: a text."""
AGAIN: Final = 5.0
"""Seconds after which a message that is ours already is offered again to a handler that did not take it."""


_ticket: Final = maker(Ticket)
_report: Final = maker(Report)
_received_receipt: Final = maker(ReceivedReceipt)


class Case:
    """A message that waits for its verdict."""

    __slots__ = ("attempts", "joined", "received", "tickets")

    def __init__(self, received: Received, tickets: tuple[Ticket, ...], joined: Joined | None = None) -> None:
        self.received = received
        self.tickets = tickets
        self.joined = joined
        """What it was put together from."""
        self.attempts = 0

    @property
    def ours(self) -> bool:
        """Whether the SMSC was told that it is safe, or that part of it is: it will not send it again."""
        return self.joined is not None and self.joined.owned


class Receiver:
    """Takes the messages of one link in."""

    def __init__(
        self,
        wish: WantedLink,
        handler: Handler | None,
        quarantine: Quarantine,
        receipts: OpenReceipts[Tracked],
        sender: Sender,
        tally: Tally,
    ) -> None:
        self._key = wish.key
        self._packed = wish.message.packed
        self._handler = handler
        self._quarantine = quarantine
        self._reports = Reports(receipts, sender, self._take_report, tally)
        self._tally = tally
        self._loop = asyncio.get_running_loop()
        self._thinking: set[asyncio.Task[None]] = set()
        self._again: dict[Case, asyncio.TimerHandle] = {}
        self._parts = Parts(self._take_joined, self._answer)
        self._log = structlog.get_logger("messages").bind(key=wish.key)

    def adopt(self, wish: WantedLink) -> None:
        """Follow another wish."""
        self._packed = wish.message.packed

    def delivered(self, delivery: Delivery, way: SessionProtocol) -> None:
        """A message came."""
        ticket = _ticket((delivery, way))
        if self._handler is None:
            self._answer((ticket,), ESME_RX_T_APPN)
            return
        if len(self._thinking) >= MOST_AT_A_TIME:
            self._answer((ticket,), ESME_RMSGQFUL)
            return
        try:
            self._look_into(delivery, ticket)
        except Malformed as error:
            self._tally.count("smpp_malformed_pdus")
            self._give_up_or_refuse((ticket,), error.status, str(error))

    def alerted(self, body: bytes) -> None:
        """An alert_notification came."""
        if self._handler is None or len(self._thinking) >= MOST_AT_A_TIME:
            return
        try:
            self._take(Case(ReceivedAlert(self._key, AlertNotification.decode(body)), ()))
        except Malformed:
            self._tally.count("smpp_malformed_pdus")

    async def close(self, seconds: float) -> None:
        """Hand over what was accepted in parts, and put aside what is ours and is not taken.

        A handler that thinks longer than `seconds` is cancelled: what it has the SMSC sends again.
        """
        self._reports.close()
        self._parts.close()
        if self._thinking:
            await asyncio.wait(self._thinking, timeout=seconds)
        for task in self._thinking:
            task.cancel()
        await asyncio.gather(*self._thinking, return_exceptions=True)
        for case, timer in list(self._again.items()):
            timer.cancel()
            self._put_aside(case, "the link was closed before it was taken")
        self._again.clear()

    def _look_into(self, delivery: Delivery, ticket: Ticket) -> None:
        kind = ShortMessage if delivery.command_id == Command.DELIVER_SM else DataSm
        pdu = kind.decode(delivery.body)
        receipt = parse_receipt(pdu.esm_class, pdu.content, pdu.tlvs, pdu.data_coding)
        # Anybody can write a text that looks like a receipt: without the mark it has to be for a message of ours.
        if receipt is not None and (pdu.esm_class & ESM_TYPE or self._reports.awaits(receipt)):
            self._reports.came(_report((receipt, pdu, ticket)))
            return
        segment, content = segment_of(pdu, packed=self._packed)
        if segment is not None and segment.total > 1:
            self._tally.count("smpp_messages_received", "part")
            self._parts.add(segment, pdu, content, ticket)
            return
        self._tally.count("smpp_messages_received", "message")
        self._take(Case(self._received((pdu,), content), (ticket,)))

    def _take_report(self, report: Report, tracked: Tracked | None) -> None:
        receipt, pdu, ticket = report
        self._take(Case(_received_receipt((self._key, receipt, tracked, pdu)), (ticket,)))

    def _take_joined(self, joined: Joined) -> None:
        self._tally.count("smpp_messages_received", "message")
        pdus = tuple(part.pdu for part in joined.parts)
        content = b"".join([part.content for part in joined.parts])
        self._take(Case(self._received(pdus, content, joined.missing), joined.tickets, joined))

    def _received(
        self, pdus: tuple[ShortMessage | DataSm, ...], content: bytes, missing: tuple[int, ...] = ()
    ) -> ReceivedText | ReceivedBinary:
        first = pdus[0]
        text = decode_text(content, first.data_coding)
        if text is None:
            return ReceivedBinary(self._key, first.source, first.destination, content, pdus, missing)
        return ReceivedText(self._key, first.source, first.destination, text, pdus, missing)

    def _take(self, case: Case) -> None:
        assert self._handler is not None, "without a handler nothing is decoded"
        case.attempts += 1
        try:
            verdict = self._handler(case.received)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - whatever a handler does, the bind lives on
            self._raised(case, error)
            return
        if isinstance(verdict, Verdict):
            self._judge(case, verdict)
            return
        self._reports.judged(case.received)
        task = self._loop.create_task(self._think(verdict, case))
        self._thinking.add(task)
        task.add_done_callback(self._thinking.discard)

    async def _think(self, verdict: Awaitable[Verdict], case: Case) -> None:
        try:
            said = await verdict
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - as above; a cancelled one has said nothing
            self._raised(case, error)
        else:
            self._judge(case, said)
        finally:
            self._reports.decided(case.received)

    def _raised(self, case: Case, error: BaseException) -> None:
        # Not the text of the error, which may quote the message.
        frame = traceback.extract_tb(error.__traceback__)[-1:]
        where = [f"{one.filename}:{one.lineno}" for one in frame]
        self._log.error("the handler failed on a message", error=type(error).__name__, where=where)
        if case.ours:
            self._keep(case, "the handler failed")
        else:
            self._not_taken(case, again=True)
            self._give_up_or_refuse(case.tickets, ESME_RX_T_APPN, "the handler failed")

    def _judge(self, case: Case, verdict: Verdict) -> None:
        if verdict is Verdict.TEMPORARY and case.ours:
            self._keep(case, "the handler did not take it")
            return
        if verdict is Verdict.ACCEPT:
            if self._quarantine.doubts:
                for ticket in case.tickets:
                    self._quarantine.taken(self._key, ticket.delivery.command_id, ticket.delivery.body)
            if case.joined is not None:
                self._parts.decided(case.joined, taken=True)
        else:
            self._not_taken(case, again=verdict is Verdict.TEMPORARY)
        self._answer(case.tickets, verdict.value)

    def _not_taken(self, case: Case, *, again: bool) -> None:
        """The SMSC may send it again: then it must not look like a repetition of something that was taken."""
        if case.joined is not None:
            self._parts.decided(case.joined, taken=False)
        received = case.received
        if again and isinstance(received, ReceivedReceipt) and received.tracked is not None:
            self._reports.not_taken(received.receipt, received.tracked)

    def _keep(self, case: Case, why: str) -> None:
        """It is ours: accept the rest of it too, and offer it again."""
        assert case.joined is not None, "only joined messages are ours before they are taken"
        self._parts.decided(case.joined, taken=True)
        self._answer(case.tickets, ESME_ROK)
        case.tickets = ()
        if case.attempts >= ATTEMPTS:
            self._put_aside(case, why)
        else:
            self._again[case] = self._loop.call_later(AGAIN, self._offer_again, case)

    def _offer_again(self, case: Case) -> None:
        del self._again[case]
        self._take(case)

    def _put_aside(self, case: Case, why: str) -> None:
        assert case.joined is not None, "only joined messages are ours before they are taken"
        for part in case.joined.parts:
            self._quarantine.put(self._key, part.came_as.command_id, part.came_as.body, why)
        self._tally.count("smpp_quarantined")
        self._log.warning("message put aside", segments=len(case.joined.parts), why=why)

    def _give_up_or_refuse(self, tickets: tuple[Ticket, ...], status: int, why: str) -> None:
        """Answer with the error; the time it is one too many, with one that makes the SMSC give the message up."""
        for ticket in tickets:
            command_id, _, body = ticket.delivery
            if self._quarantine.failed(self._key, command_id, body, why):
                self._tally.count("smpp_quarantined")
                self._log.warning("message put aside", command=command_name(command_id), octets=len(body), why=why)
                self._answer((ticket,), ESME_RX_R_APPN)
            else:
                self._answer((ticket,), status)

    def _answer(self, tickets: tuple[Ticket, ...], status: int) -> bool:
        left = 0
        for ticket in tickets:
            left += ticket.answer(status)
        if left:
            self._tally.answered(status, left)
        return left > 0

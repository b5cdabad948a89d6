"""Receipts, matched with the messages that they speak of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Final, NamedTuple

from sms_operator.smpp.command_status import ESME_RX_T_APPN
from sms_operator.smpp.pdus import DataSm, ShortMessage
from sms_operator.smpp.receipts.early import EarlyReceipts
from sms_operator.smpp.receipts.ids import same
from sms_operator.smpp.receipts.parsing import Receipt
from sms_operator.smpp.receipts.store import OpenReceipts

from .outgoing import Tracked
from .received import ReceivedReceipt
from .sender import Sender
from .tally import Tally
from .ticket import Ticket

PATIENCE: Final = 2.0
"""Seconds for which a receipt waits for the response that it may have overtaken."""


class Report(NamedTuple):
    """A receipt, and what it came in."""

    receipt: Receipt
    pdu: ShortMessage | DataSm
    ticket: Ticket


class Reports:
    """Gives each receipt to `take`, with its message where that is known.

    One that nobody waits for while responses are outstanding may have overtaken its response: over another bind, or
    with an SMSC that tells before it answers. It waits for a moment, unanswered.
    """

    def __init__(
        self,
        receipts: OpenReceipts[Tracked],
        sender: Sender,
        take: Callable[[Report, Tracked | None], None],
        tally: Tally,
    ) -> None:
        self._receipts = receipts
        self._sender = sender
        self._take = take
        self._tally = tally
        self._loop = asyncio.get_running_loop()
        self._early: EarlyReceipts[Report] = EarlyReceipts()
        self._judging: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None

    def came(self, report: Report) -> None:
        """A receipt came."""
        receipt = report.receipt
        if receipt.message_id in self._judging:
            # The first copy is being thought about: until that is decided, this one is to come again.
            report.ticket.answer(ESME_RX_T_APPN)
            return
        tracked = self._receipts.received(receipt, report.pdu.source.digits)
        if tracked is None and self._may_be_early(report):
            self._keep(report)
        else:
            self._tell(report, tracked)

    def awaits(self, receipt: Receipt) -> bool:
        """Whether a message of ours has the receipt's id."""
        return self._receipts.awaits(receipt)

    def judged(self, received: object) -> None:
        """Somebody thinks about this message; if it is a receipt, a second copy of it has to wait."""
        if isinstance(received, ReceivedReceipt):
            self._judging.add(received.receipt.message_id)

    def decided(self, received: object) -> None:
        """There is a verdict on it."""
        if isinstance(received, ReceivedReceipt):
            self._judging.discard(received.receipt.message_id)

    def not_taken(self, receipt: Receipt, tracked: Tracked) -> None:
        """The SMSC will send it again: wait for it again."""
        self._receipts.reopened(receipt, tracked, monotonic())

    def close(self) -> None:
        """Tell what waits, as it is."""
        if self._timer is not None:
            self._timer.cancel()
        for report in self._early.expire(monotonic()):
            self._tell(report, None)

    def _may_be_early(self, report: Report) -> bool:
        """Not if nothing is under way to that phone: receipts of former lives would hold up the SMSC's window."""
        receipt, source = report.receipt, report.pdu.source.digits
        known = not receipt.message_id or self._receipts.is_repeat(receipt)
        return not known and self._sender.expects(source)

    def _tell(self, report: Report, tracked: Tracked | None) -> None:
        self._tally.receipt(report.receipt, tracked is not None)
        self._take(report, tracked)

    def _keep(self, report: Report) -> None:
        given_up = self._early.keep(self._receipts.meanings(report.receipt), report, monotonic())
        if given_up is not None:
            self._tell(given_up, None)
        self._sender.overtaken = self._overtaken
        if self._timer is None:
            self._timer = self._loop.call_later(PATIENCE, self._expire)

    def _overtaken(self, identity: str) -> None:
        report = self._early.take(same(identity))
        if report is not None:
            self._tell(report, self._receipts.received(report.receipt, report.pdu.source.digits))
        if not self._early:
            self._sender.overtaken = None

    def _expire(self) -> None:
        self._timer = None
        for report in self._early.expire(monotonic() - PATIENCE):
            self._tell(report, None)
        if self._early:
            self._timer = self._loop.call_later(PATIENCE / 4, self._expire)
        else:
            self._sender.overtaken = None

"""Receipts, matched with the messages that they speak of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Final, NamedTuple

from sms_operator.smpp.pdus import DataSm, ShortMessage
from sms_operator.smpp.receipts.early import EarlyReceipts
from sms_operator.smpp.receipts.ids import same
from sms_operator.smpp.receipts.parsing import Receipt
from sms_operator.smpp.receipts.store import OpenReceipts

from .outgoing import Tracked
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
        self._timer: asyncio.TimerHandle | None = None

    def came(self, report: Report) -> None:
        """A receipt came."""
        receipt = report.receipt
        tracked = self._receipts.received(receipt, report.pdu.source.digits)
        if tracked is None and self._may_be_early(receipt):
            self._keep(report)
        else:
            self._tell(report, tracked)

    def awaits(self, receipt: Receipt) -> bool:
        """Whether a message of ours has the receipt's id."""
        return self._receipts.awaits(receipt)

    def not_taken(self, receipt: Receipt, tracked: Tracked) -> None:
        """The SMSC will send it again: wait for it again."""
        self._receipts.reopened(receipt, tracked, monotonic())

    def close(self) -> None:
        """Tell what waits, as it is."""
        if self._timer is not None:
            self._timer.cancel()
        for report in self._early.expire(monotonic()):
            self._tell(report, None)

    def _may_be_early(self, receipt: Receipt) -> bool:
        waiting = bool(receipt.message_id) and self._sender.window_in_use > 0
        return waiting and not self._receipts.is_repeat(receipt)

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

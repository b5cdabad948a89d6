"""Sends what an ESME asked to be told about its messages, when the time has come."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from . import receipts
from .behaviour import Receipts
from .ledger import Kind
from .store import Submission

if TYPE_CHECKING:
    from .courier import Parcel
    from .state import State

ASKED: Final = 0x03
"""Bits of registered_delivery that ask for a receipt (section 5.2.17)."""


class Reporter:
    """Shared by all sessions of a simulator."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def report_early(self, taken: list[Submission]) -> None:
        """Sends the receipts that the behaviour wants to be there before the response, and returns when they are."""
        for submission in taken:
            if self._script(submission).early:
                submission.due = datetime.now(UTC)
                for parcel in self._receipts(submission):
                    await self._state.courier.hand_over(parcel)

    def report_later(self, taken: list[Submission]) -> None:
        """Sees to it that receipts go out in time, and sends notifications."""
        for submission in taken:
            wanted = submission.message.registered_delivery
            if wanted & receipts.INTERMEDIATE:
                told = receipts.notification(submission, self._script(submission), datetime.now(UTC))
                self._state.courier.post(self._state.courier.parcel(submission.system_id, Kind.NOTIFICATION, told))
            if wanted & ASKED and not submission.reported:
                self._state.chores.start(self._report(submission))

    def report_now(self, submission: Submission) -> None:
        """The outcome came before its time."""
        for parcel in self._receipts(submission):
            self._state.courier.post(parcel)

    async def _report(self, submission: Submission) -> None:
        await asyncio.sleep(max(0.0, (submission.due - datetime.now(UTC)).total_seconds()))
        self.report_now(submission)

    def _receipts(self, submission: Submission) -> list[Parcel]:
        if submission.reported:
            return []
        submission.reported = True
        if not receipts.wants_receipt(submission.message.registered_delivery, submission.outcome):
            return []
        script = self._script(submission)
        told = receipts.receipt(submission, script, submission.due)
        return [self._state.courier.parcel(submission.system_id, Kind.RECEIPT, told) for _ in range(script.copies)]

    def _script(self, submission: Submission) -> Receipts:
        return self._state.behaviour_of(submission.system_id).receipts

"""The messages an SMSC has taken: their ids, what state each is in, and which of them can still be changed."""

from __future__ import annotations

import itertools
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sms_operator.smpp.address import Address
from sms_operator.smpp.pdus import ShortMessage

from .identifiers import FIRST, IdForm
from .mobile import written
from .states import MessageState

KEPT: Final = 100_000
"""Messages remembered; older ones are forgotten, and nobody can ask for them any more."""


@dataclass(slots=True)
class Submission:
    """One accepted message to one destination."""

    number: int
    message_id: str
    """As the response gave it; the messages of one submit_multi share it."""
    receipt_id: str
    """As receipts give it."""
    system_id: str
    message: ShortMessage
    submitted: datetime
    due: datetime
    """When it leaves ENROUTE."""
    outcome: MessageState
    """What it becomes then."""
    error: int = 0
    """Network's error code of the outcome."""
    reported: bool = False
    """Whether its outcome has been told, to an ESME that wanted to know it or not."""

    @property
    def source(self) -> str:
        """Who sent it, with a plus where the number is international."""
        return written(self.message.source)

    @property
    def destination(self) -> str:
        """Who gets it, in the same way."""
        return written(self.message.destination)

    def state(self, now: datetime) -> MessageState:
        """Its state (section 5.2.28)."""
        return self.outcome if now >= self.due else MessageState.ENROUTE

    def cancel(self, now: datetime) -> None:
        """Final from now on."""
        self.due, self.outcome, self.error = now, MessageState.DELETED, 0


class MessageStore:
    """Messages by id; bounded."""

    def __init__(self, kept: int = KEPT) -> None:
        self.submissions: Final = deque[Submission](maxlen=kept)
        """All, oldest first."""
        self._by_id: OrderedDict[str, Submission] = OrderedDict()
        self._numbers = itertools.count(FIRST)

    def new_number(self) -> int:
        """For the ids of the next message."""
        return next(self._numbers)

    def add(self, submission: Submission) -> None:
        """Of several with one id the first can be asked for."""
        self.submissions.append(submission)
        self._by_id.setdefault(submission.message_id, submission)
        if len(self._by_id) > (self.submissions.maxlen or KEPT):
            self._by_id.popitem(last=False)

    def find(self, system_id: str, message_id: str) -> Submission | None:
        """The account's message of this id, exactly as the response gave it."""
        found = self._by_id.get(message_id)
        return found if found is not None and found.system_id == system_id else None

    def pending(
        self, system_id: str, source: Address, destination: Address, service_type: str, now: datetime
    ) -> Iterator[Submission]:
        """The account's messages between these two that are under way, newest first; service_type "": any."""
        for one in reversed(self.submissions):
            message = one.message
            ends = (message.source, message.destination) == (source, destination)
            same = one.system_id == system_id and ends and service_type in ("", message.service_type)
            if same and one.state(now) == MessageState.ENROUTE:
                yield one


def ids(number: int, message_ids: IdForm, receipt_ids: IdForm | None) -> tuple[str, str]:
    """The id in the response, and the one in receipts."""
    return message_ids.render(number), (receipt_ids or message_ids).render(number)


def rewritten(submission: Submission, content: bytes, registered_delivery: int) -> ShortMessage:
    """The message with another text, as replace_sm gives it (section 4.10)."""
    return replace(submission.message, short_message=content, registered_delivery=registered_delivery, tlvs=())

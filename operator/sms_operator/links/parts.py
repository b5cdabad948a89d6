"""Parts of long messages: who holds them, and when they are answered.

A part is answered with the verdict on the whole message. An SMSC that sends one part at a time would wait for that for
ever, so after HOLD seconds a part is accepted all the same; from then on the message is ours, and whatever happens it
is handed over: whole, or after TIME_LIMIT without what is missing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from sms_operator.smpp.command_status import ESME_ROK, ESME_RX_T_APPN
from sms_operator.smpp.pdus import DataSm, ShortMessage
from sms_operator.smpp.text.reassembly import Reassembler, Whole
from sms_operator.smpp.text.segments import Segment

from .ticket import Ticket

HOLD: Final = 1.0
"""Seconds a part waits for the others before it is accepted by itself."""
TIME_LIMIT: Final = 300.0
"""Seconds after which a message is handed over without the parts that did not come."""


class Part:
    """One part, with the tickets of all PDUs that it came in."""

    __slots__ = ("came_as", "content", "owned", "pdu", "tickets")

    def __init__(self, pdu: ShortMessage | DataSm, content: bytes, ticket: Ticket) -> None:
        self.pdu = pdu
        self.content = content
        self.came_as = ticket.delivery
        self.tickets = [ticket]
        """Those not answered yet."""
        self.owned = False
        """Whether it was accepted before the message was whole."""


class Joined(NamedTuple):
    """A message put together, as far as it came. From here on its parts are answered by whoever has it."""

    name: tuple[object, Segment]
    parts: tuple[Part, ...]
    tickets: tuple[Ticket, ...]
    """Those not answered yet."""
    owned: bool
    """Whether the SMSC has been told that some of it is safe."""
    missing: tuple[int, ...] = ()


class Parts:
    """Puts the messages of one link together and gives them to `take`, which says by `decided` what became of them."""

    def __init__(self, take: Callable[[Joined], None], answer: Callable[[tuple[Ticket, ...], int], bool]) -> None:
        """`answer` answers tickets, and says whether any answer could leave."""
        self._take = take
        self._answer = answer
        self._loop = asyncio.get_running_loop()
        self._reassembler: Reassembler[tuple[Segment, Part]] = Reassembler(_content, TIME_LIMIT)
        self._held: deque[tuple[float, Part]] = deque()
        self._undecided: set[tuple[object, int, int, int]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0

    def add(self, segment: Segment, pdu: ShortMessage | DataSm, content: bytes, ticket: Ticket) -> None:
        """A part came. Raises Malformed."""
        now = self._loop.time()
        part = Part(pdu, content, ticket)
        key = (pdu.source, pdu.destination)
        outcome = self._reassembler.add(key, segment, (segment, part), now)
        if isinstance(outcome, Whole):
            self._undecided.add(_whole(key, segment))
            self._take(_joined((key, segment), [item[1] for item in outcome.items]))
        elif outcome is None:
            self._held.append((now + HOLD, part))
        elif outcome.replaced is None:
            # Safe only when the whole was taken; while that is open, the SMSC is to ask again.
            open_still = _whole(key, segment) in self._undecided
            self._answer((ticket,), ESME_RX_T_APPN if open_still else ESME_ROK)
        else:
            _, before = outcome.replaced
            part.owned = before.owned
            part.tickets = [*before.tickets, ticket]
            before.tickets = []
            self._held.append((now + HOLD, part))
        self._give_up_overdue(now)
        self._schedule(now)

    def decided(self, joined: Joined, *, taken: bool) -> None:
        """There is a verdict. A message that was not taken begins anew when its parts are sent again."""
        self._undecided.discard(_whole(*joined.name))
        if not taken:
            self._reassembler.forget(*joined.name)

    def close(self) -> None:
        """Hand over what the SMSC was told is safe; the rest it sends again."""
        if self._timer is not None:
            self._timer.cancel()
        for incomplete in self._reassembler.drain():
            if any(part.owned for _, part in incomplete.items.values()):
                self._hand_over(incomplete.items, incomplete.total)

    def _tick(self) -> None:
        self._timer = None
        now = self._loop.time()
        while self._held and self._held[0][0] <= now:
            _, part = self._held.popleft()
            if part.tickets:
                tickets, part.tickets = tuple(part.tickets), []
                part.owned = self._answer(tickets, ESME_ROK) or part.owned
        self._give_up_overdue(now)
        self._schedule(now)

    def _give_up_overdue(self, now: float) -> None:
        for incomplete in self._reassembler.expire(now):
            self._hand_over(incomplete.items, incomplete.total)

    def _hand_over(self, items: dict[int, tuple[Segment, Part]], total: int) -> None:
        numbers = sorted(items)
        missing = tuple(number for number in range(1, total + 1) if number not in items)
        segment, first = items[numbers[0]]
        name = ((first.pdu.source, first.pdu.destination), segment)
        self._take(_joined(name, [items[number][1] for number in numbers], missing))

    def _schedule(self, now: float) -> None:
        due = [moment for moment in (self._held[0][0] if self._held else None, self._reassembler.deadline) if moment]
        if self._timer is not None:
            # Not `when()` of the timer: uvloop's has none where the time had come when it was made.
            if due and self._due <= min(due):
                return
            self._timer.cancel()
            self._timer = None
        if due:
            self._due = max(now, min(due))
            self._timer = self._loop.call_at(self._due, self._tick)


def _content(item: tuple[Segment, Part]) -> bytes:
    return item[1].content


def _whole(key: object, segment: Segment) -> tuple[object, int, int, int]:
    return key, segment.reference, segment.total, segment.width


def _joined(name: tuple[object, Segment], parts: list[Part], missing: tuple[int, ...] = ()) -> Joined:
    tickets = tuple(ticket for part in parts for ticket in part.tickets)
    for part in parts:
        part.tickets = []
    return Joined(name, tuple(parts), tickets, any(part.owned for part in parts), missing)

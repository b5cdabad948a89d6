"""One queue for all binds of a link: who may send when, over which bind, and what became of it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final

from sms_operator.smpp.commands import Command
from sms_operator.smpp.events import Abandoned, Answered, AnsweredLate, Doubt, Unanswered
from sms_operator.smpp.receipts.store import DIGITS, OpenReceipts
from sms_operator.smpp.responses import message_id
from sms_operator.smpp.shaping import Shaper
from sms_operator.smpp.tuples import maker

from .exchange import Exchange, Way
from .failures import THROTTLING
from .outcomes import Hindrance, SegmentAccepted, SegmentNotSent, SegmentOutcome, SegmentRefused, SegmentUnknown
from .outgoing import Tracked
from .tally import Tally

MAX_QUEUE: Final = 10_000
"""Requests that may wait for a bind, its window or its rate; beyond it `submit` fails at once."""
LONGEST_ID: Final = 256
"""Characters of a message_id that a receipt is waited for with; the standard allows 64."""
SWEEP: Final = 0.25
"""Seconds between looks at requests whose patience may be over."""


_SUBMIT_SM: Final = int(Command.SUBMIT_SM)
_segment_accepted: Final = maker(SegmentAccepted)


class Sender:
    """Keeps the order of what waits, shares it out to the binds that send, and shapes it to the rate.

    A request that the SMSC throttles goes back to the head of the queue; nothing else is ever sent twice.
    """

    __slots__ = (
        "_calm",
        "_closed",
        "_free",
        "_loop",
        "_order",
        "_queue",
        "_receipts",
        "_sweeper",
        "_tally",
        "_turn",
        "_wakeup",
        "_ways",
        "changed",
        "overtaken",
        "shaper",
    )

    def __init__(self, rate: float, receipts: OpenReceipts[Tracked], tally: Tally, changed: Callable[[], None]) -> None:
        """`changed` is called when the SMSC begins or ceases to throttle."""
        self._loop = asyncio.get_running_loop()
        self._queue: deque[Exchange] = deque()
        self._ways: list[Way] = []
        self._turn = 0
        self._order = 0
        self._receipts = receipts
        self._tally = tally
        self._wakeup: asyncio.TimerHandle | None = None
        self._sweeper: asyncio.TimerHandle | None = None
        self._calm: asyncio.TimerHandle | None = None
        self._closed: Hindrance | None = None
        self.changed = changed
        self.overtaken: Callable[[str], None] | None = None
        """Called with the id of every accepted message while receipts wait that may have overtaken their response."""
        self.shaper = Shaper(rate, monotonic())
        self._free = self.shaper.free

    @property
    def waiting(self) -> int:
        """Requests that wait to be sent."""
        return len(self._queue)

    @property
    def window_in_use(self) -> int:
        """Requests that wait for a response."""
        return sum(way.window_in_use for way in self._ways)

    @property
    def window_size(self) -> int:
        """Requests that may wait for one."""
        return sum(way.window_size for way in self._ways)

    @property
    def rate(self) -> float:
        """Messages a second that are let through; 0: unlimited."""
        return self.shaper.rate

    @property
    def open_receipts(self) -> int:
        """Messages that a receipt is waited for."""
        return len(self._receipts)

    @property
    def throttled(self) -> bool:
        """Whether the SMSC limits us."""
        return self.shaper.is_throttled(monotonic())

    def opened(self, way: Way) -> None:
        """A bind that sends stands."""
        self._ways.append(way)
        self.pump()

    def lost(self, way: Way) -> None:
        """It sends no longer."""
        if way in self._ways:
            self._ways.remove(way)

    def declare(self, rate: float) -> None:
        """Another rate in messages a second over all binds, at once; 0: unlimited."""
        self.shaper.declare(rate, monotonic())
        self._free = self.shaper.free
        if self._wakeup is not None:
            # It was for the former rate.
            self._wakeup.cancel()
            self._wakeup = None
        self.pump()

    def send(self, exchange: Exchange) -> None:
        """Send it now, or as soon as its turn comes."""
        self._order = exchange.order = self._order + 1
        if self._closed is None and not self._queue and (self._free or self._may_go()):
            for _ in self._ways:
                if self._next_way().offer(exchange):
                    return
        if self._closed is not None or len(self._queue) >= MAX_QUEUE:
            self._settle(exchange, SegmentNotSent(self._closed or Hindrance.QUEUE_FULL))
            return
        exchange.queued_at = monotonic()
        self._queue.append(exchange)
        self._sweep_later()
        self.pump()

    def send_all(self, exchanges: Sequence[Exchange]) -> None:
        """Send the segments of one message, or none of them where they have no room to wait."""
        if len(self._queue) + len(exchanges) > MAX_QUEUE:
            for exchange in exchanges:
                self._settle(exchange, SegmentNotSent(self._closed or Hindrance.QUEUE_FULL))
            return
        for exchange in exchanges:
            self.send(exchange)

    def expects(self, number: str) -> bool:
        """Whether a message to this number waits for its response; compared by the last digits."""
        last = number[-DIGITS:]
        return any(
            isinstance(one, Exchange) and one.tracked is not None and one.tracked.destination[-DIGITS:] == last
            for way in self._ways
            for one in way.in_flight
        )

    def pump(self) -> None:
        """Send what can be sent."""
        queue = self._queue
        while queue:
            if queue[0].future.done():
                queue.popleft()
                continue
            if not self._has_room():
                return
            if not self._free:
                now = monotonic()
                wait = self.shaper.take(now)
                self._free = self.shaper.free
                if wait:
                    self._wake_in(wait)
                    return
            exchange = queue.popleft()
            while not self._next_way().offer(exchange):
                pass

    def allow(self, sends: bool) -> None:
        """Whether the gateway has binds that send at all; what is closed for good stays closed."""
        if self._closed is None and not sends:
            self.close(Hindrance.NO_SENDER)
        elif self._closed is Hindrance.NO_SENDER and sends:
            self._closed = None

    def close(self, hindrance: Hindrance) -> None:
        """Send nothing more: what waits is handed back, and so is what comes from now on."""
        self._closed = hindrance
        for timer in (self._wakeup, self._sweeper, self._calm):
            if timer is not None:
                timer.cancel()
        self._wakeup = self._sweeper = self._calm = None
        while self._queue:
            self._settle(self._queue.popleft(), SegmentNotSent(hindrance))

    def answered(self, event: Answered, where: str) -> None:
        """A response came."""
        exchange, status, body, seconds = event
        assert isinstance(exchange, Exchange), "only exchanges are sent"
        self._tally.response(status, seconds)
        if not status:
            now = exchange.sent_at + seconds
            self.shaper.accepted(now)
            self._settle(exchange, self._accepted(exchange, body, where, now))
        elif status in THROTTLING:
            self._put_back(exchange, status, where)
        else:
            self._settle(exchange, SegmentRefused(status, where, body))
        if self._queue:
            self.pump()

    def unanswered(self, event: Unanswered, where: str) -> None:
        """No response came, or none that says anything."""
        exchange = event.request
        assert isinstance(exchange, Exchange), "only exchanges are sent"
        seconds = monotonic() - exchange.sent_at
        resolution: asyncio.Future[SegmentAccepted | SegmentRefused | None] = self._loop.create_future()
        exchange.unknown = SegmentUnknown(event.doubt, where, exchange.sequence, seconds, resolution)
        if event.doubt is not Doubt.TIMEOUT:
            resolution.set_result(None)
        self._tally.doubt(event.doubt)
        self._settle(exchange, exchange.unknown)
        self.pump()

    def answered_late(self, event: AnsweredLate, where: str) -> None:
        """A response came after all."""
        exchange, status, body = event
        assert isinstance(exchange, Exchange), "only exchanges are sent"
        self._tally.count("smpp_late_responses")
        outcome = SegmentRefused(status, where, body) if status else self._accepted(exchange, body, where, monotonic())
        self._resolve(exchange, outcome)

    def abandoned(self, event: Abandoned) -> None:
        """No late response can come any more."""
        assert isinstance(event.request, Exchange), "only exchanges are sent"
        self._resolve(event.request, None)

    def _settle(self, exchange: Exchange, outcome: SegmentOutcome) -> None:
        """Tell whoever waits; nobody may, any more, and it is counted all the same."""
        if exchange.command_id == _SUBMIT_SM:
            self._tally.submitted(outcome)
        if not exchange.future.done():
            exchange.future.set_result(outcome)

    def _accepted(self, exchange: Exchange, body: bytes, where: str, now: float) -> SegmentAccepted:
        identity = message_id(body)
        if exchange.tracked is not None and 0 < len(identity) <= LONGEST_ID:
            self._receipts.opened(identity, exchange.tracked, now)
            if self.overtaken is not None:
                self.overtaken(identity)
        return _segment_accepted((identity, where, body))

    def _resolve(self, exchange: Exchange, outcome: SegmentAccepted | SegmentRefused | None) -> None:
        resolution = exchange.unknown.resolution
        if not resolution.done():
            resolution.set_result(outcome)

    def _put_back(self, exchange: Exchange, status: int, where: str) -> None:
        now = monotonic()
        before = self.shaper.is_throttled(now)
        self.shaper.throttled(now, exchange.sent_at)
        self._free = False
        self._tally.count("smpp_throttled")
        if not exchange.queued_at:
            exchange.queued_at = exchange.sent_at
        if self._closed is not None or now >= exchange.patience_ends:
            self._settle(exchange, SegmentRefused(status, where))
        elif not exchange.future.done():
            place = 0
            while place < len(self._queue) and self._queue[place].order < exchange.order:
                place += 1
            self._queue.insert(place, exchange)
            self._sweep_later()
        if not before:
            self.changed()
            self._look_for_calm()

    def _may_go(self) -> bool:
        """Take leave of the rate for one message, which then has to go: there is room for it."""
        return self._has_room() and not self.shaper.take(monotonic())

    def _has_room(self) -> bool:
        ways = self._ways
        if len(ways) == 1:
            return ways[0].room > 0
        return any(way.room > 0 for way in ways)

    def _next_way(self) -> Way:
        """Each bind in turn."""
        ways = self._ways
        self._turn += 1
        if self._turn >= len(ways):
            self._turn = 0
        return ways[self._turn]

    def _wake_in(self, seconds: float) -> None:
        if self._wakeup is None:
            self._wakeup = self._loop.call_later(seconds, self._woken)

    def _woken(self) -> None:
        self._wakeup = None
        self.pump()

    def _look_for_calm(self) -> None:
        """Tell when it is over, whether anything is sent meanwhile or not."""
        if self._calm is not None:
            self._calm.cancel()
        now = monotonic()
        self.shaper.recover(now)
        self._free = self.shaper.free
        if not self.shaper.is_throttled(now):
            self.changed()
        elif self._closed is None:
            calm_at = self.shaper.calm_at()
            wait = 1.0 if calm_at is None else calm_at - now
            self._calm = self._loop.call_later(wait, self._look_for_calm)

    def _sweep_later(self) -> None:
        if self._sweeper is None:
            self._sweeper = self._loop.call_later(SWEEP, self._sweep)

    def _sweep(self) -> None:
        """Hand back whose patience is over; one look at all of them now and then instead of a timer each."""
        self._sweeper = None
        now = monotonic()
        if any(one.patience_ends <= now or one.future.done() for one in self._queue):
            kept: deque[Exchange] = deque()
            for one in self._queue:
                if one.patience_ends > now and not one.future.done():
                    kept.append(one)
                else:
                    self._settle(one, SegmentNotSent(Hindrance.PATIENCE))
            self._queue = kept
        if self._queue:
            self._sweep_later()

"""A session on a TCP or TLS connection, driven by the event loop. The only module of `smpp` that does I/O."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Final, cast

from .errors import PeerStoppedReading
from .events import Answered, Delivery, Event
from .session import Session
from .states import State
from .window import Request

HIGH_WATER: Final = 64 * 1024
"""Octets that may wait for an SMSC that does not read before no more requests are sent; also what a write gathers."""
WRITE_LIMIT: Final = 1024 * 1024
"""Octets that may wait at all, answers to the SMSC's own requests included; beyond it the connection is dropped."""

LINGER: Final = 2.0
"""Seconds in which what is still to be sent may leave after the last word; an SMSC that does not read gets no more."""


OnEvent = Callable[[Event], None]
OnLost = Callable[[Exception | None], None]
OnWritable = Callable[[], None]
OnAnswered = Callable[[Answered, "SessionProtocol"], None]


def _nothing() -> None:
    """Nobody waits for room."""


class SessionProtocol(asyncio.Protocol):
    """Feeds a session with what arrives and with time, sends what it wants sent, and reports its events.

    `on_lost` is called exactly once, after the last event. What is sent in one turn of the loop leaves in one write,
    or in several when it is more than HIGH_WATER: so the socket says in time that it takes no more.
    """

    __slots__ = (
        "_due",
        "_flushing",
        "_gathered",
        "_loop",
        "_on_answered",
        "_on_event",
        "_on_lost",
        "_on_writable",
        "_overrun",
        "_paused",
        "_receiving",
        "_requests",
        "_timer",
        "_transport",
        "_untold",
        "peer",
        "session",
    )

    def __init__(
        self,
        session: Session,
        on_event: OnEvent,
        on_lost: OnLost,
        on_writable: OnWritable = _nothing,
        on_answered: OnAnswered | None = None,
        peer: str = "the SMSC",
    ) -> None:
        """`on_answered` takes the responses, by far the most frequent events; None: `on_event` takes them too."""
        self.session = session
        self.peer = peer
        """How the owner calls the other side."""
        self._on_event = on_event
        self._on_lost = on_lost
        self._on_answered = on_answered
        self._on_writable = on_writable
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._overrun = False
        self._paused = False
        self._flushing = False
        self._gathered = 0
        self._requests = 0
        self._receiving = False
        self._untold: list[Event] = []

    @property
    def room(self) -> int:
        """Requests that may be sent now: none while unbound, being ended, or while the SMSC does not read."""
        if self._paused or self.session.state is not State.BOUND:
            return 0
        return self.session.window.room

    @property
    def in_flight(self) -> Iterable[Request]:
        """Requests that wait for a response, or whose response came and was not told yet."""
        came = [event.request for event in self._untold if isinstance(event, Answered)]
        return [*self.session.window.requests, *came]

    @property
    def window_in_use(self) -> int:
        """How many they are."""
        return len(self.session.window)

    @property
    def window_size(self) -> int:
        """Requests that may wait for one."""
        return self.session.window.size

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection (TLS handshake included) stands: bind."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=HIGH_WATER)
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self.session.start(monotonic())
        self._after([])

    def data_received(self, data: bytes) -> None:
        """Octets from the SMSC."""
        self.session.traffic.octets_received += len(data)
        self._after(self.session.receive(data, monotonic()))

    def eof_received(self) -> bool:
        """The SMSC closed its side; so do we."""
        return False

    def pause_writing(self) -> None:
        """The SMSC reads more slowly than we send, or no longer: no request goes out until it reads again."""
        self._paused = True

    def resume_writing(self) -> None:
        """The SMSC reads again."""
        self._paused = False
        self._on_writable()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, whoever closed it."""
        if self._timer is not None:
            self._timer.cancel()
        self._transport = None
        for event in self.session.close():
            self._tell(event)
        self._on_lost(PeerStoppedReading() if self._overrun else exc)

    def offer(self, request: Request) -> bool:
        """Send a request if there is `room`; its outcome comes as an event. False: not now."""
        session = self.session
        window = session.window
        if self._paused or session.state is not State.BOUND or len(window) >= window.size:
            return False
        session.send(request, monotonic())
        self._gathered += len(request.body)
        self._requests += 1
        # Half a window at a time, the SMSC works on one half while the other is made.
        if 2 * self._requests >= window.size or self._gathered >= HIGH_WATER:
            self._write()
        if not self._flushing and not self._receiving:
            self._flushing = True
            self._loop.call_soon(self._flush)
        return True

    def answer(self, delivery: Delivery, status: int) -> bool:
        """Answer a message from the SMSC. False: the bind is gone, no answer will leave."""
        answered = self.session.answer(delivery, status, monotonic())
        self._flush_soon()
        return answered

    def unbind(self) -> None:
        """End the bind in order; the connection is closed when the SMSC has answered, or after the response timeout."""
        self._after(self.session.unbind(monotonic()))

    def retime(self) -> None:
        """The session's timers were changed."""
        self.session.retime(monotonic())
        self._after([])

    def abort(self) -> None:
        """Close the connection without a word; what waits for a response is reported as unanswered, then the loss."""
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()

    def _flush_soon(self) -> None:
        if not self._flushing and not self._receiving:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        self._after([])

    def _after(self, events: list[Event]) -> None:
        if events:
            # What the receivers of these events send or answer leaves with the write below.
            self._receiving = True
            events.reverse()
            before, self._untold = self._untold, events
            try:
                while events:
                    self._tell(events.pop())
            finally:
                self._receiving, self._untold = False, before
        self._write()
        transport = self._transport
        if transport is None or self._overrun:
            return
        if not self.session.over:
            self._schedule()
        elif not transport.is_closing():
            transport.close()
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_later(LINGER, transport.abort)

    def _tell(self, event: Event) -> None:
        try:
            if self._on_answered is not None and isinstance(event, Answered):
                self._on_answered(event, self)
            else:
                self._on_event(event)
        except Exception as error:  # noqa: BLE001 - what comes behind it must not be lost: each request has one outcome
            context = {"message": f"{type(event).__name__} was not dealt with", "exception": error, "protocol": self}
            self._loop.call_exception_handler(context)

    def _write(self) -> None:
        self._gathered = self._requests = 0
        output = self.session.take_output()
        transport = self._transport
        if transport is None or not output:
            return
        self.session.traffic.octets_sent += len(output)
        transport.write(output)
        if self._paused and transport.get_write_buffer_size() > WRITE_LIMIT:
            self._overrun = True
            self.abort()

    def _schedule(self) -> None:
        deadline = self.session.deadline
        if self._timer is not None:
            # Not `when()` of the timer: uvloop's has none where the time had come when it was made.
            if deadline is not None and self._due <= deadline and not self._timer.cancelled():
                return
            self._timer.cancel()
        if deadline is None:
            self._timer = None
        else:
            self._due, self._timer = deadline, self._loop.call_at(deadline, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._after(self.session.tick(monotonic()))

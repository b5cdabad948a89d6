"""A session on a TCP or TLS connection, driven by the event loop. The only module of `smpp` that does I/O."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Final, cast

from .errors import PeerStoppedReading
from .events import Event
from .session import Session

WRITE_LIMIT: Final = 1024 * 1024
"""Octets that may wait for an SMSC that does not read; beyond it the connection is dropped."""

LINGER: Final = 2.0
"""Seconds in which what is still to be sent may leave after the last word; an SMSC that does not read gets no more."""


OnEvent = Callable[[Event], None]
OnLost = Callable[[Exception | None], None]


class SessionProtocol(asyncio.Protocol):
    """Feeds a session with what arrives and with time, sends what it wants sent, and reports its events.

    `on_lost` is called exactly once, after the last event.
    """

    __slots__ = ("_loop", "_on_event", "_on_lost", "_overrun", "_timer", "_transport", "session")

    def __init__(self, session: Session, on_event: OnEvent, on_lost: OnLost) -> None:
        self.session = session
        self._on_event = on_event
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._overrun = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection (TLS handshake included) stands: bind."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=WRITE_LIMIT)
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self.session.start(self._loop.time())
        self._after([])

    def data_received(self, data: bytes) -> None:
        """Octets from the SMSC."""
        self._after(self.session.receive(data, self._loop.time()))

    def eof_received(self) -> bool:
        """The SMSC closed its side; so do we."""
        return False

    def pause_writing(self) -> None:
        """The SMSC stopped reading: nothing may pile up behind it."""
        self._overrun = True
        self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, whoever closed it."""
        if self._timer is not None:
            self._timer.cancel()
        self._transport = None
        self._on_lost(PeerStoppedReading() if self._overrun else exc)

    def unbind(self) -> None:
        """End the bind in order; the connection is closed when the SMSC has answered, or after the response timeout."""
        self._after(self.session.unbind(self._loop.time()))

    def retime(self) -> None:
        """The session's timers were changed."""
        self.session.retime()
        self._after([])

    def flush(self) -> None:
        """Send what the session has to say."""
        self._after([])

    def abort(self) -> None:
        """Close the connection without a word; no event follows, only `on_lost`."""
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()

    def _after(self, events: list[Event]) -> None:
        for event in events:
            self._on_event(event)
        transport = self._transport
        if transport is None:
            return
        output = self.session.take_output()
        if output:
            transport.write(output)
        if not self.session.over:
            self._schedule()
        elif not transport.is_closing():
            transport.close()
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_later(LINGER, transport.abort)

    def _schedule(self) -> None:
        deadline = self.session.deadline
        if self._timer is not None:
            if deadline is not None and self._timer.when() <= deadline and not self._timer.cancelled():
                return
            self._timer.cancel()
        self._timer = None if deadline is None else self._loop.call_at(deadline, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._after(self.session.tick(self._loop.time()))

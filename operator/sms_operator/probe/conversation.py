"""The SMPP part of a test: one bind, one enquire_link, one unbind, each awaited."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from sms_operator.links import failures
from sms_operator.links.bind import COMMANDS, bind_request
from sms_operator.links.failures import Failure
from sms_operator.protocol.messages import BindType, WantedLink
from sms_operator.smpp.command_status import ESME_RX_T_APPN
from sms_operator.smpp.commands import command_name
from sms_operator.smpp.events import Alive, BindAccepted, BindRefused, Delivery, EndCause, Ended, Event
from sms_operator.smpp.session import Session
from sms_operator.smpp.states import Timers
from sms_operator.smpp.transport import SessionProtocol

Awaited = TypeVar("Awaited", BindAccepted, Alive)

QUIET: Final = 3600.0
"""Seconds of silence after which a session would ask by itself: never, in a test."""


@dataclass(frozen=True, slots=True)
class Shaken:
    """What a TLS handshake agreed on; empty without TLS."""

    version: str = ""
    cipher: str = ""


@dataclass(frozen=True, slots=True)
class _Gone:
    """The connection is closed."""

    error: Exception | None


class Conversation:
    """One bind of a link on one connection. Call its methods in their order, and `close` in any case."""

    def __init__(self, link: WantedLink, kind: BindType, where: str) -> None:
        """Raises smpp.codec.EncodingError for a bind that cannot be sent."""
        self._link, self._kind, self._where = link, kind, where
        self._events: asyncio.Queue[tuple[float, Event | _Gone]] = asyncio.Queue()
        self._session = Session(bind_request(link, kind), Timers(QUIET, link.response_timeout))
        self._protocol: SessionProtocol | None = None
        self._bound = False
        self._started = 0.0
        self.seconds = 0.0
        """From the bind to its answer, or to its end without one."""
        self.smsc = ""
        """system_id of the SMSC."""
        self.deliveries = 0
        """Messages from the SMSC that were put off."""

    async def open(
        self, connection: socket.socket, context: ssl.SSLContext | None = None, name: str = "", timeout: float = 10.0
    ) -> Shaken:
        """Take over the connection, and send the bind as soon as it stands (TLS included).

        Raises:
            OSError: the TLS handshake failed.
        """
        loop = asyncio.get_running_loop()
        protocol = self._protocol = SessionProtocol(self._session, self._on_event, self._on_lost, peer=self._where)
        if context is None:
            self._started = time.monotonic()
            await loop.create_connection(lambda: protocol, sock=connection)
            return Shaken()
        transport, _ = await loop.create_connection(
            lambda: protocol,
            sock=connection,
            ssl=context,
            server_hostname=name,
            ssl_handshake_timeout=timeout,
            ssl_shutdown_timeout=1.0,
        )
        self._started = time.monotonic()
        tls: ssl.SSLObject = transport.get_extra_info("ssl_object")
        cipher = tls.cipher()
        return Shaken(tls.version() or "", cipher[0] if cipher else "")

    async def bound(self) -> str | Failure:
        """Wait for the answer to the bind; what it was, in words."""
        answer = await self._next(BindAccepted)
        if isinstance(answer, Failure):
            return answer
        self._bound = True
        self.smsc = answer.smsc_system_id
        name = command_name(COMMANDS[self._kind])
        return f'{name} as "{self._link.system_id}" accepted' + (f' by "{self.smsc}"' if self.smsc else "")

    async def enquire(self) -> float | Failure:
        """Send enquire_link; the seconds until its answer."""
        assert self._protocol is not None, "open comes first"
        self._session.timers = replace(self._session.timers, enquire_link_interval=0.0)
        self._protocol.retime()
        answer = await self._next(Alive)
        return answer if isinstance(answer, Failure) else answer.seconds

    async def unbind(self) -> str:
        """Send unbind and wait for the end; what was wrong with it, empty when nothing was."""
        assert self._protocol is not None, "open comes first"
        self._protocol.unbind()
        while True:
            _, event = await self._events.get()
            if isinstance(event, Ended):
                return event.detail if event.cause is EndCause.UNBOUND else ""
            if isinstance(event, _Gone):
                return "the connection was closed instead of an answer to unbind"

    def close(self) -> None:
        """End the connection, whatever its state."""
        if self._protocol is not None:
            self._protocol.abort()

    async def _next(self, wanted: type[Awaited]) -> Awaited | Failure:
        link = self._link
        while True:
            when, event = await self._events.get()
            if not self._bound:
                self.seconds = max(0.0, when - self._started)
            match event:
                case BindRefused(status):
                    return failures.refused(status, command_name(COMMANDS[self._kind]), self._where, link.password)
                case Ended():
                    return failures.ended(event, self._where)
                case _Gone(error):
                    tls, identity = link.tls is not None, link.tls is not None and link.tls.identity_pem is not None
                    return failures.lost(error, self._where, bound=self._bound, tls=tls, identity=identity)
                case _ if isinstance(event, wanted):
                    return event
                case _:
                    continue

    def _on_event(self, event: Event) -> None:
        if isinstance(event, Delivery):
            # Nobody is here to take it: a temporary error makes the SMSC keep it (SMPP 3.4, section 5.1.3).
            self.deliveries += 1
            if self._protocol is not None:
                self._protocol.answer(event, ESME_RX_T_APPN)
        elif isinstance(event, Alive):
            self._session.timers = replace(self._session.timers, enquire_link_interval=QUIET)
            if self._protocol is not None:
                self._protocol.retime()
        self._events.put_nowait((time.monotonic(), event))

    def _on_lost(self, error: Exception | None) -> None:
        self._events.put_nowait((time.monotonic(), _Gone(error)))

"""A session on a real connection: its options, its events, its end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sms_operator.dev.smsc import Account, Simulator
from sms_operator.smpp.codec import BindRequest
from sms_operator.smpp.commands import Command
from sms_operator.smpp.events import BindAccepted, BindRefused, EndCause, Ended, Event
from sms_operator.smpp.session import Session, Timers
from sms_operator.smpp.transport import SessionProtocol

DEADLINE = 10.0
"""Seconds within which what a test waits for has to happen."""


class Client:
    """A session's protocol and everything it told, in order; `None` or an exception is the loss of the connection."""

    def __init__(self, password: str = "secret", timers: Timers | None = None) -> None:
        self.told: list[Event | Exception | None] = []
        self._news = asyncio.Event()
        bind = BindRequest(Command.BIND_TRANSCEIVER, "demo", password)
        self.protocol = SessionProtocol(Session(bind, timers or Timers()), self._take, self._take)

    def _take(self, news: Event | Exception | None) -> None:
        self.told.append(news)
        self._news.set()

    async def until(self, count: int) -> None:
        """Waits until so much was told."""
        async with asyncio.timeout(DEADLINE):
            while len(self.told) < count:
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def connected(client: Client, smsc: Simulator) -> AsyncGenerator[asyncio.BaseTransport]:
    """The client on a connection to this SMSC."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(lambda: client.protocol, "127.0.0.1", smsc.port)
    try:
        yield transport
    finally:
        transport.close()
        await asyncio.sleep(0)


async def test_options_of_the_connection() -> None:
    """Small PDUs are not held back (a receipt per message would cost 40 ms), and dead peers are noticed by TCP too."""
    async with Simulator([Account("demo", "secret")]) as smsc:
        client = Client()
        async with connected(client, smsc) as transport:
            raw: socket.socket = transport.get_extra_info("socket")
            assert raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert raw.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


async def test_bound_and_unbound() -> None:
    """Accepted, ended, and last of all the loss of the connection, once."""
    async with Simulator([Account("demo", "secret")]) as smsc:
        client = Client()
        async with connected(client, smsc):
            await client.until(1)
            client.protocol.unbind()
            await client.until(3)
        assert client.told == [BindAccepted("SIMULATOR"), Ended(EndCause.UNBOUND), None]


async def test_refused() -> None:
    """A refusal closes the connection by itself."""
    async with Simulator([Account("demo", "other")]) as smsc:
        client = Client()
        async with connected(client, smsc):
            await client.until(2)
        assert client.told == [BindRefused(0x0E), None]


async def test_aborted() -> None:
    """Nothing but the loss is told after an abort, not even by a timer that was due."""
    async with Simulator([Account("demo", "secret")]) as smsc:
        client = Client(timers=Timers(0.0, 0.0))
        async with connected(client, smsc):
            client.protocol.abort()
            await client.until(1)
            client.protocol.abort()
        assert client.told == [None]


async def test_enquire_link_keeps_it_up() -> None:
    """Asked again and again in silence, each answer counts; then silence on the other side ends it."""
    async with Simulator([Account("demo", "secret")]) as smsc:
        client = Client(timers=Timers(0.02, 1.0))
        async with connected(client, smsc):
            await client.until(1)
            session = client.protocol.session
            async with asyncio.timeout(DEADLINE):
                while session._sequence < 5:  # noqa: ASYNC110  # pyright: ignore[reportPrivateUsage]
                    await asyncio.sleep(0.01)
            session.timers.response_timeout = 0.05
            await smsc.behave("half-open")
            await client.until(3)
        assert isinstance(client.told[1], Ended)
        assert client.told[1].cause is EndCause.ENQUIRE_LINK_TIMEOUT
        assert client.told[2] is None

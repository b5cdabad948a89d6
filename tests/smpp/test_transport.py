"""A session on a real connection: its options, its events, its writes, its end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

from sms_operator.dev.smsc import Account, Simulator
from sms_operator.smpp.codec import BindRequest, encode
from sms_operator.smpp.commands import RESPONSE, Command
from sms_operator.smpp.errors import PeerStoppedReading
from sms_operator.smpp.events import (
    Alive,
    Answered,
    BindAccepted,
    BindRefused,
    Delivery,
    Doubt,
    EndCause,
    Ended,
    Event,
    Unanswered,
)
from sms_operator.smpp.framing import Frame, FrameBuffer
from sms_operator.smpp.session import Session
from sms_operator.smpp.states import Timers
from sms_operator.smpp.transport import HIGH_WATER, WRITE_LIMIT, SessionProtocol
from sms_operator.smpp.window import Request

DEADLINE = 10.0
"""Seconds within which what a test waits for has to happen."""


class Counter(asyncio.Transport):
    """Counts what is written and hands everything on."""

    def __init__(self, transport: asyncio.Transport, writes: list[int]) -> None:
        super().__init__()
        self._transport = transport
        self._writes = writes
        for name in ("abort", "close", "get_extra_info", "get_write_buffer_size", "is_closing"):
            setattr(self, name, getattr(transport, name))
        self.set_write_buffer_limits = transport.set_write_buffer_limits

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """One more."""
        self._writes.append(len(data))
        self._transport.write(data)


class Counted(SessionProtocol):
    """On a connection that counts."""

    def __init__(self, writes: list[int], session: Session, on_event: Any, on_lost: Any, on_writable: Any) -> None:
        super().__init__(session, on_event, on_lost, on_writable)
        self._writes = writes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        super().connection_made(Counter(cast(asyncio.Transport, transport), self._writes))


class Client:
    """A session's protocol and everything it told, in order; `None` or an exception is the loss of the connection."""

    def __init__(self, password: str = "secret", timers: Timers | None = None, window: int = 10) -> None:
        self.told: list[Event | Exception | None] = []
        self.lost = asyncio.Event()
        self.writable = asyncio.Event()
        self.answering = False
        self._news = asyncio.Event()
        bind = BindRequest(Command.BIND_TRANSCEIVER, "demo", password)
        session = Session(bind, timers or Timers(), window)
        self.writes: list[int] = []
        """Octets of each write since the bind."""
        self.protocol = Counted(self.writes, session, self._take, self._lose, self.writable.set)

    def _take(self, event: Event) -> None:
        self.told.append(event)
        if self.answering and isinstance(event, Delivery):
            self.protocol.answer(event, 0)
        self._news.set()

    def _lose(self, error: Exception | None) -> None:
        self.told.append(error)
        self.lost.set()
        self._news.set()

    async def until(self, count: int) -> None:
        """Waits until so much was told."""
        async with asyncio.timeout(DEADLINE):
            while len(self.told) < count:
                self._news.clear()
                await self._news.wait()

    def submit(self, size: int = 200) -> Request:
        """A request on its way, with a body of so many octets."""
        request = Request(Command.SUBMIT_SM, bytes(size))
        assert self.protocol.offer(request)
        return request


class Peer:
    """An SMSC that has accepted the bind; it reads only when it is asked to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def frame(self) -> Frame:
        """The next PDU."""
        async with asyncio.timeout(DEADLINE):
            length = await self._reader.readexactly(4)
            octets = length + await self._reader.readexactly(int.from_bytes(length, "big") - 4)
        (found,) = FrameBuffer().receive(octets)
        return found

    def say(self, *pdus: bytes) -> None:
        """These, in one portion."""
        self._writer.write(b"".join(pdus))

    def cut(self) -> None:
        """Drop the connection without a word."""
        self._writer.transport.abort()


@asynccontextmanager
async def bound(client: Client) -> AsyncGenerator[tuple[Peer, asyncio.Transport]]:
    """The client, bound to a peer on a connection that holds few octets."""
    arrived: asyncio.Future[Peer] = asyncio.get_running_loop().create_future()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set_result(Peer(reader, writer))

    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    server = await asyncio.start_server(accept, sock=listener, limit=4096)
    transport, _ = await asyncio.get_running_loop().create_connection(
        lambda: client.protocol, "127.0.0.1", listener.getsockname()[1]
    )
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
    peer = await arrived
    try:
        greeting = await peer.frame()
        peer.say(encode(greeting.command_id | RESPONSE, greeting.sequence, 0, b"SMSC\0"))
        await client.until(1)
        client.writes.clear()
        yield peer, transport
    finally:
        peer.cut()
        client.protocol.abort()
        server.close()
        await client.lost.wait()


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
    """Nothing but the loss is told after an abort, not even by a timer that is due."""
    async with Simulator([Account("demo", "secret")]) as smsc:
        client = Client()
        async with connected(client, smsc):
            await client.until(1)
            client.protocol.session.timers.enquire_link_interval = 0.0
            client.protocol.retime()
            client.protocol.abort()
            await client.until(2)
            client.protocol.abort()
        assert client.told == [BindAccepted("SIMULATOR"), None]


async def test_enquire_link_keeps_it_up() -> None:
    """Asked again and again in silence, each answer counts; then silence on the other side ends it."""
    async with Simulator([Account("demo", "secret")]) as smsc:
        client = Client(timers=Timers(0.02, 1.0))
        async with connected(client, smsc):
            await client.until(1)
            await client.until(4)
            assert all(isinstance(event, Alive) and event.seconds >= 0 for event in client.told[1:])
            client.protocol.session.timers.response_timeout = 0.05
            await smsc.behave("half-open")
            async with asyncio.timeout(DEADLINE):
                await client.lost.wait()
        end = client.told[-2]
        assert isinstance(end, Ended)
        assert end.cause is EndCause.ENQUIRE_LINK_TIMEOUT
        assert client.told[-1] is None


class TestWrites:
    """When octets leave, and how many wait."""

    async def test_one_for_each_turn_of_the_loop(self) -> None:
        """Whatever is sent in one turn leaves together, in order."""
        client = Client(window=100)
        async with bound(client) as (peer, _):
            before = client.protocol.session.traffic.octets_sent
            requests = [client.submit() for _ in range(20)]
            assert client.writes == []
            frames = [await peer.frame() for _ in requests]
            assert [frame.sequence for frame in frames] == [request.sequence for request in requests]
            assert client.writes == [20 * 216]
            assert client.protocol.session.traffic.octets_sent - before == 20 * 216

    async def test_answers_leave_together(self) -> None:
        """What the receiver of events answers goes out once for all that came in one portion."""
        client = Client()
        client.answering = True
        async with bound(client) as (peer, _):
            peer.say(*(encode(Command.DELIVER_SM, number, 0, b"text") for number in range(1, 21)))
            assert [(await peer.frame()).sequence for _ in range(20)] == list(range(1, 21))
            assert client.writes == [20 * 17]

    async def test_no_more_than_the_window_of_octets(self) -> None:
        """A full window of the largest messages to an SMSC that reads is cut into writes, and drops no connection."""
        client = Client(window=40)
        async with bound(client) as (peer, transport):
            sent = 0
            while sent < 40:
                while client.protocol.room and sent < 40:
                    client.writable.clear()
                    client.submit(60_000)
                    sent += 1
                    assert transport.get_write_buffer_size() <= 2 * HIGH_WATER + 60_016
                await peer.frame()
            assert max(client.writes) <= HIGH_WATER + 60_016
            assert not client.lost.is_set()


class TestPeerThatDoesNotRead:
    """Nothing piles up behind it."""

    async def test_requests_stop_and_go_on(self) -> None:
        """No room while the connection takes nothing; when it does again, the owner is told and there is room."""
        client = Client(window=1000)
        async with bound(client) as (peer, transport):
            sent = 0
            while client.protocol.room:
                client.submit(1000)
                sent += 1
                await asyncio.sleep(0)
            assert sent < 1000
            assert client.protocol.session.window.room == 1000 - sent
            assert transport.get_write_buffer_size() <= 2 * HIGH_WATER
            assert not client.writable.is_set()
            for _ in range(sent):
                await peer.frame()
            async with asyncio.timeout(DEADLINE):
                await client.writable.wait()
            assert client.protocol.room == 1000 - sent
            assert client.told == [BindAccepted("SMSC")]

    async def test_answers_to_a_flood_are_bounded(self) -> None:
        """It asks and asks and takes no answer: dropped, with the reason, before the memory grows."""
        client = Client()
        async with bound(client) as (peer, transport):
            most = 0
            question = encode(Command.ENQUIRE_LINK, 1) * 1000
            async with asyncio.timeout(DEADLINE):
                while not client.lost.is_set():
                    peer.say(question)
                    await asyncio.sleep(0)
                    most = max(most, transport.get_write_buffer_size())
        assert HIGH_WATER < most <= WRITE_LIMIT + 512 * 1024
        assert isinstance(client.told[-1], PeerStoppedReading)


class TestLoss:
    """The connection is gone."""

    async def test_requests_are_told_before_the_loss(self) -> None:
        """Each that waits is unanswered, in order; the loss comes last and once."""
        client = Client()
        async with bound(client) as (peer, _):
            requests = [client.submit() for _ in range(3)]
            await peer.frame()
            peer.cut()
            await client.until(5)
        assert client.told[1:4] == [Unanswered(request, Doubt.CONNECTION_LOST) for request in requests]
        assert client.told[4] is None or isinstance(client.told[4], ConnectionError)
        assert len(client.told) == 5

    async def test_aborted_with_requests(self) -> None:
        """Our own end is no different."""
        client = Client()
        async with bound(client) as (peer, _):
            request = client.submit()
            await peer.frame()
            client.protocol.abort()
            await client.until(3)
        assert client.told[1:] == [Unanswered(request, Doubt.CONNECTION_LOST), None]

    async def test_unbound_by_the_smsc_with_a_request(self) -> None:
        """Its response behind the unbind still counts; then comes our answer, and the connection is closed by us."""
        client = Client()
        client.answering = True
        async with bound(client) as (peer, _):
            request = client.submit()
            sequence = (await peer.frame()).sequence
            peer.say(encode(Command.UNBIND, 7))
            peer.say(encode(Command.SUBMIT_SM_RESP, sequence, 0, b"id\0"))
            assert await peer.frame() == Frame(Command.UNBIND_RESP, 0, 7, b"")
            await client.until(4)
        answered, *rest = client.told[1:]
        assert isinstance(answered, Answered)
        assert (answered.request, answered.command_status, answered.body) == (request, 0, b"id\0")
        assert rest == [Ended(EndCause.PEER_UNBOUND), None]

    async def test_the_last_answer_that_is_owed_lets_the_unbind_go(self) -> None:
        """A message answered while the SMSC's unbind waits: both answers leave, without any time going by."""
        client = Client()
        async with bound(client) as (peer, _):
            peer.say(encode(Command.DELIVER_SM, 6, 0, b"text"), encode(Command.UNBIND, 7))
            await client.until(2)
            message = client.told[1]
            assert isinstance(message, Delivery)
            client.protocol.answer(message, 0)
            assert [(await peer.frame()).sequence for _ in range(2)] == [6, 7]
            await client.until(4)
        assert client.told[2:] == [Ended(EndCause.PEER_UNBOUND), None]

    async def test_a_response_that_does_not_come(self) -> None:
        """The time-out is kept by the event loop, and the bind goes on."""
        client = Client(timers=Timers(30.0, 0.05))
        async with bound(client) as (peer, _):
            request = client.submit()
            await client.until(2)
            assert client.told[1] == Unanswered(request, Doubt.TIMEOUT)
            assert client.protocol.room == 10
            assert (await peer.frame()).sequence == request.sequence

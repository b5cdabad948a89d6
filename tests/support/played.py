"""An SMSC that the test plays itself: it answers binds, enquire_link and unbind, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Final, cast

from sms_operator.smpp.codec import encode
from sms_operator.smpp.commands import RESPONSE, Command
from sms_operator.smpp.framing import Frame, FrameBuffer

DEADLINE: Final = 10.0
"""Seconds within which what a test waits for has to happen."""
BINDS: Final = (Command.BIND_TRANSCEIVER, Command.BIND_RECEIVER, Command.BIND_TRANSMITTER)


class Connection(asyncio.Protocol):
    """One ESME; `frames` is everything it sent but binds and enquire_link."""

    def __init__(self, smsc: Played) -> None:
        self.frames: list[Frame] = []
        self.open = True
        self._smsc = smsc
        self._buffer = FrameBuffer()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """An ESME came."""
        self._transport = cast(asyncio.Transport, transport)
        self._smsc.connections.append(self)

    def data_received(self, data: bytes) -> None:
        """Octets from the ESME."""
        for frame in self._buffer.receive(data):
            if frame.command_id in BINDS:
                self.send(frame.command_id | RESPONSE, frame.sequence, 0, b"played\0")
            elif frame.command_id == Command.ENQUIRE_LINK and self._smsc.alive:
                self.send(Command.ENQUIRE_LINK_RESP, frame.sequence)
            else:
                self.frames.append(frame)
                if frame.command_id == Command.UNBIND:
                    self.send(Command.UNBIND_RESP, frame.sequence)
        self._smsc.tell()

    def connection_lost(self, exc: Exception | None) -> None:
        """The ESME is gone."""
        self.open = False
        self._smsc.tell()

    def send(self, command_id: int, sequence: int, status: int = 0, body: bytes = b"") -> None:
        """A PDU for the ESME."""
        self.write(encode(command_id, sequence, status, body))

    def write(self, octets: bytes) -> None:
        """Octets for the ESME."""
        assert self._transport is not None
        self._transport.write(octets)

    def accept(self, frame: Frame, message_id: str) -> None:
        """Take a submit_sm."""
        self.send(frame.command_id | RESPONSE, frame.sequence, 0, message_id.encode() + b"\0")

    def refuse(self, frame: Frame, status: int) -> None:
        """Answer any request with an error and no body."""
        self.send(frame.command_id | RESPONSE, frame.sequence, status)

    def cut(self) -> None:
        """End the connection without a word."""
        assert self._transport is not None
        self._transport.abort()

    def of(self, command: Command) -> list[Frame]:
        """What came of this kind."""
        return [frame for frame in self.frames if frame.command_id == command]

    async def until(self, command: Command, count: int = 1) -> list[Frame]:
        """Waits for at least so many PDUs of this kind and returns all of them."""
        await self._smsc.until(lambda: len(self.of(command)) >= count, f"{count} × {command.name.lower()}")
        return self.of(command)


class Played:
    """All connections so far, the newest last."""

    def __init__(self) -> None:
        self.connections: list[Connection] = []
        self.alive = True
        """Whether enquire_link is answered."""
        self.port = 0
        self._news = asyncio.Event()

    def tell(self) -> None:
        """Something happened."""
        self._news.set()
        self._news = asyncio.Event()

    async def until(self, happened: Callable[[], bool], what: str) -> None:
        """Waits until this holds, looked at after everything that happens."""
        try:
            async with asyncio.timeout(DEADLINE):
                while not happened():
                    await self._news.wait()
        except TimeoutError:
            seen = [[(frame.command_id, frame.sequence) for frame in one.frames] for one in self.connections]
            raise AssertionError(f"not within {DEADLINE:g} s: {what}; seen {seen}") from None

    async def connection(self, number: int = 1) -> Connection:
        """Waits for the connection of this number, from 1."""
        await self.until(lambda: len(self.connections) >= number, f"connection {number}")
        return self.connections[number - 1]


@asynccontextmanager
async def played() -> AsyncGenerator[Played, None]:
    """Listens on a free port of 127.0.0.1; at the end all connections are cut."""
    smsc = Played()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(smsc), "127.0.0.1", 0)
    smsc.port = server.sockets[0].getsockname()[1]
    try:
        yield smsc
    finally:
        server.close()
        for connection in smsc.connections:
            if connection.open:
                connection.cut()

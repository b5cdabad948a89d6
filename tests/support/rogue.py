"""An SMSC with one fault, over TCP or TLS: it serves well except where a habit takes over, until it is well."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import struct
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final, cast

from sms_operator.smpp.address import Address
from sms_operator.smpp.codec import encode
from sms_operator.smpp.command_status import ESME_RINVCMDLEN
from sms_operator.smpp.commands import RESPONSE, Command
from sms_operator.smpp.framing import Frame, FrameBuffer
from sms_operator.smpp.pdus import ShortMessage
from sms_operator.smpp.tlv import Tlvs

DEADLINE: Final = 10.0
"""Seconds within which what a test waits for has to happen."""
PHONE: Final = Address("31600000000", 1, 1)
SHORT_CODE: Final = Address("12345", 0, 1)


class Caller(asyncio.Protocol):
    """One connection of an ESME."""

    def __init__(self, smsc: Rogue) -> None:
        self.requests: list[Frame] = []
        """Everything the ESME asked, binds and enquire_link included."""
        self.answers: list[tuple[Command, int]] = []
        """What it answered to requests of ours: command and command_status."""
        self.open = True
        self.left: int | None = None
        """Octets that may still leave before the connection is cut; None: any number."""
        self.dripping = False
        """Whether octets leave one by one."""
        self._smsc = smsc
        self._buffer = FrameBuffer()
        self._sequence = 0
        self._transport: asyncio.Transport | None = None
        self._drips: asyncio.Queue[int] = asyncio.Queue()
        self._dripper: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """An ESME came."""
        self._transport = cast(asyncio.Transport, transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._smsc.callers.append(self)
        self._smsc.tell()

    def data_received(self, data: bytes) -> None:
        """Octets from the ESME."""
        for frame in self._buffer.receive(data):
            if frame.command_id & RESPONSE:
                self.answers.append((Command(frame.command_id), frame.status))
            else:
                self.requests.append(frame)
            habit = None if self._smsc.well else self._smsc.habits.get(Command(frame.command_id))
            if habit is not None:
                habit(self, frame)
            elif not frame.command_id & RESPONSE:
                self.serve(frame)
        if self._buffer.broken is not None:
            self.send(Command.GENERIC_NACK, 0, ESME_RINVCMDLEN)
            self.close()
        self._smsc.tell()

    def connection_lost(self, exc: Exception | None) -> None:
        """The ESME is gone."""
        self.open = False
        if self._dripper is not None:
            self._dripper.cancel()
        self._smsc.tell()

    def serve(self, frame: Frame) -> None:
        """Answer as an SMSC should; the message_id is the text of the message, so that a mix-up is seen."""
        body = b""
        if frame.command_id == Command.BIND_TRANSCEIVER:
            body = b"rogue\0"
        elif frame.command_id == Command.SUBMIT_SM:
            body = text_of(frame) + b"\0"
        self.send(frame.command_id | RESPONSE, frame.sequence, 0, body)

    def ask(self, command_id: int, body: bytes = b"") -> None:
        """Send a request."""
        self._sequence += 1
        self.send(command_id, self._sequence, 0, body)

    def deliver(self, text: str, tlvs: Tlvs = (), esm_class: int = 0) -> None:
        """Send a deliver_sm."""
        content = text.encode()
        pdu = ShortMessage(PHONE, SHORT_CODE, esm_class=esm_class, short_message=content, tlvs=tlvs)
        self.ask(Command.DELIVER_SM, pdu.encode())

    def send(self, command_id: int, sequence: int, status: int = 0, body: bytes = b"") -> None:
        """Send a PDU."""
        self.write(encode(command_id, sequence, status, body))

    def write(self, octets: bytes) -> None:
        """Send octets, as many as may still leave."""
        if self._transport is None or not self.open:
            return
        if self.dripping:
            for octet in octets:
                self._drips.put_nowait(octet)
            if self._dripper is None:
                self._dripper = asyncio.get_running_loop().create_task(self._drip())
            return
        allowed = octets if self.left is None else octets[: self.left]
        if allowed:
            self._transport.write(allowed)
        if self.left is not None:
            self.left -= len(allowed)
            if not self.left:
                self.close()

    def close(self) -> None:
        """End the connection in order, once what was sent has left."""
        assert self._transport is not None
        self._transport.close()

    def reset(self) -> None:
        """End it with a TCP RST."""
        assert self._transport is not None
        raw = self._transport.get_extra_info("socket")
        if raw is not None:  # it is closing already
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def spoil(self, octets: bytes) -> None:
        """Put octets on the wire past TLS."""
        assert self._transport is not None
        os.write(self._transport.get_extra_info("socket").fileno(), octets)

    def stop_reading(self) -> None:
        """Take nothing more."""
        assert self._transport is not None
        self._transport.pause_reading()

    def of(self, command: Command) -> list[Frame]:
        """What was asked of this kind."""
        return [frame for frame in self.requests if frame.command_id == command]

    async def _drip(self) -> None:
        while True:
            octet = await self._drips.get()
            assert self._transport is not None
            self._transport.write(bytes((octet,)))
            await asyncio.sleep(0.001)


def text_of(frame: Frame) -> bytes:
    """The text of a submit_sm."""
    return ShortMessage.decode(frame.body).short_message


Habit = Callable[[Caller, Frame], None]
Habits = Mapping[Command, Habit]
"""What happens in place of the answer to a request of this kind, or after a response of this kind."""


class Rogue:
    """All connections so far, the newest last."""

    def __init__(self, habits: Habits) -> None:
        self.habits = habits
        self.well = False
        """Whether it has no habits any more."""
        self.callers: list[Caller] = []
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
            seen = [(caller.requests, caller.answers) for caller in self.callers]
            raise AssertionError(f"not within {DEADLINE:g} s: {what}; seen {seen}") from None

    async def caller(self, number: int = 1) -> Caller:
        """Waits for the connection of this number, from 1."""
        await self.until(lambda: len(self.callers) >= number, f"connection {number}")
        return self.callers[number - 1]

    def submitted(self, text: str) -> int:
        """How often a submit_sm with this text came, over all connections."""
        frames = [frame for caller in self.callers for frame in caller.of(Command.SUBMIT_SM)]
        return sum(text_of(frame) == text.encode() for frame in frames)

    @property
    def binds(self) -> int:
        """How often a bind came."""
        return sum(len(caller.of(Command.BIND_TRANSCEIVER)) for caller in self.callers)


@asynccontextmanager
async def rogue(
    habits: Habits, tls: ssl.SSLContext | None = None, port: int = 0, host: str = "127.0.0.1"
) -> AsyncGenerator[Rogue, None]:
    """Listens on a free port where none is said; at the end all connections are cut."""
    smsc = Rogue(habits)
    server = await asyncio.get_running_loop().create_server(lambda: Caller(smsc), host, port, ssl=tls)
    smsc.port = server.sockets[0].getsockname()[1]
    try:
        yield smsc
    finally:
        server.close()
        for caller in smsc.callers:
            if caller.open:
                caller.reset()

"""An ESME that shows every PDU as it came, and sends any: no client library reads or mends anything in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from sms_operator.smpp import codec
from sms_operator.smpp.address import Address
from sms_operator.smpp.codec import BindRequest
from sms_operator.smpp.commands import RESPONSE, Command
from sms_operator.smpp.framing import HEADER, Frame
from sms_operator.smpp.pdus import ShortMessage

PHONE = Address("31600000000", 1, 1)
SHORT_CODE = Address("12345", 0, 1)


class Wire:
    """PDUs to and from a socket, in order, none skipped."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._sequence = 0

    async def bind(
        self, system_id: str = "demo", password: str = "secret", command: Command = Command.BIND_TRANSCEIVER
    ) -> Frame:
        """Sends the bind and returns what comes next."""
        self._sequence += 1
        self.writer.write(BindRequest(command, system_id, password).encode(self._sequence))
        return await self.frame()

    def send(self, command_id: int, body: bytes = b"") -> int:
        """Sends a request and returns its sequence_number."""
        self._sequence += 1
        self.writer.write(codec.encode(command_id, self._sequence, body=body))
        return self._sequence

    def submit(self, text: bytes = b"hello", to: Address = PHONE, registered_delivery: int = 0) -> int:
        """Sends a submit_sm and returns its sequence_number."""
        message = ShortMessage(SHORT_CODE, to, short_message=text, registered_delivery=registered_delivery)
        return self.send(Command.SUBMIT_SM, message.encode())

    async def ask(self, command_id: int, body: bytes = b"") -> Frame:
        """Sends a request and returns what comes next."""
        self.send(command_id, body)
        return await self.frame()

    def answer(self, frame: Frame, status: int = 0) -> None:
        """Answers a request of the SMSC."""
        body = b"\0" if frame.command_id in (Command.DELIVER_SM, Command.DATA_SM) else b""
        self.writer.write(codec.encode(frame.command_id | RESPONSE, frame.sequence, status, body))

    async def frame(self, deadline: float = 5) -> Frame:
        """The next PDU.

        Raises:
            asyncio.IncompleteReadError: the connection ended; `partial` is what came of the PDU.
            ConnectionResetError: by a TCP RST.
            TimeoutError: there was none.
        """
        async with asyncio.timeout(deadline):
            head = await self.reader.readexactly(HEADER.size)
            length, command_id, status, sequence = HEADER.unpack(head)
            return Frame(command_id, status, sequence, await self.reader.readexactly(length - HEADER.size))

    async def short_message(self) -> tuple[Frame, ShortMessage]:
        """The next PDU, which has to be a deliver_sm, and what it says."""
        frame = await self.frame()
        assert frame.command_id == Command.DELIVER_SM, frame
        return frame, ShortMessage.decode(frame.body)

    async def octets(self, deadline: float = 5) -> bytes:
        """All that comes until the connection ends in order."""
        async with asyncio.timeout(deadline):
            return await self.reader.read()

    async def is_alive(self) -> bool:
        """Whether an enquire_link is the next thing that is answered."""
        return (await self.ask(Command.ENQUIRE_LINK)).command_id == Command.ENQUIRE_LINK_RESP


@asynccontextmanager
async def wire(port: int, host: str = "127.0.0.1") -> AsyncGenerator[Wire, None]:
    """A plain connection, closed at the end."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


@asynccontextmanager
async def bound(
    port: int, system_id: str = "demo", command: Command = Command.BIND_TRANSCEIVER
) -> AsyncGenerator[Wire, None]:
    """A connection that is bound already."""
    async with wire(port) as one:
        answer = await one.bind(system_id, command=command)
        assert (answer.command_id, answer.status) == (command | RESPONSE, 0)
        yield one

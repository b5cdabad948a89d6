"""A connection without any SMPP client: for what must be seen octet by octet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

import smpplib.smpp
from smpplib.client import SimpleSequenceGenerator

SMPP: Any = smpplib.smpp
"""Without types of its own."""


class Sequencer:
    """What smpplib's PDUs want from a client: the next sequence number."""

    def __init__(self) -> None:
        self._numbers = SimpleSequenceGenerator()

    def next_sequence(self) -> int:
        """From 1 on."""
        return self._numbers.next_sequence()


class Raw:
    """Octets to and from a socket, PDUs made and read by smpplib."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._client = Sequencer()

    async def send(self, command: str, **fields: object) -> None:
        """One request."""
        await self.send_octets(SMPP.make_pdu(command, client=self._client, **fields).generate())

    async def send_octets(self, octets: bytes) -> None:
        """Anything."""
        self._writer.write(octets)
        await self._writer.drain()

    async def read(self, deadline: float = 5) -> Any:
        """The next PDU; IncompleteReadError or ConnectionResetError at the end, TimeoutError without one."""
        async with asyncio.timeout(deadline):
            length = await self._reader.readexactly(4)
            rest = await self._reader.readexactly(int.from_bytes(length, "big") - 4)
        return SMPP.parse_pdu(length + rest, client=Sequencer(), allow_unknown_opt_params=True)

    async def octets(self, deadline: float = 5) -> bytes:
        """What is there, at least one octet; nothing at the end."""
        async with asyncio.timeout(deadline):
            return await self._reader.read(65536)

    async def is_silent(self, seconds: float = 0.2) -> bool:
        """Whether nothing came in this time and the connection still stands."""
        try:
            async with asyncio.timeout(seconds):
                await self._reader.read(1)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def connect(port: int, host: str = "127.0.0.1") -> AsyncGenerator[Raw, None]:
    """A plain connection, closed at the end."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield Raw(reader, writer)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

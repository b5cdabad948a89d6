"""Octets to and from an ESME, plain or through TLS.

The TLS is ours and not asyncio's, which closes the connection after a failed handshake without sending the alert that
tells the ESME why. Real SMSCs send it.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from typing import Final, cast

CHUNK: Final = 65_536


class Stream:
    """An accepted connection without TLS."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._transport = cast(asyncio.Transport, writer.transport)

    @property
    def tls(self) -> ssl.SSLObject | None:
        """The TLS session, if there is one."""
        return None

    async def receive(self) -> bytes:
        """Some octets, none at the end. Raises OSError."""
        return await self._reader.read(CHUNK)

    async def send(self, octets: bytes) -> None:
        """Sends, and waits while the ESME does not read. Raises OSError."""
        self._writer.write(octets)
        await self._writer.drain()

    def pause(self) -> None:
        """Reads nothing more; what the kernel keeps for us is little."""
        raw: socket.socket | None = self._writer.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._transport.pause_reading()

    def resume(self) -> None:
        """Reads again."""
        self._transport.resume_reading()

    async def close(self) -> None:
        """Ends in order; what the ESME does not take within a second is thrown away."""
        self._writer.close()
        try:
            await asyncio.wait_for(self._writer.wait_closed(), 1)
        except OSError:
            self._writer.transport.abort()

    def reset(self) -> None:
        """Ends with a TCP RST."""
        raw: socket.socket | None = self._writer.get_extra_info("socket")
        if raw is not None:
            reset_on_close(raw)
        self._writer.transport.abort()


class TlsStream(Stream):
    """The same through TLS; `handshake` comes first."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext) -> None:
        super().__init__(reader, writer)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    @property
    def tls(self) -> ssl.SSLObject | None:
        """The TLS session."""
        return self._tls

    async def handshake(self) -> None:
        """Raises ssl.SSLError after the alert has been sent, or OSError."""
        while True:
            try:
                self._tls.do_handshake()
                return
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()
            finally:
                await self._flush()

    async def receive(self) -> bytes:
        """See Stream."""
        while True:
            try:
                return self._tls.read(CHUNK)
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""

    async def send(self, octets: bytes) -> None:
        """See Stream."""
        self._tls.write(octets)
        await self._flush()

    async def close(self) -> None:
        """See Stream; says goodbye in TLS as well."""
        with contextlib.suppress(OSError):
            self._tls.unwrap()
        with contextlib.suppress(OSError):
            await asyncio.wait_for(self._flush(), 1)
        await super().close()

    async def _fill(self) -> None:
        if octets := await super().receive():
            self._incoming.write(octets)
        else:
            self._incoming.write_eof()

    async def _flush(self) -> None:
        if octets := self._outgoing.read():
            await super().send(octets)


def reset_on_close(raw: socket.socket) -> None:
    """Makes closing this socket send a RST."""
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

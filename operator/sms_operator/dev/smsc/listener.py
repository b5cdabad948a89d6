"""A port the simulator listens on: accepts, does the TLS handshake itself, and can refuse connections for a while."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Final

from .line import Line
from .stream import Stream, TlsStream

HANDSHAKE_DEADLINE: Final = 10.0
"""Seconds an ESME may take for its part of the TLS handshake."""

SWALLOWED_AFTER: Final = 0.2
"""Seconds in which a connection over loopback would stand."""


class Listener:
    """One TCP port, with or without TLS. The port stays ours from construction to `close()`, refusing included."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Raises OSError when the port is taken."""
        self.tls = tls
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = self._bind(host, port)
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        """The real one, where 0 was asked for."""
        self._accepting = False
        self._fillers: list[socket.socket] = []

    def listen(self, admit: Callable[[socket.socket, Listener], None]) -> None:
        """Starts to accept; `admit` takes each connection and must not block."""
        if not self._accepting:
            if self._fillers:
                self._open_anew()
            self._socket.listen(1024)
            # Not a task in `sock_accept`: cancelled at the wrong moment it drops a connection that nobody closes then.
            asyncio.get_running_loop().add_reader(self._socket, self._accept, admit)
            self._accepting = True

    async def refuse(self) -> None:
        """Stops to accept: the kernel answers new connections with a RST, those that stand stay."""
        self._stop_accepting()
        self._open_anew()

    async def swallow(self) -> None:
        """Stops to accept and to refuse: the kernel throws new connections away, those that stand stay.

        It does so once as many wait as may (one, with a backlog of zero): so we fill the places ourselves.
        """
        await self.refuse()
        self._socket.listen(0)
        while await self._fill_a_place():
            pass

    async def close(self) -> None:
        """Gives the port back."""
        self._stop_accepting()
        self._drop_fillers()
        self._socket.close()

    async def upgrade(self, raw: socket.socket) -> Line:
        """The line over an accepted connection.

        Raises:
            OSError: the TLS handshake failed (ssl.SSLError is one), or the connection is gone.
        """
        peer = address(raw)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader, writer = await asyncio.open_connection(sock=raw)
        if self.tls is None:
            return Line(Stream(reader, writer), peer)
        stream = TlsStream(reader, writer, self.tls)
        try:
            await asyncio.wait_for(stream.handshake(), HANDSHAKE_DEADLINE)
        except OSError:
            await Stream.close(stream)
            raise
        except asyncio.CancelledError:
            stream.reset()
            raise
        return Line(stream, peer)

    def _accept(self, admit: Callable[[socket.socket, Listener], None]) -> None:
        try:
            raw, _ = self._socket.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        raw.setblocking(False)
        admit(raw, self)

    def _stop_accepting(self) -> None:
        if self._accepting:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._accepting = False

    async def _fill_a_place(self) -> bool:
        filler = socket.socket(self._family, socket.SOCK_STREAM)
        filler.setblocking(False)
        self._fillers.append(filler)
        try:
            await asyncio.wait_for(
                asyncio.get_running_loop().sock_connect(filler, (self.host, self.port)), SWALLOWED_AFTER
            )
        except TimeoutError:
            return False
        return True

    def _open_anew(self) -> None:
        self._drop_fillers()
        self._socket.close()
        self._socket = self._bind(self.host, self.port)

    def _drop_fillers(self) -> None:
        for filler in self._fillers:
            filler.close()
        self._fillers.clear()

    def _bind(self, host: str, port: int) -> socket.socket:
        opened = socket.socket(self._family, socket.SOCK_STREAM)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.setblocking(False)
            opened.bind((host, port))
        except OSError:
            opened.close()
            raise
        return opened


def address(raw: socket.socket) -> str:
    """`host:port` of the other side.

    Raises:
        OSError: it is gone already.
    """
    host, port = raw.getpeername()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

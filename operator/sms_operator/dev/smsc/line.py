"""The connection below a session: whole PDUs in, octets out at the wanted pace."""

from __future__ import annotations

import asyncio
from typing import Any

from sms_operator.smpp.framing import HEADER, MAX_LENGTH, Frame, FramingError

from .stream import Stream


class HangUp(Exception):
    """The ESME closed the connection; the text says whether in the middle of a PDU."""


class Cut(ConnectionError):
    """The simulator itself ended the connection in the middle of what it sent."""


class Line:
    """One accepted connection, plain or TLS."""

    def __init__(self, stream: Stream, peer: str) -> None:
        self.peer = peer
        """`host:port` of the ESME."""
        self.secure = stream.tls is not None
        certificate = stream.tls.getpeercert() if stream.tls is not None else None
        self.certificate = _common_name(certificate) if certificate else None
        """Common name in the ESME's certificate."""
        self._stream = stream
        self._pending = b""
        self._sending = asyncio.Lock()
        self._reading = asyncio.Event()
        self._reading.set()
        self._allowance: int | None = None
        self._cut_by_reset = False

    async def read(self) -> Frame:
        """The next PDU.

        Raises:
            HangUp: the ESME closed.
            FramingError: the length makes no sense; nothing more can be read.
            OSError: the connection was lost.
        """
        await self._reading.wait()
        length, command_id, status, sequence = HEADER.unpack(await self._take(HEADER.size))
        if not HEADER.size <= length <= MAX_LENGTH:
            raise FramingError(length, b"")
        return Frame(command_id, status, sequence, await self._take(length - HEADER.size))

    async def send(self, wire: bytes, octet_delay: float = 0.0) -> None:
        """Sends all of it, or one octet every `octet_delay` seconds; never in between somebody else's octets.

        Raises:
            Cut: `cut_after` so many octets was asked for, and they have been sent.
            OSError: the connection was lost.
        """
        async with self._sending:
            allowed = wire if self._allowance is None else wire[: self._allowance]
            for octets in [allowed] if not octet_delay else [allowed[at : at + 1] for at in range(len(allowed))]:
                await self._stream.send(octets)
                await asyncio.sleep(octet_delay)
            if self._allowance is None:
                return
            self._allowance -= len(allowed)
            if not self._allowance:
                await self._end_here()

    def cut_after(self, octets: int, *, reset: bool) -> None:
        """Ends the connection after so many more octets, in order or with a TCP RST."""
        self._allowance, self._cut_by_reset = octets, reset

    def stop_reading(self) -> None:
        """Takes nothing more from the ESME, so that its window closes."""
        self._reading.clear()
        self._stream.pause()

    def go_on_reading(self) -> None:
        """Ends `stop_reading`."""
        self._reading.set()
        self._stream.resume()

    async def close(self) -> None:
        """Ends the connection in order."""
        await self._stream.close()

    def reset(self) -> None:
        """Ends the connection with a TCP RST."""
        self._stream.reset()

    async def _end_here(self) -> None:
        if self._cut_by_reset:
            self.reset()
        else:
            await self.close()
        raise Cut("cut by the simulator")

    async def _take(self, count: int) -> bytes:
        while len(self._pending) < count:
            octets = await self._stream.receive()
            if not octets:
                raise HangUp(f"closed after {len(self._pending)} octets of a PDU" if self._pending else "closed")
            self._pending += octets
        taken, self._pending = self._pending[:count], self._pending[count:]
        return taken


def _common_name(certificate: dict[str, Any]) -> str:
    names = dict(pair for relative in certificate.get("subject", ()) for pair in relative)
    return str(names.get("commonName", ""))

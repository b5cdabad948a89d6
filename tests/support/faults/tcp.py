"""A relay between an ESME and an SMSC that knows where a PDU begins and ends, and fails exactly there or within one."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any, Final, Self, cast

from sms_operator.dev.smsc.listener import Listener
from sms_operator.dev.smsc.stream import reset_on_close
from sms_operator.smpp.framing import MAX_LENGTH

HOST: Final = "127.0.0.1"
HEAD: Final = struct.Struct(">II")
"""command_length and command_id."""


class Way(StrEnum):
    """Which way a PDU goes."""

    TO_SMSC = "to the SMSC"
    TO_ESME = "to us"


class How(StrEnum):
    """What becomes of the connection."""

    RESET = "reset"
    """A TCP RST to both sides."""
    CLOSE = "close"
    """A TCP FIN to both sides."""
    SILENCE = "silence"
    """Neither side hears of the other again, nor that its connection has ended: it is half-open."""


class Meets(StrEnum):
    """What new connections meet."""

    PASS = "a relay"
    REFUSAL = "a refusal"
    SILENCE = "silence"
    """They are accepted, and that is all."""
    NOTHING = "nothing"
    """Their SYN is thrown away."""
    RESET = "a reset"
    """They are accepted and reset."""


@dataclass(frozen=True)
class Cut:
    """The moment at which the connection fails, and how."""

    way: Way
    command: int
    """command_id of the PDU."""
    octets: int | None = None
    """So many octets of it pass, 0 for none; None: all."""
    how: How = How.RESET
    nth: int = 1
    """Which PDU of this kind, counted from when the relay was armed."""


class Gate:
    """One way through a connection: lets whole PDUs pass until the cut comes. Pure."""

    def __init__(self, way: Way, due: Callable[[Way, int], Cut | None]) -> None:
        """`due` is asked for each PDU, by its way and command_id, whether the connection fails at it."""
        self._way = way
        self._due = due
        self._pending = b""

    def feed(self, octets: bytes) -> tuple[bytes, Cut | None]:
        """What passes of everything that came so far and has not passed yet, and the cut that comes after it.

        What is no PDU, by its length, passes as it is.
        """
        self._pending += octets
        passed = b""
        while len(self._pending) >= HEAD.size:
            length, command = HEAD.unpack_from(self._pending)
            if not 16 <= length <= MAX_LENGTH:
                passed, self._pending = passed + self._pending, b""
                break
            if len(self._pending) < length:
                break
            pdu, self._pending = self._pending[:length], self._pending[length:]
            cut = self._due(self._way, command)
            if cut is not None:
                return passed + (pdu if cut.octets is None else pdu[: cut.octets]), cut
            passed += pdu
        return passed, None


class _Leg(asyncio.Protocol):
    """One of the two TCP connections that make up a relayed one."""

    def __init__(self, connection: _Connection, way: Way) -> None:
        self._connection = connection
        self._gate = Gate(way, connection.due)
        self.transport: asyncio.Transport | None = None
        self.other: _Leg | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It stands."""
        self.transport = cast(asyncio.Transport, transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        """Octets of its side."""
        if self._connection.silent or self.other is None:
            return
        passed, cut = self._gate.feed(data)
        if passed and self.other.transport is not None:
            self.other.transport.write(passed)
        if cut is not None:
            self._connection.fail(cut.how)

    def connection_lost(self, exc: Exception | None) -> None:
        """Its side has left; the other one is told, unless nobody hears of anybody."""
        self.transport = None
        if not self._connection.silent:
            self._connection.end(How.CLOSE if exc is None else How.RESET)

    def end(self, how: How) -> None:
        """Close it."""
        if self.transport is None:
            return
        if how is How.RESET:
            raw = self.transport.get_extra_info("socket")
            if raw is not None and raw.fileno() >= 0:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        else:
            self.transport.close()


class _Connection:
    """Both legs of one connection. A silent one takes everything and says nothing."""

    def __init__(self, relay: SmppRelay, *, silent: bool) -> None:
        self._relay = relay
        self.due = relay.due
        self.silent = silent
        self._esme, self._smsc = _Leg(self, Way.TO_SMSC), _Leg(self, Way.TO_ESME)

    async def open(self, esme: socket.socket) -> None:
        """Take an accepted connection, and make its counterpart."""
        loop = asyncio.get_running_loop()
        try:
            if not self.silent:
                await loop.create_connection(lambda: self._smsc, HOST, self._relay.target)
                self._esme.other, self._smsc.other = self._smsc, self._esme
            await loop.connect_accepted_socket(lambda: self._esme, esme)
        except OSError:
            reset_on_close(esme)
            esme.close()
            self.end(How.RESET)

    @property
    def held(self) -> bool:
        """Whether the ESME has its end open."""
        return self._esme.transport is not None

    def fail(self, how: How) -> None:
        """At a PDU, as armed for."""
        self.break_off(how)
        self._relay.happened()

    def break_off(self, how: How) -> None:
        """Now."""
        if how is How.SILENCE:
            self.silent = True
        else:
            self.end(how)

    def end(self, how: How) -> None:
        """Close both legs; once more does nothing."""
        self._esme.end(how)
        self._smsc.end(how)
        self._relay.forget(self)


class SmppRelay:
    """Listens on `port` from `async with` to its end, and passes everything on until told to fail."""

    def __init__(self, target: int) -> None:
        """`target`: port of the SMSC, on this machine."""
        self.target = target
        self._listener = Listener(HOST, 0)
        self.port = self._listener.port
        self._cut: Cut | None = None
        self._then = Meets.PASS
        self._seen = 0
        self._meets = Meets.PASS
        self._connections: set[_Connection] = set()
        self._chores: set[asyncio.Task[None]] = set()
        self.failed_at: float | None = None
        """Monotonic seconds of the last failure that was armed for and happened."""
        self.failed = asyncio.Event()
        """Set while there is one that has not been healed."""

    async def __aenter__(self) -> Self:
        self._listener.listen(self._admit)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._listener.close()
        await asyncio.gather(*self._chores, return_exceptions=True)
        for connection in list(self._connections):
            connection.end(How.RESET)

    @property
    def held(self) -> int:
        """Connections that the ESME has open, silent ones included."""
        return sum(connection.held for connection in self._connections)

    def arm(self, cut: Cut, then: Meets) -> None:
        """Fail once as `cut` says; after that new connections meet `then`, until `heal`."""
        self._cut, self._then, self._seen = cut, then, 0

    async def meet(self, what: Meets) -> None:
        """What new connections meet from now on; those that stand stay."""
        self._meets = what
        if what is Meets.REFUSAL:
            await self._listener.refuse()
        elif what is Meets.NOTHING:
            await self._listener.swallow()
        else:
            self._listener.listen(self._admit)

    async def break_off(self, how: How, then: Meets) -> None:
        """Every connection fails now."""
        await self.meet(then)
        for connection in list(self._connections):
            connection.break_off(how)
        self.failed_at = time.monotonic()
        self.failed.set()

    async def heal(self) -> None:
        """New connections pass; silent ones stay silent."""
        self.failed.clear()
        await self.meet(Meets.PASS)

    def due(self, way: Way, command: int) -> Cut | None:
        """The cut that comes with this PDU, if one does."""
        cut = self._cut
        if cut is None or (cut.way, cut.command) != (way, command):
            return None
        self._seen += 1
        if self._seen < cut.nth:
            return None
        self._cut = None
        return cut

    def happened(self) -> None:
        """What was armed for has happened."""
        self._meets = self._then
        self.failed_at = time.monotonic()
        self._do(self._follow())

    def forget(self, connection: _Connection) -> None:
        """It is over."""
        self._connections.discard(connection)

    async def _follow(self) -> None:
        await self.meet(self._then)
        self.failed.set()

    def _admit(self, esme: socket.socket, listener: Listener) -> None:
        del listener
        if self._meets in (Meets.RESET, Meets.REFUSAL):
            reset_on_close(esme)
            esme.close()
            return
        connection = _Connection(self, silent=self._meets is Meets.SILENCE)
        self._connections.add(connection)
        self._do(connection.open(esme))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

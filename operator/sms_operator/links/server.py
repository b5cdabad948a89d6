"""The data plane's end of the link protocol: a Unix socket of mode 0600 on which the newest control plane is heard."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import time
from pathlib import Path
from typing import Final

import structlog

from sms_operator.protocol.messages import (
    PROTOCOL_VERSION,
    Facts,
    Hello,
    Keep,
    LinkFact,
    Message,
    Remove,
    SnapshotBegin,
    SnapshotEnd,
    Want,
    WantedLink,
)
from sms_operator.protocol.wire import MAX_LINE, WireError, decode, encode

from .table import LinkTable

OUTBOX: Final = 8 * 1024 * 1024
"""Octets of facts that may wait for a control plane that does not read; then it has to connect anew."""
FACTS_A_LINE: Final = 500
GREETING: Final = 10.0
"""Seconds a control plane has for its Hello."""


class LinkServer:
    """Serves control planes, one at a time; without any, links live on."""

    def __init__(self, path: Path, table: LinkTable) -> None:
        self._path = path
        self._table = table
        self._instance = secrets.token_hex(4)
        self._started = time.monotonic()
        self._server: asyncio.Server | None = None
        self._current: asyncio.StreamWriter | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._log = structlog.get_logger("server")

    async def start(self) -> None:
        """Listen. A socket left behind by a former process is replaced."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, str(self._path), limit=MAX_LINE)
        finally:
            os.umask(before)

    async def stop(self) -> None:
        """Stop listening and leave whoever is connected."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.close()
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()

    @property
    def listening(self) -> bool:
        return self._server is not None and self._server.is_serving()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            async with asyncio.timeout(GREETING):
                greeting = decode(await reader.readline())
            uptime = time.monotonic() - self._started
            writer.write(encode(Hello(PROTOCOL_VERSION, self._instance, uptime)))
            if not isinstance(greeting, Hello) or greeting.version != PROTOCOL_VERSION:
                self._log.error("a control plane of another version was refused", expected=PROTOCOL_VERSION)
                return
            if self._current is not None:
                self._current.transport.abort()
            self._current = writer
            self._log.info("control plane connected", instance=greeting.instance)
            await _Conversation(reader, writer, self._table).run()
        except (OSError, ValueError) as error:
            self._log.warning("control plane left", error=str(error) or type(error).__name__)
        finally:
            if self._current is writer:
                self._current = None
                self._table.listen(None)
                self._log.info("no control plane; links live on", links=len(self._table))
            self._writers.discard(writer)
            writer.close()


class _Conversation:
    """One connection, after the greeting."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, table: LinkTable) -> None:
        self._reader = reader
        self._writer = writer
        self._table = table
        self._wanted: dict[str, WantedLink] | None = None
        self._kept: dict[str, str] = {}

    async def run(self) -> None:
        while line := await self._reader.readline():
            if self._writer.is_closing():  # a newer control plane took over; what this one still said is old
                return
            self._take(decode(line))

    def _take(self, message: Message) -> None:
        match message:
            case SnapshotBegin():
                self._wanted, self._kept = {}, {}
            case Want(link) if self._wanted is not None:
                self._wanted[link.key] = link
            case Want(link):
                self._table.want(link)
            case Keep(key, uid):
                self._kept[key] = uid
            case Remove(key):
                self._table.remove(key)
            case SnapshotEnd():
                if self._wanted is None:
                    raise WireError("a SnapshotEnd without its SnapshotBegin, which would end every link")
                self._table.converge(self._wanted, self._kept)
                self._wanted = None
                self._send(Facts(tuple(self._table.facts()), complete=True))
                self._table.listen(self._report)
            case Hello() | Facts():
                raise WireError(f"a {type(message).__name__} is not for the data plane")

    def _report(self, facts: list[LinkFact]) -> None:
        for start in range(0, len(facts), FACTS_A_LINE):
            self._send(Facts(tuple(facts[start : start + FACTS_A_LINE])))

    def _send(self, message: Message) -> None:
        transport = self._writer.transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > OUTBOX:
            transport.abort()
            return
        self._writer.write(encode(message))

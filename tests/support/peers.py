"""SMSCs that others wrote, as processes: each reads commands as JSON lines and says events as JSON lines."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from sms_operator.dev.control_plane.progress import Silent
from support.peers_go import gosmpp_program
from support.peers_node import SOURCE, find_node, install_packages
from support.pki import Pki

Event = dict[str, Any]
DEADLINE: Final = 15.0
"""Seconds within which what a test waits for has to happen."""


class Peer:
    """A running SMSC."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.events: list[Event] = []
        """Everything it said, in order."""
        self.ports: dict[str, int] = {}
        """Its ports by name: `plain`, and but for smpp34 `tls` and `mutual`."""
        self._process = process
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    def do(self, command: str, **fields: object) -> None:
        """Sends a command."""
        self.write({"do": command, **fields})

    def write(self, line: dict[str, object]) -> None:
        """Sends a line of JSON."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line).encode() + b"\n")

    def seen(self, event: str, **fields: object) -> list[Event]:
        """The events of this name with these fields so far."""
        return [one for one in self.events if {"event": event, **fields}.items() <= one.items()]

    async def until(self, event: str, count: int = 1, **fields: object) -> list[Event]:
        """Waits for at least so many events of this name with these fields, and returns them."""
        await self.until_true(lambda: len(self.seen(event, **fields)) >= count, f"{count} × {event} {fields}")
        return self.seen(event, **fields)

    async def until_true(self, happened: Callable[[], bool], what: str) -> None:
        """Waits until this holds, looked at after every event."""
        try:
            async with asyncio.timeout(DEADLINE):
                while not happened():
                    assert not self._reading.done(), f"the SMSC ended before {what}; it said {self.events}"
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"not within {DEADLINE:g} s: {what}; the SMSC said {self.events}") from None

    async def stop(self) -> None:
        """Closes its stdin, which ends it; kills it when it does not end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 5)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.events.append(json.loads(line))
            self._tell()
        self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


@asynccontextmanager
async def node_smpp(pki: Pki, **accounts: str) -> AsyncGenerator[Peer, None]:
    """node-smpp with a plain port, a TLS port and one that demands a client certificate of the pki's authority."""
    node = await asyncio.to_thread(find_node, Silent())
    modules = await asyncio.to_thread(install_packages, node, Silent())
    command = [str(node.node), str(SOURCE / "smsc.js")]
    async with _running(command, {"NODE_PATH": str(modules)}, _start(pki, accounts)) as peer:
        yield peer


@asynccontextmanager
async def gosmpp(pki: Pki, **accounts: str) -> AsyncGenerator[Peer, None]:
    """gosmpp behind Go's own TLS, with the ports of `node_smpp`."""
    program = await asyncio.to_thread(gosmpp_program, Silent())
    async with _running([str(program)], {}, _start(pki, accounts)) as peer:
        yield peer


@asynccontextmanager
async def smpp34() -> AsyncGenerator[Peer, None]:
    """smpp34 with a plain port; every login is good."""
    command = [sys.executable, str(Path(__file__).parents[1] / "peers" / "smpp34_smsc.py")]
    async with _running(command, {}, {}) as peer:
        yield peer


def _start(pki: Pki, accounts: dict[str, str]) -> dict[str, object]:
    certificate, key = map(str, pki.server_files)
    tls = {"cert": certificate, "key": key}
    return {"accounts": accounts, "ports": {"plain": {}, "tls": tls, "mutual": {**tls, "ca": str(pki.trust_file)}}}


@asynccontextmanager
async def _running(
    command: list[str], environment: dict[str, str], first: dict[str, object]
) -> AsyncGenerator[Peer, None]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, env={**os.environ, **environment})
    peer = Peer(process)
    try:
        peer.write(first)
        (ready,) = await peer.until("ready")
        peer.ports = ready["ports"]
        yield peer
    finally:
        await peer.stop()

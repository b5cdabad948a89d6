"""SMSCs that others wrote, as processes: each reads commands as JSON lines and says events as JSON lines."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sms_operator.dev.control_plane.progress import Progress, Silent
from support.peers_go import gosmpp_program
from support.peers_java import java_smsc
from support.peers_node import SOURCE, find_node, install_packages
from support.pki import Pki

Event = dict[str, Any]
DEADLINE: Final = 15.0
"""Seconds within which what a test waits for has to happen."""


@dataclass(frozen=True)
class Command:
    """How to start an SMSC."""

    arguments: list[str]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Kind:
    """An SMSC that somebody wrote."""

    name: str
    language: str
    command: Callable[[Progress], Command]
    """Installs or builds it where that was not done yet. Raises CannotInstall or CannotBuild."""
    secure: bool = True
    """Whether it speaks TLS and checks logins."""


class Peer:
    """A running SMSC."""

    def __init__(self, command: Command, start: Mapping[str, Any]) -> None:
        self.events: list[Event] = []
        """Everything it said, in order, before a restart too."""
        self.ports: dict[str, int] = {}
        """Its ports by name: `plain`, and where it speaks TLS `tls` and `mutual`."""
        self._command = command
        self._first = start
        self._news = asyncio.Event()
        self._process: asyncio.subprocess.Process
        self._reading: asyncio.Task[None]

    async def start(self) -> None:
        """Starts the process; after a restart it has the ports that it had."""
        ready = len(self.seen("ready"))
        ports = {name: {**port, "port": self.ports.get(name, 0)} for name, port in self._first["ports"].items()}
        pipe = asyncio.subprocess.PIPE
        environment = {**os.environ, **self._command.environment}
        self._process = await asyncio.create_subprocess_exec(
            *self._command.arguments, stdin=pipe, stdout=pipe, env=environment
        )
        self._reading = asyncio.create_task(self._read())
        self.write({**self._first, "ports": ports})
        self.ports = (await self.until("ready", ready + 1))[-1]["ports"]

    def do(self, command: str, **fields: object) -> None:
        """Sends a command."""
        self.write({"do": command, **fields})

    async def change_password(self, password: str) -> None:
        """Gives the account demo another password, and waits until it has it."""
        told = len(self.seen("password"))
        self.do("password", account="demo", password=password)
        await self.until("password", told + 1)

    def deliver(
        self, text: str, *, source: str = "31600000000", to: str = "12345", ucs2: bool = False, long: str | None = None
    ) -> None:
        """Lets it send a message to the account demo; `long` is udh, udh16, sar or payload."""
        coding = "ucs2" if ucs2 else "gsm"
        fields = {"account": "demo", "from": source, "to": to, "text": text, "coding": coding, "long": long}
        self.do("deliver", **fields)

    def write(self, line: Mapping[str, object]) -> None:
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

    async def kill(self) -> None:
        """Ends it without a word, as a crash would: the kernel closes its connections."""
        self._process.kill()
        await self._process.wait()
        await self._reading

    async def restart(self) -> None:
        """Kills it, and starts it on the same ports with the same logins."""
        await self.kill()
        await self.start()

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


def _node(progress: Progress) -> Command:
    node = find_node(progress)
    modules = install_packages(node, progress)
    return Command([str(node.node), str(SOURCE / "smsc.js")], {"NODE_PATH": str(modules)})


def _smpp34(progress: Progress) -> Command:
    del progress
    return Command([sys.executable, str(Path(__file__).parents[1] / "peers" / "smpp34_smsc.py")])


NODE_SMPP: Final = Kind("node-smpp", "JavaScript", _node)
GOSMPP: Final = Kind("gosmpp", "Go", lambda progress: Command([str(gosmpp_program(progress))]))
JSMPP: Final = Kind("jSMPP", "Java", lambda progress: Command(java_smsc("Jsmpp", progress)))
CLOUDHOPPER: Final = Kind("cloudhopper", "Java", lambda progress: Command(java_smsc("Cloudhopper", progress)))
SMPP34: Final = Kind("smpp34", "Rust", _smpp34, secure=False)
KINDS: Final = (NODE_SMPP, GOSMPP, JSMPP, CLOUDHOPPER, SMPP34)


@asynccontextmanager
async def running(kind: Kind, pki: Pki, **accounts: str) -> AsyncGenerator[Peer, None]:
    """An SMSC with a plain port and, if secure, one with TLS and one that demands a certificate of our authority."""
    command = await asyncio.to_thread(kind.command, Silent())
    ports: dict[str, dict[str, str]] = {"plain": {}}
    if kind.secure:
        certificate, key = map(str, pki.server_files)
        ports["tls"] = {"cert": certificate, "key": key}
        ports["mutual"] = {**ports["tls"], "ca": str(pki.trust_file)}
    peer = Peer(command, {"accounts": accounts, "ports": ports})
    await peer.start()
    try:
        yield peer
    finally:
        await peer.stop()

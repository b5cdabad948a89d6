"""Toxiproxy, which spoils TCP in ways that need no knowledge of SMPP: built once by Go, driven over its HTTP interface.

Which toxics there are and what their attributes mean is in the README of github.com/Shopify/toxiproxy, "Toxics".
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import aiohttp

from sms_operator.dev.control_plane.go import find_go
from sms_operator.dev.control_plane.once import cache, once
from sms_operator.dev.control_plane.progress import Progress
from sms_operator.dev.processes import Program
from support.peers_programs import run

SOURCE: Final = Path(__file__).parent / "toxiproxy_go"
FILES: Final = ("go.mod", "go.sum")
PACKAGE: Final = "github.com/Shopify/toxiproxy/v2/cmd/server"
HOST: Final = "127.0.0.1"
DEADLINE: Final = 20.0
"""Seconds that its start may take."""


class Stream(StrEnum):
    """Which way octets go; the client is the ESME."""

    TO_SMSC = "upstream"
    TO_ESME = "downstream"


@dataclass(frozen=True)
class Toxic:
    """One thing that goes wrong, in one direction."""

    type: str
    """latency, bandwidth, slow_close, timeout, reset_peer, slicer or limit_data."""
    stream: Stream = Stream.TO_ESME
    attributes: Mapping[str, int] = field(default_factory=dict[str, int])
    """Milliseconds, octets, or KB/s."""

    def __str__(self) -> str:
        words = ", ".join(f"{name} {value}" for name, value in self.attributes.items())
        way = "to the SMSC" if self.stream is Stream.TO_SMSC else "to us"
        return f"{self.type} ({words}) {way}" if words else f"{self.type} {way}"


def toxiproxy_program(progress: Progress) -> Path:
    """The server at the committed version, built once for it.

    Raises:
        CannotInstall: go could not build it, or could not reach its modules.
        CannotBuild: there is no Go, and PyPI's could not be installed.
    """
    key = hashlib.sha256(b"".join((SOURCE / name).read_bytes() for name in FILES)).hexdigest()[:16]
    target = cache() / "peers" / f"toxiproxy-{key}"
    with once(target) as building:
        if building is not None:
            progress.say("Building Toxiproxy with Go")
            _build(building, progress)
    return target / "toxiproxy"


def _build(target: Path, progress: Progress) -> None:
    for name in FILES:
        shutil.copy(SOURCE / name, target)
    go = find_go(target / "go.mod", cache(), progress)
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
    command = [str(go), "build", "-mod=readonly", "-trimpath", "-o", "toxiproxy", PACKAGE]
    run(command, target, environment, "Let go reach its modules.")


class Proxy:
    """One port in front of one SMSC."""

    def __init__(self, server: Toxiproxy, name: str, upstream: int) -> None:
        self._server = server
        self._name = name
        self._upstream = upstream
        self.port = 0
        """To be dialled in place of the SMSC's."""

    async def open(self) -> None:
        """Listen, at first on a free port, then always on that one."""
        body = {
            "name": self._name,
            "listen": f"{HOST}:{self.port}",
            "upstream": f"{HOST}:{self._upstream}",
            "enabled": True,
        }
        made = await self._server.call("POST", "/proxies", body)
        self.port = int(made["listen"].rpartition(":")[2])

    async def add(self, toxic: Toxic) -> None:
        """From now on, for connections that stand as well."""
        body = {
            "name": f"{toxic.type}-{toxic.stream}",
            "type": toxic.type,
            "stream": toxic.stream.value,
            "toxicity": 1.0,
            "attributes": dict(toxic.attributes),
        }
        await self._server.call("POST", f"/proxies/{self._name}/toxics", body)

    async def remove(self, toxic: Toxic) -> None:
        """It is over, for a connection that lives."""
        await self._server.call("DELETE", f"/proxies/{self._name}/toxics/{toxic.type}-{toxic.stream}")

    async def renew(self) -> None:
        """All toxics are over, and all connections.

        To remove a toxic from a dying connection may never end: Toxiproxy then waits for a reader that has gone.
        """
        await self.delete()
        await self.open()

    async def delete(self) -> None:
        """Close the port and all its connections."""
        await self._server.call("DELETE", f"/proxies/{self._name}")


class Toxiproxy:
    """A running server."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def proxy(self, name: str, port: int) -> Proxy:
        """Listens on a free port in front of this one of this machine."""
        proxy = Proxy(self, name, port)
        await proxy.open()
        return proxy

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A request to its HTTP interface.

        Raises:
            RuntimeError: it refused.
        """
        async with self._session.request(method, self._url + path, json=body) as answer:
            if answer.status >= 300:
                raise RuntimeError(f"toxiproxy: {method} {path}: {answer.status} {await answer.text()}")
            return await answer.json() if answer.status != 204 else {}


@asynccontextmanager
async def toxiproxy(program: Path, directory: Path) -> AsyncGenerator[Toxiproxy]:
    """Runs it until the end of the block, its log in `directory`.

    Raises:
        ProgramFailed: it ended at its start.
    """
    with socket.socket() as found:
        found.bind((HOST, 0))
        port = found.getsockname()[1]
    arguments = (str(program), "-host", HOST, "-port", str(port))
    running = await asyncio.to_thread(Program("toxiproxy", arguments, {}, directory).start)
    try:
        async with aiohttp.ClientSession() as session:
            server = Toxiproxy(session, f"http://{HOST}:{port}")
            async with asyncio.timeout(DEADLINE):
                while True:
                    running.check()
                    try:
                        await server.call("GET", "/proxies")
                        break
                    except aiohttp.ClientError:
                        await asyncio.sleep(0.02)
            yield server
    finally:
        await asyncio.to_thread(running.terminate)

"""The data plane as a process of its own, told what is wanted as the control plane would."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import sms_operator
from sms_operator.protocol import wire
from sms_operator.protocol.messages import (
    PROTOCOL_VERSION,
    BindType,
    Endpoint,
    Facts,
    Hello,
    LinkFact,
    Message,
    Remove,
    SnapshotBegin,
    SnapshotEnd,
    Want,
    WantedLink,
)

DEADLINE: Final = 15.0
"""Seconds within which what a test waits for has to happen."""
LOOPBACK: Final = "127.0.0.0/8,::1/128"


class DataPlane:
    """One connection to a data plane, with the last fact of each link."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, secrets: set[str]) -> None:
        self.facts: dict[str, LinkFact] = {}
        self.history: list[LinkFact] = []
        """Every fact, in order."""
        self._secrets = secrets
        self._reader = reader
        self._writer = writer
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    def say(self, *messages: Message) -> None:
        """Sends messages."""
        for message in messages:
            if isinstance(message, Want):
                self._secrets.add(message.link.password)
            self._writer.write(wire.encode(message))

    def snapshot(self, *links: WantedLink) -> None:
        """States everything that is wanted."""
        self.say(SnapshotBegin(), *(Want(link) for link in links), SnapshotEnd())

    def want(self, link: WantedLink) -> None:
        """Adds or changes one link."""
        self.say(Want(link))

    def remove(self, key: str) -> None:
        """Ends one link."""
        self.say(Remove(key))

    async def until(self, key: str, holds: Callable[[LinkFact], bool], what: str) -> LinkFact:
        """Waits for a fact of this link that is so, and returns it."""
        try:
            async with asyncio.timeout(DEADLINE):
                while (fact := self.facts.get(key)) is None or not holds(fact):
                    assert not self._reading.done(), f"the data plane hung up before {what}; last: {fact}"
                    await self._news.wait()
                return fact
        except TimeoutError:
            raise AssertionError(f"not within {DEADLINE:g} s: {what}; last: {self.facts.get(key)}") from None

    async def until_bound(self, link: WantedLink) -> LinkFact:
        """Waits until all binds of this wish are up."""
        return await self.until(
            link.key,
            lambda fact: fact.revision == link.revision and fact.binds_connected == len(link.binds),
            f"{link.key} bound",
        )

    async def until_failed(self, link: WantedLink, reason: str) -> LinkFact:
        """Waits until this wish has failed for this reason."""
        return await self.until(
            link.key,
            lambda fact: fact.revision == link.revision and fact.failure is not None and fact.failure.reason == reason,
            f"{link.key} failed: {reason}",
        )

    async def close(self) -> None:
        """Hangs up; binds live on."""
        self._writer.close()
        await self._reading

    async def _read(self) -> None:
        try:
            while line := await self._reader.readline():
                message = wire.decode(line)
                if isinstance(message, Facts):
                    self.facts.update({fact.key: fact for fact in message.facts})
                    self.history += message.facts
                self._tell()
        except ConnectionError:
            pass
        finally:
            self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def wanted(port: int, *, host: str = "127.0.0.1", key: str = "tenant/gateway", **fields: Any) -> WantedLink:
    """A transceiver of demo/secret at this port, with timers fit for a test; any field can be set.

    The uid is the port's, so that the gateway of another test is another gateway.
    """
    fields = {
        "uid": f"{key} at {port}",
        "revision": "1",
        "bind_types": (BindType.TRANSCEIVER,),
        "system_id": "demo",
        "password": "secret",
        "response_timeout": 3.0,
        "reconnect_initial": 0.1,
        "reconnect_max": 0.5,
        **fields,
    }
    return WantedLink(key=key, endpoints=(Endpoint(host, port),), **fields)


class LinksProcess:
    """A data plane as a process, loopback allowed, its log at DEBUG."""

    def __init__(self, directory: Path) -> None:
        self._socket = directory / "links.sock"
        self._log = directory / "links.log"
        self._secrets = {"PRIVATE KEY"}
        environment = {
            **os.environ,
            "PYTHONPATH": str(Path(sms_operator.__file__).parents[1]),
            "SMS_OPERATOR_SOCKET": str(self._socket),
            "SMS_OPERATOR_ALLOWED_NETWORKS": LOOPBACK,
            "SMS_OPERATOR_LINKS_HTTP": "127.0.0.1:0",
            "SMS_OPERATOR_LOG_LEVEL": "DEBUG",
            "SMS_OPERATOR_TIME_SCALE": "0.1",
            "SMS_OPERATOR_CONNECT_TIMEOUT": "2",
        }
        command = [sys.executable, "-m", "sms_operator.links"]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(command, env=environment, stderr=log)

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[DataPlane, None]:
        """A connection of a control plane; at its end nothing is wanted any more."""
        plane = DataPlane(*await self._open(), self._secrets)
        plane.say(Hello(PROTOCOL_VERSION, "test"))
        try:
            yield plane
            plane.snapshot()
        finally:
            await plane.close()

    def stop(self) -> None:
        """SIGTERM, which must end it well; and it must have told no secret."""
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(DEADLINE)
        finally:
            self._process.kill()
            self._process.wait()
        said = self._log.read_text()
        assert code == 0, said
        assert not [secret for secret in self._secrets if secret in said], said

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with asyncio.timeout(DEADLINE):
            while True:
                assert self._process.poll() is None, self._log.read_text()
                try:
                    return await asyncio.open_unix_connection(self._socket, limit=wire.MAX_LINE)
                except OSError:
                    await asyncio.sleep(0.02)

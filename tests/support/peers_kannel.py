"""Kannel: its bearerbox as an ESME that others wrote, with the smsbox that gives it something to send."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import web

from sms_operator.dev.control_plane.progress import Progress
from support.peers_debian import Program, find_program

DEADLINE: Final = 30.0
"""Seconds within which what a test waits for has to happen: Kannel looks at its queues once a second."""
DELIVERED: Final = 1
"""Kannel's name for a message that has reached the phone (%d in dlr-url)."""
UCS2: Final = "2"
"""Kannel's name for that coding (%c in get-url)."""
CONFIGURATION: Final = """\
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = {password}
smsbox-port = {box}
smsbox-interface = 127.0.0.1
log-level = 0

{smscs}
group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
log-level = 0

group = sendsms-user
username = tester
password = {password}
concatenation = true
max-messages = 10

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "http://127.0.0.1:{us}/mo?from=%p&to=%P&octets=%e&coding=%c"
"""
SMSC: Final = """\
group = smsc
smsc = smpp
smsc-id = ours
host = 127.0.0.1
{way}
smsc-username = demo
smsc-password = secret
system-type = ""
enquire-link-interval = 1
reconnect-delay = 1
"""


Programs = tuple[Program, Program]
"""bearerbox and smsbox."""


def find_kannel(progress: Progress) -> Programs:
    """bearerbox and smsbox. Raises CannotInstall."""
    return find_program("bearerbox", "kannel", progress), find_program("smsbox", "kannel", progress)


class Kannel:
    """A bearerbox and its smsbox, and what they tell of messages."""

    def __init__(self, directory: Path) -> None:
        self.received: list[dict[str, str]] = []
        """Messages from phones: from, to, text."""
        self.reports: list[dict[str, str]] = []
        """Receipts: tag (as given to `send`), state, text."""
        self._directory = directory
        self._ports = {name: _free_port() for name in ("admin", "box", "sendsms")}
        self._password = "tester password"
        self._us = 0
        self._news = asyncio.Event()
        self._boxes: list[asyncio.subprocess.Process] = []

    async def run(self, programs: Programs, smsc_port: int, *, transceiver: bool) -> None:
        """Starts the boxes, and returns when they listen."""
        ways = [f"port = {smsc_port}\ntransceiver-mode = true"]
        if not transceiver:
            ways = [f"port = {smsc_port}", f"receive-port = {smsc_port}"]
        smsc = "\n".join(SMSC.format(way=way) for way in ways)
        text = CONFIGURATION.format(**self._ports, us=self._us, password=self._password, smscs=smsc)
        configuration = self._directory / "kannel.conf"
        configuration.write_text(text)
        for program, port in zip(programs, ("box", "sendsms"), strict=True):
            with (self._directory / f"{program.path.name}.log").open("w") as log:
                self._boxes.append(
                    await asyncio.create_subprocess_exec(
                        *(str(program.path), str(configuration)),
                        env={**os.environ, **program.environment},
                        cwd=self._directory,
                        stdout=log,
                        stderr=log,
                    )
                )
            await self._until_listening(self._ports[port])

    async def send(self, to: str, text: str, tag: str, **fields: str) -> None:
        """Gives the smsbox a message to send, with a receipt asked for."""
        report = f"http://127.0.0.1:{self._us}/report?tag={tag}&state=%d&text=%a"
        asked = {
            "username": "tester",
            "password": self._password,
            "from": "12345",
            "to": to,
            "text": text,
            "charset": "UTF-8",
            "dlr-mask": "31",
            "dlr-url": report,
            **fields,
        }
        url = f"http://127.0.0.1:{self._ports['sendsms']}/cgi-bin/sendsms"
        async with aiohttp.ClientSession() as client, client.get(url, params=asked) as answer:
            said = await answer.text()
            assert answer.status == 202, f"smsbox answered {answer.status}: {said}"

    def delivered(self, tag: str) -> bool:
        """Whether Kannel knows that the message of this tag has reached the phone."""
        return any((one["tag"], one["state"]) == (tag, str(DELIVERED)) for one in self.reports)

    async def until(self, happened: Callable[[], bool], what: str) -> None:
        """Waits until this holds, looked at whenever Kannel tells something."""
        try:
            async with asyncio.timeout(DEADLINE):
                while not happened():
                    await self._news.wait()
        except TimeoutError:
            told = f"messages {self.received}, reports {self.reports}"
            raise AssertionError(f"not within {DEADLINE:g} s: {what}; {told}; {self._words()}") from None

    async def stop(self) -> None:
        """Ends both in order: the bearerbox unbinds."""
        for box in reversed(self._boxes):
            if box.returncode is None:
                box.send_signal(signal.SIGTERM)
                try:
                    await asyncio.wait_for(box.wait(), DEADLINE)
                except TimeoutError:
                    box.kill()
                    await box.wait()

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[None, None]:
        """Takes what Kannel tells, over HTTP."""
        application = web.Application()
        application.router.add_get("/mo", self._take_message)
        application.router.add_get("/report", self._take_report)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self._us = runner.addresses[0][1]
        try:
            yield
        finally:
            await runner.cleanup()

    async def _take_message(self, request: web.Request) -> web.Response:
        # The text as octets, for Kannel's own forms of it lose what is no Latin letter.
        fields = dict(request.query)
        octets = bytes.fromhex(fields.pop("octets"))
        fields["text"] = octets.decode("utf-16-be" if fields.pop("coding") == UCS2 else "utf-8")
        return self._take(self.received, fields)

    async def _take_report(self, request: web.Request) -> web.Response:
        return self._take(self.reports, dict(request.query))

    def _take(self, into: list[dict[str, str]], fields: dict[str, str]) -> web.Response:
        into.append(fields)
        self._news.set()
        self._news = asyncio.Event()
        return web.Response()

    async def _until_listening(self, port: int) -> None:
        async with asyncio.timeout(DEADLINE):
            while True:
                assert self._boxes[-1].returncode is None, f"a box ended: {self._words()}"
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                    continue
                writer.close()
                await writer.wait_closed()
                return

    def _words(self) -> str:
        return "; ".join(f"{log.name}: {log.read_text()[-600:]}" for log in sorted(self._directory.glob("*.log")))


@asynccontextmanager
async def kannel(
    programs: Programs, directory: Path, smsc_port: int, *, transceiver: bool = True
) -> AsyncGenerator[Kannel, None]:
    """Kannel with one SMSC, as demo/secret: a transceiver, or a transmitter and a receiver."""
    boxes = Kannel(directory)
    async with boxes.listening():
        try:
            await boxes.run(programs, smsc_port, transceiver=transceiver)
            yield boxes
        finally:
            await boxes.stop()


def _free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

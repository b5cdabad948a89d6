"""What goes wrong below SMPP: ports, addresses, names and TLS. Each has its reason, none falls back to plain."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest

from sms_operator.dev.smsc import Account, Fault, Simulator
from sms_operator.links.outcomes import Accepted, OutcomeUnknown
from sms_operator.links.outgoing import TextMessage
from sms_operator.protocol.messages import FailureReason, TlsOptions, WantedLink
from sms_operator.smpp.codec import encode
from sms_operator.smpp.commands import Command
from support.dataplane import wanted
from support.habits import SUBMIT
from support.linkbench import LinkBench
from support.pki import Pki
from support.rogue import PHONE, rogue
from support.scripted import unused_port

NAME: Final = "smsc.test"
HANDSHAKE: Final = b"\x16\x03"
"""With this begins every connection that speaks TLS."""


class Names:
    """In place of a name server: what NAME means at the moment; None: nothing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.address: str | None = None
        self._ask: Callable[..., Any] = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self._answer)

    def _answer(self, host: str, *args: Any, **options: Any) -> Any:
        if host != NAME or options.get("flags"):
            return self._ask(host, *args, **options)
        if self.address is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return self._ask(self.address, *args, **options)


def submit(bench: LinkBench, link: WantedLink, text: str = "early") -> asyncio.Task[Accepted]:
    """A message."""
    found = bench.table.link(link.key)
    assert found is not None
    return asyncio.ensure_future(found.messages.submit(TextMessage(PHONE, text)))


async def works(bench: LinkBench, link: WantedLink, early: asyncio.Task[Accepted] | None = None) -> None:
    """A message is accepted, and so is the one that waited."""
    assert early is None or (await early).message_ids
    assert (await submit(bench, link, "well")).message_ids


async def test_refused(bench: LinkBench) -> None:
    """Nobody listens; then somebody does."""
    link = wanted(unused_port())
    bench.table.want(link)
    early = submit(bench, link)
    fact = await bench.until_failed(link, FailureReason.UNREACHABLE)
    assert fact.failure is not None
    assert "connection refused" in fact.failure.message
    async with rogue({}, port=link.endpoints[0].port):
        await bench.until_bound(link)
        await works(bench, link, early)
        await bench.table.close()


async def test_a_name_that_comes_to_exist(bench: LinkBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """DnsFailed until it does; each attempt asks anew."""
    names = Names(monkeypatch)
    async with rogue({}) as smsc:
        link = wanted(smsc.port, host=NAME)
        bench.table.want(link)
        early = submit(bench, link)
        fact = await bench.until_failed(link, FailureReason.DNS_FAILED)
        assert fact.failure is not None
        assert f'"{NAME}"' in fact.failure.message
        names.address = "127.0.0.1"
        await bench.until_bound(link)
        await works(bench, link, early)


async def test_a_name_that_moves(bench: LinkBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bind stays where it is; the next one goes to the new address."""
    names = Names(monkeypatch)
    names.address = "127.0.0.1"
    async with rogue({}) as old, rogue({}, port=old.port, host="127.0.0.2") as new:
        link = wanted(old.port, host=NAME)
        bench.table.want(link)
        await bench.until_bound(link)
        names.address = "127.0.0.2"
        await submit(bench, link, "stays")
        assert (old.submitted("stays"), len(new.callers)) == (1, 0)
        old.callers[0].close()
        await new.caller()
        await bench.until_bound(link)
        await submit(bench, link, "moved")
        assert (new.submitted("moved"), len(old.callers)) == (1, 1)


async def test_ipv6_only(bench: LinkBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that has no other address."""
    Names(monkeypatch).address = "::1"
    async with rogue({}, host="::1") as smsc:
        link = wanted(smsc.port, host=NAME)
        bench.table.want(link)
        await bench.until_bound(link)
        await works(bench, link)


async def test_blackhole(bench: LinkBench) -> None:
    """An address that does not even refuse costs the connect timeout, and has its own reason."""
    async with Simulator([Account("demo", "secret")]) as smsc:
        await smsc.behave("blackhole")
        link = wanted(smsc.port)
        bench.table.want(link)
        early = submit(bench, link)
        fact = await bench.until_failed(link, FailureReason.CONNECT_TIMEOUT)
        assert fact.failure is not None
        assert "did not answer within 1 s" in fact.failure.message
        await smsc.behave("normal")
        await bench.until_bound(link)
        await works(bench, link, early)


class Handshakes:
    """A server that ends the TLS handshake in its own way, and the first octets of each connection."""

    def __init__(self, how: str) -> None:
        self.how = how
        self.heads: list[bytes] = []
        self.port = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """With one client."""
        self.heads.append(await reader.read(4096))
        match self.how:
            case "closed":
                writer.close()
            case "reset":
                writer.transport.abort()
            case "garbage":
                writer.write(b"\0" * 64)
            case _:
                await reader.read()
        writer.close()


@asynccontextmanager
async def handshakes(how: str) -> AsyncGenerator[Handshakes, None]:
    """Listens until the end of the block."""
    one = Handshakes(how)
    server = await asyncio.start_server(one.talk, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()


@pytest.mark.parametrize("how", ["closed", "reset", "garbage", "silent"])
async def test_an_end_in_the_handshake(bench: LinkBench, pki: Pki, how: str) -> None:
    """TlsHandshakeFailed, again and again in TLS and never in plain, until the SMSC speaks it."""
    async with handshakes(how) as smsc:
        link = wanted(smsc.port, tls=TlsOptions(pki.authority.pem), reconnect_initial=0.02, reconnect_max=0.02)
        bench.table.want(link)
        early = submit(bench, link)
        await bench.until_failed(link, FailureReason.TLS_HANDSHAKE_FAILED)
        await bench.until(link.key, lambda _: len(smsc.heads) >= (1 if how == "silent" else 5), "more attempts")
    async with rogue({}, pki.server_context(), smsc.port):
        await bench.until_bound(link)
        await works(bench, link, early)
        await bench.table.close()
    assert all(head.startswith(HANDSHAKE) for head in smsc.heads)
    assert all(
        fact.failure.reason in (FailureReason.TLS_HANDSHAKE_FAILED, FailureReason.UNREACHABLE)
        for fact in bench.history
        if fact.failure is not None
    )


async def test_a_plain_port(bench: LinkBench, pki: Pki) -> None:
    """The SMSC is told nothing in plain, above all no password."""
    async with rogue({}) as smsc:
        link = wanted(smsc.port, tls=TlsOptions(pki.authority.pem))
        bench.table.want(link)
        early = submit(bench, link)
        fact = await bench.until_failed(link, FailureReason.TLS_HANDSHAKE_FAILED)
        assert fact.failure is not None
        assert "plain one" in fact.failure.message
    async with rogue({}, pki.server_context(), smsc.port):
        await bench.until_bound(link)
        await works(bench, link, early)
        await bench.table.close()
    assert not [caller.requests for caller in smsc.callers if caller.requests]


async def test_a_certificate_that_expires_while_bound(pki: Pki) -> None:
    """A bind that stands goes on; the next one is refused by us, with the reason, and heals with a new certificate."""
    bench = LinkBench(scale=0.001)
    async with Simulator([Account("demo", "secret")], port=None, tls=pki.server_context()) as smsc:
        link = wanted(smsc.tls_port, tls=TlsOptions(pki.authority.pem))
        bench.table.want(link)
        await bench.until_bound(link)
        smsc.set_tls(pki.server_context(pki.expired))
        await works(bench, link)
        assert not any(fact.failure for fact in bench.history)
        attempts = len(smsc.state.attempts)
        smsc.end_sessions(Fault.RESET)
        fact = await bench.until_failed(link, FailureReason.TLS_VERIFICATION_FAILED)
        assert fact.failure is not None
        assert "has expired" in fact.failure.message
        assert len(smsc.state.attempts) == attempts
        early = submit(bench, link)
        smsc.set_tls(pki.server_context())
        await bench.until_bound(link)
        await works(bench, link, early)
        await bench.table.close()


async def test_octets_that_are_no_tls_while_bound(bench: LinkBench, pki: Pki) -> None:
    """The connection is over, what waited is unknown, and the next bind is in TLS again."""
    record = b"\x17\x03\x03\0\x20" + b"x" * 32
    async with rogue({SUBMIT: lambda caller, _: caller.spoil(record)}, pki.server_context()) as smsc:
        link = wanted(smsc.port, tls=TlsOptions(pki.authority.pem))
        bench.table.want(link)
        early = submit(bench, link)
        await bench.until_failed(link, FailureReason.UNREACHABLE)
        with pytest.raises(OutcomeUnknown, match="connection was lost"):
            await early
        smsc.well = True
        await bench.until_bound(link)
        await works(bench, link)
        assert smsc.submitted("early") == 1


class Console:
    """`openssl s_server`, whose operator types: octets for the client, and letters that are commands."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._seen = b""

    def type(self, octets: bytes) -> None:
        """One line, or one PDU."""
        assert self._process.stdin is not None
        self._process.stdin.write(octets)

    async def until(self, octets: bytes) -> None:
        """Waits for this from the client or from the server itself."""
        assert self._process.stdout is not None
        async with asyncio.timeout(10):
            while octets not in self._seen:
                portion = await self._process.stdout.read(65536)
                assert portion, self._seen
                self._seen += portion
        self._seen = self._seen.partition(octets)[2]


@asynccontextmanager
async def console(pki: Pki, port: int, version: str) -> AsyncGenerator[Console, None]:
    """Serves one version of TLS at this port until the end of the block."""
    chain, key = pki.server_files
    command = ("openssl", "s_server", version, "-msg", "-accept", f"127.0.0.1:{port}", "-cert", chain, "-key", key)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, "-cert_chain", chain, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )
    try:
        one = Console(process)
        await one.until(b"ACCEPT")
        yield one
    finally:
        process.kill()
        await process.communicate()


@pytest.mark.parametrize(
    ("version", "letter", "done"),
    [
        ("-tls1_2", b"r\n", b"SSL_do_handshake -> 1"),
        ("-tls1_2", b"R\n", b"SSL_do_handshake -> 1"),
        ("-tls1_3", b"k\n", b"KeyUpdate"),
        ("-tls1_3", b"K\n", b"KeyUpdate"),
    ],
)
async def test_new_keys_while_bound(bench: LinkBench, pki: Pki, version: str, letter: bytes, done: bytes) -> None:
    """Renegotiation of TLS 1.2, with our certificate asked for or not, and key updates of 1.3 cost nothing."""
    link = wanted(unused_port(), tls=TlsOptions(pki.authority.pem))
    async with console(pki, link.endpoints[0].port, version) as smsc:
        bench.table.want(link)
        await smsc.until(b"secret\0")
        smsc.type(encode(Command.BIND_TRANSCEIVER_RESP, 1, 0, b"console\0"))
        await bench.until_bound(link)
        for number in range(1, 4):
            smsc.type(letter)
            await smsc.until(done)
            smsc.type(encode(Command.ENQUIRE_LINK, number))
            await smsc.until(encode(Command.ENQUIRE_LINK_RESP, number))
        assert not any(fact.failure for fact in bench.history)
        bench.table.remove(link.key)
        await smsc.until(encode(Command.UNBIND, 2))
        smsc.type(encode(Command.UNBIND_RESP, 2))
        await bench.table.close()

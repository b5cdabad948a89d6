"""SMSCs that do what none should: octet by octet, from a few lines of asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sms_operator.dev.smsc import Account, Simulator
from sms_operator.links.pacer import Pacer
from sms_operator.links.resolver import lookup
from sms_operator.protocol.messages import BindType, Endpoint, FailureReason
from sms_operator.smpp import transport
from sms_operator.smpp.codec import encode
from sms_operator.smpp.commands import Command
from support.dataplane import wanted
from support.linkbench import LinkBench

TRX_RESP = Command.BIND_TRANSCEIVER_RESP
Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(peer: Peer) -> AsyncGenerator[int, None]:
    """The port at which this peer serves each connection."""
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        try:
            await peer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()


async def pdu(reader: asyncio.StreamReader) -> bytes:
    """One whole PDU."""
    head = await reader.readexactly(4)
    return head + await reader.readexactly(int.from_bytes(head, "big") - 4)


async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take the bind."""
    await pdu(reader)
    writer.write(encode(TRX_RESP, 1, 0, b"peer\0"))


async def test_one_that_sends_and_never_reads(bench: LinkBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers to its messages do not pile up: the connection is dropped, with the reason."""
    monkeypatch.setattr(transport, "WRITE_LIMIT", 20_000)

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        writer.transport.pause_reading()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        portion = b"".join(encode(Command.DELIVER_SM, number, body=b"x") for number in range(1000))
        while True:
            writer.write(portion)
            await writer.drain()

    async with listening(flood) as port:
        link = wanted(port, enquire_link_interval=60.0)
        bench.table.want(link)
        fact = await bench.until_failed(link, FailureReason.UNREACHABLE)
        assert fact.failure is not None
        assert "stopped reading" in fact.failure.message


async def test_one_that_falls_silent_with_answers_waiting(bench: LinkBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection whose last octets nobody takes is over all the same."""
    monkeypatch.setattr(transport, "LINGER", 0.1)

    async def clog(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        writer.transport.pause_reading()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        portion = b"".join(encode(Command.DELIVER_SM, number, body=b"x") for number in range(1000))
        for _ in range(300):
            writer.write(portion)
            await writer.drain()

    async with listening(clog) as port:
        link = wanted(port, enquire_link_interval=0.3, response_timeout=0.3)
        monkeypatch.setattr(transport, "WRITE_LIMIT", 1 << 30)
        bench.table.want(link)
        await bench.until_failed(link, FailureReason.ENQUIRE_LINK_TIMEOUT)


async def test_messages_right_behind_the_bind_resp_are_answered(bench: LinkBench) -> None:
    """In one segment with it, one octet at a time, each gets its answer: a temporary error, so the SMSC keeps it."""
    answers: asyncio.Queue[bytes] = asyncio.Queue()

    async def eager(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await pdu(reader)
        resp, message = encode(TRX_RESP, 1, 0, b"\0"), encode(Command.DELIVER_SM, 7, body=b"x")
        writer.write(resp + message)
        for octet in encode(Command.DATA_SM, 8, body=b"y"):
            writer.write(bytes((octet,)))
            await writer.drain()
        while True:
            answers.put_nowait(await pdu(reader))

    async with listening(eager) as port:
        bench.table.want(link := wanted(port))
        async with asyncio.timeout(5):
            assert await answers.get() == encode(Command.DELIVER_SM_RESP, 7, 0x64, b"\0")
            assert await answers.get() == encode(Command.DATA_SM_RESP, 8, 0x64, b"\0")
        await bench.until_bound(link)
        assert bench.sample("smpp_deliveries_total", taken="no") == 2


async def test_a_server_of_tls_on_our_plain_port(bench: LinkBench) -> None:
    """A TLS alert in answer to the bind names the mistake."""

    async def alert(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4)
        writer.write(b"\x15\x03\x03\x00\x02\x02\x0a")
        await reader.read()

    async with listening(alert) as port:
        bench.table.want(link := wanted(port))
        fact = await bench.until_failed(link, FailureReason.PROTOCOL_ERROR)
        assert fact.failure is not None
        assert "TLS server" in fact.failure.message


async def test_a_long_password_arrives_whole(bench: LinkBench) -> None:
    """Sixteen octets are sent; a refusal says that the standard has eight."""
    async with Simulator([Account("demo", "sixteen-octets!!")]) as smsc:
        bench.table.want(link := wanted(smsc.port, password="sixteen-octets!!"))
        await bench.until_bound(link)
        bench.table.want(wrong := replace(link, password="sixteen-octets??", revision="2"))
        fact = await bench.until_failed(wrong, FailureReason.INVALID_PASSWORD)
        assert fact.failure is not None
        assert "16 octets" in fact.failure.message
        assert "sixteen" not in fact.failure.message


async def test_a_password_beyond_latin_1_dials_nobody(bench: LinkBench) -> None:
    """Said in words, once, without the password, and healed by another."""
    async with Simulator([Account("demo", "secret")]) as smsc:
        bench.table.want(link := wanted(smsc.port, password="пароль"))
        fact = await bench.until_failed(link, FailureReason.INVALID_PASSWORD)
        assert fact.failure is not None
        assert "Latin-1" in fact.failure.message
        assert "пароль" not in fact.failure.message
        assert smsc.state.connections == 0
        bench.table.want(healed := replace(link, password="secret", revision="2"))
        await bench.until_bound(healed)


async def test_a_fault_of_ours_costs_one_attempt(bench: LinkBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unforeseen exception is a failure like others: the bind is tried again and stands."""

    def faulty() -> float:
        raise RuntimeError("a fault")

    async with Simulator([Account("demo", "secret")]) as smsc:
        monkeypatch.setattr(Pacer, "turn", faulty)
        bench.table.want(link := wanted(smsc.port))
        fact = await bench.until_failed(link, FailureReason.PROTOCOL_ERROR)
        assert fact.failure is not None
        assert "fault of the operator" in fact.failure.message
        monkeypatch.undo()
        await bench.until_bound(link)


async def test_a_dead_peer_delays_nobody(bench: LinkBench) -> None:
    """Fifty links to a silent host, and one to a good one, which is bound while they still wait."""

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(silent) as port, Simulator([Account("demo", "secret")]) as smsc:
        for number in range(50):
            bench.table.want(wanted(port, key=f"tenant/silent-{number}", response_timeout=60.0))
        bench.table.want(link := wanted(smsc.port))
        await bench.until_bound(link)
        assert not any(fact.failure for fact in bench.facts.values())


async def test_a_name_with_several_addresses(bench: LinkBench) -> None:
    """localhost may be ::1 first: every address is tried before the endpoint counts as down."""
    async with Simulator([Account("demo", "secret")], host="127.0.0.1") as smsc:
        bench.table.want(link := wanted(smsc.port, host="localhost"))
        assert (await bench.until_bound(link)).endpoint == f"localhost:{smsc.port}"


async def test_names_and_addresses() -> None:
    """An address is its own answer; a name that is none is an error and no crash."""
    assert [address[:2] for _, address in await lookup("::1", 2775)] == [("::1", 2775)]
    for name in ("no-such-host.invalid", "a" * 64 + ".example", ".."):
        with pytest.raises((OSError, UnicodeError)):
            await lookup(name, 1)


async def test_a_name_that_does_not_exist(bench: LinkBench) -> None:
    """DnsFailed names the host; the next endpoint is asked."""
    async with Simulator([Account("demo", "secret")]) as smsc:
        bench.table.want(link := wanted(1, host="no-such-host.invalid"))
        fact = await bench.until_failed(link, FailureReason.DNS_FAILED)
        assert fact.failure is not None
        assert "no-such-host.invalid" in fact.failure.message
        endpoints = (*link.endpoints, Endpoint("127.0.0.1", smsc.port))
        bench.table.want(both := replace(link, endpoints=endpoints, revision="2"))
        await bench.until_bound(both)


async def test_a_transmitter_receives_nothing(bench: LinkBench) -> None:
    """The facts say so."""
    async with Simulator([Account("demo", "secret")]) as smsc:
        bench.table.want(link := wanted(smsc.port, bind_types=(BindType.TRANSMITTER,)))
        assert (await bench.until_bound(link)).receivers_connected == 0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=4), st.booleans())
async def test_any_octets_do_no_harm(portions: list[bytes], bind_first: bool) -> None:
    """Whatever the first connection brings, the link says why it is down and binds with the second."""
    connections: list[asyncio.StreamWriter] = []

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        if len(connections) > 1 or bind_first:
            await accept(reader, writer)
        if len(connections) > 1:
            await pdu(reader)
        else:
            for portion in portions:
                writer.write(portion)
                await writer.drain()
        writer.close()

    bench = LinkBench()
    async with listening(peer) as port:
        bench.table.want(link := wanted(port, reconnect_initial=0.01))
        await bench.until(link.key, lambda fact: len(connections) > 1 and fact.binds_connected == 1, "the second bind")
        assert any(fact.failure for fact in bench.history)
        await bench.table.close()

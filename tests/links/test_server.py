"""The Unix socket between the planes: who is heard, what a snapshot does, and that links live on without anybody."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from sms_operator.dev.smsc import Account, Simulator
from sms_operator.links import server as server_module
from sms_operator.links.server import LinkServer
from sms_operator.protocol import wire
from sms_operator.protocol.messages import (
    PROTOCOL_VERSION,
    Facts,
    Hello,
    Keep,
    Message,
    SnapshotBegin,
    SnapshotEnd,
    Want,
)
from support.dataplane import DataPlane, wanted
from support.linkbench import DEADLINE, LinkBench
from support.scripted import unused_port

HELLO = Hello(PROTOCOL_VERSION, "test")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the planes meet, in a directory that is not there yet."""
    return tmp_path / "planes" / "links.sock"


@pytest_asyncio.fixture
async def server(bench: LinkBench, path: Path) -> AsyncIterator[LinkServer]:
    """The data plane's end."""
    server = LinkServer(path, bench.table)
    await server.start()
    yield server
    await server.stop()


@asynccontextmanager
async def connection(path: Path) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Somebody who has not said anything yet."""
    reader, writer = await asyncio.open_unix_connection(path, limit=wire.MAX_LINE)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


@asynccontextmanager
async def plane(path: Path) -> AsyncGenerator[DataPlane]:
    """A control plane that has said hello."""
    async with connection(path) as (reader, writer):
        data_plane = DataPlane(reader, writer, set())
        data_plane.say(HELLO)
        try:
            yield data_plane
        finally:
            await data_plane.close()


def say(writer: asyncio.StreamWriter, *messages: Message) -> None:
    """Sends messages."""
    for message in messages:
        writer.write(wire.encode(message))


async def hear(reader: asyncio.StreamReader) -> Message | None:
    """The next message; None at the end."""
    async with asyncio.timeout(DEADLINE):
        try:
            line = await reader.readline()
        except ConnectionResetError:
            return None
    return wire.decode(line) if line else None


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_only_its_own_user_gets_in(server: LinkServer, path: Path) -> None:
    """The socket has mode 0600, its directory 0700."""
    assert server.listening
    assert [_mode(place) for place in (path, path.parent)] == [0o600, 0o700]


async def test_a_socket_left_behind_is_replaced(server: LinkServer, bench: LinkBench, path: Path) -> None:
    """A second data plane at the same place is the one that is met."""
    second = LinkServer(path, bench.table)
    await second.start()
    try:
        async with connection(path) as (reader, writer):
            say(writer, HELLO)
            assert isinstance(await hear(reader), Hello)
    finally:
        await second.stop()
    assert not os.access(path, os.F_OK)
    assert not second.listening
    assert server.listening


@pytest.mark.parametrize("greeting", [Hello(PROTOCOL_VERSION + 1, "newer"), SnapshotBegin()])
async def test_another_version_is_refused(server: LinkServer, path: Path, bench: LinkBench, greeting: Message) -> None:
    """It is told our version, then hung up on; nothing it says is carried out."""
    async with connection(path) as (reader, writer):
        say(writer, greeting, SnapshotBegin(), Want(wanted(unused_port())), SnapshotEnd())
        answer = await hear(reader)
        assert isinstance(answer, Hello)
        assert answer.version == PROTOCOL_VERSION
        assert await hear(reader) is None
    assert len(bench.table) == 0
    assert server.listening


@pytest.mark.parametrize("line", [b"\n", b"not json\n", b'{"type":"Nonsense"}\n', b'{"type":"Want","link":{}}\n'])
@pytest.mark.parametrize("greeted", [False, True])
async def test_what_is_no_message_ends_the_conversation(
    server: LinkServer, path: Path, bench: LinkBench, smsc: Simulator, line: bytes, greeted: bool
) -> None:
    """The speaker is hung up on; the links live on."""
    link = wanted(smsc.port)
    bench.table.want(link)
    await smsc.until_bound("demo")
    async with connection(path) as (reader, writer):
        if greeted:
            say(writer, HELLO)
            await hear(reader)
        writer.write(line)
        assert await hear(reader) is None
    assert len(smsc.sessions("demo")) == 1
    assert server.listening


@pytest.mark.parametrize("message", [SnapshotEnd(), HELLO, Facts(())])
async def test_what_is_out_of_place_ends_the_conversation(
    server: LinkServer, path: Path, bench: LinkBench, smsc: Simulator, message: Message
) -> None:
    """An end without a beginning above all, which would otherwise end every link."""
    bench.table.want(wanted(smsc.port))
    await smsc.until_bound("demo")
    async with connection(path) as (reader, writer):
        say(writer, HELLO)
        assert isinstance(await hear(reader), Hello)
        say(writer, message)
        assert await hear(reader) is None
    assert len(smsc.sessions("demo")) == 1
    assert server.listening


async def test_a_snapshot_is_answered_with_all_facts(server: LinkServer, path: Path) -> None:
    """Complete, and nothing is reported before it."""
    assert server.listening
    async with connection(path) as (reader, writer):
        links = [wanted(unused_port(), key=f"tenant/{name}") for name in "abc"]
        say(writer, HELLO, SnapshotBegin(), *map(Want, links), SnapshotEnd())
        assert isinstance(await hear(reader), Hello)
        facts = await hear(reader)
        assert isinstance(facts, Facts)
        assert facts.complete
        assert [fact.key for fact in facts.facts] == ["tenant/a", "tenant/b", "tenant/c"]


async def test_a_snapshot_ends_what_it_does_not_name(server: LinkServer, path: Path, smsc: Simulator) -> None:
    """Named and kept links stay as they are, down to the session; all others are unbound."""
    assert server.listening
    links = {name: wanted(smsc.port, key=f"tenant/{name}") for name in ("named", "kept", "other", "reborn")}
    async with plane(path) as control:
        control.snapshot(*links.values())
        for link in links.values():
            await control.until_bound(link)
        before = {session.number for session in smsc.sessions()}
        kept, reborn = links["kept"], links["reborn"]
        control.say(SnapshotBegin(), Want(links["named"]), Keep(kept.key, kept.uid))
        control.say(Keep(reborn.key, "another uid"), Keep("tenant/unknown", "1"), SnapshotEnd())
        left = await smsc.until_bound("demo", 2)
        assert {session.number for session in left} < before


async def test_links_live_on_without_a_control_plane(server: LinkServer, path: Path, smsc: Simulator) -> None:
    """The next control plane finds the same session, in its first facts."""
    assert server.listening
    link = wanted(smsc.port)
    async with plane(path) as first:
        first.snapshot(link)
        await first.until_bound(link)
    (session,) = smsc.sessions()
    async with plane(path) as second:
        second.say(SnapshotBegin(), Keep(link.key, link.uid), SnapshotEnd())
        fact = await second.until_bound(link)
        assert fact.endpoint == f"127.0.0.1:{smsc.port}"
        assert smsc.sessions() == [session]


async def test_the_newest_control_plane_is_heard(server: LinkServer, path: Path, smsc: Simulator) -> None:
    """The older one is hung up on, and what it says afterwards is not carried out."""
    assert server.listening
    link = wanted(smsc.port)
    async with AsyncExitStack() as stack:
        reader, writer = await stack.enter_async_context(connection(path))
        say(writer, HELLO)
        assert isinstance(await hear(reader), Hello)
        new = await stack.enter_async_context(plane(path))
        new.snapshot(link)
        await new.until_bound(link)
        assert await hear(reader) is None
        say(writer, SnapshotBegin(), SnapshotEnd())
        changed = replace(link, revision="2")
        new.want(changed)
        await new.until_bound(changed)
        assert len(smsc.sessions()) == 1


async def test_changes_are_reported_as_they_come(server: LinkServer, path: Path, smsc: Simulator) -> None:
    """A single wish, a loss, a removal: each without another snapshot."""
    assert server.listening
    async with plane(path) as control:
        control.snapshot()
        link = wanted(smsc.port)
        control.want(link)
        await control.until_bound(link)
        smsc.end_sessions()
        await control.until_failed(link, "Unreachable")
        await control.until_bound(link)
        control.remove(link.key)
        await smsc.until_bound("demo", 0)


async def test_who_does_not_read_is_cut_off(
    server: LinkServer, path: Path, bench: LinkBench, smsc: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Facts pile up for nobody; links live on and the next control plane is served."""
    monkeypatch.setattr(server_module, "OUTBOX", 50_000)
    link = wanted(smsc.port)
    bench.table.want(link)
    await smsc.until_bound("demo")
    async with connection(path) as (_, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        say(writer, HELLO)
        asking = (SnapshotBegin(), Keep(link.key, link.uid), SnapshotEnd())

        async def ask_for_ever() -> None:
            while True:
                say(writer, *asking * 100)
                await writer.drain()

        async with asyncio.timeout(DEADLINE):
            with pytest.raises(ConnectionError):
                await ask_for_ever()
    async with plane(path) as control:
        control.snapshot(link)
        await control.until_bound(link)
    assert len(smsc.sessions("demo")) == 1
    assert server.listening


async def test_who_says_nothing_is_not_waited_for(
    server: LinkServer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection without a greeting is closed after some time."""
    assert server.listening
    monkeypatch.setattr(server_module, "GREETING", 0.05)
    async with connection(path) as (reader, _):
        assert await hear(reader) is None


async def test_a_wish_that_waits_follows_the_snapshot_too(server: LinkServer, path: Path) -> None:
    """A re-created gateway whose predecessor still unbinds is forgotten by a snapshot without it."""
    assert server.listening
    async with Simulator([Account("demo", "secret")]) as smsc:
        link = wanted(smsc.port, response_timeout=0.5)
        async with plane(path) as control:
            control.snapshot(link)
            await control.until_bound(link)
            await smsc.behave("half-open")
            control.snapshot(replace(link, uid="another"))
            control.snapshot()
            await smsc.until(lambda: not smsc.state.sessions, what="the end of the session")
            other = wanted(smsc.port, key="tenant/other")
            await smsc.behave("normal")
            control.want(other)
            await control.until_bound(other)
            assert len(smsc.state.attempts) == 2

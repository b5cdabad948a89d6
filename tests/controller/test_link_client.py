"""The control plane's end of the link protocol, against a data plane that says what the test wants."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from sms_operator.controller.link_client import PATIENCE, LinkClient
from sms_operator.core.keys import SMPP_GATEWAY, Key
from sms_operator.core.outcome import Drop, KeepAsIs, Want
from sms_operator.core.world import World
from sms_operator.protocol import messages
from sms_operator.protocol.messages import PROTOCOL_VERSION, BindType, Endpoint, Facts, Hello, LinkFact, WantedLink
from sms_operator.protocol.wire import decode, encode
from support.waiting import eventually_async

GATEWAY = Key(SMPP_GATEWAY, "tenant", "gw")
LINK = WantedLink("tenant/gw", "uid-1", "", (Endpoint("smsc.example.com", 2775),), (BindType.TRANSCEIVER,))
FACT = LinkFact("tenant/gw", "uid-1", "", 1, 1, 1)


class Scene:
    """A listening socket, the client and its World."""

    def __init__(self, path: Path) -> None:
        self.world = World()
        self.path = path
        self.client = LinkClient(path, self.world, lambda _: None, lambda _: None)
        self.connections: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def accept(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The client's next connection, greeted."""
        reader, writer = await asyncio.wait_for(self.connections.get(), 5)
        assert isinstance(decode(await reader.readline()), Hello)
        writer.write(encode(Hello(PROTOCOL_VERSION, "plane", 0.5)))
        return reader, writer


async def snapshot(reader: asyncio.StreamReader) -> list[messages.Message]:
    """What the client says until the end of a snapshot."""
    said: list[messages.Message] = []
    while not said or not isinstance(said[-1], messages.SnapshotEnd):
        said.append(decode(await asyncio.wait_for(reader.readline(), 5)))
    return said


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncGenerator[Scene]:
    """A client that has begun."""
    scene = Scene(tmp_path / "socket")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        scene.connections.put_nowait((reader, writer))

    writers: list[asyncio.StreamWriter] = []
    server = await asyncio.start_unix_server(serve, str(scene.path))
    running = asyncio.create_task(scene.client.run())
    yield scene
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    for _ in range(10):  # turns of the loop in which a connection made last is taken up
        await asyncio.sleep(0)
    server.close()
    for writer in writers:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def test_facts_of_before_a_break_prove_nothing(scene: Scene) -> None:
    """A data plane counts as answering only once it has said what it has."""
    scene.client.decide(GATEWAY, "uid-1", Want(LINK))
    scene.client.begin()
    reader, writer = await scene.accept()
    await snapshot(reader)
    assert not scene.world.data_plane.connected
    writer.write(encode(Facts((replace(FACT, revision=scene.world.wishes[GATEWAY].link.revision),), complete=True)))
    await eventually_async(lambda: scene.world.data_plane.connected)
    writer.close()
    reader, writer = await scene.accept()
    await snapshot(reader)
    assert not scene.world.data_plane.connected
    assert GATEWAY in scene.world.facts
    writer.write(encode(Facts((), complete=True)))
    await eventually_async(lambda: scene.world.data_plane.connected)
    assert GATEWAY not in scene.world.facts
    writer.close()


async def test_patience_begins_when_everything_is_listed(scene: Scene) -> None:
    """However long the listing took, the last status stands for a while afterwards."""
    scene.world.data_plane.settled_at = time.monotonic() - 100.0
    scene.client.begin()
    assert scene.world.data_plane.settled_at > time.monotonic() + 10.0


async def test_a_data_plane_that_keeps_ending_wears_patience_out(scene: Scene) -> None:
    """Each start gives it time, but not without end: the last status would stand for ever."""
    scene.client.begin()
    granted: list[float] = []
    for _ in range(3):
        reader, writer = await scene.accept()
        await snapshot(reader)
        writer.close()
        await eventually_async(lambda: not scene.client.connected)
        granted.append(scene.world.data_plane.settled_at)
        scene.world.data_plane.settled_at = time.monotonic() + 100.0  # it has not settled
    assert granted[0] == pytest.approx(granted[-1], abs=10.0)
    assert max(granted) < time.monotonic() + PATIENCE


async def test_a_link_to_keep_is_removed_before_its_first_fact(scene: Scene) -> None:
    """The snapshot said Keep; the gateway went before the data plane answered."""
    scene.client.decide(GATEWAY, "uid-1", KeepAsIs())
    scene.client.begin()
    reader, writer = await scene.accept()
    assert messages.Keep("tenant/gw", "uid-1") in await snapshot(reader)
    scene.client.decide(GATEWAY, "uid-1", Drop())
    assert decode(await asyncio.wait_for(reader.readline(), 5)) == messages.Remove("tenant/gw")
    writer.write(encode(Facts((FACT,), complete=True)))
    await eventually_async(lambda: scene.world.data_plane.connected)
    assert GATEWAY not in scene.world.facts
    writer.close()


async def test_a_re_created_gateway_does_not_inherit_the_link(scene: Scene) -> None:
    """Deleted and created again in one breath, its Secret not read yet: the former one's link goes."""
    scene.client.decide(GATEWAY, "uid-1", Want(LINK))
    scene.client.begin()
    reader, writer = await scene.accept()
    await snapshot(reader)
    scene.client.decide(GATEWAY, "uid-2", KeepAsIs())
    assert decode(await asyncio.wait_for(reader.readline(), 5)) == messages.Remove("tenant/gw")
    assert GATEWAY not in scene.world.wishes
    writer.close()

"""When Secrets and ConfigMaps are read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiohttp import web

from sms_operator.controller.material_reader import MaterialReader
from sms_operator.core.keys import SECRET, Key
from sms_operator.core.materials import Material
from sms_operator.kube.access import Access
from sms_operator.kube.client import Client
from support.waiting import eventually_async

LOGIN = Key(SECRET, "tenant", "login")


class Secrets:
    """An API server that has every Secret, and counts who asks; it answers while `open` is set."""

    def __init__(self) -> None:
        self.asked = 0
        self.open = asyncio.Event()
        self.open.set()
        self.found: list[Key] = []

    async def answer(self, request: web.Request) -> web.Response:
        """One Secret."""
        self.asked += 1
        await self.open.wait()
        name = request.match_info["name"]
        metadata = {"name": name, "namespace": "tenant", "resourceVersion": "1"}
        return web.json_response({"kind": "Secret", "metadata": metadata, "data": {}})

    def take(self, key: Key, material: Material) -> None:
        """What was read."""
        assert material is not None
        self.found.append(key)

    async def until(self, asked: int) -> None:
        """So many requests came and were answered."""
        await eventually_async(lambda: self.asked >= asked and (not self.open.is_set() or len(self.found) >= asked))


@asynccontextmanager
async def reading() -> AsyncGenerator[tuple[MaterialReader, Secrets]]:
    """A reader at work."""
    secrets = Secrets()
    app = web.Application()
    app.router.add_get("/api/v1/namespaces/tenant/secrets/{name}", secrets.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    client = Client(Access(f"http://127.0.0.1:{runner.addresses[0][1]}"))
    reader = MaterialReader(client, secrets.take, 50.0)
    running = asyncio.create_task(reader.run())
    try:
        yield reader, secrets
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await client.close()
        await runner.cleanup()


async def test_an_smsc_that_refuses_again_and_again_reads_no_secret_again_and_again() -> None:
    """The first refusal reads it at once; further ones wait."""
    async with reading() as (reader, secrets):
        reader.want({LOGIN})
        await secrets.until(1)
        for _ in range(20):
            reader.doubt([LOGIN])
            await asyncio.sleep(0)
        await secrets.until(2)
        for _ in range(20):
            reader.doubt([LOGIN])
        reader.want({LOGIN, Key(SECRET, "tenant", "other")})
        await secrets.until(3)
        assert secrets.found.count(LOGIN) == 2


async def test_what_nobody_refers_to_any_more_is_not_taken_in() -> None:
    """Dropped while it was being read: its content goes nowhere."""
    async with reading() as (reader, secrets):
        secrets.open.clear()
        reader.want({LOGIN})
        await secrets.until(1)
        assert reader.want(set()) == [LOGIN]
        other = Key(SECRET, "tenant", "other")
        reader.want({other})
        await secrets.until(2)
        secrets.open.set()
        await eventually_async(lambda: other in secrets.found)
        assert secrets.found == [other]


async def test_a_change_during_a_reading_is_read_again() -> None:
    """One reading at a time of each, so that an old answer never replaces a newer one."""
    async with reading() as (reader, secrets):
        secrets.open.clear()
        reader.want({LOGIN})
        await secrets.until(1)
        reader.refresh([LOGIN])
        await asyncio.sleep(0.05)
        assert secrets.asked == 1
        secrets.open.set()
        await secrets.until(2)
        assert secrets.found == [LOGIN, LOGIN]

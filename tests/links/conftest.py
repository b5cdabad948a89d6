"""What the tests of the data plane share: links in the process of the test, certificates, and an SMSC."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator

import pytest_asyncio

from sms_operator.dev.smsc import Account, Simulator
from support.linkbench import DEADLINE, LinkBench


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[LinkBench]:
    """A table of links; at the end it leaves no task and no socket behind."""
    bench = LinkBench()
    yield bench
    async with asyncio.timeout(DEADLINE):
        await bench.table.close()
    left = [task for task in asyncio.all_tasks() if task.get_name().startswith("bind ")]
    assert not left
    await asyncio.sleep(0)
    gc.collect()


@pytest_asyncio.fixture
async def smsc() -> AsyncIterator[Simulator]:
    """A plain simulator with the login demo/secret."""
    async with Simulator([Account("demo", "secret")]) as simulator:
        yield simulator

"""Certificates, and links in the process of the test to compare with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from support.linkbench import DEADLINE, LinkBench


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[LinkBench]:
    """The operator's own links."""
    bench = LinkBench()
    yield bench
    async with asyncio.timeout(DEADLINE):
        await bench.table.close()

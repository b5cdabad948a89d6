"""Certificates, and links in the process of the test to compare with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from support.linkbench import DEADLINE, LinkBench
from support.pki import Pki


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Certificates of this run."""
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[LinkBench]:
    """The operator's own links."""
    bench = LinkBench()
    yield bench
    async with asyncio.timeout(DEADLINE):
        await bench.table.close()

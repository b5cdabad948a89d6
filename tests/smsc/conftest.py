"""What the simulator's tests share: certificates, and a simulator with one login."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sms_operator.dev.smsc import Account, Simulator
from support.pki import Pki


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Certificates of this run."""
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest_asyncio.fixture
async def log() -> list[str]:
    """Every line the simulator says."""
    return []


@pytest_asyncio.fixture
async def smsc(log: list[str]) -> AsyncIterator[Simulator]:
    """A plain simulator with the login demo/secret."""
    async with Simulator([Account("demo", "secret")], receipt_delay=0.01, log=log.append) as simulator:
        yield simulator

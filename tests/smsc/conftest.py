"""What the simulator's tests share: certificates, and a simulator with one login."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from sms_operator.dev.smsc import Account, Simulator


@pytest_asyncio.fixture
async def log() -> list[str]:
    """Every line the simulator says."""
    return []


@pytest_asyncio.fixture
async def smsc(log: list[str]) -> AsyncIterator[Simulator]:
    """A plain simulator with the login demo/secret."""
    async with Simulator([Account("demo", "secret")], receipt_delay=0.01, log=log.append) as simulator:
        yield simulator

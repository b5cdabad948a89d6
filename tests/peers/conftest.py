"""SMSCs that others wrote. A test fails where one cannot start: nothing here skips."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from support.peers import Peer, gosmpp, node_smpp, smpp34
from support.pki import Pki


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Certificates of this run."""
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest_asyncio.fixture
async def node_smsc(pki: Pki) -> AsyncIterator[Peer]:
    """node-smpp with the login demo/secret."""
    async with node_smpp(pki, demo="secret") as peer:
        yield peer


@pytest_asyncio.fixture(params=[node_smpp, gosmpp])
async def secure_smsc(request: pytest.FixtureRequest, pki: Pki) -> AsyncIterator[Peer]:
    """Each SMSC that speaks TLS (Node's OpenSSL, Go's own) with the login demo/secret."""
    async with request.param(pki, demo="secret") as peer:
        yield peer


@pytest_asyncio.fixture
async def rust_smsc() -> AsyncIterator[Peer]:
    """smpp34's server."""
    async with smpp34() as peer:
        yield peer

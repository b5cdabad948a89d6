"""SMSCs that others wrote. A test fails where one cannot start: nothing here skips."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio

from sms_operator.dev.control_plane.go import CannotBuild
from sms_operator.dev.control_plane.progress import Lines
from support.dataplane import DataPlane, LinksProcess
from support.peers import Peer, gosmpp, node_smpp, smpp34
from support.peers_go import CannotBuildPeer, gosmpp_program
from support.peers_node import CannotInstall, find_node, install_packages
from support.pki import Pki


def pytest_collection_finish(session: pytest.Session) -> None:
    """Installs and builds the peers before any test's time limit runs, and in sight of the caller.

    What cannot be installed is tried again, and reported, by each test that wants it.
    """
    wanted = {"node_smsc", "secure_smsc"}
    items = session.items if not session.config.option.collectonly else []
    if any(wanted.intersection(getattr(item, "fixturenames", ())) for item in items):
        capture: Any = session.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled(), suppress(CannotInstall, CannotBuildPeer, CannotBuild):
            install_packages(find_node(Lines()), Lines())
            gosmpp_program(Lines())


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Certificates of this run."""
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def links(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LinksProcess]:
    """The data plane that all tests here share."""
    process = LinksProcess(tmp_path_factory.mktemp("links"))
    yield process
    process.stop()


@pytest_asyncio.fixture
async def plane(links: LinksProcess) -> AsyncIterator[DataPlane]:
    """A connection to it; nothing is wanted yet."""
    async with links.connect() as connected:
        yield connected


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

"""SMSCs that others wrote. A test fails where one cannot start: nothing here skips."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any, Final

import pytest
import pytest_asyncio

from sms_operator.dev.control_plane.go import CannotBuild
from sms_operator.dev.control_plane.progress import Lines, Progress, Silent
from support.dataplane import DataPlane, LinksProcess
from support.peers import KINDS, NODE_SMPP, SMPP34, Kind, Peer, running
from support.peers_debian import Program
from support.peers_kannel import Programs, find_kannel
from support.peers_programs import CannotInstall
from support.peers_tshark import find_tshark
from support.pki import Pki

SECURE: Final = [kind for kind in KINDS if kind.secure]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Installs and builds the peers before any test's time limit runs, and in sight of the caller.

    What cannot be installed is tried again, and reported, by each test that wants it.
    """
    items = session.items if not session.config.option.collectonly else []
    used = {name for item in items for name in getattr(item, "fixturenames", ())}
    wanted: list[Callable[[Progress], object]] = []
    if used & {"node_smsc", "secure_smsc", "rust_smsc", "cell", "kind"}:
        wanted += [kind.command for kind in KINDS]
    if "kannel_programs" in used:
        wanted.append(find_kannel)
    if "tshark" in used:
        wanted.append(find_tshark)
    capture: Any = session.config.pluginmanager.getplugin("capturemanager")
    for install in wanted:
        with capture.global_and_fixture_disabled(), suppress(CannotInstall, CannotBuild):
            install(Lines())


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
    async with running(NODE_SMPP, pki, demo="secret") as peer:
        yield peer


@pytest_asyncio.fixture(params=SECURE, ids=[kind.name for kind in SECURE])
async def secure_smsc(request: pytest.FixtureRequest, pki: Pki) -> AsyncIterator[Peer]:
    """Each SMSC that speaks TLS (Node's OpenSSL, Go's own, Java's twice) with the login demo/secret."""
    kind: Kind = request.param
    async with running(kind, pki, demo="secret") as peer:
        yield peer


@pytest_asyncio.fixture
async def rust_smsc(pki: Pki) -> AsyncIterator[Peer]:
    """smpp34's server."""
    async with running(SMPP34, pki) as peer:
        yield peer


@pytest.fixture
def tshark() -> Program:
    """The decoder."""
    return find_tshark(Silent())


@pytest.fixture
def kannel_programs() -> Programs:
    """bearerbox and smsbox."""
    return find_kannel(Silent())

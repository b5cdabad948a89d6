"""Fixtures for all rooms: the shared control plane, a namespace of one's own, a client, and waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
import uvloop

from sms_operator.dev.control_plane import Client, ControlPlane, Lines, Programs, find_programs
from sms_operator.dev.control_plane.client import NAMESPACES
from support.ground import Ground, install_rights, new_ground
from support.pki import Pki
from support.waiting import eventually as wait_for
from support.waiting import eventually_async as wait_for_async

DATA_PLANE: Final = frozenset({"links", "peers", "smpp"})
"""Rooms whose tests run on the event loop that the data plane runs on."""
CRDS: Final = Path(__file__).resolve().parent.parent / "crds"
PROGRAMS: Final = pytest.StashKey[Programs]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Finds or builds the control plane's programs before any test's time limit runs, and in sight of the caller."""
    if session.config.option.collectonly or PROGRAMS in session.config.stash:
        return
    if any("control_plane_programs" in getattr(item, "fixturenames", ()) for item in session.items):
        capture: Any = session.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            session.config.stash[PROGRAMS] = find_programs(Lines())


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The event loop of each room."""
    room = item.path.relative_to(config.rootpath / "tests").parts[0]
    return {"loop": uvloop.new_event_loop if room in DATA_PLANE else asyncio.new_event_loop}


@pytest.fixture(scope="session")
def control_plane_programs(pytestconfig: pytest.Config) -> Programs:
    """etcd, kube-apiserver, kube-controller-manager and kubectl."""
    return pytestconfig.stash[PROGRAMS]


@pytest.fixture(scope="session")
def control_plane(control_plane_programs: Programs) -> Iterator[ControlPlane]:
    """A control plane that knows our kinds, shared by all tests: leave it running and clean up cluster-wide objects."""
    with ControlPlane.start(crds=[CRDS], programs=control_plane_programs) as running:
        yield running


@pytest.fixture(scope="session")
def api(control_plane: ControlPlane) -> Iterator[Client]:
    """A client of the shared control plane that may do everything."""
    with control_plane.client() as client:
        yield client


@pytest.fixture
def namespace(api: Client) -> Iterator[str]:
    """Name of a new namespace; it goes after the test, without waiting."""
    name = f"test-{uuid4().hex[:10]}"
    api.create(NAMESPACES, {"metadata": {"name": name}})
    yield name
    if api.find(NAMESPACES, name) is not None:
        api.delete(NAMESPACES, name)


@pytest.fixture(scope="session")
def rights(control_plane: ControlPlane) -> ControlPlane:
    """The namespace, ServiceAccount and ClusterRole of `manifests/base`; bound by each test where it needs it."""
    install_rights(control_plane)
    return control_plane


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Certificates of this run."""
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def ground(rights: ControlPlane, api: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """One operator for a module, with a connected gateway."""
    with new_ground(rights, api, tmp_path_factory.mktemp("ground")) as ground:
        yield ground


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """`eventually(condition, timeout, describe)`: waits until the condition is true and returns its value."""
    return wait_for


@pytest.fixture
def eventually_async() -> Callable[..., Any]:
    """`await eventually_async(condition, timeout, describe)`: the same without stopping the event loop."""
    return wait_for_async

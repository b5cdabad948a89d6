"""A Chromium, the page on the shared control plane, and an operator for what has to be real."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext
from playwright.sync_api import Page as Tab

from sms_operator.dev.control_plane import Client, ControlPlane, Lines
from support.chromium import browser, find_axe, find_chromium
from support.monitoring import Page, busy_room, serving
from support.peers_programs import CannotInstall
from support.tenant import Tenant

Serve = Callable[[str | None], AbstractContextManager[Page]]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Installs the browser before any test's time limit runs, and in sight of the caller.

    What cannot be installed is tried again, and reported, by each test that wants it.
    """
    items = session.items if not session.config.option.collectonly else []
    if not any("chrome" in getattr(item, "fixturenames", ()) for item in items):
        return
    capture: Any = session.config.pluginmanager.getplugin("capturemanager")
    for install in (find_chromium, find_axe):
        with capture.global_and_fixture_disabled(), suppress(CannotInstall):
            install(Lines())


@pytest.fixture
def serve(control_plane: ControlPlane, tmp_path: Path) -> Serve:
    """`serve(namespace)`: the page with the administrator's rights; None: all namespaces."""
    return partial(serving, control_plane.write_kubeconfig(tmp_path / "admin.kubeconfig"))


@pytest.fixture
def room(api: Client, namespace: str) -> Tenant:
    """A namespace with eight gateways in all states."""
    return busy_room(api, namespace)


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    """Chromium."""
    with browser(find_chromium(Lines())) as running:
        yield running


@pytest.fixture
def context(chrome: Browser) -> Iterator[BrowserContext]:
    """A browser without a past."""
    with chrome.new_context(viewport={"width": 1440, "height": 900}) as made:
        yield made


@pytest.fixture
def complaints() -> list[str]:
    """What the browser said against the page; empty at the end of every test that asks for `tab`."""
    return []


@pytest.fixture
def tab(context: BrowserContext, complaints: list[str]) -> Iterator[Tab]:
    """A tab in which nothing may be complained of."""
    tab = context.new_page()
    tab.set_default_timeout(10_000)
    tab.on("console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    yield tab
    assert complaints == []

"""Outages that a test may cause: of the API server itself, and of the way to it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from sms_operator.dev.control_plane import ApiError, Client, ControlPlane, Programs
from sms_operator.dev.control_plane.client import CONFIG_MAPS
from support.faults.proxy import ApiFaultProxy, Outage

Eventually = Callable[..., Any]


@pytest.fixture
def own_plane(control_plane_programs: Programs) -> Iterator[ControlPlane]:
    """A control plane that the test may break."""
    with ControlPlane.start(programs=control_plane_programs) as running:
        yield running


@pytest.fixture
def proxy(control_plane: ControlPlane) -> Iterator[ApiFaultProxy]:
    """A way to the shared control plane that can be blocked."""
    with ApiFaultProxy(control_plane.url, control_plane.ca_pem) as running:
        yield running


@pytest.fixture
def through(proxy: ApiFaultProxy, control_plane: ControlPlane) -> Iterator[Client]:
    """A client that goes through the proxy."""
    with Client(proxy.url, control_plane.admin_token, None) as client:
        yield client


def test_an_api_server_comes_back_as_it_was(own_plane: ControlPlane, eventually: Eventually) -> None:
    """After a stop and after a crash: refused in between, then the same port, objects and garbage collection."""
    with own_plane.client() as client:
        owner = client.create(CONFIG_MAPS, {"metadata": {"name": "owner"}}, "default")
        for kill in (False, True):
            own_plane.stop_api_server(kill=kill)
            with pytest.raises(ConnectionRefusedError):
                client.get(CONFIG_MAPS, "owner", "default")
            own_plane.start_api_server()
            assert client.get(CONFIG_MAPS, "owner", "default") == owner
        reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
        client.create(CONFIG_MAPS, {"metadata": {"name": "child", "ownerReferences": [reference]}}, "default")
        client.delete(CONFIG_MAPS, "owner", "default")
        eventually(lambda: client.find(CONFIG_MAPS, "child", "default") is None, 30)


def test_a_paused_api_server_is_silent(own_plane: ControlPlane) -> None:
    """Connections are accepted and nothing is said until the pause ends."""
    own_plane.pause_api_server()
    with own_plane.client() as client:
        answered = threading.Event()

        def ask() -> None:
            client.call("GET", "/version")
            answered.set()

        asking = threading.Thread(target=ask)
        asking.start()
        assert not answered.wait(0.5)
        own_plane.resume_api_server()
        assert answered.wait(30)
        asking.join()


def test_the_proxy_passes_everything(through: Client, namespace: str) -> None:
    """Without a fault the proxy is not noticed: objects, errors, queries."""
    through.create(CONFIG_MAPS, {"metadata": {"name": "a", "labels": {"x": "y"}}}, namespace)
    assert [item["metadata"]["name"] for item in through.list(CONFIG_MAPS, namespace, labelSelector="x=y")] == ["a"]
    assert through.list(CONFIG_MAPS, namespace, labelSelector="x=z") == []
    with pytest.raises(ApiError) as refusal:
        through.get(CONFIG_MAPS, "b", namespace)
    assert refusal.value.reason == "NotFound"


@pytest.mark.parametrize("code", [403, 500, 503])
def test_the_proxy_answers_with_errors(through: Client, proxy: ApiFaultProxy, code: int) -> None:
    """Every request is answered with the status asked for until the proxy is healed."""
    proxy.fail(code)
    with pytest.raises(ApiError) as refusal:
        through.call("GET", "/version")
    assert refusal.value.code == code
    proxy.heal()
    through.call("GET", "/version")


def test_the_proxy_fails_chosen_requests(through: Client, proxy: ApiFaultProxy, namespace: str) -> None:
    """Others go through."""
    proxy.fail(500, only=lambda method, path: method == "POST")
    with pytest.raises(ApiError):
        through.create(CONFIG_MAPS, {"metadata": {"name": "a"}}, namespace)
    assert through.find(CONFIG_MAPS, "a", namespace) is None
    assert [method for method, _ in proxy.requests] == ["POST", "GET"]


def test_the_proxy_refuses_connections(through: Client, proxy: ApiFaultProxy) -> None:
    """Nobody listens, and afterwards somebody listens on the same port."""
    through.call("GET", "/version")
    proxy.fail(Outage.REFUSE)
    with pytest.raises(ConnectionRefusedError):
        through.call("GET", "/version")
    proxy.heal()
    through.call("GET", "/version")


def test_the_proxy_cuts_watches(proxy: ApiFaultProxy, control_plane: ControlPlane, api: Client, namespace: str) -> None:
    """A watch brings its events through the proxy, and ends when a fault begins."""
    with closing(_watch(proxy, control_plane, namespace)) as connection:
        answer = connection.getresponse()
        api.create(CONFIG_MAPS, {"metadata": {"name": "watched"}}, namespace)
        while b'"watched"' not in answer.readline():
            pass
        proxy.fail(503)
        with pytest.raises((OSError, AssertionError)):
            _read_to_the_end(answer)


def test_a_black_hole_silences_watches(
    proxy: ApiFaultProxy, control_plane: ControlPlane, api: Client, namespace: str
) -> None:
    """A watch stays open and says nothing; a new connection is accepted and not answered."""
    with closing(_watch(proxy, control_plane, namespace)) as connection:
        answer = connection.getresponse()
        api.create(CONFIG_MAPS, {"metadata": {"name": "first"}}, namespace)
        while b'"first"' not in answer.readline():
            pass
        proxy.fail(Outage.BLACKHOLE)
        api.create(CONFIG_MAPS, {"metadata": {"name": "second"}}, namespace)
        assert connection.sock is not None
        connection.sock.settimeout(0.5)
        with pytest.raises(TimeoutError):
            answer.readline()
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=0.5) as another:
            another.sendall(b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n")
            with pytest.raises(TimeoutError):
                another.recv(1)


def _watch(proxy: ApiFaultProxy, control_plane: ControlPlane, namespace: str) -> HTTPConnection:
    connection = HTTPConnection(urlsplit(proxy.url).netloc, timeout=30)
    path = CONFIG_MAPS.path(namespace) + "?watch=true"
    connection.request("GET", path, headers={"Authorization": f"Bearer {control_plane.admin_token}"})
    return connection


def _read_to_the_end(answer: Any) -> None:
    while answer.readline():
        pass
    raise AssertionError("the watch ended in peace")

"""smsctl through an HTTP proxy that knows where the API server is, as from an office's network."""

from __future__ import annotations

import base64
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

Smsctl = Callable[..., Result]
NAME = "api.office.example"
LOGIN = "me:hidden"


class Proxy(socketserver.ThreadingTCPServer):
    """CONNECT (RFC 9110, 9.3.6) for whoever shows the login; every name is this machine."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, login: str) -> None:
        super().__init__(("127.0.0.1", 0), Tunnel)
        self.login = base64.b64encode(login.encode()).decode()
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        """With the login."""
        return f"http://{LOGIN}@127.0.0.1:{self.server_address[1]}"


class Tunnel(socketserver.StreamRequestHandler):
    """One connection."""

    def handle(self) -> None:
        """Answer, then carry octets until one side ends."""
        assert isinstance(self.server, Proxy)
        line, *headers = iter(lambda: self.rfile.readline().decode().strip(), "")
        target = line.split()[1]
        self.server.asked.append(target)
        if f"Proxy-Authorization: Basic {self.server.login}" not in headers:
            self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        with suppress(OSError), socket.create_connection(("127.0.0.1", int(target.rpartition(":")[2]))) as there:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_carry, args=(there, self.connection), daemon=True)
            back.start()
            _carry(self.connection, there)
            back.join()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """It listens until the test ends."""
    with Proxy(LOGIN) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield proxy
        proxy.shutdown()
        thread.join()


@pytest.fixture
def away(kubeconfig: Path) -> Callable[..., tuple[Path, str]]:
    """Writes a kubeconfig whose server has a name that only the proxy knows; its path, and the server's HOST:PORT."""

    def write(**changes: Any) -> tuple[Path, str]:
        document = yaml.safe_load(kubeconfig.read_text())
        cluster = document["clusters"][0]["cluster"]
        server = f"{NAME}:{cluster['server'].rpartition(':')[2]}"
        cluster |= {"server": f"https://{server}", "tls-server-name": "localhost", **changes}
        path = kubeconfig.parent / "away.kubeconfig"
        path.write_text(yaml.safe_dump(document))
        return path, server

    return write


def test_by_the_kubeconfig(smsctl: Smsctl, proxy: Proxy, away: Callable[..., tuple[Path, str]]) -> None:
    """Whatever the environment says."""
    path, server = away(**{"proxy-url": proxy.url})
    done = smsctl("get", "gateways", "-A", KUBECONFIG=str(path), NO_PROXY="*")
    assert done.exit_code != 1, done.output
    assert set(proxy.asked) == {server}


def test_by_the_environment(smsctl: Smsctl, proxy: Proxy, away: Callable[..., tuple[Path, str]]) -> None:
    """As kubectl takes it; a server on this machine is reached without."""
    path, server = away()
    done = smsctl("get", "gateways", "-A", KUBECONFIG=str(path), HTTPS_PROXY=proxy.url, NO_PROXY="", no_proxy="")
    assert done.exit_code != 1, done.output
    assert set(proxy.asked) == {server}
    proxy.asked.clear()
    assert smsctl("get", "gateways", "-A", HTTPS_PROXY=proxy.url, NO_PROXY="", no_proxy="").exit_code != 1
    assert proxy.asked == []


def test_a_proxy_that_wants_another_login(smsctl: Smsctl, proxy: Proxy, away: Callable[..., tuple[Path, str]]) -> None:
    """One line, with the proxy's answer and without a password."""
    proxy.login = "another"
    path, _ = away()
    done = smsctl("get", "gateways", "-A", KUBECONFIG=str(path), HTTPS_PROXY=proxy.url, NO_PROXY="", no_proxy="")
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.output
    assert "407" in done.stderr
    assert "hidden" not in done.stderr


def test_a_proxy_that_is_not_there(smsctl: Smsctl, away: Callable[..., tuple[Path, str]]) -> None:
    """The line names the proxy, not only the server that cannot be reached through it."""
    path, _ = away()
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{deaf.getsockname()[1]}"
        done = smsctl("get", "gateways", "-A", KUBECONFIG=str(path), HTTPS_PROXY=f"http://{LOGIN}@{place}")
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.output
    assert place in done.stderr
    assert "hidden" not in done.stderr

"""A helper program that gives a client certificate, and another one when that has expired."""

from __future__ import annotations

import asyncio
import json
import stat
import sys
import time
from pathlib import Path

import pytest
from aiohttp import web

from sms_operator.kube.access import Access
from sms_operator.kube.client import Client
from sms_operator.kube.exec_login import Credential, ExecLogin, LoginFailed
from support.pki import Issued, Pki
from support.waiting import eventually_async

VERSION = "client.authentication.k8s.io/v1"


def login(directory: Path, status: dict[str, str]) -> ExecLogin:
    """A program that prints this."""
    document = {"apiVersion": VERSION, "kind": "ExecCredential", "status": status}
    (directory / "answer").write_text(json.dumps(document))
    program = directory / "login"
    program.write_text(f"#!{sys.executable}\nprint(open({str(directory / 'answer')!r}).read())\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return ExecLogin({"apiVersion": VERSION, "command": str(program), "interactiveMode": "Never"}, {})


async def test_a_client_certificate_that_is_replaced(tmp_path: Path) -> None:
    """The server sees the first certificate, and the second one once the first is over."""
    pki = Pki(tmp_path)
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        assert request.transport is not None
        peer = request.transport.get_extra_info("peercert")
        seen.append(str(peer["serialNumber"]))
        return web.json_response({})

    application = web.Application()
    application.router.add_get("/version", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=pki.server_context(mutual=True))
    await site.start()
    port = runner.addresses[0][1]
    first, second = pki.client, pki.authority.client("second")

    def status(issued: Issued, expires: str) -> dict[str, str]:
        pair = {"clientCertificateData": issued.pem, "clientKeyData": issued.key_pem}
        return {**pair, "expirationTimestamp": expires}

    helper = login(tmp_path, status(first, "2001-01-01T00:00:00Z"))
    access = Access(f"https://127.0.0.1:{port}", ca_pem=pki.trust_file.read_text(), login=helper)
    client = Client(access)
    try:
        await client.read("/version")
        login(tmp_path, status(second, "2099-01-01T00:00:00Z"))
        await client.read("/version")
        await client.read("/version")
    finally:
        await client.close()
        await runner.cleanup()
    assert seen[0] != seen[1] == seen[2]


def test_a_credential_is_not_used_to_its_last_second() -> None:
    """Nor does it show."""
    now = time.time()
    assert Credential("t0ken").usable(now)
    assert Credential("t0ken", expires=now + 60).usable(now)
    assert not Credential("t0ken", expires=now + 5).usable(now)
    assert "t0ken" not in repr(Credential("t0ken", "cert", "k3y"))
    assert "k3y" not in repr(Credential("t0ken", "cert", "k3y"))


async def test_a_certificate_without_its_key_is_no_credential(tmp_path: Path) -> None:
    """Half of one is none."""
    with pytest.raises(LoginFailed, match="with a token or a certificate"):
        await login(tmp_path, {"clientCertificateData": "x"}).credential()


def ended(pid: int) -> bool:
    """Whether a process is gone, or only waits to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


async def test_what_a_slow_program_started_ends_with_it(tmp_path: Path) -> None:
    """A shell script's child would hold the pipes, and the command with them."""
    program, child = tmp_path / "login", tmp_path / "child"
    program.write_text(f"#!/bin/sh\nsleep 600 &\necho $! > {child}.new\nmv {child}.new {child}\nwait\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    slow = ExecLogin({"apiVersion": VERSION, "command": str(program), "interactiveMode": "Never"}, {}, patience=2.0)
    async with asyncio.timeout(60):
        with pytest.raises(LoginFailed, match="took longer than 2 s"):
            await slow.credential()
    pid = int(child.read_text())
    await eventually_async(lambda: ended(pid))

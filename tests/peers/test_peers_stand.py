"""The peers themselves, before anything of ours talks to them: each bound by smpplib's client."""

from __future__ import annotations

import ssl

import pytest
import smpplib.exceptions

from sms_operator.dev.control_plane.progress import Silent
from support.esme import Esme
from support.peers import Peer
from support.peers_node import find_node, install_packages
from support.pki import Pki


async def test_plain(secure_smsc: Peer) -> None:
    """Binds, refuses a wrong password, delivers."""
    async with Esme(secure_smsc.ports["plain"]) as esme:
        with pytest.raises(smpplib.exceptions.PDUError):
            await esme.bind("demo", "wrong")
        await secure_smsc.until("bind", account="demo", status=0x0E)
        await esme.bind("demo", "secret")
        secure_smsc.do("inject", account="demo", **{"from": "31600000000"}, to="12345", text="hello")
        message = await esme.read()
        assert message.short_message == b"hello"
        await esme.answer(message, "deliver_sm_resp")
        await secure_smsc.until("delivered", status=0)
        await esme.unbind()
        await secure_smsc.until("unbind", account="demo")
    await secure_smsc.until("closed", account="demo")


async def test_tls(secure_smsc: Peer, pki: Pki) -> None:
    """Binds over TLS; the mutual port demands the certificate and knows its name."""
    identity = pki.client_context(pki.client)
    nobody = pki.client_context()
    for context in (identity, nobody):
        context.check_hostname = False  # smpplib gives no server name to its socket
    async with Esme(secure_smsc.ports["tls"], tls=nobody) as esme:
        await esme.bind("demo", "secret")
    async with Esme(secure_smsc.ports["mutual"], tls=identity) as esme:
        await esme.bind("demo", "secret")
        (bind,) = await secure_smsc.until("bind", port="mutual")
        assert bind["certificate"] == "esme"
    with pytest.raises((smpplib.exceptions.ConnectionError, ssl.SSLError, OSError)):
        async with Esme(secure_smsc.ports["mutual"], tls=nobody) as esme:
            await esme.bind("demo", "secret")
    assert len(secure_smsc.seen("bind", port="mutual")) == 1


async def test_smpp34(rust_smsc: Peer) -> None:
    """Binds and delivers."""
    async with Esme(rust_smsc.ports["plain"]) as esme:
        await esme.bind("demo", "secret")
        await rust_smsc.until("bind", account="demo")
        rust_smsc.do("inject", account="demo", **{"from": "31600000000"}, to="12345", text="hello")
        message = await esme.read()
        await esme.answer(message, "deliver_sm_resp")
        await rust_smsc.until("delivered", status=0)


def test_node_modules_are_installed_once() -> None:
    """A second installation is the directory of the first."""
    node = find_node(Silent())
    first = install_packages(node, Silent())
    assert (first / "smpp" / "package.json").is_file()
    before = first.stat().st_ino
    assert install_packages(node, Silent()).stat().st_ino == before

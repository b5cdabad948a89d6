"""The peers themselves, before anything of ours talks to them: each bound by smpplib's client."""

from __future__ import annotations

import ssl
from typing import Any

import pytest
import smpplib.exceptions

from sms_operator.dev.control_plane.progress import Silent
from support.esme import Esme
from support.peers import KINDS, Kind, Peer, running
from support.peers_node import find_node, install_packages
from support.pki import Pki

TEXT = "Příliš žluťoučký kůň úpěl ďábelské ódy 🐎 и ещё раз. " * 3


async def test_plain(secure_smsc: Peer) -> None:
    """Binds, refuses a wrong password, delivers."""
    async with Esme(secure_smsc.ports["plain"]) as esme:
        with pytest.raises(smpplib.exceptions.PDUError):
            await esme.bind("demo", "wrong")
        await secure_smsc.until("bind", account="demo", status=0x0E)
    async with Esme(secure_smsc.ports["plain"]) as esme:
        await esme.bind("demo", "secret")
        secure_smsc.deliver("hello")
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


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
async def test_messages(kind: Kind, pki: Pki) -> None:
    """Tells every field of a message, sends its receipt, and sends texts in all forms; a restart keeps the ports."""
    async with running(kind, pki, demo="secret") as peer:
        await _submit_and_receive(peer)
        ports = peer.ports
        await peer.restart()
        assert peer.ports == ports
        await _submit_and_receive(peer)


async def _submit_and_receive(peer: Peer) -> None:
    peer.events.clear()
    async with Esme(peer.ports["plain"]) as esme:
        await esme.bind("demo", "secret")
        await peer.until("bind", account="demo", status=0)
        fields = {"source_addr": "12345", "source_addr_ton": 3, "destination_addr": "31612345678", "dest_addr_npi": 1}
        sent = await esme.request(
            "submit_sm", **fields, short_message=b"hi\x1b\x65", registered_delivery=1, esm_class=3
        )
        (said,) = await peer.until("submit", id=sent.message_id.decode(), text="hi€", data_coding=0, esm_class=3)
        numbers = [said[name] for name in ("from", "from_ton", "from_npi", "to", "to_ton", "to_npi")]
        assert numbers == ["12345", 3, 0, "31612345678", 0, 1]
        receipt = await esme.read()
        assert (receipt.esm_class, receipt.source_addr) == (4, b"31612345678")
        assert b"stat:DELIVRD" in receipt.short_message
        await esme.answer(receipt, "deliver_sm_resp")
        await peer.until("receipt", id=said["id"], status=0)
        for way in ("udh", "udh16", "sar", "payload"):
            peer.deliver(TEXT, ucs2=True, long=way)
            parts = [await _taken(esme)]
            while way != "payload" and len(parts) < _of(parts[0], way)[0]:
                parts.append(await _taken(esme))
            ordered = sorted(parts, key=lambda part: _of(part, way)[1])
            content = b"".join(_content(part, way) for part in ordered)
            assert content.decode("utf-16-be") == TEXT


async def _taken(esme: Esme) -> Any:
    message = await esme.read()
    await esme.answer(message, "deliver_sm_resp")
    return message


def _of(part: Any, way: str) -> tuple[int, int]:
    """Total and number."""
    if way == "payload":
        return 1, 1
    if way == "sar":
        return part.sar_total_segments, part.sar_segment_seqnum
    header = part.short_message[: part.short_message[0] + 1]
    assert (part.esm_class, header[1]) == (0x40, 8 if way == "udh16" else 0)
    return header[-2], header[-1]


def _content(part: Any, way: str) -> bytes:
    if way == "payload":
        return bytes(part.message_payload)
    return bytes(part.short_message[part.short_message[0] + 1 :] if way.startswith("udh") else part.short_message)


def test_node_modules_are_installed_once() -> None:
    """A second installation is the directory of the first."""
    node = find_node(Silent())
    first = install_packages(node, Silent())
    assert (first / "smpp" / "package.json").is_file()
    before = first.stat().st_ino
    assert install_packages(node, Silent()).stat().st_ino == before

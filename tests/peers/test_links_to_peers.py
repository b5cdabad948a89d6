"""Our data plane binds SMSCs that others wrote."""

from __future__ import annotations

import pytest

from sms_operator.dev.smsc import Account, Simulator
from sms_operator.protocol.messages import BindType, FailureReason, TlsOptions
from support.dataplane import DataPlane, wanted
from support.peers import Peer
from support.pki import Issued, Pki

RX_T_APPN = 0x64
PAIR = (BindType.RECEIVER, BindType.TRANSMITTER)


def tls(pki: Pki, identity: Issued | None = None, trust: str | None = None) -> TlsOptions:
    """Trust in the pki's authority, with this identity."""
    return TlsOptions(
        trust_pem=trust or pki.authority.pem,
        identity_pem=identity.pem if identity else None,
        identity_key_pem=identity.key_pem if identity else None,
    )


async def test_transceiver_from_bind_to_unbind(plane: DataPlane, secure_smsc: Peer) -> None:
    """The SMSC sees one transceiver, then an unbind when the link is removed, and no more binds."""
    link = wanted(secure_smsc.ports["plain"])
    plane.snapshot(link)
    fact = await plane.until_bound(link)
    assert (fact.receivers_connected, fact.endpoint) == (1, f"127.0.0.1:{secure_smsc.ports['plain']}")
    (bind,) = await secure_smsc.until("bind")
    assert (bind["kind"], bind["status"], bind["version"]) == ("Transceiver", 0, 0x34)
    plane.remove(link.key)
    await secure_smsc.until("unbind", account="demo")
    await secure_smsc.until("closed", account="demo")
    assert len(secure_smsc.seen("bind")) == 1


async def test_pair_and_parallel_binds(plane: DataPlane, secure_smsc: Peer) -> None:
    """Two receivers and two transmitters are four binds."""
    link = wanted(secure_smsc.ports["plain"], bind_types=PAIR, bind_count=2, interface_version=0x50)
    plane.snapshot(link)
    assert (await plane.until_bound(link)).receivers_connected == 2
    binds = await secure_smsc.until("bind", count=4, status=0, version=0x50)
    assert sorted(bind["kind"] for bind in binds) == ["Receiver", "Receiver", "Transmitter", "Transmitter"]
    plane.snapshot()
    await secure_smsc.until("unbind", count=4)


async def test_wrong_password_and_its_repair(plane: DataPlane, secure_smsc: Peer) -> None:
    """One attempt and no hammering; the right password binds at once, unlike what the back-off would say."""
    wrong = wanted(secure_smsc.ports["plain"], password="guessed8")
    plane.snapshot(wrong)
    fact = await plane.until_failed(wrong, FailureReason.INVALID_PASSWORD)
    assert fact.failure is not None
    assert fact.failure.command_status == 0x0E
    right = wanted(secure_smsc.ports["plain"], revision="2")
    plane.want(right)
    await plane.until_bound(right)
    assert [bind["status"] for bind in await secure_smsc.until("bind", count=2)] == [0x0E, 0]


@pytest.mark.parametrize("rotated", ["password", "trust"])
async def test_rotation_leaves_no_moment_without_a_bind(
    plane: DataPlane, secure_smsc: Peer, pki: Pki, rotated: str
) -> None:
    """A new password or trust makes a new bind first; the old one is unbound when that stands."""
    port = secure_smsc.ports["tls"]
    old = wanted(port, host="localhost", tls=tls(pki))
    plane.snapshot(old)
    await plane.until_bound(old)
    if rotated == "password":
        await secure_smsc.change_password("rotated8")
        new = wanted(port, host="localhost", tls=tls(pki), password="rotated8", revision="2")
    else:
        new = wanted(port, host="localhost", tls=tls(pki, trust=pki.stranger.pem + pki.authority.pem), revision="2")
    bound = len(plane.history)
    plane.want(new)
    await plane.until_bound(new)
    await secure_smsc.until("unbind", account="demo")
    assert [one["event"] for one in secure_smsc.events if one["event"] in ("bind", "unbind")] == [
        "bind",
        "bind",
        "unbind",
    ]
    assert all(fact.receivers_connected >= 1 for fact in plane.history[bound:])


async def test_long_password_is_sent_whole(plane: DataPlane, node_smsc: Peer) -> None:
    """More than the eight octets of the standard."""
    await node_smsc.change_password("correct horse battery")
    link = wanted(node_smsc.ports["plain"], password="correct horse battery")
    plane.snapshot(link)
    await plane.until_bound(link)


async def test_unknown_login(plane: DataPlane, secure_smsc: Peer) -> None:
    """ESME_RINVSYSID has a reason of its own."""
    link = wanted(secure_smsc.ports["plain"], system_id="nobody")
    plane.snapshot(link)
    await plane.until_failed(link, FailureReason.INVALID_SYSTEM_ID)


async def test_message_stays_with_the_smsc(plane: DataPlane, secure_smsc: Peer) -> None:
    """A deliver_sm that nobody consumes yet is answered ESME_RX_T_APPN, and the bind lives on."""
    link = wanted(secure_smsc.ports["plain"])
    plane.snapshot(link)
    await plane.until_bound(link)
    for count in (1, 2):
        secure_smsc.deliver("hello")
        await secure_smsc.until("delivered", count=count, status=RX_T_APPN)
    assert not secure_smsc.seen("closed")


async def test_enquire_link_is_asked(plane: DataPlane, node_smsc: Peer) -> None:
    """When nothing else is said for the interval, and the answers count as life."""
    link = wanted(node_smsc.ports["plain"], enquire_link_interval=0.2)
    plane.snapshot(link)
    await plane.until_bound(link)
    await node_smsc.until("enquire_link", count=3)
    assert not node_smsc.seen("closed")


@pytest.mark.parametrize("how", ["unbind", "destroy"])
async def test_comes_back(plane: DataPlane, secure_smsc: Peer, how: str) -> None:
    """Unbound or dropped by the SMSC, the link binds again by itself."""
    link = wanted(secure_smsc.ports["plain"])
    plane.snapshot(link)
    await plane.until_bound(link)
    secure_smsc.do(how, account="demo")
    await secure_smsc.until("closed", account="demo")
    await secure_smsc.until("bind", count=2, status=0)
    await plane.until_bound(link)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_tls_with_trust(plane: DataPlane, secure_smsc: Peer, pki: Pki, host: str) -> None:
    """Verified by name and by address."""
    link = wanted(secure_smsc.ports["tls"], host=host, tls=tls(pki))
    plane.snapshot(link)
    await plane.until_bound(link)
    await secure_smsc.until("bind", port="tls", status=0)


@pytest.mark.parametrize("case", ["unknown authority", "another name"])
async def test_tls_not_trusted(plane: DataPlane, secure_smsc: Peer, pki: Pki, case: str) -> None:
    """No bind is sent to a server that cannot prove who it is."""
    trust = pki.stranger.pem if case == "unknown authority" else None
    options = tls(pki, trust=trust)
    if case == "another name":
        options = TlsOptions(trust_pem=pki.authority.pem, server_name="smsc.elsewhere.example")
    link = wanted(secure_smsc.ports["tls"], host="localhost", tls=options)
    plane.snapshot(link)
    fact = await plane.until_failed(link, FailureReason.TLS_VERIFICATION_FAILED)
    assert fact.failure is not None
    if case == "another name":
        assert "smsc.elsewhere.example" in fact.failure.message
    assert not secure_smsc.seen("bind")


async def test_mutual_tls_with_identity(plane: DataPlane, secure_smsc: Peer, pki: Pki) -> None:
    """The SMSC sees the name in our certificate."""
    link = wanted(secure_smsc.ports["mutual"], host="localhost", tls=tls(pki, pki.client))
    plane.snapshot(link)
    await plane.until_bound(link)
    await secure_smsc.until("bind", port="mutual", status=0, certificate="esme")


async def test_mutual_tls_without_identity(plane: DataPlane, secure_smsc: Peer, pki: Pki) -> None:
    """TLS 1.3 says so only after the handshake; it is named all the same."""
    link = wanted(secure_smsc.ports["mutual"], host="localhost", tls=tls(pki))
    plane.snapshot(link)
    await plane.until_failed(link, FailureReason.CLIENT_CERTIFICATE_REQUIRED)
    assert not secure_smsc.seen("bind")


async def test_mutual_tls_with_a_foreign_identity(plane: DataPlane, secure_smsc: Peer, pki: Pki) -> None:
    """Node hangs up on a certificate of an unknown authority without a word, so the message has to name the suspect."""
    link = wanted(secure_smsc.ports["mutual"], host="localhost", tls=tls(pki, pki.foreign_client))
    plane.snapshot(link)
    fact = await plane.until(link.key, lambda fact: fact.failure is not None, "a failure")
    assert fact.failure is not None
    assert "certificate" in fact.failure.message
    assert not secure_smsc.seen("bind")


async def test_foreign_identity_refused_by_openssl(plane: DataPlane, pki: Pki) -> None:
    """OpenSSL, which most SMSCs use, sends an alert, so the reason is certain."""
    async with Simulator([Account("demo", "secret")], port=None, tls=pki.server_context(mutual=True)) as smsc:
        link = wanted(smsc.tls_port, host="localhost", tls=tls(pki, pki.foreign_client))
        plane.snapshot(link)
        await plane.until_failed(link, FailureReason.CLIENT_CERTIFICATE_REQUIRED)
        assert not smsc.state.attempts


async def test_tls_on_the_plain_port_and_the_reverse(plane: DataPlane, node_smsc: Peer, pki: Pki) -> None:
    """Both mistakes have a reason, and the SMSC sees no bind."""
    secure = wanted(node_smsc.ports["plain"], host="localhost", key="tenant/secure", tls=tls(pki))
    plain = wanted(node_smsc.ports["tls"], key="tenant/plain")
    plane.snapshot(secure, plain)
    await plane.until("tenant/secure", lambda fact: fact.failure is not None, "a failure")
    await plane.until("tenant/plain", lambda fact: fact.failure is not None, "a failure")
    assert not node_smsc.seen("bind", status=0)


async def test_smpp34_from_bind_to_unbind(plane: DataPlane, rust_smsc: Peer) -> None:
    """Another SMSC in another language: bind, a message kept by the SMSC, unbind."""
    link = wanted(rust_smsc.ports["plain"])
    plane.snapshot(link)
    await plane.until_bound(link)
    await rust_smsc.until("bind", account="demo")
    rust_smsc.deliver("hello")
    await rust_smsc.until("delivered", status=RX_T_APPN)
    plane.remove(link.key)
    await rust_smsc.until("closed", account="demo")
    assert len(rust_smsc.seen("bind")) == 1


async def test_smpp34_pair_and_return(plane: DataPlane, rust_smsc: Peer) -> None:
    """A receiver and a transmitter; unbound by the SMSC, both come back."""
    link = wanted(rust_smsc.ports["plain"], bind_types=PAIR)
    plane.snapshot(link)
    await plane.until_bound(link)
    await rust_smsc.until("bind", count=2)
    rust_smsc.do("unbind", account="demo")
    await rust_smsc.until("bind", count=4)
    await plane.until_bound(link)

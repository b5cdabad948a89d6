"""Certificates of no use, and TLS that fails: each told by its own reason, none disturbs the neighbour, all heal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from support.ailing import (
    NOT_STALLED,
    assert_heals,
    assert_ill,
    certificate,
    change,
    identity,
    port_of,
    tls_port_of,
    tls_smsc,
)
from support.ground import Ground
from support.pki import DAY, Pki
from support.tenant import Tenant, eventually

Body = dict[str, Any]


@pytest.fixture
def tenant(ground: Ground) -> Iterator[Tenant]:
    """The namespace; after the test the neighbour must be as it was."""
    yield ground.tenant
    ground.assert_undisturbed()


def test_a_missing_certificate(tenant: Tenant, name: str, pki: Pki) -> None:
    """It is named, with the field, and its appearance heals."""
    with tls_smsc(pki) as smsc:
        tenant.gateway(name, tls_port_of(smsc), tls={"trustCertificateRef": {"name": name}})
        assert_ill(tenant, name, "CertificateNotFound", f'"{name}"', "trustCertificateRef", stalled=False)
        certificate(tenant, name, pki.authority.pem)
        assert_heals(tenant, name)


# Certificates.

Content = Callable[[Pki], dict[str, bytes]]

USELESS: Final[list[tuple[Content | None, str, str, bool]]] = [
    (None, "SourceNotFound", "not found", False),
    (lambda pki: {"other.pem": b"x"}, "SourceNotFound", 'no key "ca.pem" (it has: other.pem)', False),
    (lambda pki: {"ca.pem": b""}, "ParseFailed", "empty", True),
    (lambda pki: {"ca.pem": b"not a certificate"}, "ParseFailed", 'key "ca.pem"', True),
    (lambda pki: {"ca.pem": pki.authority.pem.encode()[:200]}, "ParseFailed", 'key "ca.pem"', True),
    (lambda pki: {"ca.pem": pki.authority.pem.encode() * 120}, "TooLarge", "at most 65536", True),
    (lambda pki: {"ca.pem": pki.expired.pem.encode()}, "Expired", "provide a renewed one", True),
    (
        lambda pki: {"ca.pem": pki.authority.server(starts=5 * DAY).pem.encode()},
        "NotYetValid",
        "Not valid before",
        False,
    ),
    (lambda pki: {"ca.pem": b"\xfe\xed\xfe\xed\x00\x00\x00\x02"}, "UnsupportedType", "keytool -exportcert", True),
]
"""Content of the source, the Certificate's reason, a fragment of its message, and whether it is stalled."""


@pytest.mark.parametrize(
    ("content", "reason", "fragment", "stalled"),
    USELESS,
    ids=["no-source", "no-key", "empty", "garbage", "cut", "oversized", "expired", "not-yet", "jks"],
)
def test_a_certificate_of_no_use(
    tenant: Tenant, name: str, pki: Pki, content: Content | None, reason: str, fragment: str, stalled: bool
) -> None:
    """The Certificate says what is wrong, the gateway repeats it, and a right file heals both."""
    if content is not None:
        tenant.config_map(name, **content(pki))
    tenant.apply("Certificate", name, {"configMapKeyRef": {"name": name, "key": "ca.pem"}})
    with tls_smsc(pki) as smsc:
        tenant.gateway(name, tls_port_of(smsc), tls={"trustCertificateRef": {"name": name}})
        message = tenant.until("Certificate", name, reason)
        assert fragment in message
        expected = ("True", reason, message) if stalled else NOT_STALLED
        assert tenant.condition("Certificate", name, "Stalled") == expected
        assert_ill(tenant, name, "CertificateNotReady", f'"{name}"', fragment, stalled=False)
        tenant.config_map(name, **{"ca.pem": pki.authority.pem.encode()})
        tenant.until("Certificate", name, "Valid")
        assert tenant.condition("Certificate", name, "Stalled") == NOT_STALLED
        assert_heals(tenant, name)


def test_a_key_store_by_its_name(tenant: Tenant, name: str, pki: Pki) -> None:
    """A .p12 file is told from its extension alone, with the command that converts it; another key heals."""
    tenant.config_map(name, **{"smsc.p12": b"whatever", "smsc.pem": pki.authority.pem.encode()})
    tenant.apply("Certificate", name, {"configMapKeyRef": {"name": name, "key": "smsc.p12"}})
    assert "openssl pkcs12" in tenant.until("Certificate", name, "UnsupportedType")
    tenant.apply("Certificate", name, {"configMapKeyRef": {"name": name, "key": "smsc.pem"}})
    tenant.until("Certificate", name, "Valid")
    tenant.delete("Certificate", name)


def test_a_key_of_another_certificate(tenant: Tenant, name: str, pki: Pki) -> None:
    """KeyMismatch until the right key comes."""
    with tls_smsc(pki, mutual=True) as smsc:
        certificate(tenant, f"{name}-ca", pki.authority.pem)
        identity(tenant, name, pki.client.pem, pki.foreign_client.key_pem)
        refs = {"trustCertificateRef": {"name": f"{name}-ca"}, "identityCertificateRef": {"name": name}}
        tenant.gateway(name, tls_port_of(smsc), tls=refs)
        message = tenant.until("Certificate", name, "KeyMismatch")
        assert "belongs to another certificate" in message
        assert tenant.condition("Certificate", name, "Stalled")[0] == "True"
        assert_ill(tenant, name, "CertificateNotReady", "belongs to another certificate", stalled=False)
        tenant.secret(name, **{"tls.crt": pki.client.pem, "tls.key": pki.client.key_pem})
        assert_heals(tenant, name)


def test_the_password_of_a_key(tenant: Tenant, name: str, pki: Pki) -> None:
    """Missing, wrong, right."""
    with tls_smsc(pki, mutual=True) as smsc:
        certificate(tenant, f"{name}-ca", pki.authority.pem)
        identity(tenant, name, pki.client.pem, pki.client.encrypted_key_pem("open sesame"))
        refs = {"trustCertificateRef": {"name": f"{name}-ca"}, "identityCertificateRef": {"name": name}}
        tenant.gateway(name, tls_port_of(smsc), tls=refs)
        assert "is encrypted" in tenant.until("Certificate", name, "ParseFailed")
        assert_ill(tenant, name, "CertificateNotReady", "passwordSecretRef", stalled=False)
        tenant.secret(f"{name}-key", password="open barley")
        tenant.patch("Certificate", name, {"spec": {"passwordSecretRef": {"name": f"{name}-key"}}})
        eventually(
            lambda: tenant.condition("SmppGateway", name)[2],
            lambda message: "password (passwordSecretRef) is wrong" in message,
            "the wrong password told",
        )
        tenant.secret(f"{name}-key", password="open sesame\n")
        assert_heals(tenant, name)


# TLS.


def test_tls_on_a_plain_port(tenant: Tenant, name: str, pki: Pki) -> None:
    """TlsHandshakeFailed, and the TLS port heals."""
    with tls_smsc(pki) as smsc:
        certificate(tenant, name, pki.authority.pem)
        tenant.gateway(name, port_of(smsc), tls={"trustCertificateRef": {"name": name}})
        assert_ill(tenant, name, "TlsHandshakeFailed", "plain", stalled=False)
        change(tenant, name, endpoints=[{"host": "127.0.0.1", "port": tls_port_of(smsc)}])
        assert_heals(tenant, name)


def test_plain_on_a_tls_port(tenant: Tenant, name: str, pki: Pki) -> None:
    """The message says that TLS may be expected, and TLS heals."""
    with tls_smsc(pki) as smsc:
        tenant.gateway(name, tls_port_of(smsc))
        message = eventually(
            lambda: tenant.condition("SmppGateway", name),
            lambda seen: seen[0] == "False",
            "the failure told",
        )
        assert message[1] in ("Unreachable", "ProtocolError")
        assert "TLS" in message[2]
        certificate(tenant, name, pki.authority.pem)
        change(tenant, name, tls={"trustCertificateRef": {"name": name}})
        assert_heals(tenant, name)


def test_a_certificate_of_another_host(tenant: Tenant, name: str, pki: Pki) -> None:
    """The name that was expected is told, and serverName heals."""
    with tls_smsc(pki, issued=pki.elsewhere) as smsc:
        certificate(tenant, name, pki.authority.pem)
        tenant.gateway(name, tls_port_of(smsc), tls={"trustCertificateRef": {"name": name}})
        assert_ill(tenant, name, "TlsVerificationFailed", 'not for "127.0.0.1"', "serverName", stalled=True)
        change(tenant, name, tls={"serverName": "smsc.elsewhere.example"})
        assert_heals(tenant, name)


def test_an_unknown_authority(tenant: Tenant, name: str, pki: Pki) -> None:
    """The way out is told, and the right authority in the Certificate heals; so does a change of the Certificate."""
    with tls_smsc(pki) as smsc:
        certificate(tenant, name, pki.stranger.pem)
        tenant.gateway(name, tls_port_of(smsc), tls={"trustCertificateRef": {"name": name}})
        assert_ill(tenant, name, "TlsVerificationFailed", "trusted authority", "trustCertificateRef", stalled=True)
        certificate(tenant, name, pki.authority.pem)
        assert_heals(tenant, name)


def test_the_systems_trust_store(tenant: Tenant, name: str, pki: Pki) -> None:
    """Without trustCertificateRef a private authority is unknown; naming it heals."""
    with tls_smsc(pki) as smsc:
        tenant.gateway(name, tls_port_of(smsc), tls={})
        assert_ill(tenant, name, "TlsVerificationFailed", "trustCertificateRef", stalled=True)
        certificate(tenant, name, pki.authority.pem)
        change(tenant, name, tls={"trustCertificateRef": {"name": name}})
        assert_heals(tenant, name)


def test_an_expired_certificate_of_the_smsc(tenant: Tenant, name: str, pki: Pki) -> None:
    """A renewed one at the SMSC is found by the rare probe, without a change here."""
    with tls_smsc(pki, issued=pki.expired) as smsc:
        certificate(tenant, name, pki.authority.pem)
        tenant.gateway(name, tls_port_of(smsc), tls={"trustCertificateRef": {"name": name}})
        assert_ill(tenant, name, "TlsVerificationFailed", "has expired", stalled=True)
        renewed = pki.server_context()
        smsc.get(lambda simulator: simulator.set_tls(renewed))
        assert_heals(tenant, name)


def test_a_missing_client_certificate(tenant: Tenant, name: str, pki: Pki) -> None:
    """TLS 1.3 tells it only after the handshake; the field is named, and an identity heals."""
    with tls_smsc(pki, mutual=True) as smsc:
        certificate(tenant, f"{name}-ca", pki.authority.pem)
        tls: Body = {"trustCertificateRef": {"name": f"{name}-ca"}, "minVersion": "1.3"}
        tenant.gateway(name, tls_port_of(smsc), tls=tls)
        assert_ill(tenant, name, "ClientCertificateRequired", "spec.tls.identityCertificateRef", stalled=True)
        identity(tenant, name, pki.client.pem, pki.client.key_pem)
        change(tenant, name, tls={"identityCertificateRef": {"name": name}})
        assert_heals(tenant, name)


def test_a_client_certificate_of_a_stranger(tenant: Tenant, name: str, pki: Pki) -> None:
    """The SMSC does not accept it; the right one in its Secret heals."""
    with tls_smsc(pki, mutual=True) as smsc:
        certificate(tenant, f"{name}-ca", pki.authority.pem)
        identity(tenant, name, pki.foreign_client.pem, pki.foreign_client.key_pem)
        refs = {"trustCertificateRef": {"name": f"{name}-ca"}, "identityCertificateRef": {"name": name}}
        tenant.gateway(name, tls_port_of(smsc), tls=refs)
        assert_ill(tenant, name, "ClientCertificateRequired", "does not accept", stalled=True)
        tenant.secret(name, **{"tls.crt": pki.client.pem, "tls.key": pki.client.key_pem})
        assert_heals(tenant, name)

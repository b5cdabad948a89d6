"""Decisions about certificates, on certificates made here."""

from __future__ import annotations

import base64
from datetime import timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, pkcs12
from cryptography.x509.oid import NameOID

from sms_operator.core.keys import CONFIG_MAP, SECRET, Key
from sms_operator.core.materials import Loaded, Missing
from sms_operator.core.outcome import Want
from support.worlds import NAMESPACE, START, Story, condition_types, told

NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "smsc.example.com")])


@cache
def make_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def make_certificate(begins: int = -1, days: int = 365) -> x509.Certificate:
    builder = x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME).public_key(make_key().public_key())
    builder = builder.serial_number(0xABC).not_valid_before(START + timedelta(days=begins))
    return builder.not_valid_after(START + timedelta(days=days)).sign(make_key(), hashes.SHA256())


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def key_pem(password: bytes | None = None, key: ec.EllipticCurvePrivateKey | None = None) -> bytes:
    lock = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return (key or make_key()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


@pytest.fixture
def story() -> Story:
    return Story()


def from_config_map(story: Story, content: bytes, file_name: str = "smsc.crt") -> Key:
    story.world.put_material(Key(CONFIG_MAP, NAMESPACE, "certs"), Loaded({file_name: content}))
    return story.put("Certificate", "cert", {"configMapKeyRef": {"name": "certs", "key": file_name}})


def identity(story: Story, key: bytes, **spec: object) -> Key:
    story.secret("own", **{"tls.crt": pem(make_certificate()), "tls.key": key})
    return story.put("Certificate", "cert", {"usage": "Identity", "secretKeyRef": {"name": "own"}, **spec})


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
@pytest.mark.parametrize("file_name", ["smsc.cer", "smsc.pem", "smsc.der"])
def test_pem_and_der_under_any_extension(story: Story, encoding: Encoding, file_name: str) -> None:
    """What counts is the content; the status describes the certificate."""
    outcome = story.settle(from_config_map(story, make_certificate().public_bytes(encoding), file_name))
    assert told(outcome)[:2] == ("True", "Valid")
    assert outcome.status is not None
    assert outcome.status["subject"] == "CN=smsc.example.com"
    assert outcome.status["serialNumber"] == "abc"
    assert outcome.status["chainLength"] == 1
    assert outcome.status["notAfter"] == "2027-11-22T12:00:00Z"
    assert len(outcome.status["sha256Fingerprint"]) == 95


def test_inline_certificates(story: Story) -> None:
    """PEM as text, DER as base64."""
    text = pem(make_certificate()).decode()
    assert told(story.settle(story.put("Certificate", "a", {"inline": {"pem": text}})))[1] == "Valid"
    der = base64.b64encode(make_certificate().public_bytes(Encoding.DER)).decode()
    assert told(story.settle(story.put("Certificate", "b", {"inline": {"derBase64": der}})))[1] == "Valid"


@pytest.mark.parametrize(
    ("content", "file_name", "reason", "fragment"),
    [
        (b"hello", "smsc.crt", "ParseFailed", "neither PEM nor DER"),
        (b"", "smsc.crt", "ParseFailed", "it is empty"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "smsc.crt", "ParseFailed", "neither"),
        (key_pem(), "smsc.pem", "ParseFailed", "a private key and no certificate"),
        (b"\xfe\xed\xfe\xed\0\0\0\2", "smsc.crt", "UnsupportedType", "keytool -exportcert"),
        (b"anything", "smsc.jks", "UnsupportedType", "keytool -exportcert"),
        (b"anything", "smsc.p12", "UnsupportedType", "openssl pkcs12"),
        (b"x" * 65537, "smsc.crt", "TooLarge", "at most 65536"),
    ],
)
def test_unusable_files(story: Story, content: bytes, file_name: str, reason: str, fragment: str) -> None:
    """Each has its own reason, names its source and says what to do; all wait for a person."""
    outcome = story.settle(from_config_map(story, content, file_name))
    status, why, message = told(outcome)
    assert (status, why) == ("False", reason)
    assert fragment in message
    assert message.startswith(f'ConfigMap "certs" key "{file_name}"')
    assert "Stalled" in condition_types(outcome)


def test_a_key_store_is_known_by_its_content(story: Story) -> None:
    """PKCS#12 under a certificate's name."""
    store = pkcs12.serialize_key_and_certificates(
        b"x", make_key(), make_certificate(), None, serialization.NoEncryption()
    )
    assert told(story.settle(from_config_map(story, store)))[1] == "UnsupportedType"


def test_the_life_of_a_certificate(story: Story) -> None:
    """Not yet valid, valid, expiring soon, expired: each at its moment, and the next moment is announced."""
    key = from_config_map(story, pem(make_certificate(begins=1, days=41)))
    outcome = story.settle(key)
    assert told(outcome)[1] == "NotYetValid"
    for reason, expiring in (("Valid", False), ("Valid", True), ("Expired", False)):
        assert outcome.again_in is not None
        story.wait(outcome.again_in)
        outcome = story.settle(key)
        assert told(outcome)[1] == reason
        assert ("ExpiringSoon" in condition_types(outcome)) is expiring


def test_missing_sources(story: Story) -> None:
    """The message names the object or the key that is not there, and it is no reason to stall."""
    key = story.put("Certificate", "cert", {"configMapKeyRef": {"name": "certs", "key": "ca.pem"}})
    assert story.decide(key).status is None
    story.world.put_material(Key(CONFIG_MAP, NAMESPACE, "certs"), Missing())
    outcome = story.settle(key)
    assert told(outcome)[1:] == ("SourceNotFound", 'ConfigMap "certs" not found')
    assert "Stalled" not in condition_types(outcome)
    story.world.put_material(Key(CONFIG_MAP, NAMESPACE, "certs"), Loaded({"other": b""}))
    assert told(story.settle(key))[2] == 'ConfigMap "certs" has no key "ca.pem" (it has: other)'


def test_identity_from_a_tls_secret(story: Story) -> None:
    """A kubernetes.io/tls Secret needs just its name."""
    assert told(story.settle(identity(story, key_pem())))[1] == "Valid"


def test_an_encrypted_key_needs_its_password(story: Story) -> None:
    """Without, with a wrong and with the right password."""
    locked = key_pem(b"open sesame")
    status, reason, message = told(story.settle(identity(story, locked)))
    assert (status, reason) == ("False", "ParseFailed")
    assert "passwordSecretRef" in message
    ref = {"passwordSecretRef": {"name": "lock", "key": "password"}}
    story.secret("lock", password=b"wrong")
    assert told(story.settle(identity(story, locked, **ref)))[1] == "ParseFailed"
    story.secret("lock", password=b"open sesame\n")
    assert told(story.settle(identity(story, locked, **ref)))[1] == "Valid"


def test_a_key_of_another_certificate(story: Story) -> None:
    """Said before any SMSC would say it, in worse words."""
    stranger = key_pem(key=ec.generate_private_key(ec.SECP256R1()))
    status, reason, message = told(story.settle(identity(story, stranger)))
    assert (status, reason) == ("False", "KeyMismatch")
    assert "belongs to another certificate" in message


def test_a_gateway_uses_them(story: Story) -> None:
    """Trust and identity travel in the link; a certificate that is not ready is named with its reason."""
    from_config_map(story, pem(make_certificate()))
    story.secret("own", **{"tls.crt": pem(make_certificate()), "tls.key": key_pem()})
    story.put("Certificate", "ident", {"usage": "Identity", "secretKeyRef": {"name": "own"}})
    tls = {"trustCertificateRef": {"name": "cert"}, "identityCertificateRef": {"name": "ident"}}
    key = story.gateway(tls=tls)
    story.settle(key)
    link = story.world.wishes[key].link
    assert link.tls is not None
    assert link.tls.trust_pem == pem(make_certificate()).decode() or "BEGIN CERTIFICATE" in (link.tls.trust_pem or "")
    assert "PRIVATE KEY" in (link.tls.identity_key_pem or "")
    assert "PRIVATE KEY" not in repr(link)
    from_config_map(story, b"broken")
    outcome = story.settle(key)
    assert told(outcome, "ResolvedRefs")[1] == "CertificateNotReady" if outcome.status else True
    story.gateway(
        "swapped",
        tls={"trustCertificateRef": {"name": "ident"}},
        login={"systemId": "x", "passwordSecretRef": {"name": "login"}},
    )
    swapped = story.settle(Key("SmppGateway", NAMESPACE, "swapped"))
    assert "has usage Identity; spec.tls.trustCertificateRef needs Trust" in told(swapped)[2]
    assert Key(SECRET, NAMESPACE, "own") in story.world.materials_behind(key)


def test_a_gateway_follows_the_dates_of_its_certificate(story: Story) -> None:
    """Nothing but the clock makes a certificate valid; no event would wake the gateway that waits for it."""
    content = Loaded({"ca.crt": pem(make_certificate(begins=1))})
    story.world.put_material(Key(CONFIG_MAP, NAMESPACE, "certs"), content)
    story.put("Certificate", "ca", {"configMapKeyRef": {"name": "certs", "key": "ca.crt"}})
    key = story.gateway(tls={"trustCertificateRef": {"name": "ca"}})
    outcome = story.settle(key)
    assert told(outcome, "ResolvedRefs")[1] == "CertificateNotReady"
    assert outcome.again_in is not None
    story.wait(outcome.again_in)
    assert isinstance(story.settle(key).link, Want)

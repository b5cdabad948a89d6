"""Certificates with any fault one likes, and the verdict of OpenSSL on them in a real handshake."""

from __future__ import annotations

import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sms_operator.dev.smsc.authority import DAY, Issued, alternative
from sms_operator.links.tls import client_context
from sms_operator.probe.overheard import Overheard, listen
from sms_operator.protocol.messages import TlsOptions

SERVER: Final = ExtendedKeyUsageOID.SERVER_AUTH
CLIENT: Final = ExtendedKeyUsageOID.CLIENT_AUTH
KeyPair = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@cache
def key(number: int) -> ec.EllipticCurvePrivateKey:
    """One of some keys, made once a run."""
    assert number >= 0
    return ec.generate_private_key(ec.SECP256R1())


@cache
def weak_key() -> rsa.RSAPrivateKey:
    """RSA with 1024 bits, which nobody should use any more."""
    return rsa.generate_private_key(65537, 1024)


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    """RSA with 2048 bits."""
    return rsa.generate_private_key(65537, 2048)


def key_usage(*, certificates: bool = False, signatures: bool = False, crls: bool = False) -> x509.KeyUsage:
    """A key usage of these; `crls` alone is one that serves neither servers nor authorities."""
    return x509.KeyUsage(
        digital_signature=signatures,
        key_cert_sign=certificates,
        crl_sign=crls,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass(frozen=True)
class Wanted:
    """What a certificate shall be; every default is good."""

    name: str
    key: KeyPair = field(default_factory=lambda: key(0))
    organization: str = ""
    alternatives: Sequence[str] = ()
    starts: timedelta = -DAY
    ends: timedelta = 365 * DAY
    authority: bool | None = False
    """None: no basicConstraints."""
    path_length: int | None = None
    usage: x509.KeyUsage | None = None
    uses: Sequence[x509.ObjectIdentifier] = ()
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = ()
    identifiers: bool = True
    """Whether it has subjectKeyIdentifier and authorityKeyIdentifier."""
    weakly_signed: bool = False
    """With SHA-1; the signer's key has to be RSA."""


def forge(wanted: Wanted, issuer: Issued | None = None, signer: KeyPair | None = None) -> Issued:
    """Make it, signed by the issuer (none: by itself), or by another key in the issuer's name."""
    now = datetime.now(UTC)
    signing = signer or (issuer.key if issuer else wanted.key)
    subject = _name(wanted)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(wanted.key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + wanted.starts)
        .not_valid_after(now + wanted.ends)
    )
    for extension, critical in _extensions(wanted, issuer):
        builder = builder.add_extension(extension, critical)
    made = builder.sign(signing, hashes.SHA256())
    return Issued(_with_sha1(made, signing) if wanted.weakly_signed else made, wanted.key)


def _with_sha1(made: x509.Certificate, signing: KeyPair) -> x509.Certificate:
    """The same, signed as `cryptography` does not sign any more: both names of the algorithm have the same length."""
    assert isinstance(signing, rsa.RSAPrivateKey)
    strong, weak = bytes.fromhex("06092a864886f70d01010b"), bytes.fromhex("06092a864886f70d010105")
    body = made.tbs_certificate_bytes.replace(strong, weak)
    signature = signing.sign(body, padding.PKCS1v15(), hashes.SHA1())
    whole = made.public_bytes(Encoding.DER).replace(made.tbs_certificate_bytes, body).replace(strong, weak)
    return x509.load_der_x509_certificate(whole.replace(made.signature, signature))


def _name(wanted: Wanted) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, wanted.name)] if wanted.name else []
    if wanted.organization:
        parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, wanted.organization))
    return x509.Name(parts)


def _extensions(wanted: Wanted, issuer: Issued | None) -> list[tuple[x509.ExtensionType, bool]]:
    found: list[tuple[x509.ExtensionType, bool]] = list(wanted.extensions)
    if wanted.authority is not None:
        found.append((x509.BasicConstraints(wanted.authority, wanted.path_length if wanted.authority else None), True))
    if wanted.usage is not None:
        found.append((wanted.usage, True))
    if wanted.uses:
        found.append((x509.ExtendedKeyUsage(wanted.uses), False))
    if wanted.alternatives:
        found.append((x509.SubjectAlternativeName([alternative(name) for name in wanted.alternatives]), False))
    if wanted.identifiers:
        parent = (issuer.key if issuer else wanted.key).public_key()
        found.append((x509.SubjectKeyIdentifier.from_public_key(wanted.key.public_key()), False))
        found.append((x509.AuthorityKeyIdentifier.from_issuer_public_key(parent), False))
    return found


def server_context(chain: Sequence[Issued], *, mutual: bool = False) -> ssl.SSLContext:
    """A server that shows these certificates, however weak they are."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    descriptor = os.memfd_create("server", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, (chain[0].key_pem + "".join(one.pem for one in chain)).encode())
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
    if mutual:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=chain[-1].pem)
    return context


@dataclass(frozen=True)
class Verdict:
    """What became of a handshake."""

    error: ssl.SSLError | None
    heard: Overheard
    shown: tuple[bytes, ...]
    """The chain as `ssl` itself shows it, after a good handshake."""

    @property
    def refused(self) -> bool:
        """Whether the client refused the server's certificate."""
        return isinstance(self.error, ssl.SSLCertVerificationError)


def shake_hands(server: ssl.SSLContext, host: str, trust_pem: str) -> Verdict:
    """A handshake in memory, the client with the very context of a link."""
    context = client_context(TlsOptions(trust_pem=trust_pem))
    heard = listen(context)
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(to_client, to_server, server_hostname=host)
    peer = server.wrap_bio(to_server, to_client, server_side=True)
    done: set[bool] = set()
    for _ in range(6):
        for side in (client, peer):
            try:
                side.do_handshake()
                done.add(side is client)
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError as error:
                if side is client:
                    return Verdict(error, heard, ())
    assert True in done, "the client neither finished the handshake nor refused it"
    hidden: Any = client
    chain = [bytes(ssl.PEM_cert_to_DER_cert(one.public_bytes())) for one in hidden._sslobj.get_unverified_chain()]
    return Verdict(None, heard, tuple(chain))

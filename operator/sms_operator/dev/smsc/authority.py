"""A throw-away certificate authority: what a simulator with TLS needs, and what tests of certificates play with.

Keys are P-256, made in a millisecond, and never meant to protect anything.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY: Final = timedelta(days=1)
LOCAL: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate, those between it and the root, and its key."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey | RSAPrivateKey = field(repr=False)
    intermediates: tuple[x509.Certificate, ...] = ()

    @property
    def pem(self) -> str:
        """The chain as PEM, leaf first, without the root."""
        return "".join(one.public_bytes(Encoding.PEM).decode() for one in (self.certificate, *self.intermediates))

    @property
    def der(self) -> bytes:
        """The leaf alone, as DER."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def key_pem(self) -> str:
        """The private key, PKCS#8 PEM, not encrypted."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def encrypted_key_pem(self, password: str) -> str:
        """The private key, PKCS#8 PEM, encrypted with this password."""
        encryption = BestAvailableEncryption(password.encode())
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()

    def write(self, directory: Path, name: str) -> tuple[Path, Path]:
        """Writes `name.pem` and `name.key` (mode 0600) into the directory and returns their paths."""
        directory.mkdir(parents=True, exist_ok=True)
        certificate, key = directory / f"{name}.pem", directory / f"{name}.key"
        certificate.write_text(self.pem)
        key.touch(mode=0o600)
        key.write_text(self.key_pem)
        return certificate, key


class Authority:
    """A certificate authority: a root, or an intermediate below another authority."""

    def __init__(self, name: str = "Simulator CA", *, parent: Authority | None = None) -> None:
        self._key = generate_private_key(SECP256R1())
        self._parent = parent
        issuer, signer = (parent.certificate.subject, parent._key) if parent else (_name(name), self._key)
        builder = _builder(name, self._key, issuer, signer, -DAY, 3650 * DAY)
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.certificate = builder.add_extension(usage, critical=True).sign(signer, hashes.SHA256())

    @property
    def pem(self) -> str:
        """The authority's own certificate: what a client trusts."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def server(
        self,
        names: Sequence[str] = LOCAL,
        *,
        starts: timedelta = -DAY,
        ends: timedelta = 365 * DAY,
    ) -> Issued:
        """A server's certificate for these DNS names and addresses, valid from `starts` to `ends` after now."""
        return self._issue(names[0], names, ExtendedKeyUsageOID.SERVER_AUTH, starts, ends)

    def client(self, name: str = "esme", *, starts: timedelta = -DAY, ends: timedelta = 365 * DAY) -> Issued:
        """A client's certificate, for mutual TLS."""
        return self._issue(name, (), ExtendedKeyUsageOID.CLIENT_AUTH, starts, ends)

    def _issue(
        self, common_name: str, names: Sequence[str], use: x509.ObjectIdentifier, starts: timedelta, ends: timedelta
    ) -> Issued:
        key = generate_private_key(SECP256R1())
        builder = _builder(common_name, key, self.certificate.subject, self._key, starts, ends)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([alternative(name) for name in names]), critical=False
            )
        return Issued(builder.sign(self._key, hashes.SHA256()), key, self._chain())

    def _chain(self) -> tuple[x509.Certificate, ...]:
        return (self.certificate, *self._parent._chain()) if self._parent else ()


def _builder(
    common_name: str,
    key: EllipticCurvePrivateKey,
    issuer: x509.Name,
    signer: EllipticCurvePrivateKey,
    starts: timedelta,
    ends: timedelta,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(common_name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + starts)
        .not_valid_after(now + ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def alternative(name: str) -> x509.GeneralName:
    """A host as it stands in a subjectAltName: an address, else a DNS name."""
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)

"""Certificates from bytes that somebody uploaded: PEM or DER, whatever the file was called.

Pure parsing with `cryptography`; what a finding means for a Certificate object is decided in `core/certificate.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final

from cryptography import x509
from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

MAX_OCTETS: Final = 64 * 1024
"""Octets a certificate source may have."""
MAX_CHAIN: Final = 64
"""Certificates a source may hold: more is no chain."""

MAX_NAME: Final = 512
"""Characters of a subject or issuer that are shown."""
UNREADABLE: Final = (ValueError, TypeError, UnsupportedAlgorithm, InternalError, x509.InvalidVersion)
"""What `cryptography` raises about content."""
JKS_MAGIC: Final = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")
STORE_SUFFIXES: Final = (".jks", ".p12", ".pfx", ".keystore")


class X509Error(ValueError):
    """The bytes are not what they should be; the text says what they are and what to do."""


class UnsupportedStore(X509Error):
    """A key store (JKS, PKCS#12) where a certificate is expected."""


class TooLarge(X509Error):
    """More than MAX_OCTETS, or more than MAX_CHAIN certificates."""


class WrongKey(X509Error):
    """The private key belongs to another certificate."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Certificates in the order of the source, and what is shown of the first."""

    pem: str
    subject: str
    issuer: str
    serial_number: str
    not_before: datetime
    not_after: datetime
    sha256_fingerprint: str
    length: int
    public_key: bytes
    """SubjectPublicKeyInfo of the first certificate, DER."""


@lru_cache(maxsize=256)
def parse_chain(content: bytes, file_name: str) -> Chain:
    """The certificates in an uploaded file.

    Args:
        content: PEM with one or more certificates (text around them is ignored), or one DER certificate.
        file_name: as uploaded or as the key of a ConfigMap or Secret; its extension can only rule a file out.

    Raises:
        UnsupportedStore: a Java or PKCS#12 key store.
        TooLarge: see the class.
        X509Error: empty, or nothing that can be read as a certificate.
    """
    if len(content) > MAX_OCTETS:
        raise TooLarge(f"{len(content)} octets; at most {MAX_OCTETS} are allowed")
    _refuse_stores(content, file_name)
    if not content.strip():
        raise X509Error("it is empty")
    certificates = _certificates(content)
    if len(certificates) > MAX_CHAIN:
        raise TooLarge(f"{len(certificates)} certificates; at most {MAX_CHAIN} are allowed")
    first = certificates[0]
    try:
        public_key = first.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return Chain(
            pem="".join(certificate.public_bytes(Encoding.PEM).decode() for certificate in certificates),
            subject=_shown(first.subject),
            issuer=_shown(first.issuer),
            serial_number=f"{first.serial_number:x}",
            not_before=first.not_valid_before_utc,
            not_after=first.not_valid_after_utc,
            sha256_fingerprint=first.fingerprint(hashes.SHA256()).hex(":").upper(),
            length=len(certificates),
            public_key=public_key,
        )
    except UNREADABLE:
        raise X509Error("a certificate in it has a field or a key type that cannot be read") from None


def _shown(name: x509.Name) -> str:
    """Whoever made the certificate chose the characters: what is not visible is escaped (RFC 4514, section 2.4)."""
    text = name.rfc4514_string()[:MAX_NAME]
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else _escaped(one) for one in text)[:MAX_NAME]


def _escaped(character: str) -> str:
    return "".join(f"\\{octet:02X}" for octet in character.encode())


def _refuse_stores(content: bytes, file_name: str) -> None:
    suffix = PurePosixPath(file_name).suffix.lower()
    if content[:4] in JKS_MAGIC or suffix in (".jks", ".keystore"):
        raise UnsupportedStore(
            "it is a Java key store; export the certificate with "
            "`keytool -exportcert -rfc -keystore FILE -alias ALIAS -file smsc.pem`"
        )
    if suffix in STORE_SUFFIXES or (content[:1] == b"\x30" and b"\x02\x01\x03" in content[2:8]):
        raise UnsupportedStore(
            "it is a PKCS#12 key store; extract the certificate with `openssl pkcs12 -in FILE -nokeys -out smsc.pem`"
        )


def _certificates(content: bytes) -> list[x509.Certificate]:
    try:
        if b"-----BEGIN" in content:
            return x509.load_pem_x509_certificates(content)
        return [x509.load_der_x509_certificate(content)]
    except UNREADABLE:
        pass
    if b"PRIVATE KEY-----" in content and b"BEGIN CERTIFICATE-----" not in content:
        raise X509Error("it holds a private key and no certificate")
    raise X509Error("it is neither PEM nor DER of an X.509 certificate")

"""A certificate as a server showed it: what people read of it, and what the rules of a chain need to know. Pure."""

from __future__ import annotations

import ipaddress
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import NameOID

from sms_operator.core.x509 import UNREADABLE, parse_chain

Found = TypeVar("Found", bound=x509.ExtensionType)

BROKEN: Final = (*UNREADABLE, x509.DuplicateExtension, OverflowError)
"""What `cryptography` raises about the parts of a certificate that it reads only when they are asked for."""
SHOWN_NAMES: Final = 10
"""Names of a certificate that are shown."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One certificate. Made by `read`; everything in it can be printed."""

    der: bytes = field(repr=False)
    pem: str = field(repr=False)
    subject: str
    """RFC 4514; what is not printable is escaped."""
    issuer: str
    serial_number: str
    not_before: datetime
    not_after: datetime
    sha256: str
    """Fingerprint of the DER, hexadecimal in pairs with colons."""
    dns_names: tuple[str, ...]
    """dNSName of the subjectAltName."""
    addresses: tuple[str, ...]
    """iPAddress of the subjectAltName."""
    common_names: tuple[str, ...]
    key: str
    """Type and size of the public key, such as `RSA 2048`."""
    strength: int
    """Of the public key, in bits as of NIST SP 800-57 (part 1, table 2)."""
    digest: str
    """Hash of its signature, such as `SHA256`; empty where it has none, or none that is known."""
    parsed: x509.Certificate = field(repr=False, compare=False)

    @property
    def self_issued(self) -> bool:
        """Whether subject and issuer are the same name."""
        return self.parsed.subject == self.parsed.issuer

    @property
    def self_signed(self) -> bool:
        """Whether it is signed with its own key: a root, or a certificate that nobody vouches for."""
        own, signer = key_identifier(self), authority_identifier(self)
        return self.self_issued and (own is None or signer is None or own == signer)

    @property
    def names(self) -> tuple[str, ...]:
        """Everything it may be addressed by: names and addresses, else common names."""
        return (*self.dns_names, *self.addresses) or self.common_names

    def extension(self, kind: type[Found]) -> Found | None:
        """An extension's value; None when it has none. Raises none of BROKEN: `read` tried all of them."""
        try:
            return self.parsed.extensions.get_extension_for_class(kind).value
        except x509.ExtensionNotFound:
            return None


def read(der: bytes) -> Shown | None:
    """A certificate out of its DER; None when it, or an extension of it, cannot be read here (OpenSSL may)."""
    with warnings.catch_warnings():
        # Of what RFC 5280 forbids and OpenSSL takes, such as the serial number 0, people need no warning.
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        return _read(der)


def _read(der: bytes) -> Shown | None:
    try:
        parsed = x509.load_der_x509_certificate(der)
        chain = parse_chain(parsed.public_bytes(Encoding.PEM), "")
        alternatives = [one.value for one in parsed.extensions if isinstance(one.value, x509.SubjectAlternativeName)]
        general = [name for value in alternatives for name in value]
        key, strength = _key(parsed)
        return Shown(
            der=der,
            pem=chain.pem,
            subject=chain.subject or "(no subject)",
            issuer=chain.issuer or "(no issuer)",
            serial_number=chain.serial_number,
            not_before=chain.not_before,
            not_after=chain.not_after,
            sha256=chain.sha256_fingerprint,
            dns_names=tuple(printable(name.value) for name in general if isinstance(name, x509.DNSName)),
            addresses=tuple(str(name.value) for name in general if isinstance(name, x509.IPAddress)),
            common_names=tuple(
                printable(str(one.value)) for one in parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
            ),
            key=key,
            strength=strength,
            digest=_digest(parsed),
            parsed=parsed,
        )
    except BROKEN:
        return None


def read_pem(pem: str) -> list[Shown]:
    """The readable certificates of a PEM text, in order."""
    try:
        parsed = x509.load_pem_x509_certificates(pem.encode())
    except BROKEN:
        return []
    found = (read(one.public_bytes(Encoding.DER)) for one in parsed)
    return [one for one in found if one is not None]


def name_list(names: Sequence[str]) -> str:
    """Names for a sentence, not more than ten of them."""
    rest = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    return ", ".join(names[:SHOWN_NAMES]) + rest if names else "none"


def key_identifier(one: Shown) -> bytes | None:
    """subjectKeyIdentifier (RFC 5280, section 4.2.1.2)."""
    value = one.extension(x509.SubjectKeyIdentifier)
    return None if value is None else value.digest


def authority_identifier(one: Shown) -> bytes | None:
    """keyIdentifier of the authorityKeyIdentifier (RFC 5280, section 4.2.1.1)."""
    value = one.extension(x509.AuthorityKeyIdentifier)
    return None if value is None else value.key_identifier


def is_address(text: str) -> bool:
    """Whether a host is an IPv4 or IPv6 address rather than a name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def unique(certificates: Iterable[Shown]) -> list[Shown]:
    """Each certificate once, in order."""
    return list({one.der: one for one in certificates}.values())


def _key(parsed: x509.Certificate) -> tuple[str, int]:
    match parsed.public_key():
        case rsa.RSAPublicKey() as key:
            return f"RSA {key.key_size}", _modular(key.key_size)
        case dsa.DSAPublicKey() as key:
            return f"DSA {key.key_size}", _modular(key.key_size)
        case ec.EllipticCurvePublicKey() as key:
            return f"EC {key.curve.name}", key.key_size // 2
        case key:
            return type(key).__name__.strip("_").removesuffix("PublicKey"), 128


def _digest(parsed: x509.Certificate) -> str:
    try:
        algorithm = parsed.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return ""
    return "" if algorithm is None else algorithm.name.upper()


def _modular(size: int) -> int:
    steps = ((15360, 256), (7680, 192), (3072, 128), (2048, 112), (1024, 80))
    return next((bits for least, bits in steps if size >= least), 0)


def printable(text: str, most: int = 253) -> str:
    """A name out of a certificate, at most so many characters of it; a DNS name has 253."""
    return "".join(one if one.isprintable() else "?" for one in text)[:most]

"""A private key that somebody uploaded, opened at a bounded cost.

Whoever may write a Secret chooses how much work its key asks for: rounds of password hashing, the size of its numbers,
primes to be proved. So what would cost too much is refused before it is done, and nothing is proved that only the
owner would suffer from: numbers that are no RSA key fail in the owner's handshake, not here.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_pem_private_key,
)

from . import der, pbes2
from .x509 import MAX_OCTETS, UNREADABLE, Chain, TooLarge, WrongKey, X509Error

MAX_KEY: Final = 16 * 1024
"""Octets of a key's PEM; one of RSA with 8192 bits has 6,500."""
MAX_RSA_BITS: Final = 8192
MAX_RSA_EXPONENT: Final = 2**33
"""Everybody's is 65537; a large one makes each use of the public key slow."""

_BEGIN: Final = re.compile(rb"-----BEGIN ((?:[A-Z0-9]+ ){0,2}PRIVATE KEY)-----")
_TRADITIONAL: Final = (b"RSA PRIVATE KEY", b"EC PRIVATE KEY")
_ALGORITHMS: Final = frozenset(
    {"1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.10045.2.1", "1.3.101.112", "1.3.101.113"}
)
"""RSA (and with PSS only), elliptic curves, Ed25519 and Ed448: what TLS takes."""


@dataclass(frozen=True, slots=True)
class _Opened:
    pem: str = field(repr=False)
    public_key: bytes
    """SubjectPublicKeyInfo, DER."""


def open_key(content: bytes, password: bytes | None, chain: Chain) -> str:
    """The private key of a chain's first certificate, decrypted, as PKCS#8 PEM.

    Args:
        content: PEM: PKCS#8 (RFC 5958), or OpenSSL's traditional form of RSA and EC keys. The first key counts.
        password: for an encrypted key; not looked at where the key is not.
        chain: the certificates that the key has to belong to.

    Raises:
        WrongKey: the key of another certificate.
        TooLarge: more octets, a larger RSA key or more password hashing than is done here.
        X509Error: not a PEM key, or encrypted without (or with another) password.
    """
    if len(content) > MAX_OCTETS:
        raise TooLarge(f"{len(content)} octets; at most {MAX_OCTETS} are allowed")
    opened = _remembered(content, password)
    if isinstance(opened, X509Error):
        raise type(opened)(str(opened))
    if opened.public_key != chain.public_key:
        raise WrongKey("the private key belongs to another certificate")
    return opened.pem


@lru_cache(maxsize=128)
def _remembered(content: bytes, password: bytes | None) -> _Opened | X509Error:
    """Failures too: every channel of a gateway asks, and hashing a password is slow on purpose."""
    try:
        return _open(content, password)
    except X509Error as error:
        return error.with_traceback(None)


def _open(content: bytes, password: bytes | None) -> _Opened:
    label, block = _block(content)
    if label == b"ENCRYPTED PRIVATE KEY":
        pbes2.check_cost(octets := _octets(block))
        key = _load(octets, _given(password))
    elif label == b"PRIVATE KEY":
        key = _plain(_octets(block))
    elif label in _TRADITIONAL:
        key = _traditional(block, password)
    else:
        raise X509Error(f'the private key is of a kind that is not supported ("{label.decode()}"); use PKCS#8')
    return _checked(key)


def _block(content: bytes) -> tuple[bytes, bytes]:
    begin = _BEGIN.search(content)
    if begin is None:
        raise X509Error("the private key is not PEM")
    mark = b"-----END " + begin[1] + b"-----"
    end = content.find(mark, begin.end())
    if end < 0:
        raise X509Error("the private key is not PEM")
    block = content[begin.start() : end + len(mark)]
    if len(block) > MAX_KEY:
        raise TooLarge(f"the private key has {len(block)} octets; at most {MAX_KEY} are allowed")
    return begin[1], block


def _octets(block: bytes) -> bytes:
    body = block.split(b"-----")[2]
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        raise X509Error("the private key is not PEM") from None


def _given(password: bytes | None) -> bytes:
    if password is None:
        raise X509Error("the private key is encrypted; name its password in passwordSecretRef")
    return password


def _plain(octets: bytes) -> PrivateKeyTypes:
    try:
        fields = der.Reader(der.Reader(octets).sequence())
        fields.integer()
        algorithm = der.Reader(fields.sequence()).oid()
    except der.DerError:
        raise _unreadable(None) from None
    if algorithm not in _ALGORITHMS:
        raise X509Error(f"the private key is of a kind that is not supported ({algorithm}); use RSA or an EC key")
    return _load(octets, None)


def _load(octets: bytes, password: bytes | None) -> PrivateKeyTypes:
    try:
        return load_der_private_key(octets, password, unsafe_skip_rsa_key_validation=True)
    except UNREADABLE:
        raise _unreadable(password) from None


def _traditional(block: bytes, password: bytes | None) -> PrivateKeyTypes:
    """Its encryption hashes the password once, whatever the file says."""
    word = _given(password) if b"ENCRYPTED" in block else None
    try:
        return load_pem_private_key(block, word, unsafe_skip_rsa_key_validation=True)
    except UNREADABLE:
        raise _unreadable(word) from None


def _checked(key: PrivateKeyTypes) -> _Opened:
    if isinstance(key, RSAPrivateKey):
        _check_rsa(key)
    elif not isinstance(key, EllipticCurvePrivateKey | Ed25519PrivateKey | Ed448PrivateKey):
        raise X509Error("the private key is of a kind that is not supported; use RSA or an EC key")
    try:
        public_key = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return _Opened(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(), public_key)
    except UNREADABLE:
        raise _unreadable(None) from None


def _check_rsa(key: RSAPrivateKey) -> None:
    """That its numbers belong together, without a proof that two of them are prime: that takes four seconds at 8192
    bits, and for ever with numbers made for it."""
    if key.key_size > MAX_RSA_BITS:
        raise TooLarge(f"the private key has {key.key_size} bits; at most {MAX_RSA_BITS} are allowed")
    numbers = key.private_numbers()
    n, e = numbers.public_numbers.n, numbers.public_numbers.e
    p, q, d = numbers.p, numbers.q, numbers.d
    if not (
        p > 1
        and q > 1
        and p * q == n
        and 1 < e < MAX_RSA_EXPONENT
        and d < n
        and d * e % (p - 1) == 1
        and d * e % (q - 1) == 1
        and numbers.dmp1 == d % (p - 1)
        and numbers.dmq1 == d % (q - 1)
        and numbers.iqmp * q % p == 1
        and numbers.iqmp < p
    ):
        raise X509Error("the private key's numbers do not belong together")


def _unreadable(password: bytes | None) -> X509Error:
    known = "is not PEM, or its password (passwordSecretRef) is wrong"
    what = "is not PEM that can be read" if password is None else known
    return X509Error(f"the private key {what}")

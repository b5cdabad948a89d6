"""What it costs to open a PKCS#8 key that is encrypted with a password, read before anybody pays it.

PBES2: RFC 8018, section 6.2; scrypt: RFC 7914, section 7. `cryptography` does as much hashing as the file asks for.
"""

from __future__ import annotations

from typing import Final

from .der import DerError, Reader
from .x509 import TooLarge, X509Error

MAX_ROUNDS: Final = 1_000_000
"""Of PBKDF2: 0.4 s. OpenSSL takes 2,048, careful people 600,000."""
MAX_SCRYPT: Final = 2**19
"""scrypt's N × r × p: 64 MiB and 0.3 s. OpenSSL takes a quarter of it."""
MAX_SALT: Final = 1024

_PBES2: Final = "1.2.840.113549.1.5.13"
_PBKDF2: Final = "1.2.840.113549.1.5.12"
_SCRYPT: Final = "1.3.6.1.4.1.11591.4.11"


def check_cost(octets: bytes) -> None:
    """See that an EncryptedPrivateKeyInfo asks for a bounded amount of hashing.

    Raises:
        TooLarge: it asks for more than MAX_ROUNDS or MAX_SCRYPT.
        X509Error: another encryption than PBES2, or no such thing at all.
    """
    try:
        algorithm = Reader(Reader(Reader(octets).sequence()).sequence())
        if algorithm.oid() != _PBES2:
            raise _unknown()
        function = Reader(Reader(algorithm.sequence()).sequence())
        kind, fields = function.oid(), Reader(function.sequence())
        if len(fields.octet_string()) > MAX_SALT:
            raise _unknown()
        if kind == _PBKDF2:
            _check_rounds(fields.integer())
        elif kind == _SCRYPT:
            _check_scrypt(fields.integer(), fields.integer(), fields.integer())
        else:
            raise _unknown()
    except DerError:
        raise X509Error("the private key is not PEM that can be read") from None


def _check_rounds(rounds: int) -> None:
    if rounds < 1:
        raise _unknown()
    if rounds > MAX_ROUNDS:
        raise TooLarge(f"the private key's password is to be hashed more than {MAX_ROUNDS:,} times")


def _check_scrypt(n: int, r: int, p: int) -> None:
    if min(n, r, p) < 1:
        raise _unknown()
    if n * r * p > MAX_SCRYPT:
        raise TooLarge(f"the private key's password is to be hashed by scrypt with N × r × p above {MAX_SCRYPT:,}")


def _unknown() -> X509Error:
    return X509Error(
        "the private key is encrypted in a way that is not supported; "
        "encrypt it anew with `openssl pkcs8 -topk8 -in FILE -out NEW`"
    )

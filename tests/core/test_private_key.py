"""Private keys in every form that people have them in, and what is refused of them."""

from __future__ import annotations

import base64
import contextlib
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.core.private_key import open_key
from sms_operator.core.x509 import Chain, TooLarge, WrongKey, X509Error, parse_chain
from support.worlds import START

TlsKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "esme.example.com")])
WORD = b"open sesame"
OPENSSL = shutil.which("openssl") or ""


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


KEYS = {
    "RSA": rsa_key,
    "P-256": ec_key,
    "P-521": cache(lambda: ec.generate_private_key(ec.SECP521R1())),
    "Ed25519": cache(ed25519.Ed25519PrivateKey.generate),
    "Ed448": cache(ed448.Ed448PrivateKey.generate),
}


def chain_of(key: TlsKey) -> Chain:
    """A certificate of this key."""
    signs = None if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey) else hashes.SHA256()
    builder = x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME).public_key(key.public_key())
    certificate = builder.serial_number(1).not_valid_before(START).not_valid_after(START).sign(key, signs)
    return parse_chain(certificate.public_bytes(Encoding.PEM), "")


def plain(key: TlsKey) -> str:
    """PKCS#8 PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def opens(key: TlsKey, content: bytes, password: bytes | None) -> bool:
    """Whether the content opens as that key."""
    return open_key(content, password, chain_of(key)) == plain(key)


@pytest.mark.parametrize("kind", KEYS)
def test_every_kind_plain_and_encrypted(kind: str) -> None:
    """What TLS takes; a password that is not needed does not matter; another key's certificate does."""
    key = KEYS[kind]()
    assert opens(key, plain(key).encode(), None)
    assert opens(key, b"Bag Attributes\r\n  friendlyName: x\r\n" + plain(key).encode().replace(b"\n", b"\r\n"), WORD)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(WORD))
    assert opens(key, locked, WORD)
    with pytest.raises(X509Error, match="name its password in passwordSecretRef"):
        opens(key, locked, None)
    with pytest.raises(WrongKey):
        open_key(locked, WORD, chain_of(ec.generate_private_key(ec.SECP256R1())))


@pytest.mark.parametrize("kind", ["RSA", "P-256"])
@pytest.mark.parametrize("lock", [NoEncryption(), BestAvailableEncryption(WORD)])
def test_the_traditional_form(kind: str, lock: KeySerializationEncryption) -> None:
    """As older programs write it."""
    key = KEYS[kind]()
    content = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, lock)
    assert opens(key, content, WORD)
    if isinstance(lock, BestAvailableEncryption):
        with pytest.raises(X509Error, match="is encrypted"):
            opens(key, content, None)
        with pytest.raises(X509Error, match="its password"):
            opens(key, content, b"other")


@pytest.mark.skipif(not OPENSSL, reason="needs the openssl program")
@pytest.mark.parametrize(
    "way",
    [
        "-v2 aes-128-cbc -v2prf hmacWithSHA1",
        "-v2 aes-192-cbc -v2prf hmacWithSHA384",
        "-v2 aes-256-cbc -v2prf hmacWithSHA512 -iter 100000",
        "-v2 aes-256-cbc -v2prf hmacWithSHA224",
        "-v2 des3",
        "-scrypt",
    ],
)
def test_as_openssl_encrypts(way: str, tmp_path: Path) -> None:
    """Its hashes and ciphers, written by the program itself."""
    source = tmp_path / "plain.pem"
    source.write_text(plain(ec_key()))
    command = [OPENSSL, "pkcs8", "-topk8", "-in", source, "-passout", f"pass:{WORD.decode()}", *way.split()]
    content = subprocess.run(command, check=True, capture_output=True).stdout
    assert opens(ec_key(), content, WORD)
    with pytest.raises(X509Error, match="its password"):
        opens(ec_key(), content, WORD + b"!")


@pytest.mark.skipif(not OPENSSL, reason="needs the openssl program")
def test_an_outdated_encryption_says_what_to_do(tmp_path: Path) -> None:
    """PBES1 is broken; the way out is in the message."""
    source = tmp_path / "plain.pem"
    source.write_text(plain(ec_key()))
    command = [OPENSSL, "pkcs8", "-topk8", "-in", source, "-passout", "pass:x", "-v1", "PBE-SHA1-3DES"]
    content = subprocess.run(command, check=True, capture_output=True).stdout
    with pytest.raises(X509Error, match="openssl pkcs8 -topk8"):
        opens(ec_key(), content, b"x")


def test_kinds_that_tls_does_not_take() -> None:
    """DSA and OpenSSH's own form, by name."""
    old = dsa.generate_private_key(1024)
    for form in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
        content = old.private_bytes(Encoding.PEM, form, NoEncryption())
        with pytest.raises(X509Error, match="not supported"):
            open_key(content, None, chain_of(ec_key()))
    locked = old.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(WORD))
    with pytest.raises(X509Error, match="not supported"):
        open_key(locked, WORD, chain_of(ec_key()))
    openssh = ec_key().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    with pytest.raises(X509Error, match=r"OPENSSH PRIVATE KEY.*use PKCS#8"):
        open_key(openssh, None, chain_of(ec_key()))


def test_the_key_after_its_parameters() -> None:
    """`openssl ecparam -genkey` writes two blocks."""
    content = ec_key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    assert opens(ec_key(), parameters + content, None)


@pytest.mark.parametrize("wrong", ["d", "dmp1", "dmq1", "iqmp"])
def test_rsa_numbers_have_to_belong_together(wrong: str) -> None:
    """A key of which one number is off."""
    numbers = rsa_key().private_numbers()
    parts = {name: getattr(numbers, name) for name in ("p", "q", "d", "dmp1", "dmq1", "iqmp")}
    parts[wrong] += 2
    odd = rsa.RSAPrivateNumbers(**parts, public_numbers=numbers.public_numbers)
    key = odd.private_key(unsafe_skip_rsa_key_validation=True)
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(X509Error, match="do not belong together"):
        open_key(content, None, chain_of(rsa_key()))


@given(data=st.data())
def test_whatever_is_cut_or_changed(data: st.DataObject) -> None:
    """One octet of an encrypted key's DER or PEM changed, or its end cut off: refused or opened, never a surprise."""
    locked = ec_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(WORD))
    where = data.draw(st.integers(0, len(locked) - 1))
    octet = data.draw(st.integers(0, 255))
    for content in (locked[:where] + bytes([octet]) + locked[where + 1 :], locked[:where]):
        with contextlib.suppress(X509Error):
            assert opens(ec_key(), content, WORD)


@given(
    octets=st.binary(max_size=200), label=st.sampled_from(["PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "EC PRIVATE KEY"])
)
def test_rubbish_in_pem(label: str, octets: bytes) -> None:
    """Whatever stands in the block."""
    content = f"-----BEGIN {label}-----\n{base64.b64encode(octets).decode()}\n-----END {label}-----\n"
    with pytest.raises(X509Error):
        open_key(content.encode(), WORD, chain_of(ec_key()))


def test_too_large() -> None:
    """The file, and the key in it."""
    with pytest.raises(TooLarge, match="65536 are allowed"):
        open_key(b"x" * 65537, None, chain_of(ec_key()))
    block = b"-----BEGIN PRIVATE KEY-----\n" + b"A" * 20000 + b"\n-----END PRIVATE KEY-----\n"
    with pytest.raises(TooLarge, match="16384 are allowed"):
        open_key(block, None, chain_of(ec_key()))


def test_a_failure_is_remembered_and_says_the_same() -> None:
    """Each time as an error of its own: a remembered one would gather the tracebacks of all who asked."""
    content = plain(ec_key()).replace("-----END", "-----ENT").encode()
    seen: list[X509Error] = []
    for _ in range(2):
        with pytest.raises(X509Error) as caught:
            open_key(content, None, chain_of(ec_key()))
        seen.append(caught.value)
    assert str(seen[0]) == str(seen[1])
    assert seen[0] is not seen[1]

"""Certificates and keys made to cost whoever reads them dearly, and a process in which the cost is bounded and seen.

Run as a program (`python -m support.faults.security_bombs`) it reads every shape in a child of its own, under limits of
CPU time and memory, and prints what became of it as JSON.
"""

from __future__ import annotations

import base64
import json
import os
import random
import resource
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from sms_operator.core.private_key import open_key
from sms_operator.core.x509 import Chain, X509Error, parse_chain

CPU_SECONDS: Final = 1
"""For one shape; the child is killed at the end of it."""
MEMORY: Final = 128 * 2**20
"""Octets that one shape may add."""
KIB: Final = 1024
MERSENNE: Final = (2**23209 - 1, 2**21701 - 1)
"""Two primes whose proof takes minutes."""
NULL: Final = b"\x05\x00"


@dataclass(frozen=True)
class Shape:
    """Content that somebody uploads."""

    content: bytes
    password: bytes | None = None
    """Given with a key."""
    is_key: bool = False
    good: bool = False
    """Whether it may be taken for what it says it is: large, and not broken."""


@cache
def shapes() -> dict[str, Shape]:
    """Every shape by what it is."""
    keys = {f"key: {name}": Shape(content, None, is_key=True) for name, content in _keys()}
    locked = {f"locked key: {name}": Shape(content, b"word", is_key=True) for name, content in _locked()}
    certificates = {name: Shape(content, good=name.startswith("good")) for name, content in _certificates()}
    return {**certificates, **keys, **locked}


def _certificates() -> Iterator[tuple[str, bytes]]:
    begin, end = b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n"
    yield "900 kB of beginnings", begin * (900_000 // len(begin))
    yield "64 kB of beginnings", begin * (64 * KIB // len(begin))
    yield "beginnings without lines", begin.strip() * (64 * KIB // len(begin))
    yield "a beginning of dashes", b"-----BEGIN " + b"-" * 65_000
    yield "empty blocks", (begin + end) * (64 * KIB // len(begin + end))
    yield "small blocks", (begin + b"MAA=\n" + end) * (64 * KIB // len(begin + end + b"MAA=\n"))
    yield "blocks of another kind", b"-----BEGIN A-----\nMAA=\n-----END A-----\n" * 1500
    yield "broken base64", begin + b"!@" * 32_000 + b"\n" + end
    yield "only white space", begin + b" \n" * 32_000 + end
    yield "only headers", begin + b"a: b\n" * 13_000 + b"\n" + end
    yield "DER without an end", b"\x30\x80" * 32_000
    yield "DER in DER", _nested()
    yield "DER of 4 GiB, it says", b"\x30\x84\xff\xff\xff\xff" + b"\x30" * 1000
    yield "a certificate of version 8", _certificate_of_version(8)
    yield "good: 2,500 names", _certificate(names=2500)
    yield "good: a subject of 1,000 parts", _certificate(parts=1000)
    yield "good: RSA with 16,384 bits", _certificate(public_key=_large_rsa())
    yield "70 certificates", _certificate() * 70


def _keys() -> Iterator[tuple[str, bytes]]:
    for name, content in _certificates():
        if not name.startswith("good"):
            yield name, content.replace(b"CERTIFICATE", b"PRIVATE KEY")
    numbers = random.Random(16)
    odd: Callable[[int], int] = lambda bits: numbers.getrandbits(bits) | 1 << (bits - 1) | 1  # noqa: E731
    p, q = odd(8192), odd(8192)
    yield "RSA with 16,384 bits", _pem("PRIVATE KEY", _pkcs8(_RSA, NULL, _rsa(p * q, p, q)))
    for label, wrap in (("PRIVATE KEY", True), ("RSA PRIVATE KEY", False)):
        small = _rsa(odd(2048), *MERSENNE)
        yield f"RSA with large primes, {label}", _pem(label, _pkcs8(_RSA, NULL, small) if wrap else small)
    dsa = _sequence(*map(_integer, (MERSENNE[0], MERSENNE[1], 3)))
    yield "DSA with 23,209 bits", _pem("PRIVATE KEY", _pkcs8("1.2.840.10040.4.1", dsa, _integer(odd(20_000))))
    dh = _sequence(_integer(MERSENNE[0]), _integer(3))
    yield "Diffie-Hellman", _pem("PRIVATE KEY", _pkcs8("1.2.840.113549.1.3.1", dh, _integer(odd(20_000))))
    curve = _sequence(_integer(1), _sequence(_oid("1.2.840.10045.1.1"), _integer(MERSENNE[0])), _sequence())
    secret = _sequence(_integer(1), _octets(bytes(32)))
    yield "a curve of its own", _pem("PRIVATE KEY", _pkcs8("1.2.840.10045.2.1", curve, secret))


def _locked() -> Iterator[tuple[str, bytes]]:
    sha256 = _sequence(_oid("1.2.840.113549.2.9"), NULL)
    for rounds in (1_000_000, 2**31 - 1, 2**40, 2**20_000, 0, -1):
        name = f"PBKDF2 with {rounds} rounds" if rounds < 2**41 else "PBKDF2 with a number without an end of rounds"
        yield name, _pbes2("1.2.840.113549.1.5.12", _octets(bytes(16)), _integer(rounds), sha256)
    for n, r, p in ((2**16, 8, 1), (2**20, 8, 1), (2**30, 8, 1), (1024, 1, 2**20), (2, 2**29, 1), (3, 1, 1), (0, 8, 1)):
        yield f"scrypt {n} {r} {p}", _pbes2("1.3.6.1.4.1.11591.4.11", _octets(bytes(16)), *map(_integer, (n, r, p)))
    pbes1 = _sequence(_oid("1.2.840.113549.1.12.1.3"), _sequence(_octets(bytes(8)), _integer(10**8)))
    yield "PBES1 with 100,000,000 rounds", _pem("ENCRYPTED PRIVATE KEY", _sequence(pbes1, _octets(bytes(64))))


_RSA: Final = "1.2.840.113549.1.1.1"


def _certificate(*, names: int = 1, parts: int = 1, public_key: rsa.RSAPublicKey | None = None) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"part {number}") for number in range(parts)])
    now = datetime.now(UTC)
    alternatives = x509.SubjectAlternativeName([x509.DNSName(f"{number}.example.com") for number in range(names)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).serial_number(1)
    builder = builder.public_key(public_key or key.public_key()).add_extension(alternatives, critical=False)
    builder = builder.not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(100))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _large_rsa() -> rsa.RSAPublicKey:
    return rsa.RSAPublicNumbers(65537, 2**16383 + 12345).public_key()


def _certificate_of_version(version: int) -> bytes:
    der = x509.load_pem_x509_certificate(_certificate()).public_bytes(Encoding.DER)
    return der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01" + bytes([version]), 1)


def _nested() -> bytes:
    inner = b""
    while len(inner) < 60_000:
        inner = _tlv(0x30, inner)
    return inner


def _rsa(n: int, p: int, q: int) -> bytes:
    return _sequence(*map(_integer, (0, n, 65537, 3, p, q, 3, 3, 1)))


def _pkcs8(algorithm: str, parameters: bytes, key: bytes) -> bytes:
    return _sequence(_integer(0), _sequence(_oid(algorithm), parameters), _octets(key))


def _pbes2(function: str, *parameters: bytes) -> bytes:
    derivation = _sequence(_oid(function), _sequence(*parameters))
    cipher = _sequence(_oid("2.16.840.1.101.3.4.1.42"), _octets(bytes(16)))
    algorithm = _sequence(_oid("1.2.840.113549.1.5.13"), _sequence(derivation, cipher))
    return _pem("ENCRYPTED PRIVATE KEY", _sequence(algorithm, _octets(bytes(64))))


def _pem(label: str, der: bytes) -> bytes:
    return f"-----BEGIN {label}-----\n{base64.encodebytes(der).decode()}-----END {label}-----\n".encode()


def _tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag]) + (bytes([size]) if size < 128 else bytes([0x80 | len(octets)]) + octets) + content


def _sequence(*parts: bytes) -> bytes:
    return _tlv(0x30, b"".join(parts))


def _octets(content: bytes) -> bytes:
    return _tlv(0x04, content)


def _integer(number: int) -> bytes:
    return _tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def _oid(text: str) -> bytes:
    first, second, *rest = map(int, text.split("."))
    octets = bytes([first * 40 + second])
    for number in rest:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(0x80 | number & 0x7F)
        octets += bytes(reversed(groups))
    return _tlv(0x06, octets)


def read(shape: Shape, chain: Chain) -> str:
    """What our own code says: `read`, or the text of its refusal."""
    try:
        if shape.is_key:
            open_key(shape.content, shape.password, chain)
        else:
            parse_chain(shape.content, "")
    except X509Error as error:
        return f"refused: {error}"
    return "read"


def bounded(work: Callable[[], str]) -> str:
    """What work says, done in a child under the limits; `killed` or `failed` when it says nothing."""
    inlet, outlet = os.pipe()
    child = os.fork()
    if child == 0:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * os.sysconf("SC_PAGE_SIZE") + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        spent = int(resource.getrusage(resource.RUSAGE_SELF).ru_utime)
        resource.setrlimit(resource.RLIMIT_CPU, (spent + CPU_SECONDS, spent + CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            os.write(outlet, work().encode()[:4000])
        except BaseException as error:  # noqa: BLE001 - a panic of a library in Rust is no Exception
            os.write(outlet, f"failed: {type(error).__name__}".encode())
        os._exit(0)
    os.close(outlet)
    with os.fdopen(inlet, "rb") as answers:
        said = answers.read().decode(errors="replace")
    _, status = os.waitpid(child, 0)
    return said or f"killed by signal {os.waitstatus_to_exitcode(status)}"


def _careless(shape: Shape) -> str:
    load_pem_private_key(shape.content, shape.password)
    return "read"


def main() -> None:
    """Prints what became of each shape, and of the worst one where nobody bounds the work."""
    chain = parse_chain(_certificate(), "")
    found = shapes()
    answers = {name: bounded(lambda shape=shape: read(shape, chain)) for name, shape in found.items()}
    worst = found[f"locked key: PBKDF2 with {2**31 - 1} rounds"]
    answers["unbounded"] = bounded(lambda: _careless(worst))
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()

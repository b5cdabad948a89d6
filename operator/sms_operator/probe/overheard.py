"""What a server says in a TLS handshake: the certificates it shows, and which client certificates it asks for.

`ssl` has no public way to a server's chain before Python 3.13, and none at all after a handshake that failed: then
OpenSSL throws the chain away, which is just when it has to be explained. OpenSSL does pass every handshake message,
decrypted, to a callback, before it judges it; Python has offered it as `SSLContext._msg_callback` since 3.8, for
debugging. So one handshake, with verification on, gives both the verdict and what it was about, also where the server
ends it for want of a client certificate. A test compares this with what `ssl` itself shows after a good handshake.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509

from sms_operator.core.x509 import MAX_NAME, UNREADABLE

from .certificates import printable

_HOOK: Final = "_msg_callback"
_HANDSHAKE: Final = 22
_CERTIFICATE: Final = 11
_CERTIFICATE_REQUEST: Final = 13
_CERTIFICATE_AUTHORITIES: Final = 47
"""Extension of TLS 1.3 (RFC 8446, section 4.2.4)."""
_NO_COMPRESSED_CERTIFICATES: Final = 1 << 32
"""SSL_OP_NO_RX_CERTIFICATE_COMPRESSION of OpenSSL 3.2; before, it says nothing."""
_TLS13: Final = 0x0304


@dataclass(slots=True)
class Overheard:
    """Filled in while a handshake runs."""

    chain: tuple[bytes, ...] = ()
    """DER, in the server's order, the server's own first."""
    asks_for_certificate: bool = False
    """Whether the server asks for a client certificate; it may take none all the same."""
    authorities: tuple[str, ...] = ()
    """Whose client certificates it takes (RFC 4514); empty: it does not say."""


def listen(context: ssl.SSLContext) -> Overheard:
    """Hear what is said in the next handshake of this context. A context serves one probe and no link."""
    heard = Overheard()

    def on_message(_: Any, direction: str, version: int, content_type: int, message_type: int, data: bytes) -> None:
        if direction != "read" or content_type != _HANDSHAKE:
            return
        # What cannot be parsed here, OpenSSL refuses by itself in a moment.
        try:
            if message_type == _CERTIFICATE:
                heard.chain = certificates(data, tls13=version == _TLS13)
            elif message_type == _CERTIFICATE_REQUEST:
                heard.asks_for_certificate = True
                heard.authorities = authorities(data, tls13=version == _TLS13)
        except ValueError:
            return

    context.options |= _NO_COMPRESSED_CERTIFICATES
    setattr(context, _HOOK, on_message)
    return heard


def certificates(message: bytes, *, tls13: bool) -> tuple[bytes, ...]:
    """The certificates of a Certificate message (RFC 5246, section 7.4.2; RFC 8446, section 4.4.2).

    Raises:
        ValueError: the message is cut off.
    """
    body = _Octets(message[4:])
    if tls13:
        body.vector(1)
    entries, found = _Octets(body.vector(3)), list[bytes]()
    while entries:
        found.append(entries.vector(3))
        if tls13:
            entries.vector(2)
    return tuple(found)


def authorities(message: bytes, *, tls13: bool) -> tuple[str, ...]:
    """The names in a CertificateRequest (RFC 5246, section 7.4.4; RFC 8446, section 4.3.2).

    Raises:
        ValueError: the message is cut off.
    """
    body = _Octets(message[4:])
    if not tls13:
        body.vector(1)
        body.vector(2)
        return _names(body.vector(2))
    body.vector(1)
    extensions = _Octets(body.vector(2))
    while extensions:
        kind, value = int.from_bytes(extensions.take(2), "big"), extensions.vector(2)
        if kind == _CERTIFICATE_AUTHORITIES:
            return _names(_Octets(value).vector(2))
    return ()


def _names(octets: bytes) -> tuple[str, ...]:
    rest, found = _Octets(octets), list[str]()
    while rest:
        found.append(_name(rest.vector(2)))
    return tuple(found)


def _name(der: bytes) -> str:
    try:
        text = x509.Name.from_bytes(der).rfc4514_string()
    except UNREADABLE:
        return "(cannot be read)"
    return printable(text, MAX_NAME)


class _Octets:
    """Takes TLS vectors from the front of some octets."""

    def __init__(self, octets: bytes) -> None:
        self._rest = octets

    def __bool__(self) -> bool:
        return bool(self._rest)

    def take(self, count: int) -> bytes:
        if len(self._rest) < count:
            raise ValueError("cut off")
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken

    def vector(self, size: int) -> bytes:
        """A value behind its length, which has `size` octets."""
        return self.take(int.from_bytes(self.take(size), "big"))

"""What answers on a port where no SMPP is spoken."""

from __future__ import annotations

from .framing import FramingError


def diagnose(error: FramingError) -> str:
    """The likely mistake, in words for the person who set the port."""
    head = error.head
    if head.startswith((b"HTTP", b"<!DO", b"<htm")):
        return "it answers like an HTTP server; is the port right?"
    if head[:2] == b"\x15\x03":
        return "it answers like a TLS server; is spec.tls missing?"
    if head.startswith((b"SSH-", b"220 ", b"220-")):
        return "it answers like a server of another protocol; is the port right?"
    return f"it does not speak SMPP: {error}"

"""The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038, 6.2.1), one septet an octet.

One octet for each septet is what SMPP calls unpacked, and what nearly every SMSC wants.
"""

from __future__ import annotations

import codecs
from typing import Final

from .errors import foreign

ESCAPE: Final = 0x1B
"""The septet before one of the extension table."""
CARRIAGE_RETURN: Final = 0x0D

NAME: Final = "the GSM 7-bit default alphabet"

# The character at 0x1B stands for none: the septet is the escape.
DEFAULT_TABLE: Final = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\ufffeÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
"""Characters by septet."""
EXTENSION_TABLE: Final = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
"""Characters by the septet after an escape."""

# CPython has a fast map from characters to octets, but only where NUL is octet 0. So `@` takes the place of the escape
# for a moment, and a character of the extension table is its septet with the eighth bit set until it becomes two.
_EXTENDED: Final = 0x80


def _codes() -> str:
    places = list(DEFAULT_TABLE) + ["\ufffe"] * 128
    places[0], places[ESCAPE] = "\0", DEFAULT_TABLE[0]
    for septet, character in EXTENSION_TABLE.items():
        places[_EXTENDED | septet] = character
    return "".join(places)


# Most texts are ASCII, and most of ASCII is one septet: that much takes a third of the time of the map.
_BEYOND: Final = 0x80
_ASCII: Final = (
    bytes(DEFAULT_TABLE.index(chr(code)) if chr(code) in DEFAULT_TABLE else _BEYOND for code in range(128))
    + bytes((_BEYOND,)) * 128
)
_CODES: Final = codecs.charmap_build(_codes())
_AT_CODE: Final = bytes((ESCAPE,))
_PAIRS: Final = tuple((bytes((_EXTENDED | septet,)), bytes((ESCAPE, septet))) for septet in EXTENSION_TABLE)


def encode(text: str) -> bytes:
    """Septets, one an octet; a character of the extension table is two. Raises Unencodable."""
    if text.isascii():
        simple = text.encode("ascii").translate(_ASCII)
        if simple.isascii():
            return simple
    try:
        octets = codecs.charmap_encode(text, "strict", _CODES)[0]
    except UnicodeEncodeError as error:
        raise foreign(text, error.start, NAME) from None
    if b"\0" in octets:
        raise foreign(text, text.index("\0"), NAME)
    septets = octets.replace(_AT_CODE, b"\0")
    if not septets.isascii():
        for code, pair in _PAIRS:
            septets = septets.replace(code, pair)
    return septets


def decode(septets: bytes) -> str:
    """The text, whatever comes; an octet that is no septet becomes U+FFFD.

    After an escape, what the extension table does not have is the character of the default table; a second escape,
    and one with nothing after it, is a space (notes of 6.2.1 and 6.2.1.1). Parts of a long message are joined before
    they are decoded, since peers exist that cut between an escape and its septet.
    """
    if _AT_CODE not in septets:
        return _plain(septets)
    head, *tails = septets.split(_AT_CODE)
    text = [_plain(head)]
    remaining = iter(tails)
    for tail in remaining:
        if tail:
            text.append(EXTENSION_TABLE.get(tail[0]) or _plain(tail[:1]))
            text.append(_plain(tail[1:]))
        else:
            text.append(" ")
            text.append(_plain(next(remaining, b"")))
    return "".join(text)


def _plain(septets: bytes) -> str:
    # A string is what the standard library's own alphabets pass; the stubs do not know.
    return codecs.charmap_decode(septets, "replace", DEFAULT_TABLE)[0]  # pyright: ignore[reportArgumentType]

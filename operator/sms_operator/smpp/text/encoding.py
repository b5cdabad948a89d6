"""Which alphabet a text is in: data_coding (SMPP 3.4, 5.2.19; 3GPP TS 23.038, section 4) and what follows from it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from . import gsm
from .errors import foreign
from .packing import unpack


class Encoding(StrEnum):
    """How a text is to be sent."""

    AUTO = "Auto"
    """GSM7 where its alphabet has every character, else UCS2."""
    GSM7 = "Gsm7"
    LATIN1 = "Latin1"
    UCS2 = "Ucs2"
    """UTF-16: characters beyond the basic plane go as surrogate pairs, which phones have understood for long."""


DATA_CODING: Final = {Encoding.GSM7: 0x00, Encoding.LATIN1: 0x03, Encoding.UCS2: 0x08}
"""The value that says so."""

_GSM7: Final = "gsm7"
_UCS2: Final = "ucs2"
_SMPP: Final = {
    0x00: _GSM7,
    0x01: "latin-1",  # IA5; a superset, for the octets that it does not have
    0x03: "latin-1",
    0x05: "shift_jis",
    0x06: "iso8859_5",
    0x07: "iso8859_8",
    0x08: _UCS2,
    0x0A: "iso2022_jp",
    0x0E: "euc_kr",
}


def _alphabet(data_coding: int) -> str | None:
    if data_coding < 0x10:
        return _SMPP.get(data_coding)
    match data_coding >> 4:
        case 0x1 | 0x4 | 0x5:  # with a message class; to be deleted once read; both
            return (_GSM7, None, _UCS2, None)[data_coding >> 2 & 3]
        case 0xC | 0xD:  # message waiting: discard, store
            return _GSM7
        case 0xE:  # message waiting: store
            return _UCS2
        case 0xF:  # message class
            return None if data_coding & 0x04 else _GSM7
        case _:  # compressed, or reserved
            return None


_ALPHABETS: Final = tuple(_alphabet(data_coding) for data_coding in range(256))


def is_gsm7(data_coding: int) -> bool:
    """Whether the text is in the GSM 7-bit alphabet, so that a peer that packs has packed it."""
    return _ALPHABETS[data_coding & 0xFF] is _GSM7


def encode_latin1(text: str) -> bytes:
    """ISO 8859-1. Raises Unencodable."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise foreign(text, error.start, "Latin-1") from None


def encode_ucs2(text: str) -> bytes:
    """UTF-16, high octet first. Raises Unencodable for half of a surrogate pair, which is no character."""
    try:
        return text.encode("utf-16-be")
    except UnicodeEncodeError as error:
        raise foreign(text, error.start, "UCS-2") from None


def decode_text(octets: bytes, data_coding: int, *, packed: bool = False) -> str | None:
    """The text of a message without its header; None: data_coding says that it is none, or what it is is not known.

    Never raises: what its alphabet does not have becomes U+FFFD. `packed`: the peer packs the GSM 7-bit alphabet. Parts
    are to be joined first, with `segments.segment_of`, which unpacks too.
    """
    alphabet = _ALPHABETS[data_coding & 0xFF]
    if alphabet is _GSM7:
        if packed:
            return gsm.decode(unpack(octets))
        # The eighth bit proves that this SMSC's default alphabet is another; nearly always it is then Latin-1.
        return gsm.decode(octets) if octets.isascii() else octets.decode("latin-1")
    if alphabet is _UCS2:
        return _decode_ucs2(octets)
    return None if alphabet is None else octets.decode(alphabet, "replace")


def _decode_ucs2(octets: bytes) -> str:
    # A byte order mark is no text; the wrong one says that the peer has the octets the other way round.
    if octets.startswith(b"\xff\xfe"):
        return octets[2:].decode("utf-16-le", "replace")
    if octets.startswith(b"\xfe\xff"):
        octets = octets[2:]
    return octets.decode("utf-16-be", "replace")

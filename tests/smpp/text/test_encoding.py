"""What data_coding says about the octets of a message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.smpp.text import gsm
from sms_operator.smpp.text.encoding import decode_text, encode_latin1, encode_ucs2, is_gsm7
from sms_operator.smpp.text.errors import Unencodable
from sms_operator.smpp.text.packing import pack

GSM7 = {
    *(0x00, *range(0x10, 0x14), *range(0x40, 0x44), *range(0x50, 0x54), *range(0xC0, 0xE0)),
    *(*range(0xF0, 0xF4), *range(0xF8, 0xFC)),
}
UCS2 = {0x08, *range(0x18, 0x1C), *range(0x48, 0x4C), *range(0x58, 0x5C), *range(0xE0, 0xF0)}
OF_SMPP = {0x01, 0x03, 0x05, 0x06, 0x07, 0x0A, 0x0E}
"""Alphabets that only SMPP 3.4, 5.2.19 names."""


@pytest.mark.parametrize("data_coding", range(256))
def test_every_data_coding(data_coding: int) -> None:
    """Each value of the standard's groups is its group's alphabet; binary, compressed and reserved ones are no text."""
    octets = b"\0A"
    if data_coding in GSM7:
        assert decode_text(octets, data_coding) == "@A"
    elif data_coding in UCS2:
        assert decode_text(octets, data_coding) == "A"
    elif data_coding in OF_SMPP:
        assert decode_text(octets, data_coding) == "\0A"
    else:
        assert decode_text(octets, data_coding) is None
    assert is_gsm7(data_coding) == (data_coding in GSM7)


@pytest.mark.parametrize(
    ("data_coding", "octets", "text"),
    [
        (0x01, b"@_`{", "@_`{"),
        (0x03, b"\xa1@\xff", "¡@ÿ"),
        (0x05, b"\x93\xfa\x96{", "日本"),
        (0x06, b"\xbf\xe0\xd8\xd2\xd5\xe2", "Привет"),
        (0x07, b"\xf9\xec\xe5\xed", "שלום"),
        (0x08, b"\x20\xac\xd8\x3d\xde\x00", "€😀"),
        (0x0A, b"\x1b$BF|K\\\x1b(B", "日本"),
        (0x0E, b"\xc7\xd1\xb1\xdb", "한글"),
        (0xF1, b"\x1b\x65", "€"),
        (0x00, b"caf\xe9 @", "café @"),
    ],
)
def test_alphabets(data_coding: int, octets: bytes, text: str) -> None:
    """A word in each alphabet; an eighth bit in the SMSC's default alphabet says that it is Latin-1."""
    assert decode_text(octets, data_coding) == text


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"", ""),
        (b"\0A\0", "A\ufffd"),
        (b"\xd8\x3d\0A", "\ufffdA"),
        (b"\xde\x00\0A", "\ufffdA"),
        (b"\0A\xd8\x3d", "A\ufffd"),
        (b"\xfe\xff\0A", "A"),
        (b"\xff\xfeA\0", "A"),
        (b"\xff\xfe", ""),
    ],
    ids=lambda value: repr(value),
)
def test_odd_ucs2(octets: bytes, text: str) -> None:
    """Odd lengths and halves of pairs cost themselves; byte order marks are obeyed and are no text."""
    assert decode_text(octets, 0x08) == text


@given(st.binary(max_size=300), st.integers(0, 255), st.booleans())
def test_whatever_comes_is_decoded(octets: bytes, data_coding: int, packed: bool) -> None:
    """No octets make it fail; whether there is a text depends on data_coding alone."""
    text = decode_text(octets, data_coding, packed=packed)
    assert (text is None) == (decode_text(b"", data_coding) is None)


@given(st.text(st.sampled_from("Hello €{}")))
def test_packed(text: str) -> None:
    """A peer that packs is understood for the GSM 7-bit alphabet and no other."""
    assert decode_text(pack(gsm.encode(text)), 0, packed=True) == text
    assert decode_text(encode_ucs2(text), 8, packed=True) == text


@given(st.text(max_size=100))
def test_ucs2_has_every_character(text: str) -> None:
    """A text comes back, two octets or a surrogate pair for each character, unless it begins like a byte order mark."""
    octets = encode_ucs2(text)
    assert len(octets) == sum(4 if character > "\uffff" else 2 for character in text)
    if text[:1] not in ("\ufeff", "\ufffe"):
        assert decode_text(octets, 8) == text


def test_what_an_alphabet_does_not_have() -> None:
    """The first character that does not fit is named with its place."""
    with pytest.raises(Unencodable, match=r"^the character U\+20AC at position 2 is not in Latin-1$"):
        encode_latin1("5 €, 6 €")
    with pytest.raises(Unencodable, match=r"^the character U\+D83D at position 1 is not in UCS-2$"):
        encode_ucs2("a\ud83d")
    assert encode_latin1("é\xff") == b"\xe9\xff"

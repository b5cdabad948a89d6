"""The GSM 7-bit alphabet: the tables of 3GPP TS 23.038, and nothing else."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smpplib.gsm import GSM_CHARACTER_TABLE  # pyright: ignore[reportUnknownVariableType]

from sms_operator.smpp.text import gsm
from sms_operator.smpp.text.errors import Unencodable

OTHERS: list[str] = list(GSM_CHARACTER_TABLE)  # pyright: ignore[reportUnknownArgumentType]
"""smpplib's table: 128 of the default table, then 128 of the extension table, a backtick wherever it knows none."""
KNOWN_WRONG = {0x5F: ("`", "§"), 0x80 + 0x0A: ("`", "\f")}
"""Where that table is known to be wrong: what it says, and what the specification does."""

EVERY = [*gsm.DEFAULT_TABLE.replace("\ufffe", ""), *gsm.EXTENSION_TABLE.values()]
TEXT = st.text(st.sampled_from(EVERY), max_size=400)

NAMED = {
    b"\x00": "COMMERCIAL AT",
    b"\x01": "POUND SIGN",
    b"\x05": "LATIN SMALL LETTER E WITH ACUTE",
    b"\x09": "LATIN CAPITAL LETTER C WITH CEDILLA",
    b"\x10": "GREEK CAPITAL LETTER DELTA",
    b"\x11": "LOW LINE",
    b"\x15": "GREEK CAPITAL LETTER OMEGA",
    b"\x1e": "LATIN SMALL LETTER SHARP S",
    b"\x24": "CURRENCY SIGN",
    b"\x40": "INVERTED EXCLAMATION MARK",
    b"\x5f": "SECTION SIGN",
    b"\x60": "INVERTED QUESTION MARK",
    b"\x7f": "LATIN SMALL LETTER A WITH GRAVE",
    b"\x1b\x14": "CIRCUMFLEX ACCENT",
    b"\x1b\x28": "LEFT CURLY BRACKET",
    b"\x1b\x29": "RIGHT CURLY BRACKET",
    b"\x1b\x2f": "REVERSE SOLIDUS",
    b"\x1b\x3c": "LEFT SQUARE BRACKET",
    b"\x1b\x3d": "TILDE",
    b"\x1b\x3e": "RIGHT SQUARE BRACKET",
    b"\x1b\x40": "VERTICAL LINE",
    b"\x1b\x65": "EURO SIGN",
}
"""By the names that the specification's tables mean."""


def test_tables_against_another_library() -> None:
    """Both tables agree with smpplib's in every place but those in which it is known to be wrong."""
    ours = [*gsm.DEFAULT_TABLE, *(gsm.EXTENSION_TABLE.get(septet, "`") for septet in range(128))]
    ours[gsm.ESCAPE] = "\x1b"
    differing = {
        at: (theirs, mine) for at, (theirs, mine) in enumerate(zip(OTHERS, ours, strict=True)) if theirs != mine
    }
    assert differing == KNOWN_WRONG


@pytest.mark.parametrize("septets", NAMED, ids=lambda septets: septets.hex())
def test_characters_by_name(septets: bytes) -> None:
    """Characters that are easily mistaken for others are those with the right names."""
    character = unicodedata.lookup(NAMED[septets])
    assert gsm.encode(character) == septets
    assert gsm.decode(septets) == character


def test_every_character_there_is() -> None:
    """Of all of Unicode 137 characters can be encoded, each to septets of its own that give it back."""
    encoded: dict[bytes, str] = {}
    for code in range(0x110000):
        try:
            encoded[gsm.encode(chr(code))] = chr(code)
        except Unencodable:
            continue
    assert sorted(encoded.values()) == sorted(EVERY)
    assert len(encoded) == 137
    assert {gsm.decode(septets): septets for septets in encoded} == {text: septets for septets, text in encoded.items()}


@given(TEXT)
def test_round_trip(text: str) -> None:
    """A text comes back; each character is what it is alone, and every octet is a septet."""
    septets = gsm.encode(text)
    assert gsm.decode(septets) == text
    assert septets == b"".join(map(gsm.encode, text))
    assert septets.isascii()


@given(TEXT, st.characters().filter(lambda character: character not in EVERY), TEXT)
def test_the_first_foreign_character_is_named(before: str, foreign: str, after: str) -> None:
    """The error says which character does not fit and where it stands, and nothing else of the text."""
    with pytest.raises(Unencodable) as caught:
        gsm.encode(before + foreign + after)
    assert str(caught.value) == (
        f"the character U+{ord(foreign):04X} at position {len(before)} is not in the GSM 7-bit default alphabet"
    )


@pytest.mark.parametrize("text", ["\0", "\x1b", "\ufffe", "`", "ç", "\ud800", "@\0"])
def test_characters_that_the_fast_map_uses_inside(text: str) -> None:
    """None of the places that the map from characters to octets gives another meaning can be reached from a text."""
    with pytest.raises(Unencodable):
        gsm.encode(text)


@pytest.mark.parametrize(
    ("septets", "text"),
    [
        (b"a\x1b\x65b", "a€b"),
        (b"\x1b\x61", "a"),
        (b"\x1b\x0d", "\r"),
        (b"\x1b\x00", "@"),
        (b"a\x1b", "a "),
        (b"\x1b\x1b", " "),
        (b"\x1b\x1b\x65", " e"),
        (b"\x1b\x1b\x1b\x65", " €"),
        (b"\x1b\x1b\x1b", "  "),
        (b"\x1b\x65\x1b\x65", "€€"),
        (b"", ""),
        (b"a\x80\xff", "a\ufffd\ufffd"),
        (b"\x1b\xe5", "\ufffd"),
    ],
    ids=lambda value: repr(value),
)
def test_escapes_of_every_kind(septets: bytes, text: str) -> None:
    """An escape with what the extension table has not is the default table's character; one with nothing is a space."""
    assert gsm.decode(septets) == text


@given(st.binary(max_size=300))
def test_whatever_comes_is_decoded(octets: bytes) -> None:
    """No octets make the decoder fail, and each gives one character at most."""
    assert len(gsm.decode(octets)) <= len(octets)

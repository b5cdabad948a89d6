"""Septets in octets: every length, every number of fill bits, and the end that cannot be told from padding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.smpp.text import gsm
from sms_operator.smpp.text.packing import fill_bits, looks_padded, pack, spare_bits, unpack

SEPTETS = st.lists(st.integers(0, 127), max_size=200).map(bytes)
FILL = st.integers(0, 6)


def bits_of(octets: bytes) -> str:
    """The bits in the order in which they are sent: of each octet the lowest first (23.038, 6.1.2.1)."""
    return "".join(f"{octet:08b}"[::-1] for octet in octets)


@pytest.mark.parametrize(
    ("text", "packed"),
    [
        ("", ""),
        ("a", "61"),
        ("hello", "e8329bfd06"),
        ("hellohello", "e8329bfd4697d9ec37"),
        ("1234567", "31d98c56b3dd1a"),
        ("12345678", "31d98c56b3dd70"),
        ("{}", "1bd42605"),
    ],
)
def test_known_octets(text: str, packed: str) -> None:
    """Texts whose packed form is well known; of seven septets the rest is a carriage return."""
    assert pack(gsm.encode(text)).hex() == packed
    assert gsm.decode(unpack(bytes.fromhex(packed))) == text


@pytest.mark.parametrize("last", [0x01, 0x1B], ids=["zeros", "carriage return"])
def test_both_paddings_are_dropped(last: int) -> None:
    """23 septets leave seven bits: neither zeros nor a carriage return in them become a character."""
    octets = bytes([49, 217, 140, 86, 179, 221, 112, 57, 88, 88, 60, 38, 151, 205, 103, 116, 90, 189, 102, 183, last])
    assert gsm.decode(unpack(octets)) == "1234567890abcdefghijklm"


@given(SEPTETS, FILL)
def test_bit_by_bit(septets: bytes, fill: int) -> None:
    """The bits are the fill, each septet from its lowest bit, and padding: a carriage return where one has room."""
    bits = bits_of(pack(septets, fill))
    wanted = "0" * fill + "".join(f"{septet:07b}"[::-1] for septet in septets)
    spare = spare_bits(len(septets), fill)
    assert bits == wanted + ("1011000" if spare == 7 else "0" * spare)


@given(SEPTETS, FILL)
def test_round_trip(septets: bytes, fill: int) -> None:
    """What is packed comes back whole, but for a last septet that looks like padding; that one is missed."""
    assert unpack(pack(septets, fill), fill) == (septets[:-1] if looks_padded(septets, fill) else septets)


@given(SEPTETS, FILL)
def test_a_carriage_return_saves_the_end(septets: bytes, fill: int) -> None:
    """With a carriage return after it, no septet is ever missed."""
    if looks_padded(septets, fill):
        assert unpack(pack(septets + b"\r", fill), fill) == septets + b"\r"


@given(st.binary(max_size=200), FILL)
def test_whatever_comes_is_unpacked(octets: bytes, fill: int) -> None:
    """No octets make it fail, and all that can be a septet is looked at."""
    septets = unpack(octets, fill)
    most = max(0, (8 * len(octets) - fill) // 7)
    assert most - 1 <= len(septets) <= most
    assert septets.isascii()


@pytest.mark.parametrize("header", range(140))
def test_fill_bits_reach_a_septet_boundary(header: int) -> None:
    """After any header, text begins at a multiple of seven bits, with as few bits as that takes."""
    fill = fill_bits(header)
    assert (8 * header + fill) % 7 == 0
    assert 0 <= fill <= 6

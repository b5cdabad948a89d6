"""The user data header: built, read, and read when it lies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.smpp.errors import Malformed
from sms_operator.smpp.text.udh import Concatenation, Element, build, concatenation, parse

ELEMENTS = st.lists(st.builds(Element, st.integers(0, 255), st.binary(max_size=12)), max_size=15)


@given(ELEMENTS, st.binary(max_size=140))
def test_round_trip(elements: list[Element], text: bytes) -> None:
    """Every element, known or not, comes back in its order, and the text after the header untouched."""
    assert parse(build(elements) + text) == (tuple(elements), text)


@given(st.binary(max_size=300))
def test_whatever_comes_is_read(user_data: bytes) -> None:
    """A header that is longer than the user data is Malformed; anything else gives the text behind it."""
    if not user_data or user_data[0] >= len(user_data):
        with pytest.raises(Malformed):
            parse(user_data)
    else:
        elements, rest = parse(user_data)
        assert rest == user_data[1 + user_data[0] :]
        assert elements == () or build(elements) + rest == user_data


@pytest.mark.parametrize(
    "header",
    ["06000342020105", "0400034202", "0100", "0500ff420201", "0700034202010803"],
    ids=["one more", "one less", "no length", "element beyond", "second element beyond"],
)
def test_lengths_that_do_not_add_up(header: str) -> None:
    """All elements are ignored, and the text still begins where the header's own length says."""
    assert parse(bytes.fromhex(header) + b"text") == ((), b"text")


@pytest.mark.parametrize(
    ("user_data", "found"),
    [
        ("050003420201", Concatenation(0x42, 2, 1, 8)),
        ("0608041234ff80", Concatenation(0x1234, 255, 128, 16)),
        ("0900034202010302a0a1", Concatenation(0x42, 2, 1, 8)),
        ("0b0504158115810003420302", Concatenation(0x42, 3, 2, 8)),
        ("050003000101", Concatenation(0, 1, 1, 8)),
        ("0a00034202010003430202", Concatenation(0x43, 2, 2, 8)),
        ("0b0003420201080412340302", Concatenation(0x1234, 3, 2, 16)),
        ("0a00034202010003430203", Concatenation(0x42, 2, 1, 8)),
        ("050003420200", None),
        ("050003420001", None),
        ("050003420000", None),
        ("050003420203", None),
        ("0400024202", None),
        ("06000442020101", None),
        ("050803420201", None),
        ("06050415811581", None),
        ("00", None),
    ],
)
def test_concatenation(user_data: str, found: Concatenation | None) -> None:
    """Both widths are found among others; the last sensible one counts; those that make no sense are ignored."""
    elements, rest = parse(bytes.fromhex(user_data))
    assert concatenation(elements) == found
    assert rest == b""


def test_elements_too_long() -> None:
    """What has no room for its own length is refused instead of being cut."""
    with pytest.raises(ValueError, match="256"):
        build([Element(0, bytes(256))])
    with pytest.raises(ValueError, match="256"):
        build([Element(0, bytes(200)), Element(0, bytes(100))])

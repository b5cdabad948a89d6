"""Optional parameters: what is written comes back, and nothing that is not whole is believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.smpp.codec import EncodingError
from sms_operator.smpp.command_status import ESME_RINVOPTPARSTREAM
from sms_operator.smpp.errors import Malformed
from sms_operator.smpp.tlv import MAX_COUNT, Tag, Tlvs, c_octets, decode_tlvs, encode_tlvs, first, number

TLVS = st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=40)), max_size=8).map(tuple)


@given(TLVS, st.binary(max_size=10))
def test_all_come_back(tlvs: Tlvs, before: bytes) -> None:
    """In order, with duplicates, with tags that nobody knows, and from wherever they begin."""
    assert decode_tlvs(before + encode_tlvs(tlvs), len(before)) == tlvs


def test_octets() -> None:
    """Tag, length, value (section 3.2.4), each integer with its most significant octet first."""
    assert encode_tlvs([(Tag.MESSAGE_STATE, b"\2"), (0x1403, b"ab")]) == bytes.fromhex("0427000102 140300026162")


@given(st.integers(0, 0xFFFF), st.binary(min_size=1, max_size=30), st.data())
def test_one_that_is_not_whole(tag: int, value: bytes, data: st.DataObject) -> None:
    """Wherever it is cut, the response says that optional parameters cannot be read."""
    octets = encode_tlvs([(Tag.MESSAGE_STATE, b"\2"), (tag | 0x0100, value)])
    cut = data.draw(st.integers(6, len(octets) - 1))
    with pytest.raises(Malformed) as refused:
        decode_tlvs(octets[:cut], 0)
    assert refused.value.status == ESME_RINVOPTPARSTREAM


@pytest.mark.parametrize("count", [1, 2, 3])
def test_nuls_at_the_end_are_passed_over(count: int) -> None:
    """A content that was sent as a C string has a NUL too many; that costs nothing of what was sent."""
    tlvs = ((int(Tag.MESSAGE_STATE), b"\2"),)
    assert decode_tlvs(encode_tlvs(tlvs) + bytes(count), 0) == tlvs
    assert decode_tlvs(bytes(count), 0) == ()


@pytest.mark.parametrize("octets", [b"\1", b"\0\1", b"\0\0\1"])
def test_other_octets_at_the_end(octets: bytes) -> None:
    """Too few for an optional parameter, and not nothing."""
    with pytest.raises(Malformed, match=f"{len(octets)} octets at the end") as refused:
        decode_tlvs(octets, 0)
    assert refused.value.status == ESME_RINVOPTPARSTREAM


def test_no_more_than_so_many() -> None:
    """Empty ones are cheap to send and dear to keep."""
    assert len(decode_tlvs(bytes(4 * MAX_COUNT), 0)) == MAX_COUNT
    with pytest.raises(Malformed, match="more than 1000") as refused:
        decode_tlvs(bytes(4 * MAX_COUNT + 4), 0)
    assert refused.value.status == ESME_RINVOPTPARSTREAM


@pytest.mark.parametrize("tag", [-1, 0x1_0000])
def test_a_tag_that_does_not_fit(tag: int) -> None:
    """Two octets hold a tag."""
    with pytest.raises(EncodingError, match=f"the tag {tag}"):
        encode_tlvs([(tag, b"")])


def test_the_longest_value() -> None:
    """Two octets hold a length; the error names the tag and not the content."""
    longest = ((int(Tag.MESSAGE_PAYLOAD), b"x" * 0xFFFF),)
    assert decode_tlvs(encode_tlvs(longest), 0) == longest
    with pytest.raises(EncodingError, match="0x0424 has 65536 octets, more than 65535") as refused:
        encode_tlvs([(Tag.MESSAGE_PAYLOAD, b"x" * 0x1_0000)])
    assert "xx" not in str(refused.value)


def test_first() -> None:
    """The first of several, an empty one included, and none."""
    tlvs = ((1, b""), (2, b"two"), (1, b"one"))
    assert first(tlvs, 1) == b""
    assert first(tlvs, 2) == b"two"
    assert first(tlvs, 3) is None
    assert first((), 1) is None


@given(st.integers(0, 2**64 - 1), st.integers(0, 8))
def test_numbers_of_any_length(value: int, more: int) -> None:
    """An SMSC may send one octet as two, and two as one: smpplib loses the next parameter then."""
    length = (value.bit_length() + 7) // 8
    assert number(value.to_bytes(length + more, "big")) == value


def test_a_number_of_no_octets() -> None:
    """Nothing is zero."""
    assert number(b"") == 0


@given(st.text(st.characters(min_codepoint=1, max_codepoint=255)), st.binary())
def test_c_octets(text: str, behind: bytes) -> None:
    """With a NUL, with anything behind it, and without one."""
    octets = text.encode("latin-1")
    assert c_octets(octets) == c_octets(octets + b"\0") == c_octets(octets + b"\0" + behind) == text


def test_tags_are_unique() -> None:
    """No two names for one tag: the second would hide."""
    assert len(Tag) == len(Tag.__members__)

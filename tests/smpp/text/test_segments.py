"""Which part a message says it is, and what is left of it then."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.smpp.errors import Malformed
from sms_operator.smpp.text import gsm
from sms_operator.smpp.text.encoding import decode_text
from sms_operator.smpp.text.packing import pack
from sms_operator.smpp.text.segments import Segment, segment_of
from sms_operator.smpp.tlv import Tlvs

REFERENCE, TOTAL, NUMBER = 0x020C, 0x020E, 0x020F


@dataclass(frozen=True)
class Message:
    """What is looked at of a deliver_sm."""

    content: bytes = b"text"
    tlvs: Tlvs = ()
    esm_class: int = 0
    data_coding: int = 0


def sar(reference: bytes, total: bytes, number: bytes) -> Tlvs:
    """The three parameters among others."""
    return ((0x1403, b"x"), (NUMBER, number), (REFERENCE, reference), (TOTAL, total))


@pytest.mark.parametrize(
    ("message", "segment", "content"),
    [
        (Message(), None, b"text"),
        (Message(bytes.fromhex("050003420201") + b"text", esm_class=0x40), Segment(0x42, 2, 1, 8), b"text"),
        (Message(bytes.fromhex("0608041234ff80") + b"text", esm_class=0x43), Segment(0x1234, 255, 128, 16), b"text"),
        (Message(bytes.fromhex("050003420201") + b"text"), None, bytes.fromhex("050003420201") + b"text"),
        (Message(bytes.fromhex("050003420203") + b"text", esm_class=0x40), None, b"text"),
        (Message(bytes.fromhex("06050415811581") + b"text", esm_class=0x40), None, b"text"),
        (Message(tlvs=sar(b"\x12\x34", b"\x03", b"\x02")), Segment(0x1234, 3, 2, 16), b"text"),
        (Message(tlvs=sar(b"\x34", b"\0\x03", b"\0\0\0\x02")), Segment(0x34, 3, 2, 16), b"text"),
        (Message(tlvs=sar(b"\x12\x34", b"\x03", b"\x04")), None, b"text"),
        (Message(tlvs=sar(b"\x12\x34", b"\x03", b"\x00")), None, b"text"),
        (Message(tlvs=sar(b"\x12\x34", b"\x01\x00", b"\x02")), None, b"text"),
        (Message(tlvs=sar(b"", b"\x03", b"\x02")), None, b"text"),
        (Message(tlvs=((REFERENCE, b"\0\1"), (TOTAL, b"\2"))), None, b"text"),
        (
            Message(bytes.fromhex("050003420201") + b"text", sar(b"\0\1", b"\3", b"\2"), 0x40),
            Segment(0x42, 2, 1, 8),
            b"text",
        ),
        (
            Message(bytes.fromhex("06050415811581") + b"text", sar(b"\0\1", b"\3", b"\2"), 0x40),
            Segment(1, 3, 2, 16),
            b"text",
        ),
    ],
)
def test_segments(message: Message, segment: Segment | None, content: bytes) -> None:
    """Headers count only with their flag, parameters only all three, and nonsense makes a message a whole one."""
    assert segment_of(message) == (segment, content)


@pytest.mark.parametrize("content", [b"", b"\x05\0\x03\x42\x02", b"\xff" * 20], ids=["empty", "cut", "too long"])
def test_less_than_the_header(content: bytes) -> None:
    """A header that is not all there is Malformed, and the error holds nothing of the content."""
    with pytest.raises(Malformed) as caught:
        segment_of(Message(content, esm_class=0x40))
    assert str(len(content)) in caught.value.what


@pytest.mark.parametrize(
    ("header", "fill"), [("", 0), ("050003420201", 1), ("06080412340201", 0), ("06050415811581", 0), ("03240101", 3)]
)
def test_packed_content_is_unpacked(header: str, fill: int) -> None:
    """After a header of any length the first septet is found; other alphabets are left as they are."""
    octets = bytes.fromhex(header)
    esm_class = 0x40 if header else 0
    message = Message(octets + pack(gsm.encode("Text {€}"), fill), esm_class=esm_class)
    _, content = segment_of(message, packed=True)
    assert decode_text(content, 0) == "Text {€}"
    for data_coding in (3, 4, 8):
        untouched = Message(octets + b"Text", esm_class=esm_class, data_coding=data_coding)
        assert segment_of(untouched, packed=True)[1] == b"Text"


def test_halves_cut_by_the_peer() -> None:
    """Peers that cut pairs are understood, because parts are joined before they are decoded."""
    first, second = (
        Message(bytes.fromhex(f"05000342020{n}") + half, esm_class=0x40) for n, half in ((1, b"5 \x1b"), (2, b"e"))
    )
    assert decode_text(segment_of(first)[1] + segment_of(second)[1], 0) == "5 €"


@given(
    st.builds(
        Message,
        st.binary(max_size=160),
        st.lists(st.tuples(st.sampled_from([REFERENCE, TOTAL, NUMBER]), st.binary(max_size=9)), max_size=5).map(tuple),
        st.integers(0, 255),
        st.integers(0, 255),
    ),
    st.booleans(),
)
def test_whatever_comes(message: Message, packed: bool) -> None:
    """Any octets and parameters give a sensible part, a whole message, or Malformed."""
    try:
        segment, content = segment_of(message, packed=packed)
    except Malformed:
        assert message.esm_class & 0x40
        return
    assert segment is None or 1 <= segment.number <= segment.total <= 255
    assert len(content) <= len(message.content) * 8 // 7 + 1

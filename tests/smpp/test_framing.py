"""Octets into PDUs: whatever the portions in which they arrive."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.smpp.codec import encode
from sms_operator.smpp.framing import HEADER, MAX_LENGTH, Frame, FrameBuffer

NUMBER = st.integers(0, 0xFFFF_FFFF)
FRAMES = st.lists(st.builds(Frame, NUMBER, NUMBER, NUMBER, st.binary(max_size=40)), max_size=5)


def wire(frame: Frame) -> bytes:
    """The octets of a frame."""
    return encode(frame.command_id, frame.sequence, frame.status, frame.body)


@given(FRAMES)
def test_two_portions_split_anywhere(frames: list[Frame]) -> None:
    """Every place at which a stream can be cut in two gives the same PDUs."""
    octets = b"".join(map(wire, frames))
    for cut in range(len(octets) + 1):
        buffer = FrameBuffer()
        assert buffer.receive(octets[:cut]) + buffer.receive(octets[cut:]) == frames


@given(FRAMES, st.data())
def test_any_portions(frames: list[Frame], data: st.DataObject) -> None:
    """Any number of cuts, empty portions included, gives the same PDUs in order."""
    octets = b"".join(map(wire, frames))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=12)))
    buffer = FrameBuffer()
    found = [
        frame
        for start, end in zip([0, *cuts], [*cuts, len(octets)], strict=True)
        for frame in buffer.receive(octets[start:end])
    ]
    assert found == frames


def test_single_octets() -> None:
    """One octet at a time, the PDU is there with its last and not before."""
    octets = wire(Frame(0x15, 0, 7, b"abc"))
    buffer = FrameBuffer()
    assert [buffer.receive(octets[at : at + 1]) for at in range(len(octets) - 1)] == [[]] * (len(octets) - 1)
    assert buffer.receive(octets[-1:]) == [Frame(0x15, 0, 7, b"abc")]


@pytest.mark.parametrize("length", [0, 1, 15, MAX_LENGTH + 1, 0x8000_0000, 0xFFFF_FFFF])
def test_a_length_that_no_pdu_has(length: int) -> None:
    """Too short or too long is refused as soon as the length is there, with what came so far."""
    octets = length.to_bytes(4, "big") + b"\x80\0\0\x09"
    buffer = FrameBuffer()
    assert (buffer.receive(octets[:3]), buffer.broken) == ([], None)
    assert buffer.receive(octets[3:]) == []
    assert buffer.broken is not None
    assert str(buffer.broken).startswith(f"command_length {length} is not in 16")
    assert buffer.broken.head == octets


def test_what_came_whole_before_a_broken_length() -> None:
    """It is given; what follows the broken one never is."""
    good, bad = wire(Frame(0x15, 0, 1, b"")), b"HTTP/1.1 400"
    buffer = FrameBuffer()
    assert buffer.receive(good + bad) == [Frame(0x15, 0, 1, b"")]
    assert buffer.broken is not None
    assert buffer.receive(good) == []


@pytest.mark.parametrize("length", [HEADER.size, MAX_LENGTH])
def test_the_limits_themselves_are_lengths(length: int) -> None:
    """A bare header and the largest PDU pass."""
    frame = Frame(0x15, 0, 1, bytes(length - HEADER.size))
    assert FrameBuffer().receive(wire(frame)) == [frame]

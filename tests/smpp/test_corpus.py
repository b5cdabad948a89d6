"""PDUs that others met: read as they were meant, or refused with the status that says why."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from sms_operator.smpp.codec import EncodingError
from sms_operator.smpp.errors import Malformed
from sms_operator.smpp.framing import FrameBuffer
from sms_operator.smpp.responses import MessageIdResponse, message_id
from support.pdu_corpus import CORPUS, DECODERS, Sample, outcome, samples

SAMPLES = samples()
IDS = [sample.name for sample in SAMPLES]
BEYOND_THE_STANDARD: Final = {
    "cloudhopper-decoder/decodeSubmitSmWith255ByteShortMessage",
    "cloudhopper-encoder/encodeSubmitSmWithShortMessageAsMax255Bytes",
    "gosmpp/Outbind_test.go:23",
    "reports/an address of 64 octets (made from the description)",
    "reports/sm_length 255 (made from the description)",
}
"""Read, for there is no doubt what is meant, but never written."""
STREAMS = pytest.mark.parametrize("sample", SAMPLES, ids=IDS)


def test_there_are_many() -> None:
    """None was lost: a directory that is not found would prove everything."""
    assert sum(len(sample.frames) for sample in SAMPLES) >= 220
    assert len(set(IDS)) == len(IDS)


def test_each_says_where_it_is_from() -> None:
    """A repository, a place and a commit, or a source of its own."""
    for path in CORPUS.glob("*.json"):
        file = json.loads(path.read_text())
        of_file = file["source"].startswith("https://") and file["path"] and len(file["commit"]) == 40
        for stream in file["streams"]:
            assert of_file or stream["source"], f"{path.name}: {stream['case']}"


@STREAMS
def test_what_becomes_of_it(sample: Sample) -> None:
    """As the file says."""
    frames, left = outcome(sample.octets)
    assert frames == sample.frames
    assert left == sample.left


@STREAMS
def test_octet_by_octet(sample: Sample) -> None:
    """How the octets arrive changes nothing."""
    whole, drip = FrameBuffer(), FrameBuffer()
    frames = whole.receive(sample.octets)
    assert [frame for octet in sample.octets for frame in drip.receive(bytes((octet,)))] == frames
    assert (drip.broken is None) == (whole.broken is None)


@STREAMS
def test_what_is_read_can_be_written(sample: Sample) -> None:
    """It has the same octets, but for a NUL that the peer left out at the end or sent too much of."""
    for frame in FrameBuffer().receive(sample.octets):
        decode = DECODERS.get(frame.command_id)
        try:
            read: Any = None if decode is None else decode(frame.body)
        except Malformed:
            continue
        if read is None or isinstance(read, str):
            continue
        if sample.name in BEYOND_THE_STANDARD:
            with pytest.raises(EncodingError, match="the standard allows"):
                read.encode()
            continue
        written: bytes = read.encode()
        assert written in (frame.body, frame.body + b"\0") or written + b"\0" == frame.body


@pytest.mark.parametrize(
    "sample", [one for one in SAMPLES if one.octets[4:8] == b"\x80\0\0\4"], ids=lambda one: one.name
)
def test_ids_of_submitted_messages(sample: Sample) -> None:
    """The short way to the id of a submit_sm_resp says the same as the long one."""
    for frame in FrameBuffer().receive(sample.octets):
        assert message_id(frame.body) == MessageIdResponse.decode(frame.body).message_id

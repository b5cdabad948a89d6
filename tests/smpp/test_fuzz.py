"""PDUs that nobody meant, made out of real ones: each is read or refused, and costs no more than its octets."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from random import Random
from typing import Any, Final

import pytest

from sms_operator.smpp.codec import EncodingError
from sms_operator.smpp.errors import Malformed
from sms_operator.smpp.framing import MAX_LENGTH, FrameBuffer
from sms_operator.smpp.responses import message_id
from sms_operator.smpp.tlv import encode_tlvs
from support.pdu_corpus import DECODERS, samples

CASES: Final = 30_000
SEEDS: Final = range(10)
SEED_PDUS: Final = tuple(dict.fromkeys(sample.octets for sample in samples() if len(sample.octets) >= 16))
READERS: Final = (*dict.fromkeys(DECODERS.values()), message_id)
"""Each is given every body: a decoder has to stand the body of any PDU."""
LENGTHS: Final = (0, 1, 2, 15, 16, 17, 63, 64, 65, 127, 128, 253, 254, 255, 0x7FFF, 0xFFFF)
TAGS: Final = (0x001E, 0x0204, 0x020C, 0x0423, 0x0424, 0x0427, 0x1403)


def mutate(random: Random) -> bytes:
    """One to three changes of one of the real PDUs; most keep a command_length that is true, to get at the bodies."""
    octets = bytearray(random.choice(SEED_PDUS))
    for _ in range(random.randrange(1, 4)):
        size = len(octets)
        at = random.randrange(size) if size else 0
        match random.randrange(9):
            case 0:
                octets[at : at + 1] = bytes((random.randrange(256),))
            case 1:
                octets[at : at + 1] = bytes((octets[at] ^ 1 << random.randrange(8),)) if size else b""
            case 2:
                del octets[at:]
            case 3:
                del octets[at : at + random.randrange(1, 9)]
            case 4:
                octets[at:at] = random.randbytes(random.randrange(1, 9))
            case 5:
                octets[at:at] = bytes(random.randrange(1, 5))
            case 6:
                octets[at : at + 1] = bytes((random.choice(LENGTHS) & 0xFF,))
            case 7:
                other = random.choice(SEED_PDUS)
                octets[at:] = other[random.randrange(len(other)) :]
            case _:
                value = random.randbytes(random.randrange(4))
                lie = random.choice(LENGTHS) if random.randrange(2) else len(value)
                octets += random.choice(TAGS).to_bytes(2, "big") + lie.to_bytes(2, "big") + value
    if random.randrange(8):
        octets[:4] = max(len(octets), 4).to_bytes(4, "big")
    return bytes(octets)


def portions(random: Random, octets: bytes) -> list[bytes]:
    """The same octets in up to four portions, as TCP may bring them."""
    cuts = sorted(random.randrange(len(octets) + 1) for _ in range(random.randrange(4)))
    return [octets[start:end] for start, end in zip((0, *cuts), (*cuts, len(octets)), strict=True)]


def take_in(pieces: Sequence[bytes]) -> int:
    """All that happens to what arrives. Returns how often something was read rather than refused."""
    whole, drip = FrameBuffer(), FrameBuffer()
    frames = whole.receive(b"".join(pieces))
    assert [frame for piece in pieces for frame in drip.receive(piece)] == frames
    assert (drip.broken is None) == (whole.broken is None)
    read = 0
    for frame in frames:
        for reader in READERS:
            try:
                pdu: Any = reader(frame.body)
            except Malformed:
                continue
            read += 1
            if reader is DECODERS.get(frame.command_id) and not isinstance(pdu, str):
                write_again(pdu, frame.body)
    return read


def write_again(pdu: Any, body: bytes) -> None:
    """What was read is what was there: written again it has the same octets, unless it is beyond the standard.

    NULs at the end may have been missing; what stands behind the fields is passed over, but where it should have been
    optional parameters nothing but NULs may be.
    """
    try:
        written: bytes = pdu.encode()
    except EncodingError:
        return
    assert written == body[: len(written)].ljust(len(written), b"\0")
    assert not hasattr(pdu, "tlvs") or not body[len(written) :].strip(b"\0")
    assert pdu.decode(written) == pdu


@pytest.mark.parametrize("seed", SEEDS)
def test_300000_cases(seed: int) -> None:
    """Nothing but Malformed comes out, and how the octets were portioned changes nothing."""
    random = Random(seed)
    read = sum(take_in(portions(random, mutate(random))) for _ in range(CASES))
    assert read > CASES, "the cases are refused before they get anywhere"


def memory_of_cases() -> tuple[int, int]:
    """The octets left, and the most held at a time, after thousands of cases."""
    random = Random(300)
    cases = [portions(random, mutate(random)) for _ in range(3_000)]
    for pieces in cases:
        take_in(pieces)
    tracemalloc.start()
    for pieces in cases:
        take_in(pieces)
    _, peak = tracemalloc.get_traced_memory()
    gc.collect()
    left, _ = tracemalloc.get_traced_memory()
    return left, peak


def test_memory() -> None:
    """Nothing of it is left, and at no time is much held: 256 KiB, the interpreter's own reserves included.

    In a process of its own: threads of other tests' fixtures hold memory too.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        left, peak = pool.submit(memory_of_cases).result()
    assert left < 16 * 1024
    assert peak < 256 * 1024


@pytest.mark.parametrize("lie", [MAX_LENGTH, MAX_LENGTH + 1, 0x7FFF_FFFF, 0xFFFF_FFFF, 0])
def test_a_length_that_lies(lie: int) -> None:
    """A megabyte behind any command_length costs no more than the longest PDU there is."""
    buffer = FrameBuffer()
    buffer.receive(lie.to_bytes(4, "big") + b"\xff" * 12)
    piece = b"\xff" * 1024
    tracemalloc.start()
    try:
        for _ in range(1024):
            buffer.receive(piece)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert buffer.broken is not None
    assert peak < 4 * MAX_LENGTH


@pytest.mark.parametrize(
    "body",
    [
        bytes(MAX_LENGTH - 16),
        b"\xff" * (MAX_LENGTH - 16),
        b"\0\0\0\0\xff" + b"\1\0\0\0" * 16_000,
        b"\0\0\0\0\xff" + b"\2\0" * 32_000,
        b"7\0\xff" + b"\0\0\0\0\0\0\0" * 9_000,
        bytes(17) + encode_tlvs([(1, b"")] * 16_000),
        b"7\0" + encode_tlvs([(1, b"x")] * 13_000),
    ],
    ids=["zeros", "ones", "destinations", "lists", "unsuccessful", "empty parameters", "small parameters"],
)
def test_the_dearest_bodies(body: bytes) -> None:
    """A PDU of the greatest length is kept or refused within a megabyte, whatever is counted in it."""
    for reader in READERS:
        tracemalloc.start()
        try:
            reader(body)
        except Malformed:
            pass
        finally:
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        assert peak < 1024 * 1024, reader

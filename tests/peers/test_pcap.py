"""Our capture files: what was put in comes out, and a decoder that others wrote finds no fault with them."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from sms_operator.smpp.commands import Command
from support.pcap import CLIENT, SEGMENT, Chunk, checksum, pcap
from support.peers_debian import Program
from support.peers_tshark import PORT, read

ENQUIRE_LINK = bytes.fromhex("00000010 00000015 00000000 00000007")
CHUNKS = st.lists(st.builds(Chunk, st.booleans(), st.binary(min_size=1, max_size=3 * SEGMENT)), max_size=8)


def test_checksum_of_the_standard() -> None:
    """The example of RFC 1071, section 3."""
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == ~0xDDF2 & 0xFFFF


@given(CHUNKS)
def test_what_was_written_comes_out(chunks: list[Chunk]) -> None:
    """Each side's octets are found again in order, its sequence numbers have no gap, and every checksum is right."""
    found = {True: b"", False: b""}
    expected: dict[bool, int] = {}
    for packet in _packets(pcap(chunks, PORT)):
        from_client = packet[12:16] == CLIENT
        segment, flags = packet[20:], packet[33]
        place, acknowledged = struct.unpack(">II", segment[4:12])
        assert checksum(packet[:20]) == 0
        assert checksum(packet[12:20] + struct.pack(">BBH", 0, 6, len(segment)) + segment) == 0
        assert place == expected.setdefault(from_client, place)
        assert not flags & 0x10 or acknowledged == expected[not from_client]
        found[from_client] += segment[20:]
        expected[from_client] = (place + len(segment) - 20 + bool(flags & 0x03)) % 2**32
    assert found == {side: b"".join(one.octets for one in chunks if one.from_client is side) for side in (True, False)}


async def test_tshark_reads_a_connection(tshark: Program) -> None:
    """PDUs split over packets and several in one, across the wrap of the sequence numbers: no complaint."""
    many = ENQUIRE_LINK * 200
    reading = await read(tshark, [Chunk(True, many[:21]), Chunk(True, many[21:]), Chunk(False, ENQUIRE_LINK)])
    assert reading.complaints == ()
    assert len(reading.sent(Command.ENQUIRE_LINK)) == 200
    assert [one["sequence_number"] for one in reading.sent(Command.ENQUIRE_LINK, by_client=False)] == ["7"]


async def test_tshark_says_what_is_wrong(tshark: Program) -> None:
    """A submit_sm that ends within its addresses is malformed: the decoder is not blind."""
    broken = bytes.fromhex("00000013 00000004 00000000 00000001 000000")
    reading = await read(tshark, [Chunk(True, ENQUIRE_LINK + broken)])
    assert any("Malformed" in one for one in reading.complaints)


def _packets(capture: bytes) -> list[bytes]:
    packets: list[bytes] = []
    at = 24
    while at < len(capture):
        (length,) = struct.unpack(">I", capture[at + 8 : at + 12])
        packets.append(capture[at + 16 : at + 16 + length])
        at += 16 + length
    return packets

"""Octets of a TCP connection as a capture file, so that a decoder reads them as if they had been captured.

Pure. The packets are IPv4 (link type 101), with the sequence numbers, acknowledgements and checksums of a connection
from 192.0.2.1 to 192.0.2.2 that was opened, used and closed without loss.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

CLIENT: Final = bytes((192, 0, 2, 1))
SERVER: Final = bytes((192, 0, 2, 2))
CLIENT_PORT: Final = 40_000
SEGMENT: Final = 1_460
"""Octets of the longest TCP segment on an Ethernet."""
MAGIC: Final = 0xA1B2C3D4
LINK_TYPE_IPV4: Final = 101
SYN, ACK, PUSH, FIN = 0x02, 0x10, 0x08, 0x01
TCP: Final = 6


class Chunk(NamedTuple):
    """What one side wrote."""

    from_client: bool
    octets: bytes


def pcap(chunks: Iterable[Chunk], server_port: int) -> bytes:
    """The capture file of a connection in which this was written, in this order, a millisecond after each other."""
    header = struct.pack(">IHHIIII", MAGIC, 2, 4, 0, 0, 65_535, LINK_TYPE_IPV4)
    records = [
        struct.pack(">IIII", 1_700_000_000 + number // 1000, number % 1000 * 1000, len(packet), len(packet)) + packet
        for number, packet in enumerate(_packets(chunks, server_port))
    ]
    return header + b"".join(records)


def _packets(chunks: Iterable[Chunk], server_port: int) -> Iterator[bytes]:
    # Initial sequence numbers just before the wrap, so that a decoder has to follow it.
    place = {True: 0xFFFF_FF00, False: 0x7FFF_FF00}

    def packet(from_client: bool, flags: int, octets: bytes = b"") -> bytes:
        acknowledged = place[not from_client] if flags & ACK else 0
        made = _packet(from_client, server_port, place[from_client], acknowledged, flags, octets)
        place[from_client] = (place[from_client] + len(octets) + bool(flags & (SYN | FIN))) % 2**32
        return made

    yield packet(True, SYN)
    yield packet(False, SYN | ACK)
    yield packet(True, ACK)
    for from_client, octets in chunks:
        for start in range(0, len(octets), SEGMENT):
            yield packet(from_client, PUSH | ACK, octets[start : start + SEGMENT])
            yield packet(not from_client, ACK)
    yield packet(True, FIN | ACK)
    yield packet(False, FIN | ACK)
    yield packet(True, ACK)


def _packet(from_client: bool, server_port: int, place: int, acknowledged: int, flags: int, octets: bytes) -> bytes:
    addresses = CLIENT + SERVER if from_client else SERVER + CLIENT
    ports = (CLIENT_PORT, server_port) if from_client else (server_port, CLIENT_PORT)
    segment = struct.pack(">HHIIBBHHH", *ports, place, acknowledged, 5 << 4, flags, 64_000, 0, 0) + octets
    check = checksum(addresses + struct.pack(">BBH", 0, TCP, len(segment)) + segment)
    segment = segment[:16] + struct.pack(">H", check) + segment[18:]
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0x4000, 64, TCP, 0) + addresses
    header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
    return header + segment


def checksum(octets: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    padded = octets + b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF

"""A text into what goes into submit_sm: one part, or several that the phone joins again."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple

from sms_operator.smpp.tlv import Tag, Tlvs
from sms_operator.smpp.tuples import maker

from . import gsm, udh
from .encoding import DATA_CODING, Encoding, encode_latin1, encode_ucs2
from .errors import Unencodable
from .packing import fill_bits, looks_padded, pack, spare_bits

OCTETS: Final = 140
"""User data of one short message (23.040, 9.2.3.24)."""
SEPTETS: Final = 160
"""The same, in septets of the GSM 7-bit alphabet."""
MAX_PARTS: Final = 255
MAX_PAYLOAD: Final = 0xFFFF
"""Octets of a message_payload (SMPP 3.4, 5.3.2.32)."""


class LongMessages(StrEnum):
    """How a text goes that is too long for one short message."""

    UDH = "Udh"
    """Parts with a user data header, 8-bit reference."""
    UDH16 = "Udh16"
    """Parts with a user data header, 16-bit reference: one character less, or two, in each."""
    SAR = "Sar"
    """Parts with sar_msg_ref_num, sar_total_segments and sar_segment_seqnum (SMPP 3.4, 5.3.2.22-24)."""
    PAYLOAD = "Payload"
    """One message_payload; the SMSC splits it."""


class Part(NamedTuple):
    """What differs between the submit_sm of one text."""

    short_message: bytes
    udhi: bool
    """Whether short_message begins with a user data header: esm_class 0x40 is to be set (5.2.12)."""
    tlvs: Tlvs


class Encoded(NamedTuple):
    """A text ready to be sent."""

    data_coding: int
    parts: tuple[Part, ...]
    """1..255."""


_part: Final = maker(Part)
_encoded: Final = maker(Encoded)


def encode_text(
    text: str, encoding: Encoding, long_messages: LongMessages, reference: int, *, packed: bool = False
) -> Encoded:
    """The parts of a text, neither an escape pair nor a surrogate pair cut.

    `reference` tells this message's parts from those of others to the same destination, see `References`; the low 8
    or 16 bits are used. `packed`: the SMSC wants the GSM 7-bit alphabet packed, eight septets in seven octets. Raises
    Unencodable.
    """
    if encoding is Encoding.AUTO or encoding is Encoding.GSM7:
        try:
            septets = gsm.encode(text)
        except Unencodable:
            if encoding is Encoding.GSM7:
                raise
            encoding = Encoding.UCS2
        else:
            if len(septets) <= SEPTETS and not packed:
                return _encoded((0, (_part((septets, False, ())),)))
            return Encoded(0, _gsm7(septets, long_messages, reference, packed))
    if encoding is Encoding.LATIN1:
        parts = _parts(encode_latin1(text), 8, _between_octets, long_messages, reference)
    else:
        parts = _parts(encode_ucs2(text), 8, _between_characters, long_messages, reference)
    return Encoded(DATA_CODING[encoding], parts)


_Cut = Callable[[bytes, int, int], int]
"""Where to end a part that begins at the second argument and may not go beyond the third."""


def _parts(octets: bytes, bits: int, cut: _Cut, long_messages: LongMessages, reference: int) -> tuple[Part, ...]:
    # `bits`: what an octet of ours takes of the user data, 7 when it holds a septet.
    most = 8 * OCTETS // bits
    if len(octets) <= most:
        return (Part(octets, False, ()),)
    if long_messages is LongMessages.PAYLOAD:
        return (_payload(octets),)
    covered = -(-8 * _header_octets(long_messages) // bits)
    return _labelled(_pieces(octets, most - covered, cut), long_messages, reference)


def _gsm7(septets: bytes, long_messages: LongMessages, reference: int, packed: bool) -> tuple[Part, ...]:
    if not packed:
        return _parts(septets, 7, _between_pairs, long_messages, reference)
    if len(septets) <= SEPTETS:
        return (Part(_pack_last(septets, SEPTETS, 0), False, ()),)
    if long_messages is LongMessages.PAYLOAD:
        return (_payload(_pack_last(septets, len(septets) + 1, 0)),)
    header = _header_octets(long_messages)
    fill = fill_bits(header)
    room = (8 * (OCTETS - header) - fill) // 7

    def cut(septets: bytes, start: int, end: int) -> int:
        # Only the end of the text may look as if padded; inside of it a character would be lost or come in.
        end = _between_pairs(septets, start, end)
        while spare_bits(end - start, fill) == 7 or looks_padded(septets[start:end], fill):
            end = _between_pairs(septets, start, end - 1)
        return end

    pieces = _pieces(septets, room, cut)
    packed_pieces = [pack(piece, fill) for piece in pieces[:-1]]
    return _labelled([*packed_pieces, _pack_last(pieces[-1], room, fill)], long_messages, reference)


def _pack_last(septets: bytes, room: int, fill: int) -> bytes:
    # As 23.038, 6.1.2.3.1 wants for a carriage return: another one after it shows that it is none of the padding.
    if looks_padded(septets, fill) and len(septets) < room:
        septets += bytes((gsm.CARRIAGE_RETURN,))
    return pack(septets, fill)


def _header_octets(long_messages: LongMessages) -> int:
    return {LongMessages.UDH: 6, LongMessages.UDH16: 7}.get(long_messages, 0)


def _pieces(octets: bytes, room: int, cut: _Cut) -> list[bytes]:
    pieces: list[bytes] = []
    start, size = 0, len(octets)
    while size - start > room:
        end = cut(octets, start, start + room)
        pieces.append(octets[start:end])
        start = end
    pieces.append(octets[start:])
    if len(pieces) > MAX_PARTS:
        raise Unencodable(f"the text needs {len(pieces)} parts, and a message has at most {MAX_PARTS}")
    return pieces


def _labelled(pieces: list[bytes], long_messages: LongMessages, reference: int) -> tuple[Part, ...]:
    total = len(pieces)
    numbered = enumerate(pieces, start=1)
    low, high = reference & 0xFF, reference >> 8 & 0xFF
    if long_messages is LongMessages.SAR:
        common = ((int(Tag.SAR_MSG_REF_NUM), bytes((high, low))), (int(Tag.SAR_TOTAL_SEGMENTS), bytes((total,))))
        return tuple(
            Part(piece, False, (*common, (int(Tag.SAR_SEGMENT_SEQNUM), bytes((number,))))) for number, piece in numbered
        )
    wide = long_messages is LongMessages.UDH16
    identifier = udh.CONCATENATION_16 if wide else udh.CONCATENATION
    label = (high, low, total) if wide else (low, total)
    return tuple(
        Part(udh.build((udh.Element(identifier, bytes((*label, number))),)) + piece, True, ())
        for number, piece in numbered
    )


def _payload(octets: bytes) -> Part:
    if len(octets) > MAX_PAYLOAD:
        raise Unencodable(f"the text needs {len(octets)} octets, and a message_payload has at most {MAX_PAYLOAD}")
    return Part(b"", False, ((int(Tag.MESSAGE_PAYLOAD), octets),))


def _between_octets(_octets: bytes, _start: int, end: int) -> int:
    return end


def _between_pairs(septets: bytes, _start: int, end: int) -> int:
    return end - 1 if septets[end - 1] == gsm.ESCAPE else end


def _between_characters(octets: bytes, _start: int, end: int) -> int:
    end -= end - _start & 1
    # High surrogates are 0xD800..0xDBFF; the low one would begin the next part.
    return end - 2 if octets[end - 2] & 0xFC == 0xD8 else end

"""Which part of which message a deliver_sm or data_sm is."""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

from sms_operator.smpp.tlv import Tag, Tlvs, first, number

from . import udh
from .encoding import is_gsm7
from .packing import fill_bits, unpack

UDHI: Final = 0x40
"""Bit of esm_class: the content begins with a user data header (SMPP 3.4, 5.2.12)."""


class Segment(NamedTuple):
    """A part of a long message."""

    reference: int
    """What the parts of one message have in common: 0..255 or 0..65535."""
    total: int
    number: int
    """1..total."""
    width: int = 16
    """Bits of the reference: 8, or 16 as in sar_msg_ref_num too."""


class Content(Protocol):
    """What is looked at of a deliver_sm or data_sm."""

    @property
    def esm_class(self) -> int:
        """5.2.12."""
        ...

    @property
    def data_coding(self) -> int:
        """5.2.19."""
        ...

    @property
    def content(self) -> bytes:
        """short_message, or message_payload in its place."""
        ...

    @property
    def tlvs(self) -> Tlvs:
        """Optional parameters."""
        ...


def segment_of(message: Content, *, packed: bool = False) -> tuple[Segment | None, bytes]:
    """Which part this is, from its user data header or its sar_* parameters; None: a whole message.

    Second: the content without header, to be joined with that of the other parts. `packed`: the peer packs the GSM
    7-bit alphabet, and what is returned is unpacked, since packed parts cannot be joined; `decode_text` is then to be
    called without `packed`. A part that counts itself wrongly is a whole message, as 23.040, 9.2.3.24.1 says. Raises
    Malformed when there is less than the header's length.
    """
    content, header, concatenation = message.content, 0, None
    if message.esm_class & UDHI:
        elements, rest = udh.parse(content)
        header = len(content) - len(rest)
        content = rest
        concatenation = udh.concatenation(elements)
    if packed and is_gsm7(message.data_coding):
        content = unpack(content, fill_bits(header))
    if concatenation is not None:
        return Segment(*concatenation), content
    return (_sar(message.tlvs) if message.tlvs else None), content


def _sar(tlvs: Tlvs) -> Segment | None:
    reference = first(tlvs, Tag.SAR_MSG_REF_NUM)
    total = first(tlvs, Tag.SAR_TOTAL_SEGMENTS)
    place = first(tlvs, Tag.SAR_SEGMENT_SEQNUM)
    if not reference or not total or not place:
        return None
    segment = Segment(number(reference), number(total), number(place))
    return segment if 1 <= segment.number <= segment.total <= 255 else None

"""Texts into parts: full ones, none too long, nothing cut that belongs together, and all of it there again."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smpplib import consts
from smpplib.gsm import make_parts  # pyright: ignore[reportUnknownVariableType]

from sms_operator.smpp.text.encoding import Encoding, decode_text
from sms_operator.smpp.text.errors import Unencodable
from sms_operator.smpp.text.segments import Segment, segment_of
from sms_operator.smpp.text.splitting import Encoded, LongMessages, Part, encode_text
from sms_operator.smpp.tlv import Tag, Tlvs

GSM7 = "@£\r\nABC abc 123 é§ÄΔ_{}[]€"
LATIN1 = "ABC abc éþÿ\x01@"
UCS2 = "ABC é日本😀👍\u0301"
TEXTS = st.one_of(*(st.text(st.sampled_from(letters), max_size=700) for letters in (GSM7, LATIN1, UCS2, "a@", "{")))
IN_PARTS = [LongMessages.UDH, LongMessages.UDH16, LongMessages.SAR]


@dataclass(frozen=True)
class Received:
    """A part as it arrives."""

    esm_class: int
    data_coding: int
    content: bytes
    tlvs: Tlvs


def received(encoded: Encoded) -> list[Received]:
    """The parts, each as the other side sees it."""
    payload = int(Tag.MESSAGE_PAYLOAD)
    return [
        Received(
            0x40 if part.udhi else 0,
            encoded.data_coding,
            part.short_message or dict(part.tlvs).get(payload, b""),
            part.tlvs,
        )
        for part in encoded.parts
    ]


def lengths(encoded: Encoded) -> list[int]:
    """Octets of each short_message."""
    return [len(part.short_message) for part in encoded.parts]


@given(TEXTS, st.sampled_from(Encoding), st.sampled_from(LongMessages), st.integers(0, 0xFFFF), st.booleans())
def test_every_text_comes_back(
    text: str, encoding: Encoding, long_messages: LongMessages, reference: int, packed: bool
) -> None:
    """Whatever the options, the joined parts are the text; every part alone is text without halves of characters."""
    try:
        encoded = encode_text(text, encoding, long_messages, reference, packed=packed)
    except Unencodable:
        assert encoding in (Encoding.GSM7, Encoding.LATIN1)
        return
    parts = [segment_of(message, packed=packed) for message in received(encoded)]
    width = 8 if long_messages is LongMessages.UDH else 16
    total = len(parts)
    wanted = [Segment(reference & (1 << width) - 1, total, number, width) for number in range(1, total + 1)]
    assert [segment for segment, _ in parts] == (wanted if total > 1 else [None])
    alone = [decode_text(content, encoded.data_coding) for _, content in parts]
    joined = decode_text(b"".join(content for _, content in parts), encoded.data_coding)
    assert joined is not None
    assert joined == "".join(piece or "" for piece in alone)
    # A packed text that ends like padding gets a carriage return, unless its last part is full to the brim.
    endings = {text, text + "\r", text[:-1]} if packed and text[-1:] in ("@", "\r") else {text}
    assert joined in endings


@given(TEXTS, st.sampled_from(Encoding), st.sampled_from(IN_PARTS), st.booleans())
def test_no_part_is_too_long(text: str, encoding: Encoding, long_messages: LongMessages, packed: bool) -> None:
    """140 octets of user data hold every part; all but the last are full, as far as what belongs together allows."""
    try:
        encoded = encode_text(text, encoding, long_messages, 7, packed=packed)
    except Unencodable:
        return
    header = {LongMessages.UDH: 6, LongMessages.UDH16: 7}.get(long_messages, 0) if len(encoded.parts) > 1 else 0
    for part in encoded.parts:
        octets = len(part.short_message)
        if encoded.data_coding == 0 and not packed:
            assert header + -(-7 * (octets - header) // 8) <= 140
        else:
            assert octets <= 140
    slack = 4 if packed else 3
    most = {True: 140, False: 160 - -(-8 * header // 7) + header}[encoded.data_coding != 0 or packed]
    assert all(octets >= most - slack for octets in lengths(encoded)[:-1])


@pytest.mark.parametrize(
    ("letter", "encoding", "long_messages", "most", "each"),
    [
        ("a", Encoding.AUTO, LongMessages.UDH, 160, 153),
        ("a", Encoding.GSM7, LongMessages.UDH16, 160, 152),
        ("a", Encoding.GSM7, LongMessages.SAR, 160, 160),
        ("€", Encoding.AUTO, LongMessages.UDH, 80, 76),
        ("þ", Encoding.LATIN1, LongMessages.UDH, 140, 134),
        ("þ", Encoding.LATIN1, LongMessages.UDH16, 140, 133),
        ("þ", Encoding.LATIN1, LongMessages.SAR, 140, 140),
        ("ж", Encoding.AUTO, LongMessages.UDH, 70, 67),
        ("ж", Encoding.UCS2, LongMessages.UDH16, 70, 66),
        ("ж", Encoding.UCS2, LongMessages.SAR, 70, 70),
        ("😀", Encoding.AUTO, LongMessages.UDH, 35, 33),
        ("😀", Encoding.AUTO, LongMessages.UDH16, 35, 33),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_limits(
    letter: str, encoding: Encoding, long_messages: LongMessages, most: int, each: int, packed: bool
) -> None:
    """The longest text of one part, the shortest of two, and how much each part of a long one holds."""

    def characters(count: int) -> list[int]:
        encoded = encode_text(letter * count, encoding, long_messages, 1, packed=packed)
        parts = [segment_of(message, packed=packed)[1] for message in received(encoded)]
        return [len(decode_text(part, encoded.data_coding) or "") for part in parts]

    # Packed, 152 septets after a header of 6 octets would leave a gap that reads as a character.
    full = 75 if packed and letter == "€" and each == 76 else each
    assert characters(most) == [most]
    assert characters(most + 1) == [full, most + 1 - full]
    assert characters(3 * full) == [full] * 3
    assert characters(3 * full + 2) == [full] * 3 + [2]


@pytest.mark.parametrize(
    ("letters", "encoding", "theirs"),
    [
        ("ABC abc é$@\n", Encoding.GSM7, consts.SMPP_ENCODING_DEFAULT),
        (LATIN1, Encoding.LATIN1, consts.SMPP_ENCODING_ISO88591),
        ("жя日", Encoding.UCS2, consts.SMPP_ENCODING_ISO10646),
    ],
)
@given(data=st.data())
def test_parts_against_another_library(letters: str, encoding: Encoding, theirs: int, data: st.DataObject) -> None:
    """Where no pair can be cut, the parts are smpplib's octet by octet, but for its reference, which is by chance."""
    text = "".join(data.draw(st.lists(st.sampled_from(letters), max_size=100))) * data.draw(st.integers(0, 9))
    parts: list[bytes] = make_parts(text, theirs)[0]  # pyright: ignore[reportUnknownVariableType]
    reference = parts[0][3] if len(parts) > 1 else 0
    encoded = encode_text(text, encoding, LongMessages.UDH, reference)
    assert [part.short_message for part in encoded.parts] == parts
    assert encoded.data_coding == theirs


def test_pairs_are_not_cut() -> None:
    """An escape and a high surrogate that would stand last in a part begin the next one."""
    encoded = encode_text("a" * 152 + "€" + "b" * 20, Encoding.AUTO, LongMessages.UDH, 1)
    assert lengths(encoded) == [6 + 152, 6 + 22]
    assert encoded.parts[1].short_message[6:8] == b"\x1b\x65"
    encoded = encode_text("ж" * 66 + "😀" + "ж" * 20, Encoding.AUTO, LongMessages.UDH, 1)
    assert lengths(encoded) == [6 + 132, 6 + 44]
    assert encoded.parts[1].short_message[6:10] == "😀".encode("utf-16-be")


def test_headers_octet_by_octet() -> None:
    """What tells the parts apart is where the specifications have it, references cut to their width."""
    text = "a" * 161
    udh = encode_text(text, Encoding.AUTO, LongMessages.UDH, 0x1234)
    assert [part.short_message[:6].hex() for part in udh.parts] == ["050003340201", "050003340202"]
    udh16 = encode_text(text, Encoding.AUTO, LongMessages.UDH16, 0x51234)
    assert [part.short_message[:7].hex() for part in udh16.parts] == ["06080412340201", "06080412340202"]
    sar = encode_text(text, Encoding.AUTO, LongMessages.SAR, 0x51234)
    assert sar.parts == (
        Part(b"a" * 160, False, ((0x020C, b"\x12\x34"), (0x020E, b"\x02"), (0x020F, b"\x01"))),
        Part(b"a", False, ((0x020C, b"\x12\x34"), (0x020E, b"\x02"), (0x020F, b"\x02"))),
    )


@pytest.mark.parametrize("long_messages", LongMessages)
def test_a_text_that_fits_has_no_header(long_messages: LongMessages) -> None:
    """However long messages go, a short one is one plain part, the empty one too."""
    for text in ("", "a", "a" * 160):
        assert encode_text(text, Encoding.AUTO, long_messages, 9) == (0, ((text.encode(), False, ()),))


def test_payload() -> None:
    """A long text is one message_payload, packed or not, up to 65,535 octets."""
    assert encode_text("a" * 161, Encoding.AUTO, LongMessages.PAYLOAD, 1) == (
        0,
        ((b"", False, ((0x0424, b"a" * 161),)),),
    )
    packed = encode_text("a" * 176, Encoding.AUTO, LongMessages.PAYLOAD, 1, packed=True)
    assert len(packed.parts[0].tlvs[0][1]) == 154
    assert len(encode_text("a" * 65_535, Encoding.AUTO, LongMessages.PAYLOAD, 1).parts[0].tlvs[0][1]) == 65_535
    with pytest.raises(Unencodable, match="65536 octets, and a message_payload has at most 65535"):
        encode_text("a" * 65_536, Encoding.AUTO, LongMessages.PAYLOAD, 1)
    with pytest.raises(Unencodable, match="65536 octets"):
        encode_text("ж" * 32_768, Encoding.AUTO, LongMessages.PAYLOAD, 1)


@pytest.mark.parametrize("long_messages", IN_PARTS)
def test_255_parts_and_no_more(long_messages: LongMessages) -> None:
    """The longest message has 255 parts; the error of a longer one says how many it would need."""
    each = {LongMessages.UDH: 153, LongMessages.UDH16: 152}.get(long_messages, 160)
    assert len(encode_text("a" * 255 * each, Encoding.AUTO, long_messages, 1).parts) == 255
    with pytest.raises(Unencodable, match="needs 256 parts, and a message has at most 255"):
        encode_text("a" * (255 * each + 1), Encoding.AUTO, long_messages, 1)


@pytest.mark.parametrize(
    ("text", "encoding", "data_coding"),
    [
        ("plain", Encoding.AUTO, 0),
        ("€ {}", Encoding.AUTO, 0),
        ("ç", Encoding.AUTO, 8),
        ("ж", Encoding.AUTO, 8),
        ("plain", Encoding.LATIN1, 3),
        ("ç", Encoding.LATIN1, 3),
        ("plain", Encoding.UCS2, 8),
    ],
)
def test_choice(text: str, encoding: Encoding, data_coding: int) -> None:
    """AUTO takes UCS-2 only for what the GSM alphabet lacks; what is asked for is kept to."""
    assert encode_text(text, encoding, LongMessages.UDH, 1).data_coding == data_coding


@pytest.mark.parametrize(
    ("text", "encoding", "message"),
    [
        ("aж", Encoding.GSM7, r"U\+0436 at position 1 is not in the GSM 7-bit default alphabet"),
        ("a€", Encoding.LATIN1, r"U\+20AC at position 1 is not in Latin-1"),
        ("a\udc00", Encoding.AUTO, r"U\+DC00 at position 1 is not in UCS-2"),
    ],
)
def test_what_cannot_be_encoded(text: str, encoding: Encoding, message: str) -> None:
    """An encoding that was asked for is not left without a word."""
    with pytest.raises(Unencodable, match=message):
        encode_text(text, encoding, LongMessages.UDH, 1)


def test_packed_endings() -> None:
    """Where a last @ would read as padding a carriage return follows it; a full part has no room for one."""
    for text, wanted in (("1234567@", "1234567@\r"), ("12345678", "12345678"), ("1234567\r", "1234567\r\r")):
        encoded = encode_text(text, Encoding.AUTO, LongMessages.UDH, 1, packed=True)
        assert decode_text(encoded.parts[0].short_message, 0, packed=True) == wanted
    full = encode_text("a" * 159 + "@", Encoding.AUTO, LongMessages.UDH, 1, packed=True)
    assert lengths(full) == [140]

"""Reading receipts: what is one, every dialect there and back, and octets of any kind."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.smpp.address import Address
from sms_operator.smpp.pdus import DataSm, ShortMessage
from sms_operator.smpp.receipts.parsing import LONGEST, Receipt, moment, parse_receipt
from sms_operator.smpp.receipts.states import MessageState
from sms_operator.smpp.tlv import Tag

TEXT = b"id:7 sub:001 dlvrd:001 submit date:1005232039 done date:1005242339 stat:DELIVRD err:012 text:hello"
WORDS = {
    MessageState.SCHEDULED: "SCHEDLD",
    MessageState.ENROUTE: "ENROUTE",
    MessageState.DELIVERED: "DELIVRD",
    MessageState.EXPIRED: "EXPIRED",
    MessageState.DELETED: "DELETED",
    MessageState.UNDELIVERABLE: "UNDELIV",
    MessageState.ACCEPTED: "ACCEPTD",
    MessageState.UNKNOWN: "UNKNOWN",
    MessageState.REJECTED: "REJECTD",
    MessageState.SKIPPED: "SKIPPED",
}
DIALECTS = [
    "id:{id} sub:001 dlvrd:001 submit date:{submitted} done date:{done} stat:{stat} err:{err} text:{text}",
    "id:{id} sub:001 dlvrd:001 submit date:{submitted} done date:{done} stat:{stat} err:{err} Text:{text}",
    "ID:{id} SUB:001 DLVRD:001 SUBMIT DATE:{submitted} DONE DATE:{done} STAT:{stat} ERR:{err} TEXT:{text}",
    "id: {id} sub: 001 dlvrd: 001 submit date: {submitted} done date: {done} stat: {stat} err: {err} text:{text}",
    "id:{id} submitdate:{submitted} donedate:{done} stat:{stat} err:{err} text:{text}",
    "msgid:{id} Submit_Date:{submitted} Done_Date:{done} status:{stat} error:{err} text:{text}",
    "stat:{stat} err:{err} id:{id} done date:{done} submit date:{submitted} sub:001 dlvrd:001 text:{text}",
    "id:{id}\r\nsubmit date:{submitted}\r\ndone date:{done}\r\nstat:{stat}\r\nerr:{err}\r\ntext:{text}",
    "id={id},submit date={submitted},done date={done},stat={stat},err={err},text:{text}",
]
FORMATS = ["%y%m%d%H%M", "%y%m%d%H%M%S", "%Y%m%d%H%M%S"]

ids = st.text("0123456789abcdefABCDEF-_.", min_size=1, max_size=64)
errors = st.text("0123456789ABCDEFxyz-", min_size=1, max_size=10)
quotations = st.text(st.characters(min_codepoint=0, max_codepoint=255), max_size=40)
moments = st.datetimes(datetime(2013, 1, 1), datetime(2068, 12, 31))  # noqa: DTZ001 - receipts say no zone


@given(
    st.sampled_from(DIALECTS),
    ids,
    st.sampled_from(MessageState),
    errors,
    moments,
    moments,
    st.sampled_from(FORMATS),
    quotations,
    st.booleans(),
)
def test_there_and_back(
    dialect: str,
    message_id: str,
    state: MessageState,
    error: str,
    submitted: datetime,
    done: datetime,
    form: str,
    quotation: str,
    wide: bool,
) -> None:
    """Whatever a receipt says, and whatever it quotes, comes out of each dialect as it was put in."""
    text = dialect.format(
        id=message_id,
        submitted=submitted.strftime(form),
        done=done.strftime(form),
        stat=WORDS[state],
        err=error,
        text=quotation,
    )
    receipt = parse_receipt(0x04, text.encode("utf-16-be" if wide else "latin-1"), (), 8 if wide else 0)
    assert receipt is not None
    assert receipt == Receipt(
        message_id,
        state,
        state in (MessageState.SCHEDULED, MessageState.ENROUTE, MessageState.ACCEPTED),
        error,
        submitted=submitted.strftime(form).encode(),
        done=done.strftime(form).encode(),
        text=quotation.encode("latin-1"),
    )
    exact = submitted.replace(second=submitted.second if "%S" in form else 0, microsecond=0, tzinfo=UTC)
    assert moment(receipt.submitted) == exact


WORDS_OF_RECEIPTS = b"id: ID: stat: status= DELIVRD text: err: done date:1005232039 submit date: 999999999999999999999"
MARKS = [b" ", b"\0", b":", b"\xff", b"\xff\xfe", b"\xfe\xff", b"i\0d\0", b"\0i\0d"]
pieces = st.sampled_from([*WORDS_OF_RECEIPTS.split(b" "), *MARKS])
contents = st.one_of(st.binary(max_size=300), st.lists(pieces, max_size=30).map(b"".join))
parameters = st.lists(
    st.tuples(st.sampled_from([0x1E, 0x427, 0x423, 0x424, 0x1234]), st.binary(max_size=20)), max_size=6
).map(tuple)


@given(st.integers(0, 255), contents, parameters, st.integers(0, 255))
def test_never_raises(esm_class: int, content: bytes, tlvs: tuple[tuple[int, bytes], ...], data_coding: int) -> None:
    """Any octets; and what says that it is a receipt is one, what is another kind is none."""
    receipt = parse_receipt(esm_class, content, tlvs, data_coding)
    if esm_class & 0x18:
        assert receipt is None
    elif esm_class & 0x24:
        assert receipt is not None
    if receipt is not None:
        assert receipt.intermediate or receipt.state.final
        moment(receipt.submitted)
        moment(receipt.done)


@given(st.one_of(st.binary(max_size=20), st.text("0123456789+-", max_size=17).map(str.encode)))
def test_a_date_never_raises(date: bytes) -> None:
    """A wrong date is none."""
    found = moment(date)
    assert found is None or found.tzinfo is not None


@pytest.mark.parametrize("esm_class", [0x04, 0x44, 0x84, 0x24, 0x07], ids=hex)
def test_receipt(esm_class: int) -> None:
    """The bits around those of the kind do not matter (Kannel sees 0x44), nor does a second bit of an SMSC."""
    receipt = parse_receipt(esm_class, TEXT, ())
    assert receipt is not None
    assert (receipt.message_id, receipt.intermediate) == ("7", False)


def test_notification() -> None:
    """An intermediate notification leaves the message open, whatever state it tells."""
    receipt = parse_receipt(0x20, TEXT, ())
    assert receipt is not None
    assert (receipt.state, receipt.intermediate) == (MessageState.DELIVERED, True)


@pytest.mark.parametrize("esm_class", [0x08, 0x10, 0x18], ids=["delivery", "manual", "conversation"])
def test_acknowledgements_are_messages(esm_class: int) -> None:
    """What a phone's user acknowledges (section 5.2.12) is no receipt of the SMSC, even in a receipt's words."""
    tlvs = ((int(Tag.RECEIPTED_MESSAGE_ID), b"7\0"), (int(Tag.MESSAGE_STATE), b"\x02"))
    assert parse_receipt(esm_class, TEXT, tlvs) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"see you at 10:30",
        b"my id: 4711",
        b"stat:DELIVRD",
        b"id:7 stat:soon",
        b"the status: fine, id: none",
        b"Android:7 hostat:DELIVRD",
    ],
)
def test_messages_are_not_receipts(content: bytes) -> None:
    """What says no kind is a receipt only with an id and a state that is known."""
    assert parse_receipt(0, content, ()) is None


def test_parameters_make_a_receipt() -> None:
    """Both of them do; one alone does not."""
    tlvs = ((int(Tag.RECEIPTED_MESSAGE_ID), b"7\0"), (int(Tag.MESSAGE_STATE), b"\x02"))
    assert parse_receipt(0, b"", tlvs) == Receipt("7", MessageState.DELIVERED, False)
    assert parse_receipt(0, b"hello", tlvs[:1]) is None
    assert parse_receipt(0, b"hello", tlvs[1:]) is None


@pytest.mark.parametrize(
    ("content", "data_coding"),
    [
        (TEXT, 8),
        (TEXT.decode().encode("utf-16-be"), 0),
        (TEXT.decode().encode("utf-16-be"), 8),
        (TEXT.decode().encode("utf-16-le"), 8),
        (b"\xff\xfe" + TEXT.decode().encode("utf-16-le"), 8),
        (b"\xfe\xff" + TEXT.decode().encode("utf-16-be"), 8),
    ],
    ids=["octets called UCS-2", "UCS-2 called default", "UCS-2", "little end first", "marked so", "marked UCS-2"],
)
def test_alphabets(content: bytes, data_coding: int) -> None:
    """The octets say in which alphabet a receipt is, and not data_coding."""
    assert parse_receipt(0x04, content, (), data_coding) == parse_receipt(0x04, TEXT, ())


def test_what_latin1_does_not_have() -> None:
    """A quotation in another script costs only its letters."""
    receipt = parse_receipt(0x04, "id:7 stat:DELIVRD text:Привет 7".encode("utf-16-be"), (), 8)
    assert receipt is not None
    assert (receipt.message_id, receipt.state, receipt.text) == ("7", MessageState.DELIVERED, b"?????? 7")


@pytest.mark.parametrize("date", [b"", b"soon", b"1013322560", b"20110314181534999", b"-1", b"10-05-23 20:39"])
def test_a_wrong_date_costs_only_itself(date: bytes) -> None:
    """Everything else of the receipt is read."""
    receipt = parse_receipt(0x04, TEXT.replace(b"1005232039", date), ())
    assert receipt is not None
    assert moment(receipt.submitted) is None
    assert moment(receipt.done) == datetime(2010, 5, 24, 23, 39, tzinfo=UTC)
    assert (receipt.message_id, receipt.state, receipt.error, receipt.text) == (
        "7",
        MessageState.DELIVERED,
        "012",
        b"hello",
    )


def test_a_quotation_is_not_read() -> None:
    """A message with the words of a receipt in it changes nothing about the receipt that quotes it."""
    receipt = parse_receipt(0x04, TEXT.replace(b"hello", b"id:8 stat:EXPIRED err:999 text:id:9"), ())
    assert receipt is not None
    assert (receipt.message_id, receipt.state, receipt.error) == ("7", MessageState.DELIVERED, "012")
    assert receipt.text == b"id:8 stat:EXPIRED err:999 text:id:9"


def test_a_long_error() -> None:
    """It is cut, and what stands behind it is read all the same."""
    receipt = parse_receipt(0x04, TEXT.replace(b"012", b"7" * 40), ())
    assert receipt is not None
    assert (receipt.error, receipt.text) == ("7" * 32, b"hello")


def test_a_quotation_is_not_shown() -> None:
    """Neither it nor dates are in what a log line shows."""
    receipt = parse_receipt(0x04, TEXT, ())
    assert repr(receipt) == "Receipt('7', DELIVERED, error '012')"


@pytest.mark.parametrize(
    "end",
    [b"TEXT:hello", b" text:hello", b"\ttext:hello", b"text :hello", b"nack:0 text:hello", b"\r\nText:hello"],
)
def test_a_quotation_after_something_unusual(end: bytes) -> None:
    """Everything before it is as usual, and yet it is found."""
    receipt = parse_receipt(0x04, TEXT.replace(b"text:hello", end), ())
    assert receipt == parse_receipt(0x04, TEXT, ())


@pytest.mark.parametrize("end", [b"", b" ", b"\0", b"\r\n", b" \0\0"])
def test_what_ends_a_receipt(end: bytes) -> None:
    """Blanks and NULs behind the last field are no part of it."""
    receipt = parse_receipt(0x04, TEXT.removesuffix(b" text:hello") + end, ())
    assert receipt is not None
    assert (receipt.error, receipt.text) == ("012", b"")


def test_a_nul_behind_the_id() -> None:
    """It is no part of it either."""
    receipt = parse_receipt(0x04, TEXT.replace(b"id:7", b"id:7\0"), ())
    assert receipt is not None
    assert receipt.message_id == "7"


@pytest.mark.parametrize("field", ["id", "submit date", "done date", "stat", "err", "text"])
@pytest.mark.parametrize("separator", [" ", "  ", "\r\n", ","])
def test_an_empty_field(field: str, separator: str) -> None:
    """It is empty, and does not take what stands behind it for its value."""
    fields = {
        "id": "7",
        "submit date": "1005232039",
        "done date": "1005242339",
        "stat": "EXPIRED",
        "err": "012",
        "text": "hello",
    }
    fields[field] = ""
    written = separator.join(f"{name}:{value}" for name, value in fields.items())
    receipt = parse_receipt(0x04, written.encode(), ())
    assert receipt == Receipt(
        fields["id"],
        MessageState.EXPIRED if fields["stat"] else MessageState.UNKNOWN,
        False,
        fields["err"],
        submitted=fields["submit date"].encode(),
        done=fields["done date"].encode(),
        text=fields["text"].encode(),
    )


def test_a_state_behind_a_quotation_of_states() -> None:
    """Where the state comes last, what the quotation says of one does not count, and neither does an id in it."""
    receipt = parse_receipt(0x04, b"sub:001 err:000 text: id:8 stat:EXPIRED or so stat:DELIVRD", ())
    assert receipt == Receipt("", MessageState.DELIVERED, False, "000", text=b" id:8 stat:EXPIRED or so")


def test_a_quoted_id_makes_no_receipt() -> None:
    """A message that only talks of an id, in words of its own, is a message."""
    assert parse_receipt(0, b"stat:DELIVRD text:id:7", ()) is None


@pytest.mark.parametrize("kind", [ShortMessage, DataSm])
def test_in_message_payload(kind: type[ShortMessage | DataSm]) -> None:
    """Through the codec: a receipt is read from message_payload too (section 5.3.2.32), in both operations."""
    tlvs = ((int(Tag.MESSAGE_STATE), b"\x05"), (int(Tag.MESSAGE_PAYLOAD), TEXT))
    pdu = kind.decode(kind(Address("491701111111", 1, 1), Address("4400"), esm_class=0x04, tlvs=tlvs).encode())
    receipt = parse_receipt(pdu.esm_class, pdu.content, pdu.tlvs, pdu.data_coding)
    assert receipt is not None
    assert (receipt.message_id, receipt.state, receipt.error) == ("7", MessageState.UNDELIVERABLE, "012")


def test_only_so_much_is_looked_into() -> None:
    """A payload may have 64 KiB; a receipt says what it has to say at its beginning."""
    receipt = parse_receipt(0x04, TEXT + b"x" * 60_000, ())
    assert receipt is not None
    assert (receipt.message_id, len(receipt.text)) == ("7", LONGEST - TEXT.index(b"hello"))

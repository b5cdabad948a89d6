"""Receipts as SMSCs have been seen to write them; each case names where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

import pytest

from sms_operator.smpp.receipts.parsing import moment, parse_receipt
from sms_operator.smpp.receipts.states import MessageState
from sms_operator.smpp.tlv import Tag, Tlvs

DELIVERED = MessageState.DELIVERED
UUID = "74e02ee1-4e2f-4a6e-a78b-4b247d756a22"


def at(*parts: int) -> datetime:
    """A moment in UTC."""
    year, month, day, hour, minute, *rest = parts
    return datetime(year, month, day, hour, minute, rest[0] if rest else 0, tzinfo=UTC)


class Case(NamedTuple):
    """A receipt's text and what it says."""

    where: str
    text: bytes
    message_id: str
    state: MessageState
    error: str = ""
    submitted: datetime | None = None
    done: datetime | None = None
    quoted: bytes = b""


CASES = [
    Case(
        "cloudhopper-smpp DeliveryReceiptTest: as in appendix B",
        b"id:0123456789 sub:002 dlvrd:001 submit date:1005232039 done date:1005242339 stat:DELIVRD err:012 "
        b"text:This is a sample mes",
        "0123456789",
        DELIVERED,
        "012",
        at(2010, 5, 23, 20, 39),
        at(2010, 5, 24, 23, 39),
        b"This is a sample mes",
    ),
    Case(
        "cloudhopper-smpp DeliveryReceiptTest: a capital Text",
        b"id:4 sub:001 dlvrd:001 submit date:1006020051 done date:1006020051 stat:DELIVRD err:000 Text:Hello",
        "4",
        DELIVERED,
        "000",
        at(2010, 6, 2, 0, 51),
        at(2010, 6, 2, 0, 51),
        b"Hello",
    ),
    Case(
        "cloudhopper-smpp DeliveryReceiptTest: fields in another order, and one behind the quotation",
        b"sub:001 id:74e02ee1-4e2f-4a6e-a78b-4b247d756a22 err:000 dlvrd:001 done date:110206193110 "
        b"submit date:110206193041 text: stat:DELIVRD",
        UUID,
        DELIVERED,
        "000",
        at(2011, 2, 6, 19, 30, 41),
        at(2011, 2, 6, 19, 31, 10),
    ),
    Case(
        "cloudhopper-smpp DeliveryReceiptTest: neither sub nor dlvrd nor text, dates with century and seconds",
        b"id:2E179B310EDE971B2760C72B7F026E1B submit date:20110314181534 done date:20110314181741 stat:DELIVRD err:0",
        "2E179B310EDE971B2760C72B7F026E1B",
        DELIVERED,
        "0",
        at(2011, 3, 14, 18, 15, 34),
        at(2011, 3, 14, 18, 17, 41),
    ),
    Case(
        "cloudhopper-smpp DeliveryReceiptTest: dates and state that nobody filled in",
        b"id:12345678901 sub:000 dlvrd:000 submit date:0000000000 done date:0000000000 stat:BADSTAT err:000 text:",
        "12345678901",
        MessageState.UNKNOWN,
        "000",
    ),
    Case(
        "jsmpp DeliveryReceiptParserTest: the quotation without its word",
        b"id:0123456789 sub:001 dlvrd:001 submit date:0809011130 done date:0809011131 stat:DELIVRD err:000 "
        b"testing jsmpp bow",
        "0123456789",
        DELIVERED,
        "000",
        at(2008, 9, 1, 11, 30),
        at(2008, 9, 1, 11, 31),
    ),
    Case(
        "jsmpp issue 62: neither sub nor dlvrd",
        b"id:1526758174 submit date:1701240904 done date:1701240904 stat:DELIVRD err:000 text:hellow",
        "1526758174",
        DELIVERED,
        "000",
        at(2017, 1, 24, 9, 4),
        at(2017, 1, 24, 9, 4),
        b"hellow",
    ),
    Case(
        "jasmin test_operations (issue 195): a century without seconds",
        b"id:c87c2273-7edb-4bc7-8d3a-7f57f21b625e submit date:201506201641 done date:201506201641 stat:DELIVRD err:000",
        "c87c2273-7edb-4bc7-8d3a-7f57f21b625e",
        DELIVERED,
        "000",
        at(2015, 6, 20, 16, 41),
        at(2015, 6, 20, 16, 41),
    ),
    Case(
        "jasmin test_operations (issue 70): Clickatell",
        b"id:a29f6845555647139e5c8f3b817f2c9a sub:001 dlvrd:001 submit date:141023215253 done date:141023215259 "
        b"stat:DELIVRD err:000 text:HOLA",
        "a29f6845555647139e5c8f3b817f2c9a",
        DELIVERED,
        "000",
        at(2014, 10, 23, 21, 52, 53),
        at(2014, 10, 23, 21, 52, 59),
        b"HOLA",
    ),
    Case(
        "smppex issue 46: dates as absolute times of section 7.1.1",
        b"id:rdwjwxns18krxr9936ey96ymcw sub:000 dlvrd:000 submit date:180711070003912+ done date:180711070000012+ "
        b"stat:UNDELIV err:000",
        "rdwjwxns18krxr9936ey96ymcw",
        MessageState.UNDELIVERABLE,
        "000",
        datetime(2018, 7, 11, 7, 0, 3, tzinfo=timezone(timedelta(hours=3))),
        datetime(2018, 7, 11, 7, 0, 0, tzinfo=timezone(timedelta(hours=3))),
    ),
    Case(
        "node-smpp issue 77: numbers of any length",
        b"id:45013692 sub:0 dlvrd:28 submit date:1908121157 done date:1908121158 stat:UNDELIV err:21 Text:*100#",
        "45013692",
        MessageState.UNDELIVERABLE,
        "21",
        at(2019, 8, 12, 11, 57),
        at(2019, 8, 12, 11, 58),
        b"*100#",
    ),
    Case(
        "php-smpp issue 70: four digits of error and the extension table's escape in the quotation",
        b"id:117062714244798261 sub:001 dlvrd:001 submit date:1706271624 done date:1706271624 stat:DELIVRD err:0000 "
        b"text:H\x1bello world",
        "117062714244798261",
        DELIVERED,
        "0000",
        at(2017, 6, 27, 16, 24),
        at(2017, 6, 27, 16, 24),
        b"H\x1bello world",
    ),
    Case(
        "php-smpp issue 29: a blank behind the colons",
        b"id: 7 sub: 001 dlvrd: 001 submit date: 1404171200 done date: 1404171201 stat: DELIVRD err: 0 text: hi",
        "7",
        DELIVERED,
        "0",
        at(2014, 4, 17, 12, 0),
        at(2014, 4, 17, 12, 1),
        b" hi",
    ),
    Case(
        "Apache Camel SmppBindingTest: an error that is no number",
        b"id:2 sub:001 dlvrd:001 submit date:0908312310 done date:0908312311 stat:DELIVRD err:xxx "
        b"Text:Hello SMPP world!",
        "2",
        DELIVERED,
        "xxx",
        at(2009, 8, 31, 23, 10),
        at(2009, 8, 31, 23, 11),
        b"Hello SMPP world!",
    ),
    Case(
        "vumi pull request 897: a word of six letters", b"id:9 stat:FAILED err:1", "9", MessageState.UNDELIVERABLE, "1"
    ),
    Case("Kannel smsc_smpp: BUFFRED", b"id:9 stat:BUFFRED err:0", "9", MessageState.ENROUTE, "0"),
    Case("Kannel smsc_smpp: BUFFERD", b"id:9 stat:BUFFERD err:0", "9", MessageState.ENROUTE, "0"),
    Case("Kannel smsc_smpp: ACKED", b"id:9 stat:ACKED err:0", "9", MessageState.ACCEPTED, "0"),
    Case(
        "ruby-smpp DeliverSm: something before the id, and an error that nobody filled in",
        b"4790000000SMSAlert^id:1054BC63 sub:0 dlvrd:1 submit date:0610231217 done date:0610231217 stat:DELIVRD err: "
        b"text:",
        "1054BC63",
        DELIVERED,
        "",
        at(2006, 10, 23, 12, 17),
        at(2006, 10, 23, 12, 17),
    ),
    Case(
        "ruby-smpp DeliverSm and vumi TestDeliveryYo: a number for a state says nothing that is sure",
        b"id:Smsc2013 sub:1 dlvrd:1 submit date:0610171515 done date:0610171515 stat:0 err:0 text:blah",
        "Smsc2013",
        MessageState.UNKNOWN,
        "0",
        at(2006, 10, 17, 15, 15),
        at(2006, 10, 17, 15, 15),
        b"blah",
    ),
    Case(
        "somleng sms-gateway: Kannel as an SMSC, two forms of dates in one receipt, an error in hexadecimal",
        b"id:577e505a-dbd7-46ab-a04c-5a927ffb85b1 sub:001 dlvrd:000 submit date:2408201338 done date:240820093823 "
        b"stat:REJECTD err:00B text:You",
        "577e505a-dbd7-46ab-a04c-5a927ffb85b1",
        MessageState.REJECTED,
        "00B",
        at(2024, 8, 20, 13, 38),
        at(2024, 8, 20, 9, 38, 23),
        b"You",
    ),
    Case(
        "somleng sms-gateway: GoIP, which says no more than that it was sent",
        b"id:4791967 sub:0 dlvrd:1 submit date:2302281329 done date:2302281329 stat:ENROUTE err:0 "
        b"Text:Hello World from out",
        "4791967",
        MessageState.ENROUTE,
        "0",
        at(2023, 2, 28, 13, 29),
        at(2023, 2, 28, 13, 29),
        b"Hello World from out",
    ),
    Case(
        "somleng sms-gateway: no state at all",
        b"id:88316820 sub:0 dlvrd:0 submit date:2302281324 done date:2302281325 err:500 Text:Hello World from out",
        "88316820",
        MessageState.UNKNOWN,
        "500",
        at(2023, 2, 28, 13, 24),
        at(2023, 2, 28, 13, 25),
        b"Hello World from out",
    ),
    Case(
        "MobtechMlHttpTransportTestCase, a transport for vumi: it ends with its state",
        b"id:c449ab9744f47b6af1879e49e75e4f40 sub:001 dlvrd:0 submit date:0610191018 stat:REJECTD",
        "c449ab9744f47b6af1879e49e75e4f40",
        MessageState.REJECTED,
        "",
        at(2006, 10, 19, 10, 18),
    ),
    Case(
        "as in node-smpp issue 140, with an id: a date that nobody filled in",
        b"id:31 sub:001 dlvrd:0 submit date:2007281200 done date: stat:ACCEPTD err:000",
        "31",
        MessageState.ACCEPTED,
        "000",
        at(2020, 7, 28, 12, 0),
    ),
    Case(
        "aiosmpplib test_protocol: question marks for a quotation in another alphabet",
        b"id:FE456A00 sub:001 dlvrd:001 submit date:2611230102 done date:2611230102 stat:DELIVRD err:000 Text:????",
        "FE456A00",
        DELIVERED,
        "000",
        at(2026, 11, 23, 1, 2),
        at(2026, 11, 23, 1, 2),
        b"????",
    ),
    Case(
        "Nexmo, how to read a receipt: sixteen digits, and a word where there is no quotation",
        b"id:0000000012345678 sub:001 dlvrd:001 submit date:1601010100 done date:1601010101 stat:DELIVRD err:000 "
        b"text:none",
        "0000000012345678",
        DELIVERED,
        "000",
        at(2016, 1, 1, 1, 0),
        at(2016, 1, 1, 1, 1),
        b"none",
    ),
    Case(
        "milliseconds since 1970 for dates, as small gateways have them",
        b"id:MSG_1 sub:001 dlvrd:001 submit date:1762000000000 done date:1762000000001 stat:DELIVRD err:000",
        "MSG_1",
        DELIVERED,
        "000",
    ),
    Case(
        "capitals, words joined by nothing or by a line, equals signs, and commas",
        b"MSGID=a1,STATUS=DELIVERED,ERROR=E-17,SUBMITDATE=2611230102,DONE_DATE=2611230103,TEXT:id:5 stat:EXPIRED",
        "a1",
        DELIVERED,
        "E-17",
        at(2026, 11, 23, 1, 2),
        at(2026, 11, 23, 1, 3),
        b"id:5 stat:EXPIRED",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.where)
@pytest.mark.parametrize("wide", [False, True], ids=["octets", "UCS-2"])
def test_dialect(case: Case, wide: bool) -> None:
    """Both in one octet a character and in UCS-2, which one operator of vumi's (pull request 635) sends."""
    text = case.text.decode("latin-1").encode("utf-16-be") if wide else case.text
    receipt = parse_receipt(0x04, text, (), 8 if wide else 0)
    assert receipt is not None
    assert (receipt.message_id, receipt.state, receipt.error) == (case.message_id, case.state, case.error)
    assert (moment(receipt.submitted), moment(receipt.done)) == (case.submitted, case.done)
    assert receipt.text == case.quoted
    assert receipt.intermediate is (case.state in (MessageState.ENROUTE, MessageState.ACCEPTED))
    assert (receipt.network, receipt.network_error) == (None, None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.where)
def test_without_a_sign(case: Case) -> None:
    """With esm_class 0 it is the same receipt, where the state is one that is known."""
    known = any(word in case.text for word in (b"stat", b"STAT")) and case.state is not MessageState.UNKNOWN
    expected = parse_receipt(0x04, case.text, ()) if known else None
    assert parse_receipt(0, case.text, ()) == expected


class Told(NamedTuple):
    """Parameters, a text, and what they say together."""

    where: str
    text: bytes
    tlvs: Tlvs
    message_id: str
    state: MessageState
    network: int | None = None
    network_error: int | None = None


TEXT = b"id:5000 submit date:201506201641 done date:201506201641 stat:DELIVRD err:000"
TOLD = [
    Told(
        "jasmin test_operations (issue 427): the parameters win",
        TEXT,
        ((Tag.RECEIPTED_MESSAGE_ID, b"6000\0"), (Tag.MESSAGE_STATE, b"\x06")),
        "6000",
        MessageState.ACCEPTED,
    ),
    Told(
        "jasmin test_operations (issue 224): Sicap MMG, a text that says something else",
        b"362d9701 2",
        ((Tag.MESSAGE_STATE, b"\x02"), (Tag.RECEIPTED_MESSAGE_ID, b"362d9701\0")),
        "362d9701",
        DELIVERED,
    ),
    Told(
        "jasmin test_operations (issue 92): Sicap MMG, data_sm without a text",
        b"",
        ((Tag.MESSAGE_STATE, b"\x02"), (Tag.RECEIPTED_MESSAGE_ID, b"362d9701\0")),
        "362d9701",
        DELIVERED,
    ),
    Told(
        "cloudhopper-smpp DeliveryReceiptTest: hexadecimal here, decimal there",
        b"id:0059113978 sub:001 dlvrd:001 submit date:1002101730 done date:1002101731 stat:DELIVRD err:000 text:@$#!",
        ((0x000E, b"\x01"), (0x0006, b"\x01"), (Tag.RECEIPTED_MESSAGE_ID, b"38601fa\0"), (Tag.MESSAGE_STATE, b"\x02")),
        "38601fa",
        DELIVERED,
    ),
    Told(
        "python-smpplib test_command: a text in octets that quotes UCS-2",
        b"id:0489708364 sub:001 dlvrd:001 submit date:1810151907 done date:1810151907 stat:DELIVRD err:000 "
        b"text:\x04\x1f\x04@\x048\x042",
        ((Tag.RECEIPTED_MESSAGE_ID, b"1d305b4c\0"), (Tag.MESSAGE_STATE, b"\x02")),
        "1d305b4c",
        DELIVERED,
    ),
    Told(
        "smpp.pdu test_smpp_encoding: hexadecimal here, decimal there, and a NUL behind the text",
        b"id:1891273321 sub:001 dlvrd:001 submit date:1305050826 done date:1305050826 stat:DELIVRD err:000 "
        b"Text:DLVRD TO MOBILE\0",
        ((Tag.MESSAGE_STATE, b"\x02"), (Tag.RECEIPTED_MESSAGE_ID, b"70BA8A69\0")),
        "70BA8A69",
        DELIVERED,
    ),
    Told(
        "a parameter without its NUL, a state of two octets, and a GSM error",
        b"",
        ((Tag.RECEIPTED_MESSAGE_ID, b"7"), (Tag.MESSAGE_STATE, b"\0\x05"), (Tag.NETWORK_ERROR_CODE, b"\x03\0\x08")),
        "7",
        MessageState.UNDELIVERABLE,
        3,
        8,
    ),
    Told(
        "Kannel smsc_smpp: network_error_code as three digits",
        TEXT,
        ((Tag.NETWORK_ERROR_CODE, b"012"),),
        "5000",
        DELIVERED,
        None,
        12,
    ),
    Told("an empty id and an empty state say nothing", TEXT, ((0x1E, b"\0"), (0x427, b"")), "5000", DELIVERED),
    Told("a state that no standard has says nothing", TEXT, ((0x427, b"\xff"),), "5000", DELIVERED),
    Told("a network_error_code of another length says nothing", TEXT, ((0x423, b"\x03\x08"),), "5000", DELIVERED),
]


@pytest.mark.parametrize("case", TOLD, ids=lambda case: case.where)
def test_parameters(case: Told) -> None:
    """What is in optional parameters."""
    receipt = parse_receipt(0x04, case.text, case.tlvs)
    assert receipt is not None
    assert (receipt.message_id, receipt.state) == (case.message_id, case.state)
    assert (receipt.network, receipt.network_error) == (case.network, case.network_error)

"""The template of submit_sm: octet for octet what smpplib writes, and what our own encoder writes."""

from __future__ import annotations

from typing import Any

import pytest
import smpplib.smpp
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.smpp.address import Address
from sms_operator.smpp.codec import EncodingError
from sms_operator.smpp.pdus import ShortMessage
from sms_operator.smpp.template import SubmitTemplate
from sms_operator.smpp.tlv import Tag, encode_tlvs
from support.raw import Sequencer

SMPP: Any = smpplib.smpp
OCTET = st.integers(0, 255)


def text(limit: int) -> st.SearchStrategy[str]:
    """What fits a C-octet string of so many octets, its NUL not counted."""
    return st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=limit)


MESSAGES = st.builds(
    ShortMessage,
    source=st.builds(Address, text(20), OCTET, OCTET),
    destination=st.builds(Address, text(20), OCTET, OCTET),
    service_type=text(5),
    esm_class=OCTET,
    protocol_id=OCTET,
    priority_flag=OCTET,
    schedule_delivery_time=text(16),
    validity_period=text(16),
    registered_delivery=OCTET,
    replace_if_present_flag=OCTET,
    data_coding=OCTET,
    sm_default_msg_id=OCTET,
    short_message=st.binary(max_size=254),
)


def by_smpplib(message: ShortMessage, **tlvs: object) -> bytes:
    """The body that smpplib makes."""
    pdu = SMPP.make_pdu(
        "submit_sm",
        client=Sequencer(),
        service_type=message.service_type,
        source_addr_ton=message.source.ton,
        source_addr_npi=message.source.npi,
        source_addr=message.source.digits,
        dest_addr_ton=message.destination.ton,
        dest_addr_npi=message.destination.npi,
        destination_addr=message.destination.digits,
        esm_class=message.esm_class,
        protocol_id=message.protocol_id,
        priority_flag=message.priority_flag,
        schedule_delivery_time=message.schedule_delivery_time,
        validity_period=message.validity_period,
        registered_delivery=message.registered_delivery,
        replace_if_present_flag=message.replace_if_present_flag,
        data_coding=message.data_coding,
        sm_default_msg_id=message.sm_default_msg_id,
        short_message=message.short_message,
        **tlvs,
    )
    octets: bytes = pdu.generate()
    return octets[16:]


def spliced(message: ShortMessage, tlvs: bytes = b"") -> bytes:
    """The body that a template makes of it."""
    return SubmitTemplate(message).body(message.destination.digits, message.short_message, tlvs)


@given(MESSAGES)
def test_as_smpplib_and_we_make_it(message: ShortMessage) -> None:
    """Every field at every value that fits."""
    assert spliced(message) == by_smpplib(message) == message.encode()


@given(MESSAGES, st.integers(0, 0xFFFF), OCTET, OCTET)
def test_parts_of_a_long_message(message: ShortMessage, reference: int, total: int, number: int) -> None:
    """Parts that say by optional parameters which one they are."""
    message.tlvs = (
        (Tag.SAR_MSG_REF_NUM, reference.to_bytes(2, "big")),
        (Tag.SAR_TOTAL_SEGMENTS, bytes((total,))),
        (Tag.SAR_SEGMENT_SEQNUM, bytes((number,))),
    )
    ours = spliced(message, encode_tlvs(message.tlvs))
    theirs = by_smpplib(message, sar_msg_ref_num=reference, sar_total_segments=total, sar_segment_seqnum=number)
    assert ours == theirs == message.encode()


@given(MESSAGES, st.binary(min_size=1, max_size=2000))
def test_message_payload(message: ShortMessage, content: bytes) -> None:
    """Content of any length, as message_payload."""
    message.short_message, message.tlvs = b"", ((Tag.MESSAGE_PAYLOAD, content),)
    assert spliced(message, encode_tlvs(message.tlvs)) == by_smpplib(message, message_payload=content)


@given(MESSAGES, st.lists(st.tuples(text(20), st.binary(max_size=254)), min_size=2, max_size=5))
def test_one_template_for_many_messages(message: ShortMessage, messages: list[tuple[str, bytes]]) -> None:
    """Nothing of one message stays for the next."""
    template = SubmitTemplate(message)
    for digits, content in messages:
        message.destination, message.short_message = message.destination._replace(digits=digits), content
        assert template.body(digits, content) == message.encode()


@pytest.mark.parametrize(
    ("destination", "content", "what"),
    [
        ("3" * 21, b"", "destination has 21 octets, the standard allows 20"),
        ("31\0", b"", "destination holds a NUL octet"),
        ("٣١", b"", "destination has characters beyond Latin-1"),
        ("31", b"x" * 255, "short_message has 255 octets, the standard allows 254"),
    ],
)
def test_what_does_not_fit(destination: str, content: bytes, what: str) -> None:
    """Refused with the name of the field; smpplib cuts a number to twenty digits, which is another person's."""
    with pytest.raises(EncodingError, match=what) as refused:
        SubmitTemplate(ShortMessage()).body(destination, content)
    assert refused.value.field_name == what.partition(" ")[0]


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (ShortMessage(Address("A" * 21, 5)), "source"),
        (ShortMessage(service_type="123456"), "service_type"),
        (ShortMessage(validity_period="000001000000000R0"), "validity_period"),
        (ShortMessage(registered_delivery=256), "registered_delivery"),
    ],
)
def test_what_no_message_could_be_sent_with(message: ShortMessage, field: str) -> None:
    """Told when the template is made, not with every message."""
    with pytest.raises(EncodingError) as refused:
        SubmitTemplate(message)
    assert refused.value.field_name == field

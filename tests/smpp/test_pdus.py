"""Bodies of PDUs: written strictly, read tolerantly; octet for octet as smpplib has them, where smpplib is right."""

from __future__ import annotations

from typing import Any, Final, Protocol

import pytest
import smpplib.smpp
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.smpp.address import Address
from sms_operator.smpp.codec import EncodingError, encode
from sms_operator.smpp.command_status import (
    ESME_RINVCMDLEN,
    ESME_RINVDESTFLAG,
    ESME_RINVMSGLEN,
    ESME_RINVOPTPARSTREAM,
)
from sms_operator.smpp.commands import Command
from sms_operator.smpp.errors import Malformed
from sms_operator.smpp.operations import (
    AlertNotification,
    CancelSm,
    DistributionList,
    Outbind,
    QuerySm,
    ReplaceSm,
    SubmitMulti,
)
from sms_operator.smpp.pdus import DataSm, ShortMessage
from sms_operator.smpp.responses import (
    MessageIdResponse,
    QuerySmResponse,
    SubmitMultiResponse,
    Unsuccessful,
    message_id,
)
from sms_operator.smpp.tlv import Tag, c_octets, first
from support.raw import Sequencer

SMPP: Any = smpplib.smpp
OCTET = st.integers(0, 255)
TLVS = st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=20)), max_size=4).map(tuple)
CONTENT = st.binary(max_size=254)


class Pdu(Protocol):
    """What all of them have."""

    def encode(self) -> bytes:
        """The body."""
        ...


def text(limit: int) -> st.SearchStrategy[str]:
    """What fits a C-octet string of so many octets, its NUL not counted."""
    return st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=limit)


ADDRESS = st.builds(Address, text(20), OCTET, OCTET)
LONG_ADDRESS = st.builds(Address, text(64), OCTET, OCTET)
COMMON: Final[dict[str, Any]] = {
    "source": ADDRESS,
    "service_type": text(5),
    "esm_class": OCTET,
    "protocol_id": OCTET,
    "priority_flag": OCTET,
    "schedule_delivery_time": text(16),
    "validity_period": text(16),
    "registered_delivery": OCTET,
    "replace_if_present_flag": OCTET,
    "data_coding": OCTET,
    "sm_default_msg_id": OCTET,
    "short_message": CONTENT,
    "tlvs": TLVS,
}
SHORT_MESSAGES = st.builds(ShortMessage, destination=ADDRESS, **COMMON)
ANY: Final[dict[str, st.SearchStrategy[Any]]] = {
    "submit_sm": SHORT_MESSAGES,
    "data_sm": st.builds(DataSm, LONG_ADDRESS, LONG_ADDRESS, text(5), OCTET, OCTET, OCTET, TLVS),
    "submit_multi": st.builds(
        SubmitMulti,
        destinations=st.lists(ADDRESS | st.builds(DistributionList, text(20)), min_size=1, max_size=254).map(tuple),
        **COMMON,
    ),
    "query_sm": st.builds(QuerySm, text(64), ADDRESS),
    "cancel_sm": st.builds(CancelSm, text(64), ADDRESS, ADDRESS, text(5)),
    "replace_sm": st.builds(ReplaceSm, text(64), ADDRESS, text(16), text(16), OCTET, OCTET, CONTENT),
    "alert_notification": st.builds(AlertNotification, LONG_ADDRESS, LONG_ADDRESS, TLVS),
    "outbind": st.builds(Outbind, text(15), text(8)),
    "submit_sm_resp": st.builds(MessageIdResponse, text(64), TLVS),
    "submit_multi_resp": st.builds(
        SubmitMultiResponse,
        text(64),
        st.lists(st.builds(Unsuccessful, ADDRESS, st.integers(0, 0xFFFF_FFFF)), max_size=255).map(tuple),
        TLVS,
    ),
    "query_sm_resp": st.builds(QuerySmResponse, text(64), text(16), OCTET, OCTET),
}
KINDS = pytest.mark.parametrize("kind", ANY)
FULL: Final[tuple[Pdu, ...]] = (
    ShortMessage(Address("31", 1, 1), Address("12", 1, 1), short_message=b"hi", tlvs=((Tag.MESSAGE_STATE, b"\2"),)),
    DataSm(Address("31", 1, 1), Address("12", 1, 1), tlvs=((Tag.MESSAGE_PAYLOAD, b"hi"),)),
    SubmitMulti(Address("31", 1, 1), (Address("12", 1, 1), DistributionList("all")), short_message=b"hi"),
    QuerySm("7", Address("31", 1, 1)),
    CancelSm("7", Address("31", 1, 1), Address("12", 1, 1)),
    ReplaceSm("7", Address("31", 1, 1), short_message=b"hi"),
    AlertNotification(Address("31", 1, 1), Address("12", 1, 1), ((Tag.MS_AVAILABILITY_STATUS, b"\1"),)),
)


def by_smpplib(command: str, **fields: Any) -> bytes:
    """The body that smpplib makes."""
    pdu = SMPP.make_pdu(command, client=Sequencer(), **fields)
    pdu.sequence = 1
    octets: bytes = pdu.generate()
    return octets[16:]


def read_by_smpplib(command: Command, body: bytes) -> Any:
    """What smpplib reads out of a body; texts are octets there."""
    return SMPP.parse_pdu(encode(command, 1, body=body), client=Sequencer(), allow_unknown_opt_params=True)


@KINDS
@given(st.data())
def test_all_come_back(kind: str, data: st.DataObject) -> None:
    """What is written is read."""
    pdu: Any = data.draw(ANY[kind])
    assert pdu.decode(pdu.encode()) == pdu


@pytest.mark.parametrize("pdu", FULL, ids=lambda pdu: type(pdu).__name__)
def test_every_beginning_of_a_body(pdu: Any) -> None:
    """A body that ends too early is refused, unless exactly its optional parameters are missing."""
    body: bytes = pdu.encode()
    behind = 5 * bool(getattr(pdu, "tlvs", ())) + isinstance(pdu, DataSm)
    complete = len(body) - behind
    for cut in range(len(body)):
        expected = {ESME_RINVCMDLEN, ESME_RINVMSGLEN} if cut < complete else {ESME_RINVOPTPARSTREAM}
        assert _status(type(pdu), body[:cut]) in expected or (behind and cut == complete)


def _status(kind: Any, body: bytes) -> int:
    try:
        kind.decode(body)
    except Malformed as malformed:
        return malformed.status
    return 0


@pytest.mark.parametrize("command", ["submit_sm", "deliver_sm"])
@given(SHORT_MESSAGES)
def test_messages_as_smpplib_has_them(command: str, message: ShortMessage) -> None:
    """Written octet for octet the same, and read back by it field by field."""
    message.tlvs = ()
    fields = {
        "service_type": message.service_type,
        "source_addr_ton": message.source.ton,
        "source_addr_npi": message.source.npi,
        "source_addr": message.source.digits,
        "dest_addr_ton": message.destination.ton,
        "dest_addr_npi": message.destination.npi,
        "destination_addr": message.destination.digits,
        "esm_class": message.esm_class,
        "protocol_id": message.protocol_id,
        "priority_flag": message.priority_flag,
        "schedule_delivery_time": message.schedule_delivery_time,
        "validity_period": message.validity_period,
        "registered_delivery": message.registered_delivery,
        "replace_if_present_flag": message.replace_if_present_flag,
        "data_coding": message.data_coding,
        "sm_default_msg_id": message.sm_default_msg_id,
        "short_message": message.short_message,
    }
    body = message.encode()
    assert body == by_smpplib(command, **fields)
    theirs = read_by_smpplib(Command[command.upper()], body)
    for name, value in fields.items():
        read = getattr(theirs, name)
        assert (b"" if read is None else read) == (value.encode("latin-1") if isinstance(value, str) else value), name


@given(st.integers(0, 255), st.integers(0, 0xFFFF), text(64).filter(bool), st.binary(min_size=3, max_size=3))
def test_parameters_of_receipts_as_smpplib_has_them(state: int, number: int, identity: str, error: bytes) -> None:
    """Those that smpplib knows for deliver_sm, in its order."""
    ascii_id = identity.encode("ascii", "replace").decode()
    message = ShortMessage(
        tlvs=(
            (Tag.USER_MESSAGE_REFERENCE, number.to_bytes(2, "big")),
            (Tag.NETWORK_ERROR_CODE, error),
            (Tag.MESSAGE_STATE, bytes((state,))),
            (Tag.RECEIPTED_MESSAGE_ID, ascii_id.encode() + b"\0"),
        )
    )
    assert message.encode() == by_smpplib(
        "deliver_sm",
        user_message_reference=number,
        network_error_code=error,
        message_state=state,
        receipted_message_id=ascii_id,
    )


@given(st.builds(QuerySm, text(64).filter(bool), ADDRESS))
def test_query_sm_as_smpplib_has_it(query: QuerySm) -> None:
    """Octet for octet."""
    ton, npi = query.source.ton, query.source.npi
    assert query.encode() == by_smpplib(
        "query_sm",
        message_id=query.message_id,
        source_addr_ton=ton,
        source_addr_npi=npi,
        source_addr=query.source.digits,
    )


@given(text(64))
def test_submit_sm_resp_as_smpplib_has_it(identity: str) -> None:
    """Octet for octet; and the short way to the id finds it."""
    body = MessageIdResponse(identity).encode()
    assert body == by_smpplib("submit_sm_resp", message_id=identity)
    assert message_id(body) == identity


class TestWhereSmpplibIsWrong:
    """What smpplib makes of legal or of broken input, and what we do: if it is mended one day, these say so."""

    def test_it_cuts_a_number(self) -> None:
        """Twenty digits of twenty-five are somebody else's number."""
        number = "1234567890123456789012345"
        assert b"\x0012345678901234567890\0" in by_smpplib("submit_sm", destination_addr=number)
        with pytest.raises(EncodingError, match="destination has 25 octets, the standard allows 20"):
            ShortMessage(destination=Address(number)).encode()

    def test_it_writes_255_octets(self) -> None:
        """The standard has 254 (section 5.2.22)."""
        assert by_smpplib("submit_sm", short_message=b"x" * 255).endswith(b"\xff" + b"x" * 255)
        with pytest.raises(EncodingError, match="255"):
            ShortMessage(short_message=b"x" * 255).encode()

    def test_it_knows_which_parameter_comes_where(self) -> None:
        """A reason in a submit_sm_resp ends its listening."""
        body = MessageIdResponse("7", ((Tag.NETWORK_ERROR_CODE, b"\3\0\1"),)).encode()
        with pytest.raises(KeyError):
            read_by_smpplib(Command.SUBMIT_SM_RESP, body)
        assert MessageIdResponse.decode(body).tlvs == ((Tag.NETWORK_ERROR_CODE, b"\3\0\1"),)

    def test_it_loses_step_behind_a_number_of_another_length(self) -> None:
        """message_state in two octets: the next parameter is read from the middle of it."""
        tlvs = ((Tag.MESSAGE_STATE, b"\0\2"), (Tag.RECEIPTED_MESSAGE_ID, b"7\0"))
        theirs = read_by_smpplib(Command.DELIVER_SM, ShortMessage(tlvs=tlvs).encode())
        assert theirs.receipted_message_id is None
        assert ShortMessage.decode(ShortMessage(tlvs=tlvs).encode()).tlvs == tlvs

    def test_it_cuts_an_id_without_a_nul(self) -> None:
        """receipted_message_id, and with it the receipt, is another message's."""
        message = ShortMessage(tlvs=((Tag.RECEIPTED_MESSAGE_ID, b"1234"),))
        assert read_by_smpplib(Command.DELIVER_SM, message.encode()).receipted_message_id == b"123"
        assert c_octets(first(ShortMessage.decode(message.encode()).tlvs, Tag.RECEIPTED_MESSAGE_ID) or b"") == "1234"

    def test_it_reads_what_is_not_there(self) -> None:
        """sm_length beyond the PDU: it takes the text that came for the text that was sent."""
        body = ShortMessage(short_message=b"twelve chars").encode()[:-6]
        assert read_by_smpplib(Command.DELIVER_SM, body).short_message == b"twelve"
        with pytest.raises(Malformed, match="sm_length is 12, and 6 octets follow"):
            ShortMessage.decode(body)


@pytest.mark.parametrize(
    ("pdu", "field"),
    [
        (ShortMessage(Address("1" * 21)), "source"),
        (ShortMessage(Address("1\x002")), "source"),
        (ShortMessage(Address(ton=256)), "source TON"),
        (ShortMessage(destination=Address(npi=-1)), "destination NPI"),
        (ShortMessage(destination=Address("п")), "destination"),
        (ShortMessage(service_type="123456"), "service_type"),
        (ShortMessage(esm_class=256), "esm_class"),
        (ShortMessage(data_coding=-1), "data_coding"),
        (ShortMessage(schedule_delivery_time="x" * 17), "schedule_delivery_time"),
        (ShortMessage(short_message=b"x" * 255), "short_message"),
        (ShortMessage(tlvs=((Tag.MESSAGE_PAYLOAD, b"x" * 65_536),)), "optional parameter"),
        (DataSm(Address("1" * 65)), "source"),
        (DataSm(registered_delivery=256), "registered_delivery"),
        (SubmitMulti(Address(), ()), "destinations"),
        (SubmitMulti(Address(), (Address(),) * 255), "destinations"),
        (SubmitMulti(Address(), (DistributionList("x" * 21),)), "distribution list"),
        (SubmitMulti(Address(), (Address("1" * 21),)), "destination"),
        (SubmitMulti(Address(), (Address(),), short_message=b"x" * 255), "short_message"),
        (QuerySm("x" * 65), "message_id"),
        (CancelSm(destination=Address("1" * 21)), "destination"),
        (ReplaceSm("7", short_message=b"x" * 255), "short_message"),
        (AlertNotification(Address("1" * 65), Address()), "source"),
        (AlertNotification(Address(), Address("1" * 65)), "esme"),
        (Outbind("x" * 16), "system_id"),
        (Outbind("", "123456789"), "password"),
        (MessageIdResponse("x" * 65), "message_id"),
        (SubmitMultiResponse(unsuccessful=(Unsuccessful(Address(), 1 << 32),)), "error_status_code"),
        (SubmitMultiResponse(unsuccessful=(Unsuccessful(Address(), 1),) * 256), "no_unsuccess"),
        (QuerySmResponse(message_state=256), "message_state"),
    ],
)
def test_what_does_not_fit(pdu: Pdu, field: str) -> None:
    """Nothing is cut: the field is named, and what was in it is not shown."""
    with pytest.raises(EncodingError) as refused:
        pdu.encode()
    assert refused.value.field_name == field
    assert "xxx" not in str(refused.value)
    assert "123456789" not in str(refused.value)


HEAD: Final = b"\0" + b"\1\x0131\0" + b"\0\x0112\0" + b"\0\0\0" + b"\0\0" + b"\0\0\0\0"
"""A submit_sm up to its sm_length."""


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        (ShortMessage, b"", ESME_RINVCMDLEN),
        (ShortMessage, b"A" * 60, ESME_RINVCMDLEN),
        (ShortMessage, b"CMT\0\0\0123\0\1\1" + b"\1\1" + b"5" * 257, ESME_RINVCMDLEN),
        (ShortMessage, HEAD, ESME_RINVCMDLEN),
        (ShortMessage, HEAD + b"\3hi", ESME_RINVMSGLEN),
        (ShortMessage, HEAD + b"\1hi", ESME_RINVOPTPARSTREAM),
        (ReplaceSm, b"7\0\0\0\0\0\0\0\0\3hi", ESME_RINVMSGLEN),
        (SubmitMulti, b"\0\0\0\0\1\3\0", ESME_RINVDESTFLAG),
        (SubmitMulti, b"\0\0\0\0\2\2list\0", ESME_RINVCMDLEN),
        (SubmitMulti, b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\3hi", ESME_RINVMSGLEN),
        (SubmitMultiResponse, b"7\0\1\1\x0131\0\0\0\0", ESME_RINVCMDLEN),
        (QuerySmResponse, b"7\0", ESME_RINVCMDLEN),
        (QuerySmResponse, b"7\0\0", ESME_RINVCMDLEN),
    ],
)
def test_what_cannot_be_read(kind: Any, body: bytes, status: int) -> None:
    """The status says why, so that an SMSC's operator finds it in the log; the text quotes no content."""
    with pytest.raises(Malformed) as refused:
        kind.decode(body)
    assert refused.value.status == status
    assert "hi" not in refused.value.what.replace("which", "")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", MessageIdResponse()),
        (b"\0", MessageIdResponse()),
        (b"7", MessageIdResponse("7")),
        (b"7\0", MessageIdResponse("7")),
        (b"7\0\0", MessageIdResponse("7")),
        (b"7\0\4\x28\0\1\x63", MessageIdResponse("7", ((Tag.CONGESTION_STATE, b"c"),))),
    ],
)
def test_responses_as_smscs_send_them(body: bytes, expected: MessageIdResponse) -> None:
    """Without a body where there is an error, without a NUL, with 5.0's parameters."""
    assert MessageIdResponse.decode(body) == expected
    assert message_id(body) == expected.message_id


def test_other_responses_without_a_body() -> None:
    """An error has none (section 4.5.2); the status is all there is to know."""
    assert SubmitMultiResponse.decode(b"") == SubmitMultiResponse()
    assert QuerySmResponse.decode(b"") == QuerySmResponse()
    assert QuerySmResponse.decode(b"7\0\0\2") == QuerySmResponse("7", "", 2)


@pytest.mark.parametrize(
    ("short_message", "payload", "content"),
    [(b"", b"", b""), (b"short", b"", b"short"), (b"", b"payload", b"payload"), (b"short", b"payload", b"short")],
)
def test_content(short_message: bytes, payload: bytes, content: bytes) -> None:
    """One of both; where an SMSC sends both, both are kept."""
    tlvs = ((Tag.MESSAGE_PAYLOAD, payload),) if payload else ()
    message = ShortMessage(short_message=short_message, tlvs=tlvs)
    assert ShortMessage.decode(message.encode()).content == content
    assert ShortMessage.decode(message.encode()) == message
    assert DataSm(tlvs=tlvs).content == payload


@pytest.mark.parametrize(
    "pdu",
    [
        ShortMessage(short_message=b"secret", tlvs=((Tag.MESSAGE_PAYLOAD, b"secret"),)),
        DataSm(tlvs=((Tag.MESSAGE_PAYLOAD, b"secret"),)),
        SubmitMulti(Address(), (), short_message=b"secret"),
        ReplaceSm("7", short_message=b"secret"),
        Outbind("smsc", "secret"),
    ],
    ids=lambda pdu: type(pdu).__name__,
)
def test_what_people_write_is_not_shown(pdu: object) -> None:
    """Neither contents nor passwords get into a log by way of a repr."""
    assert "secret" not in repr(pdu)

"""Messages between the planes, to and from lines."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.api.conditions import Reason
from sms_operator.protocol.messages import (
    BindType,
    Endpoint,
    Facts,
    FailureReason,
    Hello,
    Keep,
    LinkFact,
    LinkFailure,
    LongText,
    MessageOptions,
    ReceiptIds,
    Remove,
    SnapshotBegin,
    SnapshotEnd,
    TextEncoding,
    TlsOptions,
    Want,
    WantedLink,
)
from sms_operator.protocol.wire import WireError, decode, encode

LINK = WantedLink(
    key="tenant/gw",
    uid="u",
    revision="7",
    endpoints=(Endpoint("smsc.example", 2775), Endpoint("::1", 3550, "smsc")),
    bind_types=(BindType.RECEIVER, BindType.TRANSMITTER),
    bind_count=2,
    system_id="demo",
    password="p\xe9w\n€",
    tls=TlsOptions("trust", "identity", "key", "smsc", "1.3"),
    rebuild="now",
    message=MessageOptions(
        source_address="Brand",
        source_ton=5,
        source_npi=9,
        registered_delivery=2,
        encoding=TextEncoding.UCS2,
        long_messages=LongText.UDH16,
        packed=True,
        receipt_ids=ReceiptIds.SUBMIT_HEX,
        validity_period="000001000000000R",
        service_type="CMT",
    ),
)
FACT = LinkFact(
    key="tenant/gw",
    uid="u",
    revision="7",
    binds_desired=2,
    binds_connected=1,
    receivers_connected=1,
    failure=LinkFailure(FailureReason.ALREADY_BOUND, "no", 5, 1.5),
)


@pytest.mark.parametrize(
    "message",
    [
        Hello(1, "x", 3.5),
        SnapshotBegin(),
        SnapshotEnd(),
        Want(LINK),
        Keep("tenant/gw", "u"),
        Remove("tenant/gw"),
        Facts((FACT,), complete=True),
        Facts(()),
    ],
    ids=lambda message: type(message).__name__,
)
def test_there_and_back(message: Hello) -> None:
    """Every message survives, in one line."""
    line = encode(message)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert decode(line) == message


def test_a_newer_peers_fields_are_passed_over() -> None:
    """And fields it no longer sends take their defaults."""
    body = json.loads(encode(Want(LINK)))
    body["link"] |= {"colour": "red", "tls": {**body["link"]["tls"], "curve": "x"}}
    body["link"].pop("window_size")
    decoded = decode(json.dumps(body).encode())
    assert decoded == Want(LINK)


def test_message_options_of_another_age() -> None:
    """New ones are passed over, absent ones take their defaults, and so do all of them from a peer that has none."""
    body = json.loads(encode(Want(LINK)))
    body["link"]["message"] = {"packed": True, "colour": "red"}
    assert decode(json.dumps(body).encode()) == Want(replace(LINK, message=MessageOptions(packed=True)))
    del body["link"]["message"]
    assert decode(json.dumps(body).encode()) == Want(replace(LINK, message=MessageOptions()))


@pytest.mark.parametrize("name", ["encoding", "long_messages", "receipt_ids"])
def test_options_arrive_as_what_they_are(name: str) -> None:
    """A value that nobody knows is refused here, not where a message would be sent."""
    decoded = decode(encode(Want(LINK)))
    assert isinstance(decoded, Want)
    assert type(getattr(decoded.link.message, name)) is type(getattr(LINK.message, name))
    body = json.loads(encode(Want(LINK)))
    body["link"]["message"][name] = "Morse"
    with pytest.raises(WireError):
        decode(json.dumps(body).encode())


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.text(), lambda x: st.lists(x)).map(lambda x: json.dumps(x).encode())
)
def test_anything_else_is_a_wire_error(line: bytes) -> None:
    """Never another exception."""
    with contextlib.suppress(WireError):
        decode(line)


def test_secrets_stay_out_of_representations_and_errors() -> None:
    """Neither `repr` nor an error quotes a password or a key."""
    assert "p\xe9w" not in repr(Want(LINK))
    assert "identity_key" not in repr(LINK)
    broken = encode(Want(LINK)).replace(b'"port":2775', b'"port":')
    with pytest.raises(WireError) as caught:
        decode(broken)
    assert "demo" not in str(caught.value)


def test_every_failure_is_a_reason_of_the_api() -> None:
    """The control plane copies them into conditions."""
    assert {reason.value for reason in FailureReason} <= {reason.value for reason in Reason}

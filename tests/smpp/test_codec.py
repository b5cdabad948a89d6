"""Our octets against those of smpplib, where smpplib is right, and against the standard, where it is not."""

from __future__ import annotations

from typing import Any

import pytest
import smpplib.consts
import smpplib.smpp
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.smpp.codec import BindRequest, EncodingError, answer, encode, first_c_octets, nack
from sms_operator.smpp.command_status import describe
from sms_operator.smpp.commands import Command, command_name
from sms_operator.smpp.framing import Frame, FrameBuffer
from support.raw import Sequencer

SMPP: Any = smpplib.smpp
"""Without types of its own."""

BINDS = (Command.BIND_RECEIVER, Command.BIND_TRANSMITTER, Command.BIND_TRANSCEIVER)


def text(limit: int) -> st.SearchStrategy[str]:
    """What fits a C-octet string of so many octets, its NUL not counted."""
    return st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=limit)


def by_smpplib(command: str, sequence: int = 1, status: int = 0, **fields: object) -> bytes:
    """The octets that smpplib makes; its `interface_version` is set afterwards, because it forces its own."""
    version = fields.pop("interface_version", None)
    pdu = SMPP.make_pdu(command, client=Sequencer(), **fields)
    pdu.sequence, pdu.status = sequence, status
    if version is not None:
        pdu.interface_version = version
    octets: bytes = pdu.generate()
    return octets


@given(
    command=st.sampled_from(BINDS),
    system_id=text(15),
    password=text(8),
    system_type=text(12),
    interface_version=st.integers(1, 255),
    addr_ton=st.integers(0, 6),
    addr_npi=st.integers(0, 18),
    address_range=text(40),
    sequence=st.integers(1, 0x7FFF_FFFF),
)
def test_binds_as_smpplib_makes_them(command: Command, sequence: int, **fields: Any) -> None:
    """Every bind with fields within the standard's limits is the same octet for octet."""
    ours = BindRequest(command, **fields).encode(sequence)
    assert ours == by_smpplib(command.name.lower(), sequence, **fields)


@pytest.mark.parametrize("command", [Command.UNBIND, Command.ENQUIRE_LINK])
def test_requests_without_body_as_smpplib_makes_them(command: Command) -> None:
    """unbind and enquire_link are the same octet for octet."""
    assert encode(command, 77) == by_smpplib(command.name.lower(), 77)


@pytest.mark.parametrize("status", [0, 3, 0x64, 0x400])
@pytest.mark.parametrize("request_id", [Command.ENQUIRE_LINK, Command.UNBIND])
def test_answers_as_smpplib_makes_them(request_id: Command, status: int) -> None:
    """Responses have the request's sequence, the status, and are the same octet for octet."""
    ours = answer(Frame(request_id, 0, 9, b""), status)
    assert ours == by_smpplib(f"{request_id.name.lower()}_resp", 9, status)


def test_deliver_sm_resp_as_smpplib_makes_it() -> None:
    """The answer to deliver_sm carries an empty message_id."""
    ours = answer(Frame(Command.DELIVER_SM, 0, 5, b"whatever"), 0x64, b"\0")
    assert ours == by_smpplib("deliver_sm_resp", 5, 0x64)


def test_generic_nack_as_smpplib_makes_it() -> None:
    """generic_nack has nothing but a header."""
    assert nack(12, 3) == by_smpplib("generic_nack", 12, 3)


@given(st.text(st.characters(min_codepoint=1, max_codepoint=255), min_size=9, max_size=60))
def test_a_long_password_is_sent_whole(password: str) -> None:
    """smpplib cuts after eight octets; the SMSC decides what it takes."""
    octets = BindRequest(Command.BIND_TRANSCEIVER, "id", password).encode(1)
    assert octets[16:].startswith(b"id\0" + password.encode("latin-1") + b"\0\0\x34")
    assert len(FrameBuffer().receive(octets)) == 1


@pytest.mark.parametrize("name", ["system_id", "password", "system_type", "address_range"])
@pytest.mark.parametrize(("value", "why"), [("a\0b", "NUL"), ("Ж-hidden", "Latin-1")])
def test_what_cannot_be_sent_is_named_and_not_quoted(name: str, value: str, why: str) -> None:
    """The error names the field and the reason and never holds the value."""
    fields: dict[str, Any] = {"system_id": "id", "password": "pw", name: value}
    with pytest.raises(EncodingError, match=why) as caught:
        BindRequest(Command.BIND_RECEIVER, **fields).encode(1)
    assert name in str(caught.value)
    assert value not in str(caught.value)


@pytest.mark.parametrize("name", ["interface_version", "addr_ton", "addr_npi"])
@pytest.mark.parametrize("value", [-1, 256])
def test_a_number_beyond_an_octet_is_named(name: str, value: int) -> None:
    """A one-octet field outside 0..255 is an EncodingError and no crash."""
    fields: dict[str, Any] = {"system_id": "id", "password": "pw", name: value}
    with pytest.raises(EncodingError, match=f"{name} is {value}"):
        BindRequest(Command.BIND_RECEIVER, **fields).encode(1)


def test_a_bind_shows_no_password() -> None:
    """The repr of a bind leaves the password out."""
    assert "hunter2" not in repr(BindRequest(Command.BIND_RECEIVER, "id", "hunter2"))


@given(st.binary(max_size=64))
def test_the_smscs_name_is_always_printable(body: bytes) -> None:
    """Whatever a bind_resp holds, what is shown is short and has no control characters."""
    name = first_c_octets(body)
    assert name.isprintable()
    assert len(name) <= 16


@pytest.mark.parametrize(
    ("body", "name"), [(b"", ""), (b"\0", ""), (b"SMSC\0\x02\x10", "SMSC"), (b"SMSC", "SMSC"), (b"a\nb\0", "a?b")]
)
def test_the_smscs_name(body: bytes, name: str) -> None:
    """Up to the NUL, or without one up to the end."""
    assert first_c_octets(body) == name


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0x0E, "ESME_RINVPASWD (0x0000000e): password is invalid"),
        (0x05, "ESME_RALYBND (0x00000005): already bound"),
        (0x455, "vendor's command_status 0x00000455"),
        (0x9999, "command_status 0x00009999"),
    ],
)
def test_statuses_in_words(status: int, words: str) -> None:
    """Known ones by name and meaning, others by number."""
    assert describe(status) == words


def test_status_names_are_smpplibs() -> None:
    """Every command_status that smpplib knows by a name has the same name here."""
    consts: Any = smpplib.consts
    for name in dir(consts):
        if name.startswith("SMPP_ESME_R"):
            words = describe(getattr(consts, name))
            assert words.startswith((name.removeprefix("SMPP_"), "command_status")), name


def test_commands_in_words() -> None:
    """Known ones by name, others by number."""
    assert command_name(0x8000_0009) == "bind_transceiver_resp"
    assert command_name(0x1234) == "0x00001234"

"""Each scripted misbehaviour of the simulator, seen on the wire."""

from __future__ import annotations

import asyncio
import ssl

import pytest
import smpplib.exceptions

from sms_operator.dev.smsc import PRESETS, Account, Behaviour, Fault, Simulator, Stage
from support.esme import Esme
from support.pki import Pki
from support.raw import Raw, connect


async def bind(esme: Raw, system_id: str = "demo", password: str = "secret") -> None:
    """Sends the bind, reads nothing."""
    await esme.send("bind_transceiver", system_id=system_id, password=password, system_type="")


async def test_refuse_and_listen_again(smsc: Simulator) -> None:
    """New connections are refused while live ones stay; afterwards the same port listens again."""
    async with connect(smsc.port) as live:
        await bind(live)
        await live.read()
        await smsc.behave("refuse")
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", smsc.port)
        await live.send("enquire_link")
        assert (await live.read()).command == "enquire_link_resp"
        await smsc.behave("normal")
        async with connect(smsc.port) as late:
            await bind(late)
            assert (await late.read()).status == 0


@pytest.mark.parametrize(
    ("preset", "status"),
    [
        ("wrong-password", 0x0E),
        ("unknown-system-id", 0x0F),
        ("already-bound", 0x05),
        ("system-error", 0x08),
        ("throttle-bind", 0x58),
    ],
)
async def test_refused_binds(smsc: Simulator, preset: str, status: int) -> None:
    """A right login is refused with the scripted status, with a body."""
    await smsc.behave(preset, "demo")
    async with Esme(smsc.port) as esme:
        with pytest.raises(smpplib.exceptions.PDUError) as caught:
            await esme.bind("demo", "secret")
        assert caught.value.args[1] == status


async def test_any_status_can_be_scripted(smsc: Simulator) -> None:
    """A vendor's number is passed through."""
    await smsc.behave(Behaviour(bind_status=0x0000_0450))
    async with connect(smsc.port) as esme:
        await bind(esme)
        assert int.from_bytes((await esme.octets())[8:12], "big") == 0x450


async def test_error_without_body(smsc: Simulator) -> None:
    """The bind_resp is a header and nothing more."""
    await smsc.behave("error-without-body")
    async with connect(smsc.port) as esme:
        await bind(esme)
        answer = await esme.octets()
        assert (len(answer), answer[4:8], answer[11]) == (16, b"\x80\0\0\x09", 0x0E)


async def test_silence_from_the_connection_on(smsc: Simulator) -> None:
    """Accepted, and never a word; not even to a TLS handshake."""
    await smsc.behave("silent")
    async with connect(smsc.port) as esme:
        await bind(esme)
        assert await esme.is_silent()
    assert not smsc.state.attempts


async def test_silence_in_the_tls_handshake(pki: Pki) -> None:
    """The ClientHello is left without an answer."""
    async with Simulator([Account("demo", "secret")], tls=pki.server_context()) as smsc:
        await smsc.behave("silent")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await asyncio.open_connection("127.0.0.1", smsc.tls_port, ssl=pki.client_context())


async def test_silence_to_the_bind(smsc: Simulator) -> None:
    """Only this account waits in vain; another one binds."""
    smsc.accounts.put(Account("other", "secret"))
    await smsc.behave("silent-bind", "demo")
    async with connect(smsc.port) as esme, connect(smsc.port) as other:
        await bind(esme)
        await bind(other, "other")
        assert (await other.read()).status == 0
        assert await esme.is_silent()


async def test_half_open(smsc: Simulator) -> None:
    """The bind is answered, and nothing after it; a live session falls silent too when the script changes."""
    async with connect(smsc.port) as live, connect(smsc.port) as new:
        await bind(live)
        await live.read()
        await smsc.behave("half-open")
        await bind(new)
        assert (await new.read()).status == 0
        for esme in (live, new):
            await esme.send("enquire_link")
            assert await esme.is_silent()


async def test_octet_by_octet(smsc: Simulator) -> None:
    """The bind_resp comes in at least ten pieces and is whole in the end."""
    await smsc.behave("slow")
    async with connect(smsc.port) as esme:
        await bind(esme)
        pieces = [await esme.octets()]
        while sum(map(len, pieces)) < int.from_bytes(b"".join(pieces)[:4].ljust(4, b"\xff"), "big"):
            pieces.append(await esme.octets())
        answer = b"".join(pieces)
        assert len(pieces) >= 10
        assert answer[4:] == b"\x80\0\0\x09" + b"\0\0\0\0" + b"\0\0\0\x02" + b"SIMULATOR\0"


async def exchange(esme: Raw) -> None:
    """A bind, and whatever comes until the connection ends."""
    await bind(esme)
    while await esme.octets():
        pass


@pytest.mark.parametrize("preset", ["reset-on-connect", "reset-on-bind", "reset-when-bound"])
async def test_reset(smsc: Simulator, preset: str) -> None:
    """The connection ends with a RST, not with an ordinary end."""
    await smsc.behave(preset)
    async with connect(smsc.port) as esme:
        with pytest.raises(ConnectionError):
            await exchange(esme)


async def test_close_instead_of_an_answer(smsc: Simulator) -> None:
    """An ordinary end where a bind_resp was due."""
    await smsc.behave("close-on-bind")
    async with connect(smsc.port) as esme:
        await bind(esme)
        assert await esme.octets() == b""


@pytest.mark.parametrize(
    ("preset", "start"),
    [("garbage", b"\x80\x81\x82\x83"), ("http", b"HTTP/1.1 400 ")],
)
async def test_octets_that_are_no_pdu(smsc: Simulator, preset: str, start: bytes) -> None:
    """In the place of the bind_resp."""
    await smsc.behave(preset)
    async with connect(smsc.port) as esme:
        await bind(esme)
        assert (await esme.octets()).startswith(start)


@pytest.mark.parametrize(
    ("preset", "header"),
    [
        ("oversize", b"\x7f\xff\xff\xff\0\0\0\x05"),
        ("unknown-command", b"\0\0\0\x10\0\x01\x02\0"),
        ("unbind-when-bound", b"\0\0\0\x10\0\0\0\x06"),
    ],
)
async def test_what_follows_a_good_bind(smsc: Simulator, preset: str, header: bytes) -> None:
    """The bind stands, then comes what nobody wants."""
    await smsc.behave(preset)
    async with connect(smsc.port) as esme:
        await bind(esme)
        assert (await esme.read()).status == 0
        assert (await esme.octets()).startswith(header)
        await esme.send("enquire_link")
        assert (await esme.read()).command == "enquire_link_resp"


async def test_a_pdu_that_stops_in_the_middle(smsc: Simulator) -> None:
    """Nineteen octets of sixty-four, and nothing more, whatever the ESME says."""
    await smsc.behave("truncate")
    async with connect(smsc.port) as esme:
        await bind(esme)
        assert (await esme.read()).status == 0
        octets = await esme.octets()
        assert (len(octets), octets[:8]) == (19, b"\0\0\0\x40\0\0\0\x05")
        await esme.send("enquire_link")
        assert await esme.is_silent()


async def test_unbind_is_closed_when_answered(smsc: Simulator) -> None:
    """After our unbind_resp the SMSC closes."""
    async with connect(smsc.port) as esme:
        await bind(esme)
        await esme.read()
        assert smsc.end_sessions(Fault.UNBIND, "demo") == 1
        assert (await esme.read()).command == "unbind"
        await esme.send_octets(bytes.fromhex("00000010 80000006 00000000 00000001"))
        assert await esme.octets() == b""
    await smsc.until_bound("demo", 0)


async def test_enquire_link_before_the_bind_resp(smsc: Simulator) -> None:
    """The bind is answered only after the ESME has answered the enquire_link."""
    await smsc.behave("enquire-first")
    async with connect(smsc.port) as esme:
        await bind(esme)
        enquiry = await esme.read()
        assert enquiry.command == "enquire_link"
        assert await esme.is_silent(0.05)
        await esme.send_octets(bytes.fromhex("00000010 80000015 00000000") + enquiry.sequence.to_bytes(4, "big"))
        answer = await esme.read()
        assert (answer.command, answer.status, answer.sequence) == ("bind_transceiver_resp", 0, 2)


async def test_bind_resp_and_deliver_sm_in_one_segment(smsc: Simulator) -> None:
    """Both PDUs are in the first read."""
    await smsc.behave("coalesce")
    async with connect(smsc.port) as esme:
        await bind(esme)
        octets = await esme.octets()
        first = int.from_bytes(octets[:4], "big")
        assert (octets[4:8], octets[first + 4 : first + 8]) == (b"\x80\0\0\x09", b"\0\0\0\x05")


async def test_throttled_submissions(smsc: Simulator) -> None:
    """The bind works, every submit_sm is refused with ESME_RTHROTTLED until the script changes."""
    await smsc.behave("throttle")
    async with Esme(smsc.port) as esme:
        await esme.bind("demo", "secret")
        request = {"source_addr": "1", "destination_addr": "2", "short_message": b"hello"}
        assert (await esme.request("submit_sm", **request)).status == 0x58
        await smsc.behave("normal")
        assert (await esme.request("submit_sm", **request)).status == 0
        assert len(smsc.state.submissions) == 1


async def test_fault_in_the_place_of_a_submit_sm_resp(smsc: Simulator) -> None:
    """The connection is reset while a message is under way: nobody knows its fate."""
    await smsc.behave(Behaviour(faults={Stage.SUBMIT: Fault.RESET}))
    async with connect(smsc.port) as esme:
        await bind(esme)
        await esme.read()
        await esme.send("submit_sm", source_addr="1", destination_addr="2", short_message=b"hello")
        with pytest.raises(ConnectionError):
            await esme.octets()


async def test_late_answers(smsc: Simulator) -> None:
    """The answer comes, but not before its time."""
    await smsc.behave(Behaviour(answer_delay=0.3))
    async with connect(smsc.port) as esme:
        await bind(esme)
        assert await esme.is_silent(0.1)
        assert (await esme.read()).status == 0


async def test_our_own_nonsense_is_refused(smsc: Simulator, log: list[str]) -> None:
    """A command_length out of bounds gets generic_nack ESME_RINVCMDLEN and the end, as TLS on this port does."""
    for octets in (
        bytes.fromhex("7fffffff 00000015 00000000 00000001"),
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03ABCDE",
    ):
        async with connect(smsc.port) as esme:
            await esme.send_octets(octets)
            answer = await esme.read()
            assert (answer.command, answer.status) == ("generic_nack", 0x02)
            assert await esme.octets() == b""
    assert sum("dropped: command_length" in line for line in log) == 2


async def test_plain_words_on_the_tls_port(pki: Pki) -> None:
    """A fault before the handshake reaches a TLS client as something that is no TLS."""
    async with Simulator([Account("demo", "secret")], tls=pki.server_context()) as smsc:
        await smsc.behave(Behaviour(faults={Stage.CONNECT: Fault.HTTP}))
        with pytest.raises(ssl.SSLError, match=r"WRONG_VERSION_NUMBER|HTTP"):
            await asyncio.open_connection("127.0.0.1", smsc.tls_port, ssl=pki.client_context())


async def test_scope_of_a_behaviour(smsc: Simulator) -> None:
    """An account's behaviour replaces the simulator's; a new one for everybody takes the place of both."""
    await smsc.behave("wrong-password")
    await smsc.behave("normal", "demo")
    async with Esme(smsc.port) as esme:
        await esme.bind("demo", "secret")
    await smsc.behave("already-bound")
    async with Esme(smsc.port) as esme:
        with pytest.raises(smpplib.exceptions.PDUError):
            await esme.bind("demo", "secret")
    for early in ("refuse", "silent", "reset-on-connect"):
        with pytest.raises(ValueError, match='cannot be limited to "demo"'):
            await smsc.behave(early, "demo")


@pytest.mark.parametrize("name", PRESETS)
def test_presets_survive_json(name: str) -> None:
    """What is shown of a behaviour can be sent back."""
    assert Behaviour.parse(PRESETS[name].as_json()) == PRESETS[name]


@pytest.mark.parametrize(
    "wrong",
    [
        "sleepy",
        {"sleepy": True},
        {"refuse": 1},
        {"bind_status": -1},
        {"bind_status": True},
        {"bind_status": "0x0E"},
        {"answer_delay": 61},
        {"faults": {"lunch": "reset"}},
        {"faults": {"bind": "sing"}},
        {"faults": ["bind"]},
        {"silent_from": "noon"},
        {"octets": "xyz"},
        {"limits": {"rate": 0.5}},
        {"receipts": {"state_octets": 0}},
        {"receipts": {"esm_class": 256}},
        {"receipts": {"outcome": "lost"}},
        {"deliveries": ["data_sm"]},
        7,
    ],
)
def test_wrong_behaviours_are_named(wrong: object) -> None:
    """Unknown presets, fields and values are refused with a text that lists the known ones."""
    with pytest.raises(ValueError, match="behaviour: "):
        Behaviour.parse(wrong)

"""What the simulator does to connections: cuts them anywhere, stops reading, vanishes, and comes back."""

from __future__ import annotations

import asyncio
import socket

import pytest

from sms_operator.dev.smsc import Account, Behaviour, Fault, Responses, Simulator, Stage
from sms_operator.smpp.commands import Command
from support.wire import Wire, bound, wire

BIND_RESP = b"\0\0\0\x1a\x80\0\0\x09\0\0\0\0\0\0\0\x01SIMULATOR\0"


@pytest.mark.parametrize("octets", [1, 3, 4, 15, 16, 17, 25])
async def test_cut_in_the_bind_resp(smsc: Simulator, octets: int) -> None:
    """Exactly so many octets come, then an ordinary end."""
    await smsc.behave(Behaviour(faults={Stage.BIND: Fault.CUT}, cut_octets=octets))
    async with wire(smsc.port) as esme:
        with pytest.raises(asyncio.IncompleteReadError) as caught:
            await esme.bind()
        # What was whole before the end, the header, is not in the exception.
        assert BIND_RESP[max(octets - len(caught.value.partial), 0) : octets] == caught.value.partial
        assert len(caught.value.partial) == (octets if octets < 16 else octets - 16)
    await smsc.until_bound("demo", 0)


async def test_cut_everywhere_in_a_response(smsc: Simulator) -> None:
    """For every length from 1 to that of the submit_sm_resp, which is 25."""
    async with bound(smsc.port) as esme:
        esme.submit()
        whole = await esme.frame()
        assert len(whole.body) == 9
    for octets in range(1, 25):
        await smsc.behave("normal")
        async with bound(smsc.port) as esme:
            await smsc.behave(Behaviour(faults={Stage.SUBMIT: Fault.CUT}, cut_octets=octets))
            esme.submit()
            assert len(await esme.octets()) == octets
        entry = smsc.ledger.submitted[-1]
        assert (entry.status, bool(entry.message_id), entry.answered) == (0, True, False)


@pytest.mark.parametrize("octets", [1, 20, 64])
async def test_cut_in_a_delivery(smsc: Simulator, octets: int) -> None:
    """A live connection is cut in the deliver_sm that comes next."""
    async with bound(smsc.port) as esme:
        await smsc.behave(Behaviour(cut_octets=octets))
        smsc.end_sessions(Fault.CUT)
        with pytest.raises(Exception, match="is gone: cut by the simulator"):
            await smsc.inject("demo", "1", "2", "x" * 60)
        assert len(await esme.octets()) == octets


async def test_reset_in_the_middle_of_a_pdu(smsc: Simulator) -> None:
    """A TCP RST after eight octets of the response."""
    await smsc.behave("reset-response")
    async with bound(smsc.port) as esme:
        esme.submit()
        with pytest.raises(ConnectionResetError):
            await esme.octets()


async def test_reset_in_the_middle_of_a_window(smsc: Simulator) -> None:
    """Some messages were answered, some were taken and not answered, and then the connection is reset."""
    await smsc.behave(Behaviour(faults={Stage.SUBMIT: Fault.RESET}, faults_after=3, responses=Responses(reorder=2)))
    async with bound(smsc.port) as esme:
        for _ in range(6):
            esme.submit()
        with pytest.raises(ConnectionResetError):
            await read_on(esme)
        found = [(entry.status, entry.answered) for entry in smsc.ledger.submitted]
        assert found == [(0, True), (0, True), (0, False), (None, False)]


async def test_reset_when_idle(smsc: Simulator) -> None:
    """Nothing was under way."""
    async with bound(smsc.port) as esme:
        smsc.end_sessions(Fault.RESET)
        with pytest.raises(ConnectionResetError):
            await esme.frame()


@pytest.mark.parametrize(
    ("preset", "head"),
    [
        ("length-0", "00000000 00000005 00000000"),
        ("length-3", "00000003 00000005 00000000"),
        ("length-12", "0000000c 00000005 00000000"),
        ("oversize", "7fffffff 00000005 00000000"),
    ],
)
async def test_lengths_that_no_pdu_has(smsc: Simulator, preset: str, head: str) -> None:
    """After a good bind."""
    async with bound(smsc.port) as esme:
        await smsc.behave(preset)
        smsc.end_sessions(smsc.state.behaviour.faults[Stage.BOUND])
        assert (await esme.reader.readexactly(16))[:12] == bytes.fromhex(head)


async def test_unbind_and_wait_or_close(smsc: Simulator) -> None:
    """Both begin with an unbind; the one ends the connection at once."""
    async with bound(smsc.port) as esme:
        smsc.end_sessions(Fault.UNBIND)
        frame = await esme.frame()
        assert frame.command_id == Command.UNBIND
        assert await esme.is_alive()
        esme.answer(frame)
        assert await esme.octets() == b""
    async with bound(smsc.port) as esme:
        smsc.end_sessions(Fault.UNBIND_AND_CLOSE)
        assert (await esme.frame()).command_id == Command.UNBIND
        assert await esme.octets() == b""


@pytest.mark.parametrize("stage", [Stage.CONNECT, Stage.BOUND])
async def test_outbind(smsc: Simulator, stage: Stage) -> None:
    """On a connection of the ESME's, which can bind and go on in spite of it."""
    await smsc.behave(Behaviour(faults={stage: Fault.OUTBIND}))
    async with wire(smsc.port) as esme:
        if stage is Stage.CONNECT:
            assert (await esme.frame()).command_id == Command.OUTBIND
            assert (await esme.bind()).status == 0
        else:
            assert (await esme.bind()).status == 0
            assert (await esme.frame()).command_id == Command.OUTBIND
        assert await esme.is_alive()


async def test_octets_of_ones_own_in_place_of_an_answer(smsc: Simulator) -> None:
    """Whatever the behaviour holds."""
    await smsc.behave(Behaviour(faults={Stage.ENQUIRE_LINK: Fault.OCTETS}, octets=bytes.fromhex("0badcafe")))
    async with bound(smsc.port) as esme:
        esme.send(Command.ENQUIRE_LINK)
        assert await esme.reader.readexactly(4) == bytes.fromhex("0badcafe")


async def test_around_the_bind_resp(smsc: Simulator) -> None:
    """A deliver_sm before it, a second bind_resp, optional parameters in it."""
    version = bytes.fromhex("0210 0001 34")
    await smsc.behave(Behaviour(deliver_before_bind=True, bind_copies=2, bind_tlvs=version))
    async with wire(smsc.port) as esme:
        early = await esme.bind()
        assert early.command_id == Command.DELIVER_SM
        first, second = await esme.frame(), await esme.frame()
        assert first == second == (Command.BIND_TRANSCEIVER_RESP, 0, 1, b"SIMULATOR\0" + version)
        esme.answer(early, 0x64)
        (entry,) = smsc.ledger.delivered
        await smsc.until(lambda: entry.status == 0x64, what="the answer")


async def read_on(esme: Wire) -> None:
    """Until an exception."""
    while True:
        await esme.frame()


async def fill(esme_socket: socket.socket, octets: bytes) -> int:
    """Sends until the peer's window and our buffer are full; how much went."""
    loop = asyncio.get_running_loop()
    sent = 0
    while True:
        try:
            async with asyncio.timeout(0.3):
                await loop.sock_sendall(esme_socket, octets)
        except TimeoutError:
            return sent
        sent += len(octets)
        assert sent < 64_000_000


@pytest.mark.parametrize("pause", [0.0, 1.5])
async def test_the_smsc_stops_reading(smsc: Simulator, pause: float) -> None:
    """The window closes for ever, or until the pause is over, and then every PDU is answered."""
    await smsc.behave(Behaviour(faults={Stage.BOUND: Fault.STOP_READING}, pause_seconds=pause))
    async with bound(smsc.port) as esme:
        raw = socket.socket(fileno=socket.dup(esme.writer.get_extra_info("socket").fileno()))
        with raw:
            raw.setblocking(False)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            enquiry = bytes.fromhex("00000010 00000015 00000000 00000007")
            if not pause:
                assert await fill(raw, enquiry * 4096) > 0
                assert len(smsc.sessions("demo")) == 1
            else:
                await asyncio.get_running_loop().sock_sendall(raw, enquiry * 1000)
                with pytest.raises(TimeoutError):
                    await esme.frame(0.3)
                for _ in range(1000):
                    assert (await esme.frame()).command_id == Command.ENQUIRE_LINK_RESP


async def test_blackhole(smsc: Simulator) -> None:
    """Live sessions stay, new connections are neither accepted nor refused; afterwards the same port listens again."""
    async with bound(smsc.port) as live:
        await smsc.behave("blackhole")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await asyncio.open_connection("127.0.0.1", smsc.port)
        assert await live.is_alive()
        await smsc.behave("normal")
        async with bound(smsc.port) as late:
            assert await late.is_alive()
        with pytest.raises(ValueError, match="cannot be limited"):
            await smsc.behave("blackhole", "demo")


async def test_restart(smsc: Simulator) -> None:
    """All connections are reset, none is taken for a while, and what was accepted before is still known."""
    async with bound(smsc.port) as esme, wire(smsc.port) as unbound:
        esme.submit()
        message_id = (await esme.frame()).body
        restart = asyncio.create_task(smsc.restart(0.3))
        for one in (esme, unbound):
            with pytest.raises(ConnectionResetError):
                await one.frame()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", smsc.port)
        await restart
        assert not smsc.sessions()
    async with bound(smsc.port) as esme:
        query = message_id + b"\0\x01" + b"12345\0"
        assert (await esme.ask(Command.QUERY_SM, query)).status == 0


async def test_twenty_restarts(smsc: Simulator) -> None:
    """Each frees the port and takes it again, whatever hangs on it."""
    smsc.accounts.put(Account("demo", "secret", max_binds=1))
    for _ in range(20):
        async with bound(smsc.port) as esme:
            await smsc.restart()
            with pytest.raises(ConnectionResetError):
                await esme.frame()

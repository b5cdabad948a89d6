"""The relay fails where it is told to and nowhere else, seen from both of its sides; Toxiproxy does as it is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.dev.control_plane import Lines
from sms_operator.dev.smsc import Account, Simulator
from sms_operator.smpp.codec import encode
from sms_operator.smpp.commands import Command
from support.faults.tcp import Cut, Gate, How, Meets, SmppRelay, Way
from support.faults.toxiproxy import Toxic, toxiproxy, toxiproxy_program
from support.wire import Wire, wire

ENQUIRE, ANSWER = Command.ENQUIRE_LINK, Command.ENQUIRE_LINK_RESP
COMMANDS = (ENQUIRE, Command.SUBMIT_SM, Command.DELIVER_SM_RESP)
PDUS = st.lists(st.tuples(st.sampled_from(COMMANDS), st.binary(max_size=40)), max_size=8)


def pieces(octets: bytes, cuts: list[int]) -> list[bytes]:
    """The same octets in portions."""
    places = sorted({0, len(octets), *(cut % (len(octets) + 1) for cut in cuts)})
    return [octets[begin:end] for begin, end in pairwise(places)]


def once(cut: Cut) -> Callable[[Way, int], Cut | None]:
    """As a relay decides: at the nth PDU of the command."""
    seen = 0

    def due(way: Way, command: int) -> Cut | None:
        nonlocal seen
        seen += (way, command) == (cut.way, cut.command)
        return cut if seen == cut.nth and command == cut.command else None

    return due


@given(
    PDUS, st.lists(st.integers(0, 500)), st.sampled_from(COMMANDS), st.integers(1, 3), st.none() | st.integers(0, 60)
)
def test_the_gate_ends_at_the_octet(
    pdus: list[tuple[Command, bytes]], cuts: list[int], command: Command, nth: int, octets: int | None
) -> None:
    """However octets are portioned: what is before the chosen PDU passes, as much of it as was said, then nothing."""
    encoded = [encode(kind, number, body=body) for number, (kind, body) in enumerate(pdus, 1)]
    chosen = [number for number, (kind, _) in enumerate(pdus) if kind is command]
    cut = Cut(Way.TO_SMSC, command, octets, nth=nth)
    gate, passed, met = Gate(Way.TO_SMSC, once(cut)), b"", None
    for piece in pieces(b"".join(encoded), cuts):
        more, met = gate.feed(piece)
        passed += more
        if met is not None:
            break
    if len(chosen) < nth:
        assert met is None
        assert passed == b"".join(encoded)
    else:
        place = chosen[nth - 1]
        assert met is cut
        assert passed == b"".join(encoded[:place]) + encoded[place][:octets]


@given(st.binary(min_size=16, max_size=60).filter(lambda octets: not 16 <= int.from_bytes(octets[:4], "big") <= 66560))
def test_what_is_no_pdu_passes(octets: bytes) -> None:
    """The relay is no judge of SMPP."""
    assert Gate(Way.TO_ESME, lambda way, command: None).feed(octets) == (octets, None)


@asynccontextmanager
async def relayed() -> AsyncGenerator[tuple[Simulator, SmppRelay, Wire]]:
    """An ESME, bound through the relay."""
    async with Simulator([Account("demo", "secret")]) as smsc, SmppRelay(smsc.port) as relay, wire(relay.port) as esme:
        assert (await esme.bind()).status == 0
        yield smsc, relay, esme


async def bind(relay: SmppRelay) -> int:
    """A new connection's bind; the command_status of the answer."""
    async with wire(relay.port) as esme:
        return (await esme.bind()).status


async def test_an_end_within_a_response() -> None:
    """So many octets of the second one arrive; the SMSC's side ends as well, and who comes next is refused."""
    async with relayed() as (smsc, relay, esme):
        relay.arm(Cut(Way.TO_ESME, ANSWER, 7, How.CLOSE, nth=2), Meets.REFUSAL)
        assert await esme.is_alive()
        esme.send(ENQUIRE)
        assert len(await esme.octets()) == 7
        await relay.failed.wait()
        await smsc.until_bound("demo", 0)
        with pytest.raises(ConnectionRefusedError):
            await bind(relay)
        await relay.heal()
        assert await bind(relay) == 0


@pytest.mark.parametrize(
    ("how", "error"), [(How.RESET, ConnectionResetError), (How.CLOSE, asyncio.IncompleteReadError)]
)
async def test_reset_and_close_are_told_apart(how: How, error: type[Exception]) -> None:
    """A RST is a RST, and a FIN a FIN."""
    async with relayed() as (smsc, relay, esme):
        relay.arm(Cut(Way.TO_SMSC, ENQUIRE, 0, how), Meets.PASS)
        esme.send(ENQUIRE)
        with pytest.raises(error):
            await esme.frame()
        await smsc.until_bound("demo", 0)


async def test_silence_tells_nobody() -> None:
    """Half-open: the request arrives, its answer does not; that the ESME leaves, the SMSC does not hear."""
    async with relayed() as (smsc, relay, esme):
        relay.arm(Cut(Way.TO_SMSC, ENQUIRE, None, How.SILENCE), Meets.SILENCE)
        esme.send(ENQUIRE)
        await relay.failed.wait()
        with pytest.raises(TimeoutError):
            await esme.frame(deadline=0.3)
        esme.writer.close()
        await esme.writer.wait_closed()
        async with wire(relay.port) as other:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(other.bind(), 0.3)
        assert len(smsc.sessions("demo")) == 1
        (session,) = smsc.sessions("demo")
        question = await session.ask(ENQUIRE, b"")
        with pytest.raises(TimeoutError):
            await session.answer_to(question, 0.3)


async def test_what_new_connections_meet() -> None:
    """Nothing, so that a connection does not come about; a reset; and, healed, the SMSC."""
    async with Simulator([Account("demo", "secret")]) as smsc, SmppRelay(smsc.port) as relay:
        await relay.meet(Meets.NOTHING)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.open_connection("127.0.0.1", relay.port), 0.3)
        await relay.meet(Meets.RESET)
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await bind(relay)
        await relay.heal()
        assert await bind(relay) == 0


async def test_toxiproxy(tmp_path: Path) -> None:
    """Answers come late while there is latency, and on the same port a renewed proxy has none."""
    program = await asyncio.to_thread(toxiproxy_program, Lines())
    slow = Toxic("latency", attributes={"latency": 300})
    async with Simulator([Account("demo", "secret")]) as smsc, toxiproxy(program, tmp_path) as server:
        proxy = await server.proxy("one", smsc.port)
        port = proxy.port
        async with wire(port) as esme:
            assert (await esme.bind()).status == 0
            await proxy.add(slow)
            began = time.monotonic()
            assert await esme.is_alive()
            assert time.monotonic() - began >= 0.3
            await proxy.remove(slow)
            assert await esme.is_alive()
            await proxy.add(slow)
            await proxy.renew()
            assert await esme.reader.read() == b""
        assert proxy.port == port
        async with wire(port) as esme:
            assert (await esme.bind()).status == 0
        with pytest.raises(RuntimeError, match="toxic"):
            await proxy.add(Toxic("nonsense"))

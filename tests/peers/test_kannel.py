"""Kannel's bearerbox, an ESME that others wrote, against our simulator."""

from __future__ import annotations

from pathlib import Path

import pytest

from sms_operator.dev.smsc import Account, BindType, Simulator
from sms_operator.smpp.commands import RESPONSE, Command
from support.peers_debian import Program
from support.peers_kannel import Programs, kannel
from support.peers_recording import recording
from support.peers_tshark import read

DEMO = Account("demo", "secret")
LONG = "Kannel splits what is longer than one message allows, and sends the parts with a user data header. " * 4


@pytest.mark.parametrize("transceiver", [True, False], ids=["transceiver", "transmitter and receiver"])
async def test_from_bind_to_unbind(
    kannel_programs: Programs, tshark: Program, tmp_path: Path, transceiver: bool
) -> None:
    """Bind, enquire_link, a message each way with its receipt, unbind: and tshark finds no fault with either side."""
    said: list[str] = []
    async with Simulator([DEMO], log=said.append) as smsc, recording(smsc.port) as recorder:
        async with kannel(kannel_programs, tmp_path, recorder.port, transceiver=transceiver) as boxes:
            sessions = await smsc.until_bound("demo", 1 if transceiver else 2, deadline=30)
            kinds = [BindType.TRANSCEIVER] if transceiver else [BindType.RECEIVER, BindType.TRANSMITTER]
            assert sorted(str(session.bind_type) for session in sessions) == kinds
            await boxes.send("31600000001", "hello phone", "first")
            await boxes.until(lambda: boxes.delivered("first"), "the receipt is with Kannel")
            assert await smsc.inject("demo", "31600000001", "12345", "hello from a phone") == 0
            await boxes.until(lambda: len(boxes.received) == 1, "the message is with Kannel")
        assert sum("unbound by the ESME" in line for line in said) == len(kinds)
    (submission,) = smsc.state.submissions
    assert (submission.message.destination.digits, submission.message.content) == ("31600000001", b"hello phone")
    assert boxes.received == [{"from": "31600000001", "to": "12345", "text": "hello from a phone"}]
    for connection in recorder.connections:
        reading = await read(tshark, connection)
        assert reading.complaints == ()
        assert reading.sent(Command.ENQUIRE_LINK)
        for command in {one.command for one in reading.pdus if one.from_client and not one.command & RESPONSE}:
            responses = reading.sent(command | RESPONSE, by_client=False)
            asked = [one["sequence_number"] for one in reading.sent(command)]
            assert [one["sequence_number"] for one in responses] == asked
            assert {one["command_status"] for one in responses} == {"0x00000000"}


async def test_long_and_ucs2_messages(kannel_programs: Programs, tmp_path: Path) -> None:
    """Kannel's segments all arrive, each with its header, and its UCS-2 is UCS-2."""
    async with Simulator([DEMO]) as smsc, kannel(kannel_programs, tmp_path, smsc.port) as boxes:
        await smsc.until_bound("demo", deadline=30)
        await boxes.send("31600000001", LONG, "long")
        await boxes.until(lambda: boxes.delivered("long"), "the receipt of the long one")
        parts = [one.message for one in smsc.state.submissions]
        assert len(parts) > 1
        assert {part.esm_class & 0x40 for part in parts} == {0x40}
        assert [(part.content[4], part.content[5]) for part in parts] == [
            (len(parts), number) for number in range(1, len(parts) + 1)
        ]
        assert b"".join(part.content[6:] for part in parts).decode() == LONG
        await boxes.send("31600000001", "Žluťoučký kůň", "ucs2", coding="2")
        await boxes.until(lambda: boxes.delivered("ucs2"), "the receipt of the UCS-2 one")
        last = smsc.state.submissions[-1].message
        assert (last.data_coding, last.content.decode("utf-16-be")) == (8, "Žluťoučký kůň")
        assert await smsc.inject("demo", "31600000001", "12345", "kůň €") == 0
        await boxes.until(lambda: len(boxes.received) == 1, "the UCS-2 message from a phone")
    assert boxes.received[0]["text"] == "kůň €"


async def test_simulator_restarts(kannel_programs: Programs, tmp_path: Path) -> None:
    """A message given to Kannel while no simulator is there is sent when one is there again, and its receipt comes."""
    first = Simulator([DEMO])
    async with kannel(kannel_programs, tmp_path, first.port) as boxes:
        async with first:
            await first.until_bound("demo", deadline=30)
        await boxes.send("31600000001", "kept", "kept")
        async with Simulator([DEMO], port=first.port) as second:
            await second.until_bound("demo", deadline=30)
            await boxes.until(lambda: boxes.delivered("kept"), "the receipt of the kept message")
            assert [one.message.content for one in second.state.submissions] == [b"kept"]

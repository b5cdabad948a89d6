"""Connections that end after n octets of a PDU, for every n from 1 to 64: no half PDU is ever taken for a whole one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import pytest

from sms_operator.links.outcomes import OutcomeUnknown
from sms_operator.links.outgoing import TextMessage
from sms_operator.links.received import Received, Verdict
from sms_operator.protocol.messages import FailureReason, TlsOptions
from sms_operator.smpp.codec import encode
from sms_operator.smpp.commands import Command
from sms_operator.smpp.framing import Frame
from sms_operator.smpp.operations import AlertNotification
from sms_operator.smpp.pdus import DataSm, ShortMessage
from sms_operator.smpp.tlv import Tag
from support.dataplane import wanted
from support.linkbench import LinkBench
from support.pki import Pki
from support.rogue import PHONE, SHORT_CODE, Caller, rogue

MOST: Final = 64
TEXT: Final = b"sixteen octets.."
ID: Final = b"3f1c8f9e-6a1e-4c56-9a51-9d6f0d3c1b7a\0"
BIND: Final = Command.BIND_TRANSCEIVER
SUBMIT: Final = Command.SUBMIT_SM

REQUESTS: Final = {
    Command.DELIVER_SM: ShortMessage(PHONE, SHORT_CODE, short_message=TEXT).encode(),
    Command.DATA_SM: DataSm(PHONE, SHORT_CODE, tlvs=((int(Tag.MESSAGE_PAYLOAD), TEXT),)).encode(),
    Command.ALERT_NOTIFICATION: AlertNotification(PHONE, SHORT_CODE).encode(),
    Command.ENQUIRE_LINK: b"",
    Command.OUTBIND: b"rogue\0\0",
    Command.GENERIC_NACK: b"",
}
"""What an SMSC sends by itself."""
MESSAGES: Final = (Command.DELIVER_SM, Command.DATA_SM)


class Cutter:
    """A habit: this PDU, cut after one octet the first time, after two the second, and so on."""

    def __init__(self, pdu: Callable[[Frame], bytes], *, bind_first: bool = False) -> None:
        self._pdu = pdu
        self._bind_first = bind_first
        self.cuts = 0

    def __call__(self, caller: Caller, frame: Frame) -> None:
        """The habit."""
        self.cuts += 1
        if self._bind_first:
            caller.serve(frame)
        caller.write(self._pdu(frame)[: self.cuts])
        caller.close()


def secured(pki: Pki, secure: bool) -> TlsOptions | None:
    """Our side's."""
    return TlsOptions(pki.authority.pem) if secure else None


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("command", REQUESTS, ids=lambda command: command.name.lower())
async def test_requests(pki: Pki, command: Command, secure: bool) -> None:
    """Only what came whole is handed over; nothing that came is taken for something else."""
    taken: list[Received] = []

    def take(received: Received) -> Verdict:
        taken.append(received)
        return Verdict.ACCEPT

    bench = LinkBench(deliver=take)
    pdu = encode(command, 7, 0, REQUESTS[command])
    cutter = Cutter(lambda _: pdu, bind_first=True)
    async with rogue({BIND: cutter}, pki.server_context() if secure else None) as smsc:
        link = wanted(smsc.port, reconnect_initial=0.004, reconnect_max=0.004, tls=secured(pki, secure))
        bench.table.want(link)
        await smsc.until(lambda: cutter.cuts == MOST, "the last cut")
        smsc.well = True
        await bench.until(link.key, lambda fact: len(smsc.callers) > MOST and fact.binds_connected == 1, "bound")
        assert reasons(bench) == {FailureReason.UNREACHABLE}
        whole = max(0, MOST - len(pdu) + 1)
        assert len(taken) == (whole if command in (*MESSAGES, Command.ALERT_NOTIFICATION) else 0)
        assert (bench.sample("smpp_malformed_pdus_total") or 0) == 0
        await bench.table.close()


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
async def test_bind_resp(pki: Pki, secure: bool) -> None:
    """A bind_resp of which one octet is missing is no bind."""
    bench = LinkBench()
    size = len(bind_resp(Frame(0, 0, 1, b"")))
    cutter = Cutter(bind_resp)
    async with rogue({BIND: cutter}, pki.server_context() if secure else None) as smsc:
        link = wanted(smsc.port, reconnect_initial=0.004, reconnect_max=0.004, tls=secured(pki, secure))
        bench.table.want(link)
        found = bench.table.link(link.key)
        assert found is not None
        waiting = asyncio.ensure_future(found.messages.submit(TextMessage(PHONE, "waits")))
        await smsc.until(lambda: cutter.cuts == size - 1, "the last cut")
        assert not any(fact.binds_connected for fact in bench.history)
        smsc.well = True
        await bench.until(link.key, lambda fact: len(smsc.callers) >= size and fact.binds_connected == 1, "bound")
        assert (await waiting).message_ids == ("waits",)
        assert smsc.submitted("waits") == 1
        assert reasons(bench) == {FailureReason.UNREACHABLE}
        await bench.table.close()


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
async def test_submit_sm_resp(pki: Pki, secure: bool) -> None:
    """The outcome is unknown up to the last octet but one, and known with the last; no message leaves twice."""
    bench = LinkBench()
    size = len(submit_resp(Frame(0, 0, 1, b"")))
    assert size < MOST
    async with rogue({SUBMIT: Cutter(submit_resp)}, pki.server_context() if secure else None) as smsc:
        link = wanted(smsc.port, reconnect_initial=0.004, reconnect_max=0.004, tls=secured(pki, secure))
        bench.table.want(link)
        found = bench.table.link(link.key)
        assert found is not None
        for octets in range(1, MOST + 1):
            await smsc.caller(octets)
            outcome: object
            try:
                outcome = (await found.messages.submit(TextMessage(PHONE, f"message {octets}"))).message_ids
            except OutcomeUnknown as error:
                outcome = error.doubt
            assert outcome == ("the connection was lost before the response" if octets < size else (ID[:-1].decode(),))
        assert [smsc.submitted(f"message {octets}") for octets in range(1, MOST + 1)] == [1] * MOST
        assert reasons(bench) == {FailureReason.UNREACHABLE}
        await bench.table.close()


@pytest.mark.parametrize("octets", range(1, 17))
async def test_enquire_link_resp(octets: int) -> None:
    """Any part of it is no answer, and only a lost connection."""
    bench = LinkBench()

    def cut(caller: Caller, frame: Frame) -> None:
        caller.write(encode(Command.ENQUIRE_LINK_RESP, frame.sequence)[:octets])
        caller.close()

    async with rogue({Command.ENQUIRE_LINK: cut}) as smsc:
        link = wanted(smsc.port, enquire_link_interval=0.02)
        bench.table.want(link)
        await bench.until_failed(link, FailureReason.UNREACHABLE)
        smsc.well = True
        await bench.until_bound(link)
        assert reasons(bench) == {FailureReason.UNREACHABLE}
        await bench.table.close()


@pytest.mark.parametrize("octets", range(1, 17))
async def test_unbind_resp(octets: int) -> None:
    """A link that is removed is gone, however much of the answer comes."""
    bench = LinkBench()

    def cut(caller: Caller, frame: Frame) -> None:
        caller.write(encode(Command.UNBIND_RESP, frame.sequence)[:octets])
        caller.close()

    async with rogue({Command.UNBIND: cut}) as smsc:
        link = wanted(smsc.port)
        bench.table.want(link)
        await bench.until_bound(link)
        async with asyncio.timeout(5):
            await bench.table.close()
        await smsc.until(lambda: not smsc.callers[0].open, "the end of the connection")
        assert len(smsc.callers) == 1


def bind_resp(frame: Frame) -> bytes:
    """Of a good bind."""
    return encode(Command.BIND_TRANSCEIVER_RESP, frame.sequence, 0, b"a system_id\0")


def submit_resp(frame: Frame) -> bytes:
    """With an id as long as they come."""
    return encode(Command.SUBMIT_SM_RESP, frame.sequence, 0, ID)


def reasons(bench: LinkBench) -> set[FailureReason]:
    """All that were told."""
    return {fact.failure.reason for fact in bench.history if fact.failure is not None}

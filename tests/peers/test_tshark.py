"""What our links say, read by tshark: no fault, and every field is the one that was given."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from sms_operator.dev.smsc import Account, Simulator
from sms_operator.links.desk import Desk
from sms_operator.links.outcomes import SubmitError
from sms_operator.links.outgoing import BinaryMessage, SendOptions, TextMessage
from sms_operator.links.received import Received, ReceivedReceipt, ReceivedText, Verdict
from sms_operator.protocol.messages import BindType, LongText, MessageOptions
from sms_operator.smpp.address import Address
from sms_operator.smpp.commands import RESPONSE, Command
from sms_operator.smpp.operations import CancelSm, QuerySm, ReplaceSm, SubmitMulti
from sms_operator.smpp.pdus import DataSm
from support.dataplane import wanted
from support.linkbench import LinkBench
from support.peers_debian import Program
from support.peers_recording import Recorder, recording
from support.peers_tshark import Decoded, Reading, read
from support.waiting import eventually_async

DEMO = Account("demo", "secret")
PHONE = Address("31612345678", 1, 1)
US = Address("Shop", 5, 0)
OPTIONS = MessageOptions(source_address=US.digits, source_ton=US.ton, source_npi=US.npi)
GSM = "Hello {phone}: 5 €"
UCS2 = "Žluťoučký kůň 😀"
LONG = "The default alphabet has 128 characters, and {some more} behind an escape: 5 €. " * 3
ESCAPED = {"{": b"\x1b(", "}": b"\x1b)", "€": b"\x1be"}
"""3GPP TS 23.038, section 6.2.1.1; the other letters of these texts are as in ASCII."""
ADDRESSES = {
    "source_addr_ton": "0x05",
    "source_addr_npi": "0x00",
    "source_addr": "Shop",
    "dest_addr_ton": "0x01",
    "dest_addr_npi": "0x01",
    "destination_addr": "31612345678",
}


@dataclass
class Talk:
    """A link to the simulator, by way of a recorder."""

    smsc: Simulator
    recorder: Recorder
    received: list[Received] = field(default_factory=list[Received])

    @asynccontextmanager
    async def bound(self, message: MessageOptions = OPTIONS, **wish: Any) -> AsyncGenerator[Desk, None]:
        """From bind to unbind."""
        bench = LinkBench(deliver=self._take)
        link = wanted(self.recorder.port, message=message, **wish)
        bench.table.want(link)
        try:
            await bench.until_bound(link)
            found = bench.table.link(link.key)
            assert found is not None
            yield found.messages
        finally:
            await bench.table.close()

    async def readings(self, tshark: Program) -> list[Reading]:
        """What tshark reads of each connection, once it has found no fault with either side."""
        await self.recorder.finish()
        readings = [await read(tshark, connection) for connection in self.recorder.connections]
        assert [reading.complaints for reading in readings] == [()] * len(readings)
        return readings

    def of(self, kind: type[Received]) -> list[Received]:
        """What came of this kind."""
        return [one for one in self.received if isinstance(one, kind)]

    def _take(self, received: Received) -> Verdict:
        self.received.append(received)
        return Verdict.ACCEPT


@asynccontextmanager
async def talking() -> AsyncGenerator[Talk, None]:
    """A simulator and a recorder before it."""
    async with Simulator([DEMO]) as smsc, recording(smsc.port) as recorder:
        yield Talk(smsc, recorder)


def _hex(octets: bytes) -> str:
    return octets.hex(":")


def _holds(pdu: Decoded, **fields: str) -> None:
    assert {name: pdu[name] for name in fields} == fields


@pytest.mark.parametrize("pair", [False, True], ids=["transceiver", "receiver and transmitter"])
async def test_binds(tshark: Program, pair: bool) -> None:
    """Every field of a bind; enquire_link and unbind are answered by the same sequence numbers."""
    kinds = (BindType.RECEIVER, BindType.TRANSMITTER) if pair else (BindType.TRANSCEIVER,)
    async with talking() as talk:
        fields: dict[str, Any] = {"system_type": "VMS", "address_range": "^1234", "addr_ton": 1, "addr_npi": 1}
        async with talk.bound(bind_types=kinds, enquire_link_interval=0.1, **fields):
            port = f"{Command.ENQUIRE_LINK:08x}"
            await eventually_async(
                lambda: all(
                    sum(port in chunk.octets.hex() for chunk in connection if chunk.from_client) > 2
                    for connection in talk.recorder.connections
                )
            )
        readings = await talk.readings(tshark)
    commands = {Command.BIND_RECEIVER, Command.BIND_TRANSMITTER} if pair else {Command.BIND_TRANSCEIVER}
    assert {reading.pdus[0].command for reading in readings} == commands
    for reading in readings:
        bind, *others = (one for one in reading.pdus if one.from_client)
        _holds(bind, system_id="demo", password="secret", system_type="VMS", interface_version="52")
        _holds(bind, addr_ton="0x01", addr_npi="0x01", address_range="^1234")
        assert {one.command for one in others} == {Command.ENQUIRE_LINK, Command.UNBIND}
        numbers = [one["sequence_number"] for one in (bind, *others)]
        assert numbers == [one["sequence_number"] for one in reading.pdus if not one.from_client]


async def test_messages(tshark: Program) -> None:
    """Texts and octets with everything that a message can have of its own."""
    options = SendOptions(
        source=Address("31600000001", 1, 1),
        registered_delivery=1,
        validity_period="000002000000000R",
        schedule_delivery_time="261231235959000+",
        service_type="CMT",
        protocol_id=0x41,
        priority_flag=2,
        replace_if_present=True,
        tlvs=((0x0204, b"\x12\x34"), (0x1501, b"vendor")),
    )
    async with talking() as talk:
        async with talk.bound() as messages:
            await messages.submit(TextMessage(PHONE, GSM))
            await messages.submit(TextMessage(PHONE, UCS2))
            await messages.submit(TextMessage(PHONE, "all", options))
            await messages.submit(BinaryMessage(PHONE, bytes(range(100)), options=SendOptions(registered_delivery=1)))
            await eventually_async(lambda: len(talk.of(ReceivedReceipt)) == 1)
        (reading,) = await talk.readings(tshark)
    plain, wide, full, binary = reading.sent(Command.SUBMIT_SM)
    for one in (plain, wide, binary):
        _holds(one, **ADDRESSES, service_type="(Default)", protocol_id="0x00", priority_flag="0x00")
        assert one["regdel.receipt"] == ("0x01" if one is binary else "0x00")
        assert one["esm.submit.features"] == "0x00"
    _holds(plain, data_coding="0x00", message=_hex(b"Hello \x1b(phone\x1b): 5 \x1be"))
    _holds(wide, data_coding="0x08", message=_hex(UCS2.encode("utf-16-be")))
    _holds(binary, data_coding="0x04", message=_hex(bytes(range(100))), sm_length="100")
    _holds(full, source_addr="31600000001", source_addr_ton="0x01", source_addr_npi="0x01", service_type="CMT")
    _holds(full, protocol_id="0x41", priority_flag="0x02", replace_if_present_flag="0x01")
    _holds(full, validity_period_r="172800.000000000", schedule_delivery_time="Dec 31, 2026 23:59:59.000000000 UTC")
    assert full["regdel.receipt"] == "0x01"
    assert full.all("opt_param_tag") == ["0x0204", "0x1501"]
    _holds(full, user_message_reference="0x1234", vendor_op="76:65:6e:64:6f:72")
    (response,) = reading.sent(Command.DELIVER_SM | RESPONSE)
    assert response["sequence_number"] == reading.sent(Command.DELIVER_SM, by_client=False)[0]["sequence_number"]


@pytest.mark.parametrize("form", list(LongText))
async def test_long_messages(tshark: Program, form: LongText) -> None:
    """The headers of the segments as tshark reads them, and the whole text in what follows."""
    async with talking() as talk:
        async with talk.bound(message=replace(OPTIONS, long_messages=form)) as messages:
            accepted = await messages.submit(TextMessage(PHONE, LONG))
        (reading,) = await talk.readings(tshark)
    segments = reading.sent(Command.SUBMIT_SM)
    assert len(segments) == len(accepted.message_ids) == (1 if form is LongText.PAYLOAD else 2)
    for one in segments:
        _holds(one, **ADDRESSES, data_coding="0x00")
        assert one["esm.submit.features"] == ("0x01" if form in (LongText.UDH, LongText.UDH16) else "0x00")
    octets = [bytes.fromhex((one.all("message") or one.all("message_payload"))[0].replace(":", "")) for one in segments]
    if form is LongText.SAR:
        assert [one["sar_segment_seqnum"] for one in segments] == ["1", "2"]
        assert {one["sar_total_segments"] for one in segments} == {"2"}
        assert len({one["sar_msg_ref_num"] for one in segments}) == 1
    if form in (LongText.UDH, LongText.UDH16):
        wide = form is LongText.UDH16
        headers = [one[: 7 if wide else 6] for one in octets]
        assert {header[:3] for header in headers} == {bytes((6, 8, 4) if wide else (5, 0, 3))}
        assert [header[-2:] for header in headers] == [bytes((2, 1)), bytes((2, 2))]
        assert len({header[3:-2] for header in headers}) == 1
        octets = [one[len(header) :] for one, header in zip(octets, headers, strict=True)]
    assert b"".join(octets) == b"".join(ESCAPED.get(letter, letter.encode()) for letter in LONG)


async def test_other_requests_and_messages_of_phones(tshark: Program) -> None:
    """data_sm, query_sm, cancel_sm, replace_sm and submit_multi, and our answer to a deliver_sm."""
    async with talking() as talk:
        async with talk.bound() as messages:
            assert await talk.smsc.inject("demo", "31600000000", "12345", UCS2) == 0
            requests = [
                messages.data(DataSm(US, PHONE, tlvs=((0x0424, b"data"),))),
                messages.query(QuerySm("0000abcd", US)),
                messages.cancel(CancelSm("0000abcd", US, PHONE)),
                messages.replace(ReplaceSm("0000abcd", US, short_message=b"other")),
                messages.submit_multi(SubmitMulti(US, (PHONE, Address("31612345679", 1, 1)), short_message=b"many")),
            ]
            for request in requests:
                with suppress(SubmitError):
                    await request
        (reading,) = await talk.readings(tshark)
    ours = {name: ADDRESSES[name] for name in ("source_addr_ton", "source_addr_npi", "source_addr")}
    (data,) = reading.sent(Command.DATA_SM)
    _holds(data, **ADDRESSES, opt_param_tag="0x0424", message_payload=_hex(b"data"))
    (query,) = reading.sent(Command.QUERY_SM)
    _holds(query, **ours, message_id="0000abcd")
    (cancel,) = reading.sent(Command.CANCEL_SM)
    _holds(cancel, **ADDRESSES, message_id="0000abcd")
    (other,) = reading.sent(Command.REPLACE_SM)
    _holds(other, **ours, message_id="0000abcd", message=_hex(b"other"))
    (many,) = reading.sent(Command.SUBMIT_MULTI)
    _holds(many, **ours, message=_hex(b"many"))
    assert many.all("destination_addr") == ["31612345678", "31612345679"]
    assert many.all("dest_addr_ton") == ["0x01", "0x01"]
    (answer,) = reading.sent(Command.DELIVER_SM | RESPONSE)
    _holds(answer, command_status="0x00000000", command_length="17")
    (text,) = talk.of(ReceivedText)
    assert isinstance(text, ReceivedText)
    assert text.text == UCS2

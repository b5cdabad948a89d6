"""An SMSC on smpp34 (a Rust core), with the events and commands of `node/smsc.js`: one plain port, any login is good.

Its server checks no credentials and takes no port 0, so the port is looked for here. It leaves the octets of a message
as they are: the default alphabet is read by the table below. Its message ids are UUIDs that begin with a
zero, which is no number's. It sends a segment when the one before is answered.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import smpp34

GSM: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""3GPP TS 23.038, section 6.2.1."""
ESCAPED: Final = dict(zip("\x14()/<=>@e", "^{}\\[~]|€", strict=True))
"""Section 6.2.1.1, by the ASCII letter at the same place."""
CHARACTERS: Final = 60
"""Of each segment that we send: fits with every header, in each alphabet."""
RECEIPTED_MESSAGE_ID: Final = 0x001E
SAR_MSG_REF_NUM: Final = 0x020C
SAR_TOTAL_SEGMENTS: Final = 0x020E
SAR_SEGMENT_SEQNUM: Final = 0x020F
MESSAGE_PAYLOAD: Final = 0x0424
RECEIPT: Final = 0x04
UDHI: Final = 0x40
HEADERS: Final = {"udh": (5, 0, 3), "udh16": (6, 8, 4, 0x34)}
"""What begins the header of a segment (3GPP TS 23.040, 9.2.3.24.1 and 9.2.3.24.8)."""

Sendable = dict[str, Any]


def say(event: str, **fields: object) -> None:
    """One event, one line."""
    print(json.dumps({"event": event, **fields}), flush=True)


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def decode(octets: bytes, data_coding: int) -> str:
    """The text of a message without its header."""
    if data_coding == 8:
        return octets.decode("utf-16-be")
    letters = iter(octets)
    return "".join(ESCAPED[chr(next(letters))] if letter == 0x1B else GSM[letter] for letter in letters)


def encode(text: str, coding: str) -> bytes:
    """The reverse."""
    if coding == "ucs2":
        return text.encode("utf-16-be")
    plain = {letter: bytes((place,)) for place, letter in enumerate(GSM)}
    escaped = {letter: b"\x1b" + place.encode() for place, letter in ESCAPED.items()}
    return b"".join({**plain, **escaped}[letter] for letter in text)


def segment(tlvs: dict[int, bytes], header: bytes) -> list[object] | None:
    """How, reference, total and number, from the user data header or the SAR parameters."""
    if header[1:2] == b"\x00":
        return ["udh", header[3], header[4], header[5]]
    if header[1:2] == b"\x08":
        return ["udh", int.from_bytes(header[3:5], "big"), header[5], header[6]]
    if SAR_TOTAL_SEGMENTS not in tlvs:
        return None
    names = (SAR_MSG_REF_NUM, SAR_TOTAL_SEGMENTS, SAR_SEGMENT_SEQNUM)
    return ["sar", *(int.from_bytes(tlvs[name], "big") for name in names)]


def segments(text: str, coding: str, long: str | None, reference: int) -> list[Sendable]:
    """What differs between the deliver_sm of each segment."""
    if long is None:
        return [{"short_message": encode(text, coding)}]
    if long == "payload":
        return [{"tlvs": [smpp34.Tlv(MESSAGE_PAYLOAD, encode(text, coding))]}]
    parts = [text[start : start + CHARACTERS] for start in range(0, len(text), CHARACTERS)]
    found: list[Sendable] = []
    for number, part in enumerate(parts, 1):
        octets = encode(part, coding)
        if long in HEADERS:
            header = bytes((*HEADERS[long], reference, len(parts), number))
            found.append({"short_message": header + octets, "esm_class": UDHI})
        else:
            tlvs = [
                smpp34.Tlv(SAR_MSG_REF_NUM, bytes((0, reference))),
                smpp34.Tlv(SAR_TOTAL_SEGMENTS, bytes((len(parts),))),
                smpp34.Tlv(SAR_SEGMENT_SEQNUM, bytes((number,))),
            ]
            found.append({"short_message": octets, "tlvs": tlvs})
    return found


class Smsc:
    """The server, and who is bound to it."""

    def __init__(self, port: int) -> None:
        self.server = smpp34.Server("127.0.0.1", port, system_id="SMPP34")
        self._bound: dict[str, smpp34.Esme] = {}
        self._references = 0
        self._chores: set[asyncio.Task[None]] = set()

    async def obey(self) -> None:
        """Commands from stdin until it is closed."""
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            command: dict[str, Any] = json.loads(line)
            if command["do"] == "unbind":
                for esme in [one for one in self._bound.values() if one.system_id == command["account"]]:
                    await esme.unbind()
            elif command["do"] == "deliver":
                await self._deliver(**command)

    async def watch(self) -> None:
        """What the server reports, for ever."""
        while True:
            match await self.server.next():
                case smpp34.Esme() as esme:
                    self._bound[esme.session_id] = esme
                    kind = None if esme.can_receive else "Transmitter"
                    say("bind", port="plain", account=esme.system_id, kind=kind, status=0)
                case smpp34.SubmitSmEvent() as submit:
                    self._accept(submit)
                case smpp34.Unbound() as gone:
                    esme = self._bound.pop(gone.session_id, None)
                    say("closed", port="plain", account=esme.system_id if esme else None)

    def _accept(self, submit: smpp34.SubmitSmEvent) -> None:
        identity = f"0{str(uuid4())[1:]}"
        tlvs = {one.tag: one.value for one in submit.tlvs}
        payload = tlvs.get(MESSAGE_PAYLOAD)
        octets = submit.short_message if payload is None else payload
        length = octets[0] + 1 if submit.esm_class & UDHI else 0
        submit.accept(identity)
        account = self._bound[submit.session_id].system_id
        say(
            "submit",
            port="plain",
            account=account,
            id=identity,
            payload=payload is not None,
            text=decode(octets[length:], submit.data_coding),
            segment=segment(tlvs, octets[:length]),
            to=submit.destination_addr,
            to_ton=submit.dest_addr_ton,
            to_npi=submit.dest_addr_npi,
            **{"from": submit.source_addr, "from_ton": submit.source_addr_ton, "from_npi": submit.source_addr_npi},
            service_type=submit.service_type,
            esm_class=submit.esm_class,
            protocol_id=submit.protocol_id,
            registered_delivery=submit.registered_delivery,
            data_coding=submit.data_coding,
        )
        if submit.registered_delivery & 1:
            chore = asyncio.create_task(self._report(account, identity, submit))
            self._chores.add(chore)
            chore.add_done_callback(self._chores.discard)

    async def _report(self, account: str, identity: str, submit: smpp34.SubmitSmEvent) -> None:
        date = datetime.now(UTC).strftime("%y%m%d%H%M%S")
        text = f"id:{identity} sub:1 dlvrd:1 submit date:{date} done date:{date} stat:DELIVRD err:0 Text:"
        answer = await self._receiver(account).deliver_sm(
            submit.source_addr,
            text.encode(),
            source_addr=submit.destination_addr,
            esm_class=RECEIPT,
            tlvs=[smpp34.Tlv(RECEIPTED_MESSAGE_ID, identity.encode() + b"\0")],
        )
        say("receipt", account=account, id=identity, status=answer.command_status)

    async def _deliver(self, account: str, to: str, text: str, coding: str, long: str | None, **more: str) -> None:
        self._references = self._references % 255 + 1
        esme = self._receiver(account)
        data_coding = 8 if coding == "ucs2" else 0
        for part in segments(text, coding, long, self._references):
            answer = await esme.deliver_sm(to, source_addr=more["from"], data_coding=data_coding, **part)
            say("delivered", account=account, status=answer.command_status)

    def _receiver(self, account: str) -> smpp34.Esme:
        return next(one for one in self._bound.values() if one.system_id == account and one.can_receive)


async def main() -> None:
    """Serves until stdin is closed."""
    port = json.loads(sys.stdin.readline())["ports"]["plain"]["port"] or free_port()
    smsc = Smsc(port)
    await smsc.server.start()
    say("ready", ports={"plain": port})
    watching = asyncio.create_task(smsc.watch())
    await smsc.obey()
    watching.cancel()
    await smsc.server.stop()


asyncio.run(main())

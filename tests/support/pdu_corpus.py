"""PDUs that other projects met or test with, and what our codec makes of them.

The files in tests/smpp/corpus name the repository and the place of each; the octets are facts and the only thing taken.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from sms_operator.smpp import command_status
from sms_operator.smpp.address import Address
from sms_operator.smpp.codec import first_c_octets
from sms_operator.smpp.commands import Command, command_name
from sms_operator.smpp.errors import Malformed
from sms_operator.smpp.framing import Frame, FrameBuffer
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
from sms_operator.smpp.responses import MessageIdResponse, QuerySmResponse, SubmitMultiResponse, Unsuccessful

CORPUS: Final = Path(__file__).parents[1] / "smpp" / "corpus"

DECODERS: Final[Mapping[int, Callable[[bytes], object]]] = {
    Command.SUBMIT_SM: ShortMessage.decode,
    Command.DELIVER_SM: ShortMessage.decode,
    Command.DATA_SM: DataSm.decode,
    Command.SUBMIT_MULTI: SubmitMulti.decode,
    Command.QUERY_SM: QuerySm.decode,
    Command.CANCEL_SM: CancelSm.decode,
    Command.REPLACE_SM: ReplaceSm.decode,
    Command.ALERT_NOTIFICATION: AlertNotification.decode,
    Command.OUTBIND: Outbind.decode,
    Command.BIND_RECEIVER_RESP: first_c_octets,
    Command.BIND_TRANSMITTER_RESP: first_c_octets,
    Command.BIND_TRANSCEIVER_RESP: first_c_octets,
    Command.SUBMIT_SM_RESP: MessageIdResponse.decode,
    Command.DELIVER_SM_RESP: MessageIdResponse.decode,
    Command.DATA_SM_RESP: MessageIdResponse.decode,
    Command.SUBMIT_MULTI_RESP: SubmitMultiResponse.decode,
    Command.QUERY_SM_RESP: QuerySmResponse.decode,
}
"""Every PDU whose body is read, by its command."""

STATUS_NAMES: Final = {
    number: name for name, number in vars(command_status).items() if name.startswith("ESME_") and number
}


class Sample(NamedTuple):
    """One stream of octets, most often a single PDU."""

    name: str
    """File and case."""
    octets: bytes
    frames: list[dict[str, Any]]
    """What is expected of each PDU, as `outcome` says it."""
    left: str
    """What is expected at the end of the stream."""


def samples() -> list[Sample]:
    """All of them."""
    found: list[Sample] = []
    for path in sorted(CORPUS.glob("*.json")):
        for one in json.loads(path.read_text())["streams"]:
            octets = bytes.fromhex(one["octets"])
            found.append(Sample(f"{path.stem}/{one['case']}", octets, one["frames"], one["left"]))
    return found


def outcome(octets: bytes) -> tuple[list[dict[str, Any]], str]:
    """What becomes of a stream: every PDU in words, and what is left: `nothing`, `incomplete` or `broken`."""
    buffer = FrameBuffer()
    frames = [describe(frame) for frame in buffer.receive(octets)]
    if buffer.broken is not None:
        return frames, "broken"
    read = sum(int(frame["length"]) for frame in frames)
    return frames, "incomplete" if read < len(octets) else "nothing"


def describe(frame: Frame) -> dict[str, Any]:
    """A PDU in words that JSON can hold."""
    told: dict[str, Any] = {"length": 16 + len(frame.body), "command": command_name(frame.command_id)}
    if frame.status:
        told["status"] = f"0x{frame.status:08x}"
    told["sequence"] = frame.sequence
    decode = DECODERS.get(frame.command_id)
    if decode is None:
        told["body"] = frame.body.hex()
        return told
    try:
        told["reads"] = _plain(decode(frame.body))
    except Malformed as malformed:
        told["malformed"] = STATUS_NAMES[malformed.status]
    return told


def _plain(value: object) -> Any:
    match value:
        case bytes():
            return value.hex()
        case Address():
            return f"{value.ton}/{value.npi}/{value.digits}"
        case DistributionList():
            return f"list {value.name}"
        case Unsuccessful():
            return [_plain(value.destination), f"0x{value.command_status:08x}"]
        case (int() as tag, bytes() as content):
            return f"{tag:04x}:{content.hex()}"
        case tuple():
            return [_plain(each) for each in cast(tuple[object, ...], value)]
        case _ if is_dataclass(value):
            told = {each.name: getattr(value, each.name) for each in fields(value)}
            return {name: _plain(one) for name, one in told.items() if one not in ("", 0, b"", (), Address())}
        case _:
            return value

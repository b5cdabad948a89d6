"""Behaviours with a name: each a way in which some SMSC was seen to behave."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sms_operator.smpp.command_status import (
    ESME_RALYBND,
    ESME_RINVPASWD,
    ESME_RINVSYSID,
    ESME_RMSGQFUL,
    ESME_RSYSERR,
    ESME_RTHROTTLED,
)

from .behaviour import Behaviour, Deliveries, Limits, Receipts, Responses
from .faults import Fault, Stage
from .states import MessageState

VENDOR_TLV: Final = bytes.fromhex("1403 0004 deadbeef")
NETWORK_ERROR: Final = bytes.fromhex("0423 0003 030008")
"""network_error_code (5.3.2.31) of a GSM network, in a response that the standard gives none."""


def _at(stage: Stage, fault: Fault) -> Behaviour:
    return Behaviour(faults=MappingProxyType({stage: fault}))


def _after(count: int, stage: Stage, fault: Fault) -> Behaviour:
    return Behaviour(faults=MappingProxyType({stage: fault}), faults_after=count)


_BEFORE_THE_BIND: Final = {
    "refuse": Behaviour(refuse=True),
    "blackhole": Behaviour(blackhole=True),
    "silent": Behaviour(silent_from=Stage.CONNECT),
    "reset-on-connect": _at(Stage.CONNECT, Fault.RESET),
    "close-on-connect": _at(Stage.CONNECT, Fault.CLOSE),
}
_AT_THE_BIND: Final = {
    "silent-bind": Behaviour(silent_from=Stage.BIND),
    "wrong-password": Behaviour(bind_status=ESME_RINVPASWD),
    "unknown-system-id": Behaviour(bind_status=ESME_RINVSYSID),
    "already-bound": Behaviour(bind_status=ESME_RALYBND),
    "system-error": Behaviour(bind_status=ESME_RSYSERR),
    "throttle-bind": Behaviour(bind_status=ESME_RTHROTTLED),
    "error-without-body": Behaviour(bind_status=ESME_RINVPASWD, bind_body=False),
    "enquire-first": Behaviour(enquire_before_bind=True),
    "deliver-first": Behaviour(deliver_before_bind=True),
    "coalesce": Behaviour(deliver_with_bind=True),
    "two-bind-resps": Behaviour(bind_copies=2),
    "reset-on-bind": _at(Stage.BIND, Fault.RESET),
    "close-on-bind": _at(Stage.BIND, Fault.CLOSE),
    "garbage": _at(Stage.BIND, Fault.GARBAGE),
    "http": _at(Stage.BIND, Fault.HTTP),
}
_WHEN_BOUND: Final = {
    "half-open": Behaviour(silent_from=Stage.BOUND),
    "slow": Behaviour(octet_delay=0.01),
    "late": Behaviour(answer_delay=2.0),
    "reset-when-bound": _at(Stage.BOUND, Fault.RESET),
    "unbind-when-bound": _at(Stage.BOUND, Fault.UNBIND),
    "unbind-and-close": _at(Stage.BOUND, Fault.UNBIND_AND_CLOSE),
    "oversize": _at(Stage.BOUND, Fault.OVERSIZE),
    "length-0": _at(Stage.BOUND, Fault.LENGTH_0),
    "length-3": _at(Stage.BOUND, Fault.LENGTH_3),
    "length-12": _at(Stage.BOUND, Fault.LENGTH_12),
    "truncate": _at(Stage.BOUND, Fault.TRUNCATE),
    "unknown-command": _at(Stage.BOUND, Fault.UNKNOWN_COMMAND),
    "outbind": _at(Stage.BOUND, Fault.OUTBIND),
    "stops-reading": _at(Stage.BOUND, Fault.STOP_READING),
}
_WITH_MESSAGES: Final = {
    "throttle": Behaviour(submit_status=ESME_RTHROTTLED),
    "queue-full": Behaviour(submit_status=ESME_RMSGQFUL),
    "throttle-first": Behaviour(limits=Limits(first=10)),
    "throttle-minute": Behaviour(limits=Limits(seconds=60.0)),
    "queue-full-first": Behaviour(limits=Limits(first=10, status=ESME_RMSGQFUL)),
    "rate-limited": Behaviour(limits=Limits(rate=20)),
    "silent-submit": Behaviour(silent_from=Stage.SUBMIT),
    "nack-submit": _at(Stage.SUBMIT, Fault.NACK),
    "wrong-type": _at(Stage.SUBMIT, Fault.WRONG_TYPE),
    "wrong-sequence": _at(Stage.SUBMIT, Fault.WRONG_SEQUENCE),
    "cut-response": _at(Stage.SUBMIT, Fault.CUT),
    "reset-response": _at(Stage.SUBMIT, Fault.CUT_RESET),
    "reset-mid-window": _after(3, Stage.SUBMIT, Fault.RESET),
    "late-responses": Behaviour(responses=Responses(delay=15.0)),
    "out-of-order": Behaviour(responses=Responses(reorder=5)),
    "answered-twice": Behaviour(responses=Responses(copies=2)),
    "stray-responses": Behaviour(responses=Responses(stray=True)),
    "body-with-error": Behaviour(submit_status=ESME_RSYSERR, responses=Responses(error_body=True)),
    "network-error": Behaviour(responses=Responses(tlvs=NETWORK_ERROR)),
}
_WITH_DELIVERIES: Final = {
    "vendor-tlv": Behaviour(deliveries=Deliveries(tlvs=VENDOR_TLV)),
    "data-sm": Behaviour(deliveries=Deliveries(as_data_sm=True)),
    "redeliver": Behaviour(deliveries=Deliveries(redeliver_after=1.0)),
    "stubborn": Behaviour(deliveries=Deliveries(redeliver_after=1.0, stubborn=True)),
    "undeliverable": Behaviour(receipts=Receipts(outcome=MessageState.UNDELIVERABLE, error=8)),
    "early-receipts": Behaviour(receipts=Receipts(early=True)),
    "double-receipts": Behaviour(receipts=Receipts(copies=2)),
    "text-receipts": Behaviour(receipts=Receipts(tlvs=False)),
    "tlv-receipts": Behaviour(receipts=Receipts(text=False)),
    "plain-receipts": Behaviour(receipts=Receipts(tlvs=False, esm_class=0)),
    "wide-state": Behaviour(receipts=Receipts(state_octets=2)),
    "id-without-nul": Behaviour(receipts=Receipts(id_nul=False)),
}
PRESETS: Final[Mapping[str, Behaviour]] = MappingProxyType(
    {
        "normal": Behaviour(),
        **_BEFORE_THE_BIND,
        **_AT_THE_BIND,
        **_WHEN_BOUND,
        **_WITH_MESSAGES,
        **_WITH_DELIVERIES,
    }
)


def behaviour(value: object) -> Behaviour:
    """The behaviour of a preset's name, or of a JSON object with fields of `Behaviour`.

    Raises:
        ValueError: unknown preset, field or value; the text lists what is known.
    """
    if not isinstance(value, str):
        return Behaviour.parse(value)
    if value not in PRESETS:
        raise ValueError(f'behaviour: no preset "{value}"; there are {", ".join(PRESETS)}')
    return PRESETS[value]


def named(behaviour: Behaviour) -> str:
    """The name of the preset that is the same, else its fields."""
    return next((name for name, known in PRESETS.items() if known == behaviour), str(behaviour))

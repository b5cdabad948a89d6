"""Scripted misbehaviour, as data: what the simulator does wrong, at which moment, for whom.

A behaviour holds for the whole simulator or for one system_id, and can be exchanged while sessions are live: each step
of a session asks anew. `PRESETS` names the common ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, cast

from sms_operator.smpp.command_status import (
    ESME_RALYBND,
    ESME_RINVPASWD,
    ESME_RINVSYSID,
    ESME_ROK,
    ESME_RSYSERR,
    ESME_RTHROTTLED,
)


class Stage(StrEnum):
    """A moment in the life of a session."""

    CONNECT = "connect"
    """The connection stands, nothing was read. The login is not known yet: only for the whole simulator."""
    BIND = "bind"
    """A bind request came; the fault takes the place of the answer."""
    BOUND = "bound"
    """Right after a bind_resp with status 0."""
    ENQUIRE_LINK = "enquire_link"
    """An enquire_link came; the fault takes the place of the answer."""
    SUBMIT = "submit"
    """A submit_sm or data_sm came; the fault takes the place of the answer."""


class Fault(StrEnum):
    """Something an SMSC should not do."""

    RESET = "reset"
    """TCP RST."""
    CLOSE = "close"
    """The connection ends in order, without a word."""
    GARBAGE = "garbage"
    """Octets that are no PDU."""
    OVERSIZE = "oversize"
    """A header that announces two GiB."""
    TRUNCATE = "truncate"
    """A PDU that stops in the middle, and then nothing."""
    HTTP = "http"
    """The words of an HTTP server."""
    UNKNOWN_COMMAND = "unknown-command"
    """A request with a command_id that no standard has."""
    UNBIND = "unbind"
    """The SMSC unbinds."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Everything that may go wrong; the default is an SMSC without fault."""

    refuse: bool = False
    """TCP connections are refused. Only for the whole simulator; live sessions stay."""
    faults: Mapping[Stage, Fault] = field(default_factory=lambda: MappingProxyType({}))
    silent_from: Stage | None = None
    """From this moment on nothing is answered; live sessions that are past it fall silent at once."""
    bind_status: int = ESME_ROK
    """command_status of every bind_resp; 0: the account decides."""
    bind_body: bool = True
    """Whether a bind_resp with an error carries a system_id, as the standard wants and many SMSCs do not."""
    enquire_before_bind: bool = False
    """An enquire_link is sent, and its answer awaited, before the bind_resp."""
    deliver_with_bind: bool = False
    """A deliver_sm goes out in the same segment as the bind_resp."""
    submit_status: int = ESME_ROK
    """command_status of every submit_sm_resp and data_sm_resp."""
    octet_delay: float = 0.0
    """Seconds between single octets; 0: whole PDUs."""
    answer_delay: float = 0.0
    """Seconds before every answer."""

    @classmethod
    def parse(cls, value: object) -> Behaviour:
        """The behaviour of a preset's name or of a JSON object with fields of this class.

        Raises:
            ValueError: unknown preset, field or value; the text lists what is known.
        """
        if isinstance(value, str):
            return preset(value)
        if not isinstance(value, dict):
            raise ValueError("behaviour: want the name of a preset or an object")
        given = cast(dict[str, Any], value)
        known = {item.name: item for item in fields(cls)}
        found: dict[str, Any] = {}
        for name, entry in given.items():
            if name not in known:
                raise ValueError(f'behaviour: no field "{name}"; there are {", ".join(known)}')
            found[name] = _field(name, entry)
        return replace(cls(), **found)

    def check_scope(self, account: str | None) -> None:
        """Raises ValueError when this cannot hold for a single account."""
        early = Stage.CONNECT in self.faults or self.silent_from is Stage.CONNECT
        if account is not None and (self.refuse or early):
            raise ValueError(
                f'behaviour: what happens before the bind cannot be limited to "{account}": leave the account out'
            )

    def __str__(self) -> str:
        for name, known in PRESETS.items():
            if known == self:
                return name
        return json.dumps(self.as_json())

    def as_json(self) -> dict[str, object]:
        """The fields that differ from a faultless SMSC."""
        normal = Behaviour()
        shown: dict[str, object] = {item.name: getattr(self, item.name) for item in fields(self)}
        shown["faults"] = dict(self.faults)
        return {name: value for name, value in shown.items() if value != getattr(normal, name)}


def _field(name: str, entry: Any) -> Any:
    normal: object = getattr(Behaviour(), name)
    try:
        if name == "faults":
            return MappingProxyType({Stage(stage): Fault(fault) for stage, fault in entry.items()})
        if name == "silent_from":
            return None if entry is None else Stage(entry)
        match normal, entry:
            case bool(), bool():
                return entry
            case (bool(), _) | (_, bool()):
                pass
            case float(), int() | float() if 0 <= entry <= 60:
                return float(entry)
            case int(), int() if 0 <= entry <= 0xFFFF_FFFF:
                return entry
            case _:
                pass
    except (AttributeError, TypeError, ValueError):
        pass
    stages, faults = ", ".join(Stage), ", ".join(Fault)
    raise ValueError(
        f"behaviour: {entry!r} does not fit {name}: a stage is one of {stages}; a fault one of {faults}; "
        "a status is a number, a delay 0..60 seconds, a switch true or false"
    )


def _at(stage: Stage, fault: Fault) -> Behaviour:
    return Behaviour(faults=MappingProxyType({stage: fault}))


PRESETS: Final[Mapping[str, Behaviour]] = MappingProxyType(
    {
        "normal": Behaviour(),
        "refuse": Behaviour(refuse=True),
        "silent": Behaviour(silent_from=Stage.CONNECT),
        "silent-bind": Behaviour(silent_from=Stage.BIND),
        "half-open": Behaviour(silent_from=Stage.BOUND),
        "wrong-password": Behaviour(bind_status=ESME_RINVPASWD),
        "unknown-system-id": Behaviour(bind_status=ESME_RINVSYSID),
        "already-bound": Behaviour(bind_status=ESME_RALYBND),
        "system-error": Behaviour(bind_status=ESME_RSYSERR),
        "throttle-bind": Behaviour(bind_status=ESME_RTHROTTLED),
        "error-without-body": Behaviour(bind_status=ESME_RINVPASWD, bind_body=False),
        "throttle": Behaviour(submit_status=ESME_RTHROTTLED),
        "slow": Behaviour(octet_delay=0.01),
        "late": Behaviour(answer_delay=2.0),
        "enquire-first": Behaviour(enquire_before_bind=True),
        "coalesce": Behaviour(deliver_with_bind=True),
        "reset-on-connect": _at(Stage.CONNECT, Fault.RESET),
        "reset-on-bind": _at(Stage.BIND, Fault.RESET),
        "reset-when-bound": _at(Stage.BOUND, Fault.RESET),
        "close-on-bind": _at(Stage.BIND, Fault.CLOSE),
        "unbind-when-bound": _at(Stage.BOUND, Fault.UNBIND),
        "garbage": _at(Stage.BIND, Fault.GARBAGE),
        "oversize": _at(Stage.BOUND, Fault.OVERSIZE),
        "truncate": _at(Stage.BOUND, Fault.TRUNCATE),
        "http": _at(Stage.BIND, Fault.HTTP),
        "unknown-command": _at(Stage.BOUND, Fault.UNKNOWN_COMMAND),
    }
)


def preset(name: str) -> Behaviour:
    """Raises ValueError with all names when there is none of this name."""
    try:
        return PRESETS[name]
    except KeyError:
        raise ValueError(f'behaviour: no preset "{name}"; there are {", ".join(PRESETS)}') from None

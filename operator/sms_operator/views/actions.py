"""The manual's operations as annotations: Rebuild, Disconnect, Connect. Pure: what to write, and what it will do.

They are annotations and not spec fields, so that a GitOps tool that puts the spec back does not undo them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from sms_operator.api.conditions import ConditionType, Reason
from sms_operator.api.smpp_gateway import DISCONNECT_ANNOTATION, REBUILD_ANNOTATION
from sms_operator.core.status import STALLED_REASONS, condition

from .bodies import part

REASON_LENGTH: Final = 160
"""Characters of a reason; the operator shows 200 of the annotation, and the name of who asked is in it too."""

BY_SPEC: Final = "spec.connection is Disconnected: change it where the gateway is declared"
"""Why a gateway stays disconnected though no annotation says so."""


class Action(StrEnum):
    """What a person can ask of a gateway."""

    REBUILD = "rebuild"
    DISCONNECT = "disconnect"
    CONNECT = "connect"

    @property
    def effect(self) -> str:
        """What happens, in the words of the confirmation."""
        return _EFFECTS[self]


_EFFECTS: Final = {
    Action.REBUILD: "Every bind is closed and opened again at once. Traffic pauses until the SMSC has answered.",
    Action.DISCONNECT: (
        "Every bind is closed in order and stays closed, whatever Git says, until somebody connects the gateway again. "
        "Its channels neither receive nor send."
    ),
    Action.CONNECT: "The annotation that keeps the gateway disconnected is taken away, and it binds again.",
}


@dataclass(frozen=True, slots=True)
class CannotAct:
    """Why an action would do nothing."""

    words: str
    fulfilled: bool = False
    """Whether it is already as asked."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an action ended, by the status."""

    reached: bool
    """What was asked for is so; else only a person can bring it about."""
    words: str


def change(
    action: Action, gateway: Mapping[str, Any], who: str, reason: str, now: datetime
) -> dict[str, Any] | CannotAct:
    """The merge patch that asks for the action, or why it would change nothing."""
    by_hand, by_spec = DISCONNECT_ANNOTATION in _annotations(gateway), disconnected_by_spec(gateway)
    value: str | None
    match action:
        case Action.REBUILD if by_hand or by_spec:
            return CannotAct("it is disconnected on purpose: connect it instead")
        case Action.REBUILD:
            name, value = REBUILD_ANNOTATION, f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        case Action.DISCONNECT if by_hand:
            return CannotAct("it is disconnected by hand already", fulfilled=True)
        case Action.DISCONNECT:
            cleaned = " ".join(reason.split())[:REASON_LENGTH]
            name, value = DISCONNECT_ANNOTATION, f"{who}: {cleaned}" if cleaned else who
        case Action.CONNECT if by_spec and not by_hand:
            return CannotAct(BY_SPEC)
        case Action.CONNECT if not by_hand:
            return CannotAct("nobody disconnected it", fulfilled=True)
        case Action.CONNECT:
            name, value = DISCONNECT_ANNOTATION, None
    return {"metadata": {"annotations": {name: value}}}


def disconnected_by_spec(gateway: Mapping[str, Any]) -> bool:
    """Whether the gateway is declared as disconnected."""
    return gateway["spec"].get("connection") == "Disconnected"


def pending(gateway: Mapping[str, Any]) -> str:
    """What was asked for and the status does not show yet; empty: nothing."""
    annotations, status = _annotations(gateway), part(gateway, "status")
    connected = condition(status, ConditionType.CONNECTED)
    is_off = connected is not None and connected["reason"] == Reason.DISCONNECTED
    wanted_off = DISCONNECT_ANNOTATION in annotations or disconnected_by_spec(gateway)
    if wanted_off != is_off and connected is not None:
        return "Disconnecting" if wanted_off else "Connecting again"
    asked = annotations.get(REBUILD_ANNOTATION)
    if asked is not None and asked != status.get("observedRebuild") and not wanted_off:
        return "Rebuild asked for"
    return ""


def outcome(action: Action, gateway: Mapping[str, Any], asked: str = "") -> Outcome | None:
    """Whether the action has come to its end, by the status; None: not yet.

    Args:
        action: what was asked for.
        gateway: as the API server shows it after that.
        asked: the value of the rebuild annotation that was written.
    """
    status = part(gateway, "status")
    connected = condition(status, ConditionType.CONNECTED)
    if connected is None or (action is Action.REBUILD and status.get("observedRebuild") != asked):
        return None
    message, reason = str(connected.get("message") or connected["reason"]), connected["reason"]
    if action is Action.DISCONNECT:
        return Outcome(reached=True, words=message) if reason == Reason.DISCONNECTED else None
    if connected["status"] == "True":
        return Outcome(reached=True, words=message)
    return Outcome(reached=False, words=message) if reason in STALLED_REASONS else None


def rebuild_asked(gateway: Mapping[str, Any]) -> str:
    """The rebuild that was asked for last; empty: none."""
    return _annotations(gateway).get(REBUILD_ANNOTATION, "")


def said(item: Mapping[str, Any]) -> str:
    """What Ready says, in words; empty while nobody has looked at the object."""
    ready = condition(part(item, "status"), ConditionType.READY)
    return str(ready.get("message") or ready["reason"]) if ready else ""


def _annotations(gateway: Mapping[str, Any]) -> Mapping[str, str]:
    return part(gateway, "metadata", "annotations")

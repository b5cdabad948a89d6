"""Which changes deserve an Event: transitions that a person would ask about, told once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sms_operator.api.conditions import ConditionType, Reason

from .keys import SMS_CHANNEL, Key
from .outcome import ApplyRoute, DeleteRoute, RouteAction
from .status import condition

FOLLOWS_GATEWAY: Final = frozenset({Reason.CONNECTION_SUCCEEDED, Reason.GATEWAY_NOT_CONNECTED, Reason.CONNECTING})
"""A channel's reasons that its gateway's Events have told already: a thousand channels must not repeat them."""


@dataclass(frozen=True, slots=True)
class Notice:
    """An Event to be: `warning` decides its type."""

    reason: str
    message: str
    warning: bool


def transition(key: Key, before: Mapping[str, Any], after: Mapping[str, Any]) -> Notice | None:
    """The Event for a changed status; None when `Ready` says the same as before, or nothing yet."""
    old, new = condition(before, ConditionType.READY), condition(after, ConditionType.READY)
    if new is None or new["status"] == "Unknown":
        return None
    if old is not None and (old.get("status"), old.get("reason")) == (new["status"], new["reason"]):
        return None
    if (
        key.kind == SMS_CHANNEL
        and new["reason"] in FOLLOWS_GATEWAY
        and (old is None or old["reason"] in FOLLOWS_GATEWAY)
    ):
        return None
    return Notice(new["reason"], new["message"], warning=new["status"] == "False")


def route_notice(action: RouteAction, why: str) -> Notice | None:
    """The Event, on the channel, for a route that was put right or deleted; its creation is worth none."""
    match action:
        case ApplyRoute(why="created"):
            return None
        case ApplyRoute(key):
            return Notice("RouteUpdated", f'NotificationRoute "{key.name}" was put right: {why}', warning=False)
        case DeleteRoute(key):
            return Notice("RouteDeleted", f'NotificationRoute "{key.name}" was deleted: {why}', warning=False)

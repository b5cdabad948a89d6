"""How an object is, in one word, one reason, and since when. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sms_operator.api.conditions import ConditionType, Reason
from sms_operator.core.status import condition

from .bodies import Body, is_derived, part
from .gateway_rows import unseen


class Health(StrEnum):
    """From worst to best."""

    BAD = "not ready"
    WORKING = "in progress"
    NOTICE = "ready, with a warning"
    PAUSED = "disconnected on purpose"
    GOOD = "ready"

    @property
    def is_well(self) -> bool:
        """Whether it is as it was asked to be."""
        return self in {Health.GOOD, Health.PAUSED}

    @property
    def symbol(self) -> str:
        """The same as a shape."""
        return _SYMBOLS[self]


_SYMBOLS: Final = {Health.BAD: "▲", Health.WORKING: "○", Health.NOTICE: "◆", Health.PAUSED: "■", Health.GOOD: "●"}
ABNORMAL: Final = frozenset(
    {ConditionType.STALLED, ConditionType.RECONCILING, ConditionType.EXPIRING_SOON, ConditionType.THROTTLED}
)
"""Conditions that are good when they are False, or not there at all."""
WARNINGS: Final = (ConditionType.THROTTLED, ConditionType.EXPIRING_SOON)
"""Conditions that a Ready object may have beside it and that somebody should see."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an object is."""

    health: Health
    reason: str
    words: str
    since: str
    """RFC 3339; empty where nothing says so."""


def verdict(item: Body) -> Verdict:
    """How an object is, by its conditions."""
    metadata, status = item["metadata"], part(item, "status")
    created = metadata.get("creationTimestamp") or ""
    if gone := metadata.get("deletionTimestamp"):
        return Verdict(Health.WORKING, "Deleting", "It is being deleted", gone)
    if is_derived(item):
        return Verdict(Health.GOOD, "", "Derived; its channel says how it is", created)
    ready = condition(status, ConditionType.READY)
    if ready is None:
        return Verdict(Health.WORKING, str(Reason.PENDING), "The operator has not looked at it yet", created)
    words = str(ready.get("message") or ready.get("reason") or "")
    said = (str(ready.get("reason") or ""), words, str(ready.get("lastTransitionTime") or ""))
    if ready["status"] == "False":
        return Verdict(Health.BAD, *said)
    if ready["status"] != "True":
        return Verdict(Health.WORKING, *said)
    if late := unseen(item):
        return Verdict(Health.WORKING, str(Reason.PENDING), late, "")
    for kind in WARNINGS:
        warning = condition(status, kind)
        if warning is not None and warning["status"] == "True":
            told = str(warning.get("message") or warning["reason"])
            return Verdict(Health.NOTICE, str(warning["reason"]), told, str(warning.get("lastTransitionTime") or ""))
    return Verdict(Health.PAUSED if said[0] == str(Reason.DISCONNECTED) else Health.GOOD, *said)


def all_well(items: Iterable[Body]) -> bool:
    """Whether there is nothing to see."""
    return all(verdict(item).health.is_well for item in items)

"""The one decision: what to do about an object, given everything known.

Level-triggered: the same World gives the same Outcome, whatever woke the key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from sms_operator.api.conditions import ConditionType, Reason

from . import certificate, channel, directory, export, gateway, route
from .export_facts import RemoveFiles
from .keys import (
    CALLED_ROUTE,
    CERTIFICATE,
    CHANNEL_EXPORT,
    CHATBOT,
    NOTIFICATION_ROUTE,
    ORGANIZATION_UNIT,
    SERVICE_TIME,
    SMPP_GATEWAY,
    SMS_CHANNEL,
    Key,
)
from .moment import Moment
from .outcome import Drop, KeepAsIs, Outcome
from .status import finding_of, fold, no, summary
from .world import Entry, World

NEWBORN: Final = 2.0
"""Seconds after its creation in which the first status of an object does not complain of missing references. Creation
times have whole seconds, so it is between one and two."""

_DECIDE: Final[dict[str, Callable[[World, Entry, Moment], Outcome]]] = {
    CERTIFICATE: certificate.decide,
    SMPP_GATEWAY: gateway.decide,
    SMS_CHANNEL: channel.decide,
    NOTIFICATION_ROUTE: route.decide,
    CALLED_ROUTE: directory.decide_deliverer,
    CHATBOT: directory.decide_deliverer,
    ORGANIZATION_UNIT: directory.decide_unit,
    SERVICE_TIME: directory.decide_service_time,
    CHANNEL_EXPORT: export.decide,
}


def reconcile(world: World, key: Key, now: Moment) -> Outcome:
    """What to do about one object. Pure. One in deletion derives nothing: its route goes by garbage collection."""
    entry = world.get(key)
    if entry is None or entry.deleting:
        return Outcome(
            link=Drop() if key.kind == SMPP_GATEWAY else None,
            export=RemoveFiles() if key.kind == CHANNEL_EXPORT else None,
        )
    if entry.spec is None:
        return _unreadable(entry, now)
    return _patient(entry, _DECIDE[key.kind](world, entry, now), now)


def _patient(entry: Entry, outcome: Outcome, now: Moment) -> Outcome:
    """Say nothing yet of a newborn that misses something: what is applied together arrives in any order."""
    if entry.status or outcome.status is None:
        return outcome
    age = (now.wall - entry.metadata.creation_timestamp).total_seconds()
    missing = finding_of(outcome.status, ConditionType.RESOLVED_REFS)
    if age >= NEWBORN or missing is None or missing.status != "False":
        return outcome
    return replace(outcome, status=None, again_in=min(outcome.again_in or NEWBORN, NEWBORN))


def _unreadable(entry: Entry, now: Moment) -> Outcome:
    """An object stored under another version's rules: said, and its link left alone."""
    message = f"The stored spec does not fit this version of the operator: {entry.flaw}"
    accepted = no(ConditionType.ACCEPTED, Reason.INVALID_SPEC, message)
    link = KeepAsIs() if entry.key.kind == SMPP_GATEWAY else None
    return Outcome(
        status=fold(entry.status, entry.metadata.generation, [accepted, summary([accepted])], now), link=link
    )

"""The small kinds that others refer to: OrganizationUnit, CalledRoute, ServiceTime, Chatbot."""

from __future__ import annotations

import zoneinfo

from sms_operator.api.conditions import ConditionType, Reason
from sms_operator.api.organization_unit import OrganizationUnitSpec
from sms_operator.api.service_time import ServiceTimeSpec

from .keys import ORGANIZATION_UNIT, SECRET, Key
from .materials import Loaded, Missing, Unreadable
from .moment import Moment
from .outcome import Outcome
from .status import Finding, fold, no, unknown, yes
from .world import Entry, World

VALID = yes(ConditionType.READY, Reason.VALID, "Valid")


def decide_unit(world: World, entry: Entry, now: Moment) -> Outcome:
    """OrganizationUnit: its ancestors exist and never lead back to it. Every member of a cycle says so."""
    path = [entry.key.name]
    spec: OrganizationUnitSpec = entry.spec
    while spec.parent_ref is not None:
        parent = world.live(Key(ORGANIZATION_UNIT, entry.key.namespace, spec.parent_ref.name))
        if parent is None:
            if len(path) > 1:
                break
            message = f'OrganizationUnit "{spec.parent_ref.name}" (spec.parentRef) not found'
            return _outcome(entry, no(ConditionType.READY, Reason.PARENT_NOT_FOUND, message), now)
        if parent.key.name in path:
            if parent.key.name != entry.key.name:
                break
            loop = " → ".join([*path, parent.key.name])
            message = f"spec.parentRef leads back here: {loop}; remove one of the references"
            return _outcome(entry, no(ConditionType.READY, Reason.PARENT_CYCLE, message), now)
        path.append(parent.key.name)
        spec = parent.spec
    return _outcome(entry, VALID, now)


def decide_service_time(world: World, entry: Entry, now: Moment) -> Outcome:
    """ServiceTime: its time zone exists."""
    spec: ServiceTimeSpec = entry.spec
    try:
        zoneinfo.ZoneInfo(spec.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        message = f'spec.timeZone "{spec.time_zone}" is not in the IANA database; an example is "Europe/Berlin"'
        return _outcome(entry, no(ConditionType.READY, Reason.UNKNOWN_TIME_ZONE, message), now)
    return _outcome(entry, VALID, now)


def decide_deliverer(world: World, entry: Entry, now: Moment) -> Outcome:
    """CalledRoute and Chatbot: the Secret for handing conversations over is there."""
    target = entry.spec.deliver_to
    if target is None or target.secret_ref is None:
        return _outcome(entry, VALID, now)
    finding = _secret(world, Key(SECRET, entry.key.namespace, target.secret_ref.name), ConditionType.READY, VALID)
    return Outcome() if finding is None else _outcome(entry, finding, now)


def _secret(world: World, secret: Key, condition: ConditionType, fine: Finding) -> Finding | None:
    match world.materials.get(secret):
        case None:
            return None
        case Loaded():
            return fine
        case Missing():
            return no(condition, Reason.SECRET_NOT_FOUND, f'Secret "{secret.name}" not found')
        case Unreadable(why):
            return unknown(condition, Reason.SECRET_UNREADABLE, f'Secret "{secret.name}" cannot be read: {why}')


def _outcome(entry: Entry, ready: Finding, now: Moment) -> Outcome:
    return Outcome(status=fold(entry.status, entry.metadata.generation, [ready], now))

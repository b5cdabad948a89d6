"""`plan`: two sides in, everything that would happen out. Pure: the moment is an argument."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sms_operator.core.keys import SMPP_GATEWAY, SMS_CHANNEL, Key
from sms_operator.core.moment import Moment
from sms_operator.core.world import Entry, World

from .consequences import conflicts, degraded, route_bodies, route_changes
from .disruptions import disruption
from .fields import brief, differences
from .model import Action, Disruption, ObjectChange, Plan
from .worlds import Side, merged, moment_after, world_of

CONNECT_TIMEOUT: Final = 10.0
"""Seconds; the operator's SMS_OPERATOR_CONNECT_TIMEOUT unless somebody set it."""


@dataclass(frozen=True, slots=True)
class Worlds:
    """Both sides as the operator would see them."""

    before: World
    after: World
    now: Moment


def plan(
    before: Side,
    wanted: Side,
    now: datetime,
    *,
    compared_with: str,
    prune: bool = True,
    connect_timeout: float = CONNECT_TIMEOUT,
) -> Plan:
    """What happens when `wanted` takes the place of `before`.

    Args:
        compared_with: what `before` is, in words.
        prune: whether objects that are only in `before` are deleted.
        connect_timeout: of the data plane, in seconds.

    Raises:
        PlanError: an object does not fit its kind.
    """
    after, unmanaged = merged(before, wanted, prune=prune)
    then = moment_after(before, now)
    worlds = Worlds(
        world_of(before, after, then, after=False), world_of(after, before, then, after=True), Moment(1e9, then)
    )
    objects = _objects(worlds)
    touched = _affected(worlds, objects)
    routes_before = route_bodies(worlds.before, before.routes, touched, worlds.now)
    routes_after = route_bodies(worlds.after, routes_before, touched, worlds.now)
    changes = {item.key: item for item in objects}
    found = [
        disruption(worlds.before, worlds.after, key, changes, worlds.now, connect_timeout)
        for key in touched
        if key.kind == SMPP_GATEWAY
    ]
    ages = before.ages_known
    return Plan(
        compared_with,
        tuple(objects),
        tuple(route_changes(routes_before, routes_after)),
        tuple(_visible(found)),
        tuple(degraded(worlds.before, worlds.after, touched, worlds.now)),
        tuple(conflicts(worlds.before, worlds.after, touched, ages_known=ages)),
        gateways=sum(key.kind == SMPP_GATEWAY for key in wanted.objects),
        channels=sum(key.kind == SMS_CHANNEL for key in wanted.objects),
        unmanaged=unmanaged,
    )


def _visible(found: Iterable[Disruption | None]) -> list[Disruption]:
    return [item for item in found if item is not None]


def _objects(worlds: Worlds) -> list[ObjectChange]:
    keys = {entry.key for world in (worlds.before, worlds.after) for entry in world.entries()}
    changes = (_object(worlds.before.get(key), worlds.after.get(key)) for key in sorted(keys))
    return [change for change in changes if change is not None]


def _object(before: Entry | None, after: Entry | None) -> ObjectChange | None:
    if before is None:
        return None if after is None else ObjectChange(after.key, Action.CREATE, None, brief(after.spec))
    if after is None:
        return ObjectChange(before.key, Action.DELETE, brief(before.spec), None)
    fields = differences(before, after)
    if not fields:
        return None
    return ObjectChange(before.key, Action.UPDATE, brief(before.spec), brief(after.spec), fields)


def _affected(worlds: Worlds, objects: Iterable[ObjectChange]) -> list[Key]:
    keys: set[Key] = set()
    for change in objects:
        keys |= worlds.before.affected_by(change.key) | worlds.after.affected_by(change.key)
    return sorted(keys)

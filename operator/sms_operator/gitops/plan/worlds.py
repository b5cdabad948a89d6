"""From lists of objects to two Worlds that can be compared: defaults applied, ages and identities made consistent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sms_operator.api.kinds import is_ours
from sms_operator.core.keys import CERTIFICATE, SECRET, Key
from sms_operator.core.materials import Loaded, Unreadable
from sms_operator.core.moment import parse_stamp
from sms_operator.core.world import World
from sms_operator.views.bodies import Body, is_derived, part

from .placeholder import PlaceHolder

_NOT_READ: Final = Unreadable("its content is not read")
_AGE: Final = timedelta(hours=1)
"""Of objects whose age is not known: old enough to be judged like those that stand."""
_NEW: Final = timedelta(seconds=5)
"""Age of what is created: past the time in which the operator is patient with what arrives in parts."""


class PlanError(Exception):
    """A plan cannot be made; the message is one line for people."""


@dataclass(frozen=True, slots=True)
class Side:
    """The objects of one side, each once."""

    objects: Mapping[Key, Body]
    routes: Mapping[Key, Body]
    """Derived NotificationRoutes, as they stand."""
    ages_known: bool


def side(bodies: Iterable[Body], namespace: str, *, ages_known: bool = False) -> Side:
    """Our objects among `bodies`; of two with one key the last counts, as with kubectl.

    Args:
        namespace: of objects that say none.
    """
    objects: dict[Key, Body] = {}
    routes: dict[Key, Body] = {}
    for body in bodies:
        if not is_ours(body):
            continue
        metadata = part(body, "metadata")
        name = metadata.get("name")
        if not isinstance(name, str) or not name:
            continue
        key = Key(str(body["kind"]), str(metadata.get("namespace") or namespace), name)
        (routes if is_derived(body) else objects)[key] = body
    return Side(objects, routes, ages_known)


def merged(before: Side, after: Side, *, prune: bool) -> tuple[Side, int]:
    """`after` as the API server would have it: objects that stay keep their identity, and annotations of others.

    Returns:
        The side, and how many objects of `before` are left alone because nothing prunes them.
    """
    objects: dict[Key, Body] = {}
    for key, body in after.objects.items():
        present = before.objects.get(key)
        objects[key] = body if present is None or not before.ages_known else _applied(present, body)
    left = {} if prune else {key: body for key, body in before.objects.items() if key not in objects}
    return Side({**objects, **left}, {}, before.ages_known), len(left)


def moment_after(before: Side, now: datetime) -> datetime:
    """A moment at which everything of `before` is older than what is created now, whatever the clocks say."""
    stamps = (part(body, "metadata").get("creationTimestamp") for body in before.objects.values() if before.ages_known)
    return max([now, *(parse_stamp(stamp) for stamp in stamps if isinstance(stamp, str))]) + 2 * _NEW


def world_of(own: Side, other: Side, now: datetime, *, after: bool) -> World:
    """A World of one side at `moment_after`. What is new on the `after` side is younger than everything on both.

    Raises:
        PlanError: an object does not fit its kind.
    """
    world = World()
    for key, body in own.objects.items():
        metadata = part(body, "metadata")
        new = after and key not in other.objects
        created = (now - (_NEW if new else _AGE)).isoformat()
        stored = metadata.get("creationTimestamp") if own.ages_known and not new else None
        identity: dict[str, Any] = {
            "name": key.name,
            "namespace": key.namespace,
            "uid": str(metadata.get("uid") or f"{'new' if new else 'file'}:{key}"),
            "resourceVersion": "1",
            "generation": 1,
            "creationTimestamp": stored or created,
            "labels": metadata.get("labels") or {},
            "annotations": metadata.get("annotations") or {},
        }
        world.put({"kind": key.kind, "metadata": identity, "spec": body.get("spec")})
        entry = world.get(key)
        if entry is not None and entry.spec is None:
            raise PlanError(f"{key}: {entry.flaw}; smsctl validate names every error with its place")
    _materials(world)
    return world


def _materials(world: World) -> None:
    """A referenced Secret or ConfigMap counts as there, with every key; what a certificate needs stays unread."""
    of_certificates: set[Key] = set()
    for entry in world.entries(CERTIFICATE):
        of_certificates |= world.materials_behind(entry.key)
    for key in world.referenced_materials():
        opaque = key in of_certificates or key.kind != SECRET
        world.put_material(key, _NOT_READ if opaque else Loaded(PlaceHolder(f"{key.namespace}/{key.name}")))


def _applied(present: Body, wanted: Body) -> Body:
    had, has = part(present, "metadata"), part(wanted, "metadata")
    metadata = {**had, **has}
    for block in ("labels", "annotations"):
        metadata[block] = {**(had.get(block) or {}), **(has.get(block) or {})}
    return {**wanted, "metadata": metadata}

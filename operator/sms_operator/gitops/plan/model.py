"""A plan as data: what would change, for whom traffic is interrupted, what loses what it had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sms_operator.core.keys import Key
from sms_operator.protocol.change import Interruption


class Action(StrEnum):
    """What happens to an object or a route."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs. None stands for an absent value."""

    path: str
    """As the API server writes it: `spec.endpoints[0].port`."""
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """An object that is created, changed or deleted."""

    key: Key
    action: Action
    before: Mapping[str, Any] | None
    """The spec without what equals a default; None: there is no such object."""
    after: Mapping[str, Any] | None
    fields: tuple[FieldChange, ...] = ()
    """Of an update, sorted by path."""


@dataclass(frozen=True, slots=True)
class RouteChange:
    """A derived NotificationRoute that is created, moved or removed."""

    key: Key
    action: Action
    gateway_before: str | None
    gateway_after: str | None
    numbers_before: tuple[str, ...] = ()
    numbers_after: tuple[str, ...] = ()
    """Empty: all that nobody else claims."""


@dataclass(frozen=True, slots=True)
class Disruption:
    """What happens to the binds of a gateway."""

    gateway: Key
    interruption: Interruption
    connects: bool = False
    """It had no link and gets one."""
    fields: tuple[str, ...] = ()
    """The fields of the objects that force it, as paths; sorted."""
    at_most: float | None = 0.0
    """Seconds for which one bind may be away at most; None: until another change."""
    rebinds: int = 0
    """Binds that are opened anew, at least."""
    receiving_ends: bool = False
    sending_ends: bool = False
    held: str = ""
    """Why the present binds are left as they are although something changed; empty: they are not."""
    channels: tuple[str, ...] = ()
    """Names of the channels that receive through it after the change, or did before a deletion; sorted."""


@dataclass(frozen=True, slots=True)
class Degradation:
    """An object that would be worse off, though its own fields may be as they were."""

    key: Key
    condition: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """A name, number or account that more than one object claims."""

    what: str
    """`channelName`, `number` or `account`."""
    value: str
    winner: Key
    loser: Key
    certain: bool
    """False where the ages decide, which files do not know: then `winner` is first by name."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change would do. Every list is sorted."""

    compared_with: str
    objects: tuple[ObjectChange, ...] = ()
    routes: tuple[RouteChange, ...] = ()
    disruptions: tuple[Disruption, ...] = ()
    """Gateways whose link is touched in any way."""
    degraded: tuple[Degradation, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    gateways: int = 0
    """In the files."""
    channels: int = 0
    unmanaged: int = 0
    """Objects that are only on the other side and are left alone."""

    @property
    def empty(self) -> bool:
        """Whether nothing changes."""
        return not (self.objects or self.routes or self.disruptions)

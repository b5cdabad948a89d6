"""What a decision asks for. Data: it can be printed, compared and carried out by whoever can write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sms_operator.protocol.messages import WantedLink

from .export_facts import ExportAction
from .keys import Key


@dataclass(frozen=True, slots=True)
class Want:
    """The gateway's link shall be this. The revision is the shell's to give."""

    link: WantedLink


@dataclass(frozen=True, slots=True)
class KeepAsIs:
    """Leave whatever link there is: what it would need cannot be said now."""


@dataclass(frozen=True, slots=True)
class Drop:
    """The gateway shall have no link."""


LinkDecision = Want | KeepAsIs | Drop


@dataclass(frozen=True, slots=True)
class ApplyRoute:
    """Create a derived route or put its fields right."""

    key: Key
    body: Mapping[str, Any]
    """metadata (without resourceVersion) and spec, complete."""
    why: str
    """`created`, or what is being repaired, for the log and the Event."""
    replaces: str | None = None
    """resourceVersion to replace as a whole, because foreign fields must go; None: apply."""


@dataclass(frozen=True, slots=True)
class DeleteRoute:
    """Remove a route of ours whose channel does not want it."""

    key: Key
    uid: str
    why: str


RouteAction = ApplyRoute | DeleteRoute


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to do about one object."""

    status: Mapping[str, Any] | None = None
    """The complete status it shall have; None: say nothing (now)."""
    link: LinkDecision | None = None
    """Gateways only."""
    route: RouteAction | None = None
    """Carried out before the status is written, which speaks of it as done."""
    export: ExportAction | None = None
    """ChannelExports only; carried out beside everything else, and told as a fact."""
    again_in: float | None = None
    """Seconds after which time alone may change the outcome."""

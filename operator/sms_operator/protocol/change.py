"""What a changed wish means for the traffic of a link: the meaning that the data plane gives it, as a pure function."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from .messages import WantedLink

LIVE_FIELDS: Final = frozenset(
    {
        "bind_count",
        "enquire_link_interval",
        "message",
        "rebuild",
        "reconnect_initial",
        "reconnect_max",
        "response_timeout",
        "revision",
        "throughput",
        "window_size",
    }
)
"""Fields of a wish for which no standing bind is given up. A new value of `rebuild` asks for a reconnection instead."""
_SILENT: Final = frozenset({"key", "revision"})


class Interruption(StrEnum):
    """From the gentlest to the hardest."""

    NONE = "none"
    """The wish is the same."""
    HITLESS = "hitless"
    """The standing binds take the change over; more binds may be added, or surplus ones closed."""
    MAKE_BEFORE_BREAK = "make-before-break"
    """New binds are opened first, and the old ones closed once those stand. Where the SMSC allows no second bind, the
    old one is given up for the new one."""
    BREAK_BEFORE_MAKE = "break-before-make"
    """The binds end, and are opened again at once."""
    OUTAGE = "outage"
    """A direction that had a bind has none any more, until another change brings it back."""


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a link."""

    interruption: Interruption
    fields: tuple[str, ...] = ()
    """The names of the WantedLink fields that force it."""
    receiving_ends: bool = False
    sending_ends: bool = False


def change(before: WantedLink | None, after: WantedLink | None) -> Change:
    """What the data plane does when the wish for a gateway changes; None: there is, or shall be, no link."""
    if before is None:
        return Change(Interruption.NONE)
    if after is None:
        return Change(Interruption.OUTAGE, (), _receives(before), _sends(before))
    changed = tuple(
        item.name
        for item in fields(WantedLink)
        if item.name not in _SILENT and getattr(before, item.name) != getattr(after, item.name)
    )
    forcing = tuple(name for name in changed if name not in LIVE_FIELDS)
    receiving_ends = _receives(before) and not _receives(after)
    sending_ends = _sends(before) and not _sends(after)
    if receiving_ends or sending_ends:
        return Change(Interruption.OUTAGE, forcing, receiving_ends, sending_ends)
    if "uid" in changed:
        return Change(Interruption.BREAK_BEFORE_MAKE, ("uid",))
    if forcing:
        return Change(Interruption.MAKE_BEFORE_BREAK, forcing)
    if "rebuild" in changed and before.binds == after.binds:
        return Change(Interruption.BREAK_BEFORE_MAKE, ("rebuild",))
    if "rebuild" in changed:
        return Change(Interruption.MAKE_BEFORE_BREAK, ("rebuild",))
    return Change(Interruption.HITLESS, changed) if changed else Change(Interruption.NONE)


def longest_gap(kind: Interruption, after: WantedLink, connect_timeout: float) -> float | None:
    """Seconds that one bind may be away at most, where the first endpoint answers and lets it in; None: no bound.

    Args:
        connect_timeout: of the data plane: for the connection, and again for the TLS handshake.
    """
    opening = connect_timeout * (1 if after.tls is None else 2) + after.response_timeout
    match kind:
        case Interruption.NONE | Interruption.HITLESS:
            return 0.0
        case Interruption.MAKE_BEFORE_BREAK | Interruption.BREAK_BEFORE_MAKE:
            return 2 * after.response_timeout + 1.0 + opening
        case Interruption.OUTAGE:
            return None


def _receives(link: WantedLink) -> bool:
    return any(kind.receives for kind in link.bind_types)


def _sends(link: WantedLink) -> bool:
    return any(kind.sends for kind in link.bind_types)

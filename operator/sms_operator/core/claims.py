"""Who keeps a name, a number or an account that several objects claim: the oldest. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from .keys import SMPP_GATEWAY, Claim
from .world import Entry, World


def older_rivals(world: World, entry: Entry, claim: Claim) -> Iterator[Entry]:
    """The objects of the same kind that claim it and are older, in no particular order.

    Gateways are rivals where they would bind in the same direction.
    """
    for rival in world.referrers(claim, entry.key.kind):
        if rival.age_order < entry.age_order and _share_direction(rival, entry):
            yield rival


def oldest_rival(world: World, entry: Entry, claim: Claim) -> Entry | None:
    """Who keeps it instead of the entry; None: nobody does."""
    return min(older_rivals(world, entry, claim), key=lambda rival: rival.age_order, default=None)


def _share_direction(one: Entry, other: Entry) -> bool:
    if one.key.kind != SMPP_GATEWAY:
        return True
    first, second = one.spec.mode, other.spec.mode
    return (first.sends and second.sends) or (first.receives and second.receives)

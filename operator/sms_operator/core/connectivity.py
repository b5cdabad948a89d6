"""Is a gateway's link up, and may that be said already?

Truth and calm have numbers (API.md): a lost link is in the status within a second unless it is back within half of one;
after a start of the data plane the last status stands for at most 15 seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sms_operator.api.conditions import ConditionType, Reason
from sms_operator.protocol.messages import LinkFact, LinkFailure

from .moment import Moment
from .status import STALLED_REASONS, Finding, no, unknown, yes
from .world import ObservedFact, World

SUCCEEDED: Final = "Connection succeeded"
BLINK: Final = 0.5
"""Seconds within which a link may be lost and back, or dialled and bound, without a word."""
SLACK: Final = 0.02
"""Seconds added to a delay, so that it has surely passed when the timer rings."""


@dataclass(frozen=True, slots=True)
class Connectivity:
    """What can be said of a link."""

    connected: Finding | None
    """None: leave the status as it stands."""
    receiving: bool | None = None
    """Whether a bind that can receive is up; None: not known, what was said of it stands."""
    deaf_since: float | None = None
    fact: LinkFact | None = None
    again_in: float | None = None


def not_dialled(why: str) -> Connectivity:
    """There is no link, and there shall be none now."""
    pending = unknown(ConditionType.CONNECTED, Reason.PENDING, f"Not dialled: {why}")
    return Connectivity(pending, receiving=False)


def disconnected(who: str) -> Connectivity:
    """There shall be no link because somebody asked for that."""
    return Connectivity(no(ConditionType.CONNECTED, Reason.DISCONNECTED, who), receiving=False)


def of_link(world: World, observed: ObservedFact | None, said: Finding | None, now: Moment) -> Connectivity:
    """The state of a link that there shall be.

    Args:
        world: for the state of the data plane.
        observed: the fact that speaks of the present wish; None when there is none yet.
        said: the Connected condition as stored.
        now: this moment.
    """
    plane = world.data_plane
    settling = plane.settled_at - now.monotonic
    if not plane.connected:
        if settling > 0:
            return Connectivity(None, again_in=settling + SLACK)
        silent = unknown(ConditionType.CONNECTED, Reason.CONNECTING, "The data plane of the operator does not answer")
        return Connectivity(silent, receiving=False)
    if observed is None:
        return Connectivity(None)
    return _of_fact(observed, said, settling, now)


def _of_fact(observed: ObservedFact, said: Finding | None, settling: float, now: Moment) -> Connectivity:
    fact, failure = observed.fact, observed.fact.failure
    receiving = fact.receivers_connected > 0
    was_up = said is not None and said.holds
    age = now.monotonic - observed.changed

    def say(finding: Finding) -> Connectivity:
        return Connectivity(finding, receiving, observed.deaf_since, fact)

    def wait(seconds: float | None) -> Connectivity:
        heard = True if receiving else None
        return Connectivity(None, heard, observed.deaf_since, fact, None if seconds is None else seconds + SLACK)

    if fact.binds_connected >= fact.binds_desired:
        return say(yes(ConditionType.CONNECTED, Reason.CONNECTION_SUCCEEDED, SUCCEEDED))
    if failure is None:
        if fact.former_connected:
            return wait(None)
        if said is not None and settling > 0:
            return wait(settling)
        if age < BLINK:
            return wait(BLINK - age)
        return say(_connecting(fact))
    if was_up and age < BLINK:
        return wait(BLINK - age)
    if was_up and settling > 0 and Reason(failure.reason) not in STALLED_REASONS:
        return wait(settling)
    return say(_failed(fact, failure))


def _connecting(fact: LinkFact) -> Finding:
    if fact.binds_connected:
        message = f"{fact.binds_connected} of {fact.binds_desired} binds are up, the rest is being opened"
        return no(ConditionType.CONNECTED, Reason.PARTIALLY_CONNECTED, message)
    return unknown(ConditionType.CONNECTED, Reason.CONNECTING, "Connecting")


def _failed(fact: LinkFact, failure: LinkFailure) -> Finding:
    if fact.binds_connected:
        up = f"{fact.binds_connected} of {fact.binds_desired} binds are up"
        return no(ConditionType.CONNECTED, Reason.PARTIALLY_CONNECTED, f"{up}: {failure.message}")
    message = failure.message
    if fact.former_connected:
        message += "; what was bound before this change is kept"
    return no(ConditionType.CONNECTED, Reason(failure.reason), message)

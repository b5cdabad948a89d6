"""SmppGateway: accepted, resolved, connected; and the link that the data plane shall keep up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sms_operator.api.conditions import ConditionType, Reason
from sms_operator.api.smpp_gateway import DISCONNECT_ANNOTATION, SmppGatewaySpec, WantedConnection
from sms_operator.protocol.messages import FailureReason, LinkFact, LinkFailure

from . import connectivity
from .claims import oldest_rival
from .connectivity import SLACK, Connectivity
from .keys import Claim
from .link import Resolution, resolve
from .moment import Moment, parse_stamp
from .outcome import Drop, KeepAsIs, LinkDecision, Outcome, Want
from .references import account_claims
from .status import STALLED_REASONS, Finding, condition, finding_of, fold, no, summary, yes
from .world import Entry, ObservedFact, World

DEGRADED_AFTER: Final = 300.0
"""Seconds without a connection after which a gateway is `Stalled`, so that Argo CD shows Degraded."""


@dataclass(frozen=True, slots=True)
class GatewayVerdict:
    """What a gateway is worth to its channels, and what shall happen to its link."""

    accepted: Finding
    resolved: Finding | None
    connectivity: Connectivity
    link: LinkDecision
    again_in: float | None = None
    """Seconds after which what it refers to may have changed by time alone."""


def judge(world: World, entry: Entry, now: Moment) -> GatewayVerdict:
    """The verdict on a gateway that exists."""
    accepted = _accepted(world, entry)
    resolution = resolve(world, entry, now)
    if not accepted.holds:
        state = connectivity.not_dialled(accepted.message)
        return GatewayVerdict(accepted, resolution.finding, state, Drop(), resolution.again_in)
    if who := _disconnected_by(entry):
        state = connectivity.disconnected(who)
        return GatewayVerdict(accepted, resolution.finding, state, Drop(), resolution.again_in)
    decision: LinkDecision = KeepAsIs() if resolution.link is None else Want(resolution.link)
    observed = _current_fact(world, entry, resolution)
    said = finding_of(entry.status, ConditionType.CONNECTED)
    if resolution.link is None and observed is None and world.data_plane.connected and resolution.finding is not None:
        state = connectivity.not_dialled(resolution.finding.message)
    else:
        state = connectivity.of_link(world, observed, said, now)
    failure = state.fact.failure if state.fact is not None else None
    if state.connected is not None and failure is not None and failure.reason is FailureReason.ADDRESS_NOT_ALLOWED:
        accepted = no(ConditionType.ACCEPTED, Reason.ADDRESS_NOT_ALLOWED, failure.message)
        if not state.connected.holds and state.connected.reason is Reason.ADDRESS_NOT_ALLOWED:
            state = replace(state, connected=connectivity.not_dialled(failure.message).connected)
    return GatewayVerdict(accepted, resolution.finding, state, decision, resolution.again_in)


def decide(world: World, entry: Entry, now: Moment) -> Outcome:
    """Status and link of a gateway."""
    verdict = judge(world, entry, now)
    connected = verdict.connectivity.connected
    if verdict.resolved is None or connected is None:
        return Outcome(link=verdict.link, again_in=_soonest(verdict.again_in, verdict.connectivity.again_in))
    findings = [verdict.accepted, verdict.resolved, connected]
    if connected.reason is Reason.DISCONNECTED:
        ready = summary(
            [verdict.accepted, verdict.resolved, yes(ConditionType.READY, Reason.DISCONNECTED, connected.message)]
        )
    else:
        ready = summary(findings)
    stalled, again_in = _down_for_long(entry.status, ready, connected, now)
    status = fold(
        entry.status,
        entry.metadata.generation,
        [*findings, ready],
        now,
        stalled=stalled,
        extra=_throttled(verdict.connectivity.fact),
        fields=_fields(entry, verdict, now),
    )
    again_in = _soonest(again_in, verdict.again_in, verdict.connectivity.again_in)
    return Outcome(status=status, link=verdict.link, again_in=again_in)


def _soonest(*delays: float | None) -> float | None:
    return min((delay for delay in delays if delay is not None), default=None)


def _accepted(world: World, entry: Entry) -> Finding:
    for claim in sorted(account_claims(entry.key.namespace, entry.spec), key=lambda item: item.value):
        if rival := oldest_rival(world, entry, claim):
            return no(ConditionType.ACCEPTED, Reason.ACCOUNT_CONFLICT, _conflict_message(rival, claim))
    return yes(ConditionType.ACCEPTED, Reason.ACCEPTED, "Accepted")


def _conflict_message(rival: Entry, claim: Claim) -> str:
    endpoint, system_id = claim.value
    return (
        f'SmppGateway "{rival.key.name}" is older and already binds as "{system_id}" to {endpoint}; '
        "use another account, another direction, or delete one of the two"
    )


def _disconnected_by(entry: Entry) -> str:
    who = entry.metadata.annotations.get(DISCONNECT_ANNOTATION)
    if who is not None:
        printable = "".join(character if character.isprintable() else " " for character in who).strip()[:200]
        return f"Disconnected: {printable}" if printable else "Disconnected by annotation"
    spec: SmppGatewaySpec = entry.spec
    return "Disconnected by spec.connection" if spec.connection is WantedConnection.DISCONNECTED else ""


def _current_fact(world: World, entry: Entry, resolution: Resolution) -> ObservedFact | None:
    """The fact that speaks of the link as it is wanted now."""
    observed, wish = world.facts.get(entry.key), world.wishes.get(entry.key)
    if observed is None or observed.fact.uid != entry.uid:
        return None
    if resolution.link is None:
        return observed
    if wish is None or replace(wish.link, revision="") != resolution.link:
        return None
    return observed if observed.fact.revision == wish.link.revision else None


def _down_for_long(
    status: Mapping[str, Any], ready: Finding, connected: Finding, now: Moment
) -> tuple[Finding | None, float | None]:
    quiet = {Reason.DISCONNECTED, Reason.PARTIALLY_CONNECTED} | STALLED_REASONS
    if connected.status != "False" or connected.reason in quiet:
        return None, None
    stored = condition(status, ConditionType.CONNECTED)
    if stored is None or stored.get("status") != "False":
        return None, DEGRADED_AFTER + SLACK
    down = (now.wall - parse_stamp(stored["lastTransitionTime"])).total_seconds()
    if down < DEGRADED_AFTER:
        return None, DEGRADED_AFTER - down + SLACK
    if ready.status != "False" or ready.reason is not connected.reason:
        return None, None
    return yes(ConditionType.STALLED, Reason.NOT_CONNECTED, f"Down for more than 5 minutes: {connected.message}"), None


def _throttled(fact: LinkFact | None) -> list[Finding]:
    if fact is None or not fact.throttled:
        return []
    return [yes(ConditionType.THROTTLED, Reason.THROTTLED, "The SMSC asks to slow down")]


def _fields(entry: Entry, verdict: GatewayVerdict, now: Moment) -> Mapping[str, Any]:
    fact = verdict.connectivity.fact
    desired = fact.binds_desired if fact else 0
    up = min(fact.binds_connected + fact.former_connected, desired) if fact else 0
    if isinstance(verdict.link, Want):
        desired = len(verdict.link.link.binds)
    return {
        "endpoint": fact.endpoint if fact else None,
        "binds": {"desired": desired, "connected": up, "summary": f"{up}/{desired}"},
        "lastError": _last_error(entry.status.get("lastError"), fact.failure if fact else None, now),
        "observedRebuild": fact.rebuild if fact else entry.status.get("observedRebuild"),
    }


def _last_error(said: Mapping[str, Any] | None, failure: LinkFailure | None, now: Moment) -> Mapping[str, Any] | None:
    if failure is None:
        return said
    if said and said.get("reason") == failure.reason and said.get("commandStatus") == failure.command_status:
        return said
    error: dict[str, Any] = {"reason": str(failure.reason), "message": failure.message, "time": now.stamp}
    if failure.command_status is not None:
        error["commandStatus"] = failure.command_status
    return error

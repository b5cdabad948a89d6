"""What follows for others: routes, conditions, and claims that more than one object makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sms_operator.api.conditions import ConditionType, Reason
from sms_operator.core.claims import oldest_rival
from sms_operator.core.keys import NOTIFICATION_ROUTE, SMPP_GATEWAY, SMS_CHANNEL, Claim, Key
from sms_operator.core.moment import Moment
from sms_operator.core.outcome import ApplyRoute, DeleteRoute
from sms_operator.core.reconcile import reconcile
from sms_operator.core.status import Finding, finding_of
from sms_operator.core.world import World

from .model import Action, Conflict, Degradation, RouteChange
from .wishes import wish_of

_TOLD: Final = (ConditionType.ACCEPTED, ConditionType.RESOLVED_REFS, ConditionType.ROUTED)
_CONFLICTS: Final = {"channelName", "number", "account"}


def route_bodies(
    world: World, present: Mapping[Key, Mapping[str, Any]], keys: Iterable[Key], now: Moment
) -> dict[Key, Mapping[str, Any]]:
    """The derived routes of these channels once the operator has done its work, beginning with those present."""
    channels = [key for key in keys if key.kind == SMS_CHANNEL]
    found: dict[Key, Mapping[str, Any]] = {}
    for channel in channels:
        key = Key(NOTIFICATION_ROUTE, channel.namespace, channel.name)
        if key in present and world.live(channel) is not None and world.get(key) is None:
            body = present[key]
            metadata = {"uid": f"route:{key}", **body["metadata"], "namespace": key.namespace, "resourceVersion": "1"}
            world.put({"kind": NOTIFICATION_ROUTE, "metadata": metadata, "spec": body["spec"]})
            found[key] = body
        match reconcile(world, channel, now).route:
            case ApplyRoute(_, wanted):
                found[key] = wanted
            case DeleteRoute():
                found.pop(key, None)
            case None:
                pass
    return found


def route_changes(
    before: Mapping[Key, Mapping[str, Any]], after: Mapping[Key, Mapping[str, Any]]
) -> Iterator[RouteChange]:
    """What becomes of the routes, sorted."""
    for key in sorted({*before, *after}):
        had, has = _target(before.get(key)), _target(after.get(key))
        if had != has:
            action = Action.CREATE if had[0] is None else Action.DELETE if has[0] is None else Action.UPDATE
            yield RouteChange(key, action, had[0], has[0], had[1], has[1])


def degraded(before: World, after: World, keys: Iterable[Key], now: Moment) -> Iterator[Degradation]:
    """The objects that are worse off than before, or are not well from their beginning."""
    for key in keys:
        if after.live(key) is None or (key.kind == NOTIFICATION_ROUTE and _derived(after, key)):
            continue
        had = {(item.type, item.reason) for item in _failing(before, key, now)}
        for item in _failing(after, key, now):
            if (item.type, item.reason) not in had:
                yield Degradation(key, str(item.type), str(item.reason), item.message)
                break


def conflicts(before: World, after: World, keys: Iterable[Key], *, ages_known: bool) -> Iterator[Conflict]:
    """Claims that come to be made twice."""
    for key in keys:
        entry = after.live(key)
        if entry is None or key.kind not in (SMPP_GATEWAY, SMS_CHANNEL):
            continue
        claims = [ref for ref in after.references(key) if isinstance(ref, Claim) and ref.what in _CONFLICTS]
        for claim in sorted(claims, key=lambda item: (item.what, item.value)):
            winner = oldest_rival(after, entry, claim)
            known = before.live(key)
            if winner is None:
                continue
            earlier = None if known is None else before.live(winner.key)
            if earlier is not None and {key, winner.key} <= {rival.key for rival in before.referrers(claim, key.kind)}:
                continue
            new = {one.key for one in (entry, winner) if before.get(one.key) is None}
            certain = (ages_known and len(new) < 2) or len(new) == 1
            yield Conflict(claim.what, " ".join(claim.value), winner.key, key, certain)


def _failing(world: World, key: Key, now: Moment) -> Iterator[Finding]:
    entry = world.live(key)
    status = None if entry is None else reconcile(world, key, now).status
    if entry is None or status is None:
        return
    told = _TOLD if key.kind in (SMPP_GATEWAY, SMS_CHANNEL) else (ConditionType.READY,)
    for kind in told:
        finding = finding_of(status, kind)
        if finding is None or finding.status != "False":
            continue
        if finding.reason is Reason.CERTIFICATE_NOT_READY and not wish_of(world, entry, now).held:
            continue
        yield finding


def _derived(world: World, key: Key) -> bool:
    entry = world.get(key)
    return entry is not None and entry.raw_spec.get("origin") == "Derived"


def _target(body: Mapping[str, Any] | None) -> tuple[str | None, tuple[str, ...]]:
    if body is None:
        return None, ()
    return body["spec"]["gatewayRef"]["name"], tuple(body["spec"].get("numbers") or ())

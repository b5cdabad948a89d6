"""NotificationRoute: the one a channel derives, and those that people write.

A derived route has its channel's name and a controller ownerReference to its uid, so that Kubernetes' garbage
collection removes it with the channel. We create it, keep it as it must be, and delete it only when its channel lives
without wanting it or is gone without garbage collection (orphaned).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeGuard, cast

from sms_operator.api.conditions import ConditionType, Reason
from sms_operator.api.kinds import GROUP, VERSION
from sms_operator.api.meta import ObjectMeta, OwnerReference
from sms_operator.api.notification_route import NotificationRouteSpec, RouteOrigin
from sms_operator.api.sms_channel import SmsChannelSpec

from .keys import NOTIFICATION_ROUTE, SMPP_GATEWAY, SMS_CHANNEL, Key
from .moment import Moment
from .outcome import ApplyRoute, DeleteRoute, Outcome, RouteAction
from .references import CATCH_ALL, number_claims
from .status import Finding, fold, no, unknown, yes
from .world import Entry, World

MANAGED_BY: Final = "app.kubernetes.io/managed-by"
CHANNEL_LABEL: Final = "sms-operator.dev/channel"


def derived_route(world: World, channel: Entry, accepted: Finding) -> tuple[Finding, RouteAction | None]:
    """Routed, as it will be once the returned action is carried out."""
    key = Key(NOTIFICATION_ROUTE, channel.key.namespace, channel.key.name)
    present = world.get(key)
    if not accepted.holds:
        message = f"No route: {accepted.message}"
        action = None
        if present is not None and not present.deleting and _may_own(present, channel):
            action = DeleteRoute(key, present.uid, "the channel is not accepted")
        return no(ConditionType.ROUTED, Reason.NOT_ACCEPTED, message), action
    wanted = _body(channel)
    routed = yes(ConditionType.ROUTED, Reason.ROUTED, f'NotificationRoute "{key.name}" follows this channel')
    if present is None:
        return routed, ApplyRoute(key, wanted, "created")
    if present.deleting:
        return unknown(ConditionType.ROUTED, Reason.PENDING, f'NotificationRoute "{key.name}" is being deleted'), None
    if not _may_own(present, channel):
        message = (
            f'NotificationRoute "{key.name}" exists and is not derived from this channel; '
            "delete or rename it, or rename this channel"
        )
        return no(ConditionType.ROUTED, Reason.ROUTE_NOT_OWNED, message), None
    return routed, _repair(key, present, wanted, channel)


def decide(world: World, entry: Entry, now: Moment) -> Outcome:
    """A route by itself: a manual one gets a status, an orphaned one goes when its channel is gone."""
    spec: NotificationRouteSpec = entry.spec
    if spec.origin is RouteOrigin.DERIVED:
        alone = world.get(Key(SMS_CHANNEL, entry.key.namespace, entry.key.name)) is None
        if alone and _controller(entry.metadata) is None:
            return Outcome(route=DeleteRoute(entry.key, entry.uid, "its channel is gone"))
        return Outcome()
    if _owned_by_channel(world, entry):
        return Outcome()
    ready = _manual(world, entry)
    return Outcome(status=fold(entry.status, entry.metadata.generation, [ready], now))


def _manual(world: World, entry: Entry) -> Finding:
    spec: NotificationRouteSpec = entry.spec
    namespace = entry.key.namespace
    if world.live(Key(SMPP_GATEWAY, namespace, spec.gateway_ref.name)) is None:
        return no(ConditionType.READY, Reason.GATEWAY_NOT_FOUND, f'SmppGateway "{spec.gateway_ref.name}" not found')
    if world.live(Key(SMS_CHANNEL, namespace, spec.channel_ref.name)) is None:
        return no(ConditionType.READY, Reason.CHANNEL_NOT_FOUND, f'SmsChannel "{spec.channel_ref.name}" not found')
    for claim in sorted(number_claims(namespace, spec), key=lambda item: item.value):
        for rival in sorted(world.referrers(claim), key=lambda item: (item.key.kind != SMS_CHANNEL, item.age_order)):
            shadows = rival.key.kind == SMS_CHANNEL or rival.age_order < entry.age_order
            if shadows and rival.key != entry.key:
                number = "all unclaimed numbers" if claim.value[1] == CATCH_ALL else f"number {claim.value[1]}"
                message = (
                    f'{rival.key.kind} "{rival.key.name}" already takes {number} of SmppGateway "{claim.value[0]}"'
                )
                return no(ConditionType.READY, Reason.SHADOWED_BY, message)
    return yes(ConditionType.READY, Reason.VALID, f'Routes to SmsChannel "{spec.channel_ref.name}"')


def _body(channel: Entry) -> Mapping[str, Any]:
    spec: SmsChannelSpec = channel.spec
    route: dict[str, Any] = {
        "type": "SMS",
        "origin": str(RouteOrigin.DERIVED),
        "gatewayRef": {"name": spec.gateway_ref.name},
        "channelRef": {"name": channel.key.name},
    }
    if spec.numbers:
        route["numbers"] = list(spec.numbers)
    return {
        "metadata": {
            "name": channel.key.name,
            "namespace": channel.key.namespace,
            "labels": {MANAGED_BY: "sms-operator", CHANNEL_LABEL: channel.key.name[:63].rstrip("-.")},
            "ownerReferences": [
                {
                    "apiVersion": f"{GROUP}/{VERSION}",
                    "kind": SMS_CHANNEL,
                    "name": channel.key.name,
                    "uid": channel.uid,
                    "controller": True,
                    "blockOwnerDeletion": False,
                }
            ],
        },
        "spec": route,
    }


def _repair(key: Key, present: Entry, wanted: Mapping[str, Any], channel: Entry) -> RouteAction | None:
    spec_differs = dict(present.raw_spec) != wanted["spec"]
    labels = present.metadata.labels
    lost_labels = any(labels.get(name) != value for name, value in wanted["metadata"]["labels"].items())
    owners = present.metadata.owner_references
    lost_owner = not any(owner.uid == channel.uid and owner.controller for owner in owners)
    stray_owner = any(owner.uid != channel.uid for owner in owners)
    if not (spec_differs or lost_labels or lost_owner or stray_owner):
        return None
    foreign = stray_owner or _holds_more(present.raw_spec, wanted["spec"])
    why = "re-owned" if lost_owner else "the channel changed or the route was edited"
    version = present.metadata.resource_version if foreign else None
    return ApplyRoute(key, wanted, why, replaces=version)


def _holds_more(present: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether fields are set that the wanted spec leaves out, at any depth: applying would leave them."""
    for name, value in present.items():
        if name not in wanted:
            return True
        inner = wanted[name]
        nested = isinstance(value, dict) and isinstance(inner, dict)
        if nested and _holds_more(cast("dict[str, Any]", value), cast("dict[str, Any]", inner)):
            return True
    return False


def _controller(metadata: ObjectMeta) -> OwnerReference | None:
    return next((owner for owner in metadata.owner_references if owner.controller), None)


def _ours(present: Entry | None, channel: Entry) -> TypeGuard[Entry]:
    if present is None or present.deleting:
        return False
    owner = _controller(present.metadata)
    return owner is not None and owner.uid == channel.uid


def _may_own(present: Entry, channel: Entry) -> bool:
    """Ours by uid; or derived and without a controller but for a former channel of this name."""
    owner = _controller(present.metadata)
    if owner is not None and owner.uid == channel.uid:
        return True
    derived = present.raw_spec.get("origin") == RouteOrigin.DERIVED
    return derived and (owner is None or (owner.kind == SMS_CHANNEL and owner.name == channel.key.name))


def _owned_by_channel(world: World, entry: Entry) -> bool:
    channel = world.get(Key(SMS_CHANNEL, entry.key.namespace, entry.key.name))
    return channel is not None and _ours(entry, channel)

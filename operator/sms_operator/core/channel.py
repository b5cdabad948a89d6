"""SmsChannel: may it serve, is everything it names there, does its route stand, can customers be heard?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sms_operator.api.called_route import CalledRouteSpec, Media
from sms_operator.api.chatbot import ChatbotSpec, DialogType
from sms_operator.api.conditions import ConditionType, Reason
from sms_operator.api.sms_channel import SmsChannelSpec

from . import gateway
from .claims import oldest_rival
from .connectivity import SLACK, SUCCEEDED
from .gateway import GatewayVerdict
from .keys import CALLED_ROUTE, CHATBOT, ORGANIZATION_UNIT, SERVICE_TIME, SMPP_GATEWAY, Claim, Key
from .moment import Moment
from .outcome import Outcome, Want
from .references import CATCH_ALL, name_claim, number_claims
from .route import derived_route
from .status import Finding, finding_of, fold, no, summary, unknown, yes
from .world import Entry, World

CALM: Final = 5.0
"""Seconds after which a channel follows the loss of its gateway's last receiving bind."""


def decide(world: World, entry: Entry, now: Moment) -> Outcome:
    """Status and route of a channel."""
    spec: SmsChannelSpec = entry.spec
    accepted = _accepted(world, entry)
    resolved = next(_missing(world, entry), None) or yes(
        ConditionType.RESOLVED_REFS, Reason.RESOLVED_REFS, "Every reference was found"
    )
    routed, action = derived_route(world, entry, accepted)
    target = world.live(Key(SMPP_GATEWAY, entry.key.namespace, spec.gateway_ref.name))
    if target is None:
        message = f'SmppGateway "{spec.gateway_ref.name}" not found'
        connected, again_in = no(ConditionType.CONNECTED, Reason.GATEWAY_NOT_CONNECTED, message), None
    else:
        verdict = gateway.judge(world, target, now)
        connected, again_in = _connected(entry, target, verdict, now)
    if connected is None and entry.status.get("observedGeneration") == entry.metadata.generation:
        connected = finding_of(entry.status, ConditionType.CONNECTED)
    if connected is None:
        return Outcome(route=action, again_in=again_in)
    findings = [accepted, resolved, routed, connected]
    status = fold(
        entry.status,
        entry.metadata.generation,
        [*findings, summary(findings)],
        now,
        fields={
            "notificationRoute": entry.key.name if routed.holds else None,
            "gateway": spec.gateway_ref.name,
        },
    )
    return Outcome(status=status, route=action, again_in=again_in)


def _connected(
    entry: Entry, target: Entry, verdict: GatewayVerdict, now: Moment
) -> tuple[Finding | None, float | None]:
    link = verdict.connectivity
    said = finding_of(entry.status, ConditionType.CONNECTED)
    name = target.key.name
    if link.receiving:
        fact = link.fact
        message = SUCCEEDED
        if fact is not None and 0 < fact.binds_connected < fact.binds_desired and link.connected is not None:
            message += f" ({fact.binds_connected} of {fact.binds_desired} binds)"
        return yes(ConditionType.CONNECTED, Reason.CONNECTION_SUCCEEDED, message), link.again_in
    if link.connected is None:
        return None, link.again_in
    if said is not None and said.holds and link.deaf_since is not None:
        calm_left = CALM - (now.monotonic - link.deaf_since)
        if calm_left > 0:
            return None, calm_left + SLACK
    gateway_says = verdict.accepted if not verdict.accepted.holds else link.connected
    message = f'SmppGateway "{name}": {gateway_says.message}'
    if link.connected.status == "Unknown" and verdict.accepted.holds and isinstance(verdict.link, Want):
        return unknown(ConditionType.CONNECTED, Reason.CONNECTING, message), link.again_in
    return no(ConditionType.CONNECTED, Reason.GATEWAY_NOT_CONNECTED, message), link.again_in


def _accepted(world: World, entry: Entry) -> Finding:
    spec: SmsChannelSpec = entry.spec
    namespace = entry.key.namespace
    if rival := oldest_rival(world, entry, name_claim(namespace, spec)):
        message = (
            f'SmsChannel "{rival.key.name}" is older and has the channelName "{spec.channel_name}"; choose another'
        )
        return no(ConditionType.ACCEPTED, Reason.NAME_CONFLICT, message)
    target = world.live(Key(SMPP_GATEWAY, namespace, spec.gateway_ref.name))
    if target is not None and not target.spec.mode.receives:
        message = f'SmppGateway "{target.key.name}" has mode Send; a channel needs SendAndReceive or Receive'
        return no(ConditionType.ACCEPTED, Reason.GATEWAY_CANNOT_RECEIVE, message)
    for claim in sorted(number_claims(namespace, spec), key=lambda item: item.value):
        if rival := oldest_rival(world, entry, claim):
            return no(ConditionType.ACCEPTED, Reason.NUMBER_CONFLICT, _number_message(rival, claim))
    queue = world.live(Key(CALLED_ROUTE, namespace, spec.called_route_ref.name))
    if (finding := _too_short(spec, queue)) is not None:
        return finding
    return yes(ConditionType.ACCEPTED, Reason.ACCEPTED, "Accepted")


def _number_message(rival: Entry, claim: Claim) -> str:
    name, number = claim.value
    if number == CATCH_ALL:
        return (
            f'SmsChannel "{rival.key.name}" is older and takes all unclaimed numbers of SmppGateway "{name}"; '
            "list this channel's own in spec.numbers"
        )
    return (
        f'number {number} of SmppGateway "{name}" belongs to the older SmsChannel "{rival.key.name}"; '
        "remove it from one of the two"
    )


def _too_short(spec: SmsChannelSpec, called: Entry | None) -> Finding | None:
    route: CalledRouteSpec | None = called.spec if called is not None else None
    if spec.session_end is None or not spec.session_end.enabled or route is None or route.skill_queue is None:
        return None
    waiting: timedelta | None = route.skill_queue.max_waiting_time
    if waiting is None or spec.session_end.no_customer_reply > waiting:
        return None
    message = (
        f"sessionEnd.noCustomerReply is {_text(spec.session_end.no_customer_reply)}; it must be longer than "
        f'skillQueue.maxWaitingTime of CalledRoute "{spec.called_route_ref.name}", which is {_text(waiting)}'
    )
    return no(ConditionType.ACCEPTED, Reason.TIMEOUT_TOO_SHORT, message)


def _text(duration: timedelta) -> str:
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    return f"{minutes}m" + (f"{seconds}s" if seconds else "") if minutes else f"{seconds}s"


def _missing(world: World, entry: Entry) -> Iterator[Finding]:
    spec: SmsChannelSpec = entry.spec
    namespace = entry.key.namespace

    def absent(kind: str, name: str, reason: Reason) -> Iterator[Finding]:
        if world.live(Key(kind, namespace, name)) is None:
            yield no(ConditionType.RESOLVED_REFS, reason, f'{kind} "{name}" not found')

    yield from absent(SMPP_GATEWAY, spec.gateway_ref.name, Reason.GATEWAY_NOT_FOUND)
    yield from absent(CALLED_ROUTE, spec.called_route_ref.name, Reason.CALLED_ROUTE_NOT_FOUND)
    called = world.live(Key(CALLED_ROUTE, namespace, spec.called_route_ref.name))
    if called is not None:
        route: CalledRouteSpec = called.spec
        if route.media is not Media.MULTIMEDIA:
            message = f'CalledRoute "{called.key.name}" has media {route.media}; an SMS channel needs Multimedia'
            yield no(ConditionType.RESOLVED_REFS, Reason.CALLED_ROUTE_NOT_MULTIMEDIA, message)
    if spec.organization_unit_ref is not None:
        yield from absent(ORGANIZATION_UNIT, spec.organization_unit_ref.name, Reason.ORGANIZATION_UNIT_NOT_FOUND)
    if spec.service_time_ref is not None:
        yield from absent(SERVICE_TIME, spec.service_time_ref.name, Reason.SERVICE_TIME_NOT_FOUND)
    if spec.robot is not None and spec.robot.enabled:
        yield from absent(CHATBOT, spec.robot.chatbot_ref.name, Reason.CHATBOT_NOT_FOUND)
        chatbot = world.live(Key(CHATBOT, namespace, spec.robot.chatbot_ref.name))
        if chatbot is not None:
            bot: ChatbotSpec = chatbot.spec
            if bot.dialog_type is not DialogType.CHATBOT:
                message = f'Chatbot "{chatbot.key.name}" has dialogType {bot.dialog_type}; a channel needs Chatbot'
                yield no(ConditionType.RESOLVED_REFS, Reason.CHATBOT_WRONG_DIALOG_TYPE, message)

"""What each kind's spec points at, and what it lays claim to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from sms_operator.api.called_route import CalledRouteSpec
from sms_operator.api.certificate import CertificateSpec
from sms_operator.api.channel_export import ChannelExportSpec
from sms_operator.api.chatbot import ChatbotSpec
from sms_operator.api.notification_route import NotificationRouteSpec, RouteOrigin
from sms_operator.api.organization_unit import OrganizationUnitSpec
from sms_operator.api.smpp_gateway import SmppGatewaySpec
from sms_operator.api.sms_channel import SmsChannelSpec

from .keys import (
    CALLED_ROUTE,
    CERTIFICATE,
    CHANNEL_EXPORT,
    CHATBOT,
    CONFIG_MAP,
    NOTIFICATION_ROUTE,
    ORGANIZATION_UNIT,
    SECRET,
    SERVICE_TIME,
    SMPP_GATEWAY,
    SMS_CHANNEL,
    Claim,
    Key,
    Ref,
)

CATCH_ALL: Final = "*"
"""Stands for every number of a gateway that nobody claims."""


def references_of(key: Key, spec: Any) -> frozenset[Ref]:
    """Everything that an object's spec points at or claims; empty for a spec that cannot be read."""
    follow = _FOLLOW.get(key.kind)
    return frozenset() if spec is None or follow is None else frozenset(follow(key, spec))


def account_claims(namespace: str, spec: SmppGatewaySpec) -> frozenset[Claim]:
    """The SMSC accounts a gateway binds with: host and port (as written, case-folded) and system_id."""
    if spec.login is None:
        return frozenset()
    return frozenset(
        Claim("account", namespace, (f"{item.host.lower()}:{item.port}", spec.login.system_id))
        for item in spec.endpoints
    )


def name_claim(namespace: str, spec: SmsChannelSpec) -> Claim:
    """A channel's name, unique in the tenant."""
    return Claim("channelName", namespace, (spec.channel_name,))


def number_claims(namespace: str, spec: SmsChannelSpec | NotificationRouteSpec) -> frozenset[Claim]:
    """The numbers of its gateway that a channel or a manual route serves; a leading + means nothing."""
    numbers = [number.removeprefix("+") for number in spec.numbers or ()] or [CATCH_ALL]
    return frozenset(Claim("number", namespace, (spec.gateway_ref.name, number)) for number in numbers)


def _gateway(key: Key, spec: SmppGatewaySpec) -> Iterator[Ref]:
    yield from account_claims(key.namespace, spec)
    if spec.login is not None and spec.login.password_secret_ref is not None:
        yield Key(SECRET, key.namespace, spec.login.password_secret_ref.name)
    if spec.organization_unit_ref is not None:
        yield Key(ORGANIZATION_UNIT, key.namespace, spec.organization_unit_ref.name)
    if spec.tls is not None:
        for ref in (spec.tls.trust_certificate_ref, spec.tls.identity_certificate_ref):
            if ref is not None:
                yield Key(CERTIFICATE, key.namespace, ref.name)


def _channel(key: Key, spec: SmsChannelSpec) -> Iterator[Ref]:
    yield name_claim(key.namespace, spec)
    yield from number_claims(key.namespace, spec)
    yield Key(SMPP_GATEWAY, key.namespace, spec.gateway_ref.name)
    yield Key(NOTIFICATION_ROUTE, key.namespace, key.name)
    yield Key(CALLED_ROUTE, key.namespace, spec.called_route_ref.name)
    if spec.organization_unit_ref is not None:
        yield Key(ORGANIZATION_UNIT, key.namespace, spec.organization_unit_ref.name)
    if spec.service_time_ref is not None:
        yield Key(SERVICE_TIME, key.namespace, spec.service_time_ref.name)
    if spec.robot is not None and spec.robot.enabled:
        yield Key(CHATBOT, key.namespace, spec.robot.chatbot_ref.name)


def _certificate(key: Key, spec: CertificateSpec) -> Iterator[Ref]:
    if spec.config_map_key_ref is not None:
        yield Key(CONFIG_MAP, key.namespace, spec.config_map_key_ref.name)
    for ref in (spec.secret_key_ref, spec.private_key_secret_ref, spec.password_secret_ref):
        if ref is not None:
            yield Key(SECRET, key.namespace, ref.name)


def _route(key: Key, spec: NotificationRouteSpec) -> Iterator[Ref]:
    if spec.origin is RouteOrigin.DERIVED:
        yield Key(SMS_CHANNEL, key.namespace, key.name)
        return
    yield Key(SMPP_GATEWAY, key.namespace, spec.gateway_ref.name)
    yield Key(SMS_CHANNEL, key.namespace, spec.channel_ref.name)
    yield from number_claims(key.namespace, spec)


def _deliver_to(key: Key, spec: CalledRouteSpec | ChatbotSpec) -> Iterator[Ref]:
    if spec.deliver_to is not None and spec.deliver_to.secret_ref is not None:
        yield Key(SECRET, key.namespace, spec.deliver_to.secret_ref.name)


def _unit(key: Key, spec: OrganizationUnitSpec) -> Iterator[Ref]:
    if spec.parent_ref is not None:
        yield Key(ORGANIZATION_UNIT, key.namespace, spec.parent_ref.name)


def _export(key: Key, spec: ChannelExportSpec) -> Iterator[Ref]:
    if spec.archive_password_secret_ref is not None:
        yield Key(SECRET, key.namespace, spec.archive_password_secret_ref.name)


_FOLLOW: Final[dict[str, Callable[[Key, Any], Iterator[Ref]]]] = {
    SMPP_GATEWAY: _gateway,
    SMS_CHANNEL: _channel,
    CERTIFICATE: _certificate,
    NOTIFICATION_ROUTE: _route,
    CALLED_ROUTE: _deliver_to,
    CHATBOT: _deliver_to,
    ORGANIZATION_UNIT: _unit,
    CHANNEL_EXPORT: _export,
}

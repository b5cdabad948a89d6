"""NotificationRoute: which gateway's messages go to which channel."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from .base import ApiModel, Column
from .conditions import CommonStatus
from .meta import Resource
from .network import PhoneNumber
from .refs import ObjectRef
from .values import ATOMIC


class RouteType(StrEnum):
    """Medium of a route."""

    SMS = "SMS"


class RouteOrigin(StrEnum):
    """Who wrote a route."""

    DERIVED = "Derived"
    MANUAL = "Manual"


class NotificationRouteSpec(ApiModel):
    """From a gateway to a channel."""

    type: RouteType = RouteType.SMS
    """Medium of the route; SMS is the only value."""
    gateway_ref: ObjectRef
    """SmppGateway that the messages come from."""
    channel_ref: ObjectRef
    """SmsChannel that the messages go to."""
    numbers: Annotated[tuple[PhoneNumber, ...], Field(max_length=1000), ATOMIC] = ()
    """Destination numbers, at most 1,000; none: all that no other route names."""
    origin: RouteOrigin = RouteOrigin.MANUAL
    """Derived: made from an SmsChannel by the operator, which keeps it as it must be. Manual: yours."""


class NotificationRouteStatus(CommonStatus):
    """Of manual routes only: a derived route's state is in its channel's condition Routed."""


class NotificationRoute(Resource):
    """Which gateway's messages go to which channel. One is derived from every SmsChannel."""

    COLUMNS = (
        Column("Gateway", ".spec.gatewayRef.name"),
        Column("Channel", ".spec.channelRef.name"),
        Column("Origin", ".spec.origin"),
    )
    SELECTABLE = (".spec.gatewayRef.name", ".spec.channelRef.name", ".spec.origin")

    spec: NotificationRouteSpec
    """The route as declared."""
    status: NotificationRouteStatus = Field(default_factory=NotificationRouteStatus)
    """The route as it is."""

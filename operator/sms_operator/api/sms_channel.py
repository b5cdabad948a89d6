"""SmsChannel: one SMS channel, its gateway, and how its conversations are served."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from .base import ApiModel, Column
from .conditions import CommonStatus
from .duration import Between, compared
from .meta import Resource
from .network import PhoneNumber
from .refs import ObjectRef
from .rules import Rule, pattern
from .schedule import WHOLE_DAY, Segments
from .values import ATOMIC, SET, Flag, Text


class RoutingMode(StrEnum):
    """Who gets offline messages."""

    SKILL_QUEUE = "SkillQueue"
    LAST_AGENT = "LastAgent"
    CHATBOT = "Chatbot"


ChannelName = Annotated[
    Text,
    Field(max_length=64),
    pattern(
        "[A-Za-z_][A-Za-z0-9_]{0,63}",
        'must be 1 to 64 letters, digits and "_", and not begin with a digit',
    ),
]
ReplyText = Annotated[Text, Field(min_length=1, max_length=1000)]


class AgentWorkTime(ApiModel):
    """When agents serve."""

    workdays: Segments = WHOLE_DAY
    """Up to 4 segments of a workday; [] means none. (AICC: Workday)"""
    non_workdays: Segments = WHOLE_DAY
    """Up to 4 segments of a non-workday; [] means none. (AICC: Non-workday)"""


class LastAgent(ApiModel):
    """The agent who served the customer last is preferred."""

    enabled: Flag = True
    """Whether it is used; true once this block is there."""
    window: Annotated[timedelta, Between("1m", "720h")] = timedelta(hours=24)
    """How long ago that may have been, 1m to 720h."""


class SessionEnd(ApiModel):
    """The session ends when the customer stays silent."""

    enabled: Flag = True
    """Whether it is used; true once this block is there."""
    no_customer_reply: Annotated[timedelta, Between("1m", "60m")] = timedelta(minutes=20)
    """How long the customer may stay silent, 1m to 60m; longer than the skill queue's maximum waiting time."""


class SessionTransfer(ApiModel):
    """The session goes to another agent."""

    enabled: Flag = True
    """Whether it is used; true once this block is there."""
    no_agent_reply: Annotated[timedelta, Between("1m", "60m")] | None = None
    """How long the agent may stay silent before the session is transferred, 1m to 60m; absent: never."""
    allowed: Flag = False
    """Whether agents may transfer sessions themselves. (AICC: Session Transfer)"""


class OfflineMessages(ApiModel):
    """Messages that arrive when no agent can be reached are kept for one."""

    enabled: Flag = True
    """Whether they are kept; true once this block is there."""
    routing_time_limit: Annotated[timedelta, Between("1m", "60m")] = timedelta(minutes=30)
    """Pause before they are assigned again, 1m to 60m."""
    agent_outbound_limit: Annotated[timedelta, Between("0m", "168h")] | None = None
    """How long agents may reply to them, 0m to 168h; absent: no limit, 0m: not at all."""
    called_customer_reply_timeout: Annotated[timedelta, Between("1m", "5m")] = timedelta(minutes=3)
    """How long a customer whom an agent contacts may stay silent, 1m to 5m; shorter than sessionEnd.noCustomerReply."""
    routing_mode: RoutingMode = RoutingMode.SKILL_QUEUE
    """Who gets them: the skill queue, the last agent (needs lastAgent), or the chatbot (needs robot)."""


class Reply(ApiModel):
    """A text that is sent by itself."""

    enabled: Flag = True
    """Whether it is sent; true once this block is there."""
    text: ReplyText
    """The text, 1 to 1000 characters."""


class Robot(ApiModel):
    """Conversations start with an intelligent robot."""

    enabled: Flag = True
    """Whether they do; true once this block is there."""
    chatbot_ref: ObjectRef
    """The Chatbot; its dialogType is Chatbot."""


def _on(block: LastAgent | Robot | OfflineMessages | SessionEnd | None) -> bool:
    return block is not None and block.enabled


class SmsChannelSpec(ApiModel):
    """A channel's gateway and how its conversations are served."""

    channel_name: ChannelName
    """Name of the channel, unique in the namespace: letters, digits and "_", at most 64. (AICC: Channel Name)"""
    gateway_ref: ObjectRef
    """SmppGateway whose messages the channel gets; it must be able to receive. (AICC: SMS gateway)"""
    numbers: Annotated[tuple[PhoneNumber, ...], Field(max_length=1000), ATOMIC] = ()
    """The gateway's destination numbers that belong to this channel, at most 1,000; none: all that no other channel
    claims, at most one such channel a gateway."""
    organization_unit_ref: ObjectRef | None = None
    """OrganizationUnit that the channel belongs to. (AICC: OU Configuration)"""
    called_route_ref: ObjectRef
    """Multimedia CalledRoute that the conversations go to. (AICC: Skill Queue)"""
    transfer_keywords: Annotated[
        tuple[Annotated[Text, Field(min_length=1, max_length=64)], ...], Field(max_length=50), SET
    ] = ()
    """Words by which the customer asks for an agent, up to 50 of up to 64 characters; required with robot.
    (AICC: Keyword for Transfer to Agent)"""
    agent_work_time: AgentWorkTime = AgentWorkTime()
    """When agents serve. (AICC: Agent Work Time)"""
    service_time_ref: ObjectRef | None = None
    """ServiceTime that says which days are workdays; default: the one named "default", else Monday to Friday, UTC."""
    last_agent: LastAgent | None = None
    """Prefer the agent who served the customer last. (AICC: Last Agent Mode)"""
    session_end: SessionEnd | None = None
    """End silent sessions. (AICC: Session End Due to No Customer Reply)"""
    session_transfer: SessionTransfer | None = None
    """Transfer sessions. (AICC: Session Transfer Due to No Agent Reply, Session Transfer)"""
    offline_messages: OfflineMessages | None = None
    """Keep messages for which there is no agent. (AICC: Offline Messages)"""
    auto_reply: Reply | None = None
    """Sent in working time. (AICC: Auto Reply)"""
    non_working_day_reply: Reply | None = None
    """Sent on non-workdays. (AICC: Non-Working Day Reply)"""
    robot: Robot | None = None
    """Conversations start with a robot. (AICC: Robot Configuration)"""

    RULES: ClassVar = (
        Rule(
            "!has(self.robot) || !self.robot.enabled || "
            " (has(self.transferKeywords) && self.transferKeywords.size() > 0)",
            lambda spec: not _on(spec.robot) or bool(spec.transfer_keywords),
            "transferKeywords needs at least one word when robot is enabled, or customers cannot leave the robot",
            ".transferKeywords",
            "FieldValueRequired",
        ),
        Rule(
            "!has(self.offlineMessages) || !self.offlineMessages.enabled || !has(self.sessionEnd)"
            " || !self.sessionEnd.enabled || "
            + compared("self.offlineMessages.calledCustomerReplyTimeout", "<", "self.sessionEnd.noCustomerReply"),
            lambda spec: (
                not _on(spec.offline_messages)
                or not _on(spec.session_end)
                or spec.offline_messages.called_customer_reply_timeout < spec.session_end.no_customer_reply
            ),
            "calledCustomerReplyTimeout {self.offlineMessages.calledCustomerReplyTimeout} must be shorter than"
            " sessionEnd.noCustomerReply {self.sessionEnd.noCustomerReply}",
            ".offlineMessages.calledCustomerReplyTimeout",
        ),
        Rule(
            "!has(self.offlineMessages) || !self.offlineMessages.enabled || self.offlineMessages.routingMode"
            " != 'LastAgent' || (has(self.lastAgent) && self.lastAgent.enabled)",
            lambda spec: (
                not _on(spec.offline_messages)
                or spec.offline_messages.routing_mode is not RoutingMode.LAST_AGENT
                or _on(spec.last_agent)
            ),
            "routingMode LastAgent needs lastAgent to be enabled",
            ".offlineMessages.routingMode",
        ),
        Rule(
            "!has(self.offlineMessages) || !self.offlineMessages.enabled || self.offlineMessages.routingMode"
            " != 'Chatbot' || (has(self.robot) && self.robot.enabled)",
            lambda spec: (
                not _on(spec.offline_messages)
                or spec.offline_messages.routing_mode is not RoutingMode.CHATBOT
                or _on(spec.robot)
            ),
            "routingMode Chatbot needs robot to be enabled",
            ".offlineMessages.routingMode",
        ),
    )


class SmsChannelStatus(CommonStatus):
    """The channel as it is."""

    notification_route: Annotated[Text, Field(max_length=253)] | None = None
    """Name of its NotificationRoute."""
    gateway: Annotated[Text, Field(max_length=253)] | None = None
    """Name of the SmppGateway that serves it."""


class SmsChannel(Resource):
    """One SMS channel: its gateway, and how its conversations are served."""

    COLUMNS = (
        Column("Channel", ".spec.channelName"),
        Column("Gateway", ".spec.gatewayRef.name"),
        Column("Called Route", ".spec.calledRouteRef.name", priority=1),
    )
    SELECTABLE = (".spec.gatewayRef.name", ".spec.calledRouteRef.name", ".spec.channelName")

    spec: SmsChannelSpec
    """The channel as declared."""
    status: SmsChannelStatus = Field(default_factory=SmsChannelStatus)
    """The channel as it is."""

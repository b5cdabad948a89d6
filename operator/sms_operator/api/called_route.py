"""CalledRoute: where conversations go, and how the receiver of conversations is reached."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from .base import ApiModel, Column
from .conditions import CommonStatus
from .duration import Between
from .meta import Resource
from .network import HTTP_URL
from .refs import SecretRef
from .rules import Rule, pattern, quoted
from .values import Text

AccessCode = Annotated[
    Text,
    Field(max_length=64),
    pattern("[A-Za-z0-9*#+_-]+", 'must be letters, digits, "*", "#", "+", "_" and "-" only'),
]


class DeviceType(StrEnum):
    """What a called route leads to."""

    SKILL_QUEUE = "SkillQueue"
    IVR = "IVR"


class Media(StrEnum):
    """Medium of a called route."""

    MULTIMEDIA = "Multimedia"
    VOICE = "Voice"
    VIDEO = "Video"


class SkillQueue(ApiModel):
    """The queue in which conversations wait for an agent."""

    name: Annotated[Text, Field(min_length=1, max_length=100)]
    """Name of the skill queue, at most 100 characters."""
    max_waiting_time: Annotated[timedelta, Between("1s", "24h")] | None = None
    """Longest time that a conversation waits, 1s to 24h. (AICC: Max. Waiting Time)"""


class Delivery(ApiModel):
    """Where conversations are handed over."""

    url: Annotated[Text, Field(min_length=1, max_length=2048)]
    """http or https address that receives them."""
    secret_ref: SecretRef | None = None
    """Secret with the credentials for it."""

    RULES: ClassVar = (
        # Not on the field, because a field's own rule shows its value, and that may hold a password.
        Rule(
            f"self.url.matches({quoted(f'^{HTTP_URL}$')})",
            lambda delivery: bool(re.fullmatch(HTTP_URL, delivery.url)),
            "must be an http or https address without user name and password; credentials belong into secretRef",
            ".url",
        ),
    )


class CalledRouteSpec(ApiModel):
    """An access code with its extension, and what it leads to."""

    access_code: AccessCode
    """Access code, given by the system's administrator. (AICC: Access Code)"""
    extension_code: Annotated[
        Text,
        Field(max_length=12),
        pattern("[0-9*#]{1,12}", 'must be 1 to 12 of 0-9, "*" and "#"; quote it in YAML'),
    ]
    """1 to 12 digits, "*" or "#". (AICC: Extension Code)"""
    device_type: DeviceType = DeviceType.SKILL_QUEUE
    """What it leads to. (AICC: Device Type)"""
    media: Media = Media.MULTIMEDIA
    """Medium; SMS channels need Multimedia."""
    skill_queue: SkillQueue | None = None
    """The skill queue; required with deviceType SkillQueue."""
    deliver_to: Delivery | None = None
    """Where conversations are handed over."""

    RULES: ClassVar = (
        Rule(
            "self.deviceType != 'SkillQueue' || has(self.skillQueue)",
            lambda spec: spec.device_type is not DeviceType.SKILL_QUEUE or spec.skill_queue is not None,
            "skillQueue is required with deviceType SkillQueue",
            reason="FieldValueRequired",
        ),
        Rule(
            "self.deviceType == 'SkillQueue' || !has(self.skillQueue)",
            lambda spec: spec.device_type is DeviceType.SKILL_QUEUE or spec.skill_queue is None,
            "skillQueue is for deviceType SkillQueue, found deviceType {self.deviceType}",
            ".skillQueue",
        ),
    )


class CalledRouteStatus(CommonStatus):
    """Whether the route is usable."""


class CalledRoute(Resource):
    """A called route: what the manual's "Skill Queue" picker lists. Channels need a multimedia one."""

    COLUMNS = (
        Column("Access Code", ".spec.accessCode"),
        Column("Extension", ".spec.extensionCode"),
        Column("Media", ".spec.media"),
        Column("Queue", ".spec.skillQueue.name", priority=1),
    )

    spec: CalledRouteSpec
    """The route as declared."""
    status: CalledRouteStatus = Field(default_factory=CalledRouteStatus)
    """The route as it is."""

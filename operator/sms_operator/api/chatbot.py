"""Chatbot: an intelligent robot that a channel can connect to."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from .base import ApiModel, Column
from .called_route import AccessCode, Delivery
from .conditions import CommonStatus
from .meta import Resource
from .values import Text


class DialogType(StrEnum):
    """What kind of conversation a robot leads."""

    CHATBOT = "Chatbot"
    VOICE_NAVIGATION = "VoiceNavigation"
    INTELLIGENT_OUTGOING_CALL = "IntelligentOutgoingCall"
    IVR_FLOW = "IvrFlow"


class ChatbotSpec(ApiModel):
    """A robot, by its access code."""

    access_code: AccessCode
    """Access code of the robot. (AICC: Chatbot Access Code)"""
    dialog_type: DialogType = DialogType.CHATBOT
    """Kind of conversation; SMS channels need Chatbot. (AICC: Dialog Type)"""
    flow_name: Annotated[Text, Field(min_length=1, max_length=100)] | None = None
    """The published flow that it follows. (AICC: Flow Name)"""
    deliver_to: Delivery | None = None
    """Where conversations are handed over."""


class ChatbotStatus(CommonStatus):
    """Whether the robot is usable."""


class Chatbot(Resource):
    """An intelligent robot that a channel's conversations can start with."""

    COLUMNS = (Column("Access Code", ".spec.accessCode"), Column("Dialog Type", ".spec.dialogType"))

    spec: ChatbotSpec
    """The robot as declared."""
    status: ChatbotStatus = Field(default_factory=ChatbotStatus)
    """The robot as it is."""

"""Conditions: their types, every reason with its meaning, and the status fields that all kinds share."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field

from .base import ApiModel
from .values import ListType, Text, Whole


class ConditionType(StrEnum):
    """What a condition speaks of."""

    READY = "Ready"
    ACCEPTED = "Accepted"
    RESOLVED_REFS = "ResolvedRefs"
    CONNECTED = "Connected"
    ROUTED = "Routed"
    SUCCEEDED = "Succeeded"
    STALLED = "Stalled"
    RECONCILING = "Reconciling"
    EXPIRING_SOON = "ExpiringSoon"
    THROTTLED = "Throttled"


class ConditionStatus(StrEnum):
    """Whether it holds."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Reason(StrEnum):
    """Why a condition has its status; `meaning` says it in a sentence."""

    meaning: str

    def __new__(cls, value: str, meaning: str) -> Self:
        """A member with its meaning."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    ACCEPTED = "Accepted", "Nothing speaks against the object as it is declared."
    RESOLVED_REFS = "ResolvedRefs", "Everything the object refers to exists and is usable."
    ROUTED = "Routed", "The channel's notification route is as it should be."
    VALID = "Valid", "The object is usable."
    CONNECTION_SUCCEEDED = "ConnectionSucceeded", "Every wanted bind is up."
    SUCCESS = "Success", "The export's files are complete and can be downloaded."

    PENDING = "Pending", "Something else has to be known first, or the operator has not looked yet."
    CONNECTING = "Connecting", "The first bind since the last change has no outcome yet."
    RUNNING = "Running", "The export is being written."
    SECRET_UNREADABLE = (
        "SecretUnreadable",
        "The operator may not read the Secret or ConfigMap, or the API server fails.",
    )

    INVALID_SPEC = "InvalidSpec", "The stored spec does not fit this version of the API; it was written under another."
    NAME_CONFLICT = "NameConflict", "An older channel of the namespace has this channelName."
    NUMBER_CONFLICT = "NumberConflict", "An older channel of the gateway has one of these numbers, or is its catch-all."
    ACCOUNT_CONFLICT = "AccountConflict", "An older gateway of the namespace uses this account in the same direction."
    ADDRESS_NOT_ALLOWED = "AddressNotAllowed", "An endpoint is in a network to which the operator must not connect."
    GATEWAY_CANNOT_RECEIVE = "GatewayCannotReceive", "The channel's gateway only sends."
    TIMEOUT_TOO_SHORT = "TimeoutTooShort", "noCustomerReply is not longer than the skill queue's maximum waiting time."
    NOT_ACCEPTED = "NotAccepted", "There is no route because the channel is not accepted."

    SECRET_NOT_FOUND = "SecretNotFound", "A Secret does not exist."
    SECRET_KEY_MISSING = "SecretKeyMissing", "A Secret exists and lacks the key."
    CERTIFICATE_NOT_FOUND = "CertificateNotFound", "A Certificate does not exist."
    CERTIFICATE_NOT_READY = "CertificateNotReady", "A Certificate exists and is not usable."
    ORGANIZATION_UNIT_NOT_FOUND = "OrganizationUnitNotFound", "An OrganizationUnit does not exist."
    GATEWAY_NOT_FOUND = "GatewayNotFound", "The SmppGateway does not exist."
    CHANNEL_NOT_FOUND = "ChannelNotFound", "The SmsChannel does not exist."
    CALLED_ROUTE_NOT_FOUND = "CalledRouteNotFound", "The CalledRoute does not exist."
    CALLED_ROUTE_NOT_MULTIMEDIA = "CalledRouteNotMultimedia", "The CalledRoute is not a multimedia one."
    SERVICE_TIME_NOT_FOUND = "ServiceTimeNotFound", "The ServiceTime does not exist."
    CHATBOT_NOT_FOUND = "ChatbotNotFound", "The Chatbot does not exist."
    CHATBOT_WRONG_DIALOG_TYPE = "ChatbotWrongDialogType", "The Chatbot's dialogType is not Chatbot."

    ROUTE_NOT_OWNED = "RouteNotOwned", "A NotificationRoute of this name exists and belongs to somebody else."
    SHADOWED_BY = "ShadowedBy", "Another route takes the messages that this one names."

    SOURCE_NOT_FOUND = "SourceNotFound", "The Secret or ConfigMap of the certificate, or its key, does not exist."
    PARSE_FAILED = "ParseFailed", "The content is not a certificate or private key, or the key's password is wrong."
    UNSUPPORTED_TYPE = "UnsupportedType", "The file is a key store; a certificate is needed."
    EXPIRED = "Expired", "The certificate is past its notAfter."
    NOT_YET_VALID = "NotYetValid", "The certificate is before its notBefore."
    KEY_MISMATCH = "KeyMismatch", "The private key does not belong to the certificate."
    TOO_LARGE = "TooLarge", "The content is over 64 KiB, or the private key is more work than the operator does for it."
    EXPIRING = "Expiring", "The certificate expires in less than 30 days."

    GATEWAY_NOT_CONNECTED = "GatewayNotConnected", "The channel's gateway has no bind that can receive."
    PARTIALLY_CONNECTED = "PartiallyConnected", "Some of the wanted binds are up."
    NOT_CONNECTED = "NotConnected", "The gateway has been down for five minutes."
    DISCONNECTED = "Disconnected", "Disconnected on purpose, by the spec or by the annotation."
    DNS_FAILED = "DnsFailed", "The host has no address."
    UNREACHABLE = "Unreachable", "The network or the host refused the TCP connection."
    CONNECT_TIMEOUT = "ConnectTimeout", "The host did not answer the TCP connection in time."
    TLS_VERIFICATION_FAILED = "TlsVerificationFailed", "The SMSC's certificate is not trusted or not for this name."
    TLS_HANDSHAKE_FAILED = "TlsHandshakeFailed", "The peer does not speak TLS, or none that is allowed."
    CLIENT_CERTIFICATE_REQUIRED = "ClientCertificateRequired", "The SMSC wants an identity certificate."
    BIND_TIMEOUT = "BindTimeout", "The peer took the connection and did not answer the bind in time."
    INVALID_PASSWORD = "InvalidPassword", "The SMSC refused the password."
    INVALID_SYSTEM_ID = "InvalidSystemId", "The SMSC does not know the systemId."
    INVALID_SYSTEM_TYPE = "InvalidSystemType", "The SMSC does not accept the systemType."
    BIND_MODE_NOT_SUPPORTED = "BindModeNotSupported", "The SMSC does not offer this kind of bind to the account."
    ALREADY_BOUND = "AlreadyBound", "The SMSC says that the account is bound already."
    BIND_REJECTED = "BindRejected", "The SMSC refused the bind with another command_status."
    ENQUIRE_LINK_TIMEOUT = "EnquireLinkTimeout", "The SMSC stopped answering."
    PEER_UNBOUND = "PeerUnbound", "The SMSC ended the session."
    PROTOCOL_ERROR = "ProtocolError", "What the peer sent is not SMPP."
    THROTTLED = "Throttled", "The SMSC answers that messages come too fast."

    PARENT_CYCLE = "ParentCycle", "The unit is its own ancestor."
    PARENT_NOT_FOUND = "ParentNotFound", "The parent OrganizationUnit does not exist."
    UNKNOWN_TIME_ZONE = "UnknownTimeZone", "The time zone is not in the IANA database."

    TOO_MANY_RECORDS = "TooManyRecords", "More than 100,000 channels match."
    STORAGE_FAILED = "StorageFailed", "The export's files could not be written."
    INTERRUPTED = "Interrupted", "The operator ended while the export ran."


class Condition(ApiModel):
    """One aspect of the object's state."""

    type: Annotated[Text, Field(min_length=1, max_length=316)]
    """What the condition speaks of, such as Ready."""
    status: ConditionStatus
    """Whether it holds: True, False or Unknown."""
    reason: Annotated[Text, Field(min_length=1, max_length=1024)]
    """Why, in one CamelCase word."""
    message: Annotated[Text, Field(max_length=32768)] = ""
    """Why, in words: the object, the field, and what to do."""
    last_transition_time: datetime
    """When the status last changed."""
    observed_generation: Whole = 0
    """The metadata.generation that was looked at."""


class CommonStatus(ApiModel):
    """What every status has."""

    observed_generation: Whole = 0
    """The metadata.generation that this status speaks of."""
    conditions: Annotated[tuple[Condition, ...], Field(max_length=16), ListType("map", ("type",))] = ()
    """State of the object; Ready sums it up."""

    def condition(self, kind: ConditionType) -> Condition | None:
        """The condition of this type."""
        return next((condition for condition in self.conditions if condition.type == kind), None)

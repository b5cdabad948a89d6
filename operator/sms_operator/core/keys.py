"""Names of things in the World."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

CERTIFICATE = "Certificate"
SMPP_GATEWAY = "SmppGateway"
SMS_CHANNEL = "SmsChannel"
NOTIFICATION_ROUTE = "NotificationRoute"
CALLED_ROUTE = "CalledRoute"
ORGANIZATION_UNIT = "OrganizationUnit"
SERVICE_TIME = "ServiceTime"
CHATBOT = "Chatbot"
CHANNEL_EXPORT = "ChannelExport"
SECRET = "Secret"
CONFIG_MAP = "ConfigMap"


class Key(NamedTuple):
    """An object of the API: one of our kinds, a Secret or a ConfigMap."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Claim:
    """Something only one object of a namespace can have, such as a channel name or a number of a gateway."""

    what: str
    namespace: str
    value: tuple[str, ...]


Ref = Key | Claim
"""What an object's spec points at or lays claim to."""

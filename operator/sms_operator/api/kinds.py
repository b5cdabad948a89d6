"""All kinds, with the names under which the API server knows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from .base import ApiModel
from .called_route import CalledRoute, CalledRouteSpec, CalledRouteStatus
from .certificate import Certificate, CertificateSpec, CertificateStatus
from .channel_export import ChannelExport, ChannelExportSpec, ChannelExportStatus
from .chatbot import Chatbot, ChatbotSpec, ChatbotStatus
from .conditions import CommonStatus
from .meta import Resource
from .notification_route import NotificationRoute, NotificationRouteSpec, NotificationRouteStatus
from .organization_unit import OrganizationUnit, OrganizationUnitSpec, OrganizationUnitStatus
from .service_time import ServiceTime, ServiceTimeSpec, ServiceTimeStatus
from .smpp_gateway import SmppGateway, SmppGatewaySpec, SmppGatewayStatus
from .sms_channel import SmsChannel, SmsChannelSpec, SmsChannelStatus

GROUP: Final = "sms-operator.dev"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"
CATEGORY: Final = "sms"


@dataclass(frozen=True, slots=True)
class KindInfo:
    """One kind."""

    kind: str
    plural: str
    short_name: str
    model: type[Resource]
    spec_model: type[ApiModel]
    status_model: type[CommonStatus]

    @property
    def singular(self) -> str:
        return self.kind.lower()

    @property
    def crd_name(self) -> str:
        return f"{self.plural}.{GROUP}"

    def parse(self, body: Any) -> Resource:
        """An object as the API server shows it.

        Raises:
            pydantic.ValidationError: it does not fit.
        """
        return self.model.model_validate(body)


KINDS: Final = (
    KindInfo("SmppGateway", "smppgateways", "smppgw", SmppGateway, SmppGatewaySpec, SmppGatewayStatus),
    KindInfo("SmsChannel", "smschannels", "smsch", SmsChannel, SmsChannelSpec, SmsChannelStatus),
    KindInfo("Certificate", "certificates", "smscert", Certificate, CertificateSpec, CertificateStatus),
    KindInfo(
        "NotificationRoute",
        "notificationroutes",
        "smsroute",
        NotificationRoute,
        NotificationRouteSpec,
        NotificationRouteStatus,
    ),
    KindInfo("CalledRoute", "calledroutes", "smscalled", CalledRoute, CalledRouteSpec, CalledRouteStatus),
    KindInfo(
        "OrganizationUnit",
        "organizationunits",
        "smsou",
        OrganizationUnit,
        OrganizationUnitSpec,
        OrganizationUnitStatus,
    ),
    KindInfo("ServiceTime", "servicetimes", "smstime", ServiceTime, ServiceTimeSpec, ServiceTimeStatus),
    KindInfo("Chatbot", "chatbots", "smsbot", Chatbot, ChatbotSpec, ChatbotStatus),
    KindInfo("ChannelExport", "channelexports", "smsexport", ChannelExport, ChannelExportSpec, ChannelExportStatus),
)

KIND_BY_NAME: Final = {info.kind: info for info in KINDS}
KIND_BY_PLURAL: Final = {info.plural: info for info in KINDS}


def is_ours(body: Mapping[str, Any]) -> bool:
    """Whether something with apiVersion and kind is an object of these kinds."""
    return body.get("apiVersion") == API_VERSION and body.get("kind") in KIND_BY_NAME

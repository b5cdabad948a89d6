"""SmppGateway: one SMSC account."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar, Final

from pydantic import Field

from .base import ApiModel, Column
from .conditions import CommonStatus
from .duration import Between, compared
from .message_defaults import MessageDefaults
from .meta import Resource
from .network import Host, Npi, Port, Ton
from .refs import ObjectRef, PasswordRef
from .rules import Rule
from .values import ATOMIC, PRINTABLE, Flag, Range, Text, Whole

DISCONNECT_ANNOTATION: Final = "sms-operator.dev/disconnect"
"""Who and why: disconnected by hand for as long as it is there."""
REBUILD_ANNOTATION: Final = "sms-operator.dev/rebuild"
"""A new value asks for one reconnection now."""


class ProtocolType(StrEnum):
    """Protocol of a gateway."""

    SMPP = "smpp"


class GatewayMode(StrEnum):
    """Which way messages go."""

    SEND_AND_RECEIVE = "SendAndReceive"
    RECEIVE = "Receive"
    SEND = "Send"

    @property
    def receives(self) -> bool:
        """Whether messages from phones arrive."""
        return self is not GatewayMode.SEND

    @property
    def sends(self) -> bool:
        """Whether messages to phones leave."""
        return self is not GatewayMode.RECEIVE


class BindStyle(StrEnum):
    """How both directions are bound."""

    TRANSCEIVER = "Transceiver"
    TRANSMITTER_RECEIVER = "TransmitterReceiver"


class InterfaceVersion(StrEnum):
    """Version of SMPP."""

    V3_3 = "3.3"
    V3_4 = "3.4"
    V5_0 = "5.0"


class TlsVersion(StrEnum):
    """Version of TLS."""

    V1_2 = "1.2"
    V1_3 = "1.3"


class WantedConnection(StrEnum):
    """Whether the gateway shall be connected."""

    CONNECTED = "Connected"
    DISCONNECTED = "Disconnected"


class GatewayEndpoint(ApiModel):
    """One address of the SMSC."""

    host: Host
    """IPv4 or IPv6 address or DNS name, without scheme. (AICC: SMG Address)"""
    port: Port
    """TCP port, 1 to 65535. (AICC: SMG Port)"""
    server_name: Host | None = None
    """Name for SNI and certificate verification of this endpoint; default: tls.serverName, else host."""


class Login(ApiModel):
    """The account at the SMSC."""

    system_id: Annotated[Text, Field(min_length=1, max_length=15), PRINTABLE]
    """Login name (system_id): 1 to 15 printable ASCII characters. (AICC: Login Name)"""
    password_secret_ref: PasswordRef | None = None
    """The password, in a Secret. May be left out with a simulator only. (AICC: Login Password)"""


class GatewayTls(ApiModel):
    """TLS towards the SMSC; its certificate and name are always verified."""

    enabled: Flag = True
    """Whether TLS is used; true once this block is there."""
    trust_certificate_ref: ObjectRef | None = None
    """Certificate (usage Trust) that authenticates the SMSC; default: the system's trust store."""
    identity_certificate_ref: ObjectRef | None = None
    """Certificate (usage Identity) for mutual TLS."""
    server_name: Host | None = None
    """Name for SNI and certificate verification; default: the endpoint's host."""
    min_version: TlsVersion = TlsVersion.V1_2
    """Lowest version of TLS: "1.2" or "1.3" (quote it in YAML)."""


class Bind(ApiModel):
    """How the binds are opened (SMPP 3.4, 4.1)."""

    style: BindStyle = BindStyle.TRANSCEIVER
    """With mode SendAndReceive: one transceiver bind, or a pair of a transmitter and a receiver."""
    count: Annotated[int, Range(1, 16)] = 1
    """Parallel binds (or pairs), 1 to 16; ask the SMSC's operator how many it allows."""
    system_type: Annotated[Text, Field(max_length=12), PRINTABLE] = ""
    """system_type: up to 12 printable ASCII characters; empty unless the SMSC wants one."""
    address_range: Annotated[Text, Field(max_length=40), PRINTABLE] = ""
    """address_range: which numbers the SMSC routes to this bind, up to 40 characters; empty: all of the account."""
    ton: Ton = 0
    """addr_ton of addressRange, 0 to 6."""
    npi: Npi = 0
    """addr_npi of addressRange: 0, 1, 3, 4, 6, 8, 9, 10, 14 or 18."""
    interface_version: InterfaceVersion = InterfaceVersion.V3_4
    """Version of SMPP that is announced: "3.3", "3.4" or "5.0" (quote it in YAML)."""


class Reconnect(ApiModel):
    """Pauses between attempts: exponential, with jitter."""

    initial: Annotated[timedelta, Between("100ms", "5m")] = timedelta(seconds=1)
    """Pause after the first failure, 100ms to 5m."""
    max: Annotated[timedelta, Between("100ms", "1h")] = timedelta(seconds=60)
    """Longest pause, 100ms to 1h; not shorter than initial."""

    RULES: ClassVar = (
        Rule(
            compared("self.initial", "<=", "self.max"),
            lambda reconnect: reconnect.initial <= reconnect.max,
            "max must not be shorter than initial, found max {self.max} and initial {self.initial}",
            ".max",
        ),
    )


class Session(ApiModel):
    """Timers and limits of a bind."""

    enquire_link_interval: Annotated[timedelta, Between("1s", "1h")] = timedelta(seconds=30)
    """An enquire_link is sent after this long without traffic, 1s to 1h."""
    response_timeout: Annotated[timedelta, Between("100ms", "5m")] = timedelta(seconds=10)
    """How long the SMSC may take for a response, 100ms to 5m; a bind that does not answer enquire_link is dropped."""
    window_size: Annotated[int, Range(1, 1000)] = 10
    """Requests that may wait for a response at a time, for each bind, 1 to 1000."""
    throughput: Annotated[int, Range(0, 100000)] = 0
    """Messages a second over the whole gateway; 0: unlimited."""
    reconnect: Reconnect = Reconnect()
    """Pauses between attempts to connect."""


class SmppGatewaySpec(ApiModel):
    """Where to bind, how, and in which direction."""

    protocol_type: ProtocolType = ProtocolType.SMPP
    """Protocol of the gateway; smpp is the only value. (AICC: Protocol Type)"""
    organization_unit_ref: ObjectRef | None = None
    """OrganizationUnit that the gateway belongs to. (AICC: Organization Unit)"""
    endpoints: Annotated[tuple[GatewayEndpoint, ...], Field(min_length=1, max_length=8), ATOMIC]
    """1 to 8 addresses of the SMSC: the first is preferred, the rest are for fail-over, in order."""
    mode: GatewayMode = GatewayMode.SEND_AND_RECEIVE
    """Which way messages go. (AICC: Receiving And Sending Mode)"""
    simulator: Flag = False
    """Whether the peer is a gateway simulator; only then may the login be left out. (AICC)"""
    login: Login | None = None
    """The account at the SMSC."""
    tls: GatewayTls | None = None
    """TLS; absent: a plain connection. (AICC: secure port)"""
    bind: Bind = Bind()
    """How the binds are opened."""
    session: Session = Session()
    """Timers and limits of a bind."""
    message: MessageDefaults = MessageDefaults()
    """How messages are sent where they say nothing else."""
    connection: WantedConnection = WantedConnection.CONNECTED
    """Connected, or Disconnected on purpose. (AICC: the operation Disconnect)"""

    RULES: ClassVar = (
        Rule(
            "self.simulator || has(self.login)",
            lambda spec: spec.simulator or spec.login is not None,
            "login is required unless simulator is true",
            reason="FieldValueRequired",
        ),
        Rule(
            "self.simulator || !has(self.login) || has(self.login.passwordSecretRef)",
            lambda spec: spec.simulator or spec.login is None or spec.login.password_secret_ref is not None,
            "login.passwordSecretRef is required unless simulator is true",
            ".login",
            "FieldValueRequired",
        ),
        Rule(
            "self.mode == 'SendAndReceive' || self.bind.style == 'Transceiver'",
            lambda spec: spec.mode is GatewayMode.SEND_AND_RECEIVE or spec.bind.style is BindStyle.TRANSCEIVER,
            "style {self.bind.style} is for mode SendAndReceive, found mode {self.mode}; leave style out",
            ".bind.style",
        ),
    )


class BindCounts(ApiModel):
    """Binds wanted and up."""

    desired: Whole | None = None
    """Binds wanted."""
    connected: Whole | None = None
    """Binds up."""
    summary: Annotated[Text, Field(max_length=32)] | None = None
    """Both, such as 2/2."""


class LastError(ApiModel):
    """The last thing that went wrong; changes only when reason or commandStatus does."""

    reason: Annotated[Text, Field(max_length=1024)] | None = None
    """Reason, as in the conditions."""
    command_status: Whole | None = None
    """command_status of the SMSC's answer, where it gave one (SMPP 3.4, 5.1.3)."""
    message: Annotated[Text, Field(max_length=32768)] | None = None
    """What happened."""
    time: datetime | None = None
    """When it was first seen."""


class SmppGatewayStatus(CommonStatus):
    """The gateway as it is."""

    endpoint: Annotated[Text, Field(max_length=320)] | None = None
    """host:port in use."""
    binds: BindCounts | None = None
    """Binds wanted and up."""
    last_error: LastError | None = None
    """The last thing that went wrong."""
    observed_rebuild: Annotated[Text, Field(max_length=262144)] | None = None
    """Value of the rebuild annotation that was acted on last."""


class SmppGateway(Resource):
    """One SMSC account: where to bind, how, and in which direction. Ready says "Connection succeeded"."""

    COLUMNS = (
        Column("Endpoint", ".status.endpoint"),
        Column("Mode", ".spec.mode"),
        Column("TLS", ".spec.tls.enabled", "boolean"),
        Column("Binds", ".status.binds.summary"),
    )
    SELECTABLE = (".spec.mode", ".spec.connection")

    spec: SmppGatewaySpec
    """The gateway as declared."""
    status: SmppGatewayStatus = Field(default_factory=SmppGatewayStatus)
    """The gateway as it is."""

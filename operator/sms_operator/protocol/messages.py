"""The messages of the link protocol, as frozen data. Durations are seconds; nothing here carries a wall-clock time.

A password or private key travels only inside `WantedLink`, over a socket of mode 0600, and never shows in a `repr`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

PROTOCOL_VERSION: Final = 1
"""Raised when a message changes incompatibly; a peer that says another version is refused."""


class BindType(StrEnum):
    """The three binds of SMPP 3.4, section 4.1."""

    TRANSCEIVER = "Transceiver"
    RECEIVER = "Receiver"
    TRANSMITTER = "Transmitter"

    @property
    def receives(self) -> bool:
        """Whether the SMSC may deliver messages over such a bind."""
        return self is not BindType.TRANSMITTER

    @property
    def sends(self) -> bool:
        """Whether requests such as submit_sm may be sent over such a bind."""
        return self is not BindType.RECEIVER


class FailureReason(StrEnum):
    """Why a wanted bind is not up. The values are condition reasons of the API."""

    ADDRESS_NOT_ALLOWED = "AddressNotAllowed"
    ALREADY_BOUND = "AlreadyBound"
    BIND_MODE_NOT_SUPPORTED = "BindModeNotSupported"
    BIND_REJECTED = "BindRejected"
    BIND_TIMEOUT = "BindTimeout"
    CLIENT_CERTIFICATE_REQUIRED = "ClientCertificateRequired"
    CONNECT_TIMEOUT = "ConnectTimeout"
    DNS_FAILED = "DnsFailed"
    ENQUIRE_LINK_TIMEOUT = "EnquireLinkTimeout"
    INVALID_PASSWORD = "InvalidPassword"
    INVALID_SYSTEM_ID = "InvalidSystemId"
    INVALID_SYSTEM_TYPE = "InvalidSystemType"
    PEER_UNBOUND = "PeerUnbound"
    PROTOCOL_ERROR = "ProtocolError"
    TLS_HANDSHAKE_FAILED = "TlsHandshakeFailed"
    TLS_VERIFICATION_FAILED = "TlsVerificationFailed"
    UNREACHABLE = "Unreachable"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of an SMSC: an IPv4 or IPv6 address or a DNS name, and a TCP port."""

    host: str
    port: int
    server_name: str | None = None
    """Name for SNI and certificate verification; None: `TlsOptions.server_name`, else `host`."""


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """TLS of a link. Verification cannot be switched off."""

    trust_pem: str | None = None
    """Certificates that may sign (or be) the SMSC's, concatenated PEM. None: the system's trust store."""
    identity_pem: str | None = None
    """Our certificate chain for mutual TLS, leaf first."""
    identity_key_pem: str | None = field(default=None, repr=False)
    """Our private key, decrypted PEM."""
    server_name: str | None = None
    minimum_version: str = "1.2"


class TextEncoding(StrEnum):
    """How text becomes octets."""

    AUTO = "Auto"
    GSM7 = "Gsm7"
    LATIN1 = "Latin1"
    UCS2 = "Ucs2"


class LongText(StrEnum):
    """How a text longer than one message is sent."""

    UDH = "Udh"
    UDH16 = "Udh16"
    SAR = "Sar"
    PAYLOAD = "Payload"


class ReceiptIds(StrEnum):
    """How the message ids of receipts are written, compared with those of responses."""

    AUTO = "Auto"
    SAME = "Same"
    SUBMIT_HEX = "SubmitHex"
    SUBMIT_DECIMAL = "SubmitDecimal"


@dataclass(frozen=True, slots=True)
class MessageOptions:
    """How messages are sent where they say nothing else."""

    source_address: str = ""
    source_ton: int = 0
    source_npi: int = 0
    registered_delivery: int = 0
    """Receipts asked for (SMPP 3.4, section 5.2.17): 0 none, 1 always, 2 on failure."""
    encoding: TextEncoding = TextEncoding.AUTO
    long_messages: LongText = LongText.UDH
    packed: bool = False
    """Whether the SMSC wants the GSM 7-bit alphabet packed, eight septets in seven octets."""
    receipt_ids: ReceiptIds = ReceiptIds.AUTO
    validity_period: str = ""
    """As of section 7.1.1; empty: the SMSC's own."""
    service_type: str = ""


@dataclass(frozen=True, slots=True)
class WantedLink:
    """All binds wanted of one gateway, and everything needed to open them."""

    key: str
    """`namespace/name` of the SmppGateway."""
    uid: str
    """metadata.uid: a re-created gateway is another link."""
    revision: str
    """Opaque; echoed in facts so that the control plane knows which wish they speak of."""
    endpoints: tuple[Endpoint, ...]
    """In order of preference; never empty."""
    bind_types: tuple[BindType, ...]
    """One, or receiver and transmitter for a pair."""
    bind_count: int = 1
    """Parallel binds of each type."""
    system_id: str = ""
    password: str = field(default="", repr=False)
    system_type: str = ""
    address_range: str = ""
    addr_ton: int = 0
    addr_npi: int = 0
    interface_version: int = 0x34
    tls: TlsOptions | None = None
    enquire_link_interval: float = 30.0
    response_timeout: float = 10.0
    window_size: int = 10
    throughput: float = 0.0
    """Messages a second; 0: unlimited."""
    reconnect_initial: float = 1.0
    reconnect_max: float = 60.0
    rebuild: str = ""
    """A new value asks for one reconnection now."""
    message: MessageOptions = MessageOptions()

    @property
    def binds(self) -> tuple[BindType, ...]:
        """The type of every bind wanted, in a stable order."""
        return tuple(kind for kind in self.bind_types for _ in range(self.bind_count))


@dataclass(frozen=True, slots=True)
class LinkFailure:
    """Why at least one wanted bind is down, in words that name the cause and hold no secret."""

    reason: FailureReason
    message: str
    command_status: int | None = None
    """The SMSC's command_status, where it answered one."""
    age: float = 0.0
    """Seconds since this failure (same reason and command_status) was first seen."""


@dataclass(frozen=True, slots=True)
class LinkFact:
    """What the data plane knows of one link at the moment of sending."""

    key: str
    uid: str
    revision: str
    binds_desired: int
    binds_connected: int
    """Binds up that match the wanted revision."""
    receivers_connected: int
    """Binds up that can receive, those of a former revision that are still kept included."""
    former_connected: int = 0
    """Binds of a former revision kept up until the new ones stand (make before break)."""
    endpoint: str | None = None
    """`host:port` of the most recent successful bind that is still up."""
    failure: LinkFailure | None = None
    """None while every wanted bind is up, and before the first outcome is known."""
    age: float = 0.0
    """Seconds since the link last became fully connected, or ceased to be."""
    throttled: bool = False
    rebuild: str = ""
    """The rebuild request that was acted on last."""


@dataclass(frozen=True, slots=True)
class Hello:
    """First message of both sides."""

    version: int
    instance: str
    """Random, new at each start of the process."""
    uptime: float = 0.0
    """Seconds since the process started; a young data plane has not had the time to bind."""


@dataclass(frozen=True, slots=True)
class SnapshotBegin:
    """Opens a complete statement of what is wanted."""


@dataclass(frozen=True, slots=True)
class Want:
    """Open this link, or change it to this. Idempotent."""

    link: WantedLink


@dataclass(frozen=True, slots=True)
class Keep:
    """Inside a snapshot: leave this link as it is, if there is one with this uid."""

    key: str
    uid: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Unbind and forget this link."""

    key: str


@dataclass(frozen=True, slots=True)
class SnapshotEnd:
    """Closes a snapshot: links it did not name are unbound and forgotten."""


@dataclass(frozen=True, slots=True)
class Facts:
    """State of links, from the data plane."""

    facts: tuple[LinkFact, ...]
    complete: bool = False
    """True in the answer to a snapshot: a link not named here does not exist."""


Message = Hello | SnapshotBegin | Want | Keep | Remove | SnapshotEnd | Facts

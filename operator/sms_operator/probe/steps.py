"""What a test of a connection came to: steps with their times, attempts at endpoints, and the whole. Plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sms_operator.links.failures import Failure
from sms_operator.protocol.messages import BindType

from .certificates import Shown
from .findings import ChainFinding


class Outcome(StrEnum):
    """Of a step."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class StepName(StrEnum):
    """The steps, in their order."""

    DNS = "DNS"
    TCP = "TCP"
    TLS = "TLS"
    BIND = "bind"
    ENQUIRE_LINK = "enquire_link"
    UNBIND = "unbind"


@dataclass(frozen=True, slots=True)
class Step:
    """One step; TCP has one for each address that was tried."""

    name: StepName
    outcome: Outcome
    detail: str = ""
    seconds: float | None = None
    """None for a step that was not taken."""
    notes: tuple[str, ...] = ()
    """What is worth knowing beside the outcome, a sentence each."""


@dataclass(frozen=True, slots=True)
class TlsSeen:
    """What the TLS handshake showed."""

    name: str
    """That the certificate had to carry."""
    chain: tuple[Shown | None, ...]
    """As the server showed it; None for what cannot be read here."""
    findings: tuple[ChainFinding, ...] = ()
    version: str = ""
    """Such as `TLSv1.3`; empty when the handshake failed."""
    cipher: str = ""
    asks_for_certificate: bool = False
    authorities: tuple[str, ...] = ()
    """Whose client certificates the server says it takes."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One endpoint, from its name to the unbind."""

    endpoint: str
    """`host:port`."""
    steps: tuple[Step, ...]
    failure: Failure | None = None
    """None when the bind stood and answered."""
    tls: TlsSeen | None = None
    smsc: str = ""
    """system_id of the SMSC, out of the answer to the bind."""
    deliveries: int = 0
    """Messages that the SMSC sent meanwhile; none was taken, so that it keeps them."""


@dataclass(frozen=True, slots=True)
class Report:
    """The whole test."""

    subject: str
    """What was tested: `SmppGateway tenant/name`, or `host:port`."""
    system_id: str
    bind_type: BindType
    attempts: tuple[Attempt, ...]
    """One for each endpoint that was tried; the last one decides when it is connected."""
    untried: Sequence[str] = field(default=())
    """Endpoints left out: after a bind that stood, and after a refusal that another endpoint would repeat."""

    @property
    def connected(self) -> Attempt | None:
        """The attempt that succeeded."""
        return next((one for one in self.attempts if one.failure is None), None)

    @property
    def failure(self) -> Failure | None:
        """What the gateway would show as the reason: a refusal goes before what is wrong with the network, as with the
        operator's own links; None when connected."""
        if self.connected is not None:
            return None
        met = [one.failure for one in self.attempts if one.failure is not None]
        return next((one for one in met if not one.of_network), met[0])

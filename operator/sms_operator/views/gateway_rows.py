"""One gateway as one row, for the page and for the terminal. Pure: objects and a time in, a row out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sms_operator.api.conditions import ConditionType, Reason
from sms_operator.core.moment import END_OF_TIME, parse_stamp
from sms_operator.core.status import condition
from sms_operator.smpp.command_status import describe

from .actions import pending
from .ages import days_left
from .bodies import Body, name_of, part

HOUR: Final = timedelta(hours=1)


class State(StrEnum):
    """How a gateway is, in one word."""

    FAILING = "Failing"
    PARTLY = "Partly"
    CONNECTING = "Connecting"
    DISCONNECTED = "Disconnected"
    CONNECTED = "Connected"

    @property
    def symbol(self) -> str:
        """The same as a shape, for text."""
        return _SYMBOLS[self]

    @property
    def severity(self) -> int:
        """0 is worst."""
        return list(State).index(self)


_SYMBOLS: Final = {
    State.FAILING: "▲",
    State.PARTLY: "◐",
    State.CONNECTING: "○",
    State.DISCONNECTED: "■",
    State.CONNECTED: "●",
}


@dataclass(frozen=True, slots=True)
class Row:
    """Everything of a gateway that the list shows. Times are RFC 3339; an empty text is nothing to show."""

    id: str
    """namespace/name."""
    namespace: str
    name: str
    unit: str
    """Display name of its OrganizationUnit, else that object's name."""
    state: str
    status: str
    """The manual's words, or what is wrong."""
    reason: str
    detail: str
    """The command_status of the SMSC's answer by name, while something is wrong."""
    pending: str
    """What was asked for and is not visible yet."""
    since: str
    endpoint: str
    """host:port in use, else the preferred one."""
    standby: str
    """`2 of 3`: which of several endpoints that is."""
    mode: str
    tls: bool
    binds: str
    """`2/2`."""
    throttled: bool
    reconnects: int
    """In the last hour, as far as Events tell."""
    channels_ready: int
    channels: int
    routes: int
    certificate: str
    """The Certificate that ends first, by name."""
    expires: str
    certificate_days: int | None
    rebuilt: str
    """The rebuild that was done last, as its annotation named it."""
    find: str
    """Lower-case text that the filter searches."""

    @property
    def sort(self) -> Mapping[str, str | int]:
        """By column: what decides the order."""
        return {
            "state": State(self.state).severity,
            "name": self.name,
            "unit": self.unit,
            "since": self.since,
            "endpoint": self.endpoint,
            "binds": self.binds,
            "channels": self.channels,
            "reconnects": self.reconnects,
            "certificate": self.expires or "9999",
        }

    def to_json(self) -> dict[str, Any]:
        """As the page and the JSON twin get it."""
        return asdict(self)


def gateway_row(
    gateway: Body,
    *,
    channels: Sequence[Body] = (),
    routes: Sequence[Body] = (),
    certificates: Iterable[Body] = (),
    unit: Body | None = None,
    events: Iterable[Body] = (),
    now: datetime,
) -> Row:
    """The row of a gateway.

    Args:
        gateway: as the API server shows it.
        channels: those whose gatewayRef names it.
        routes: likewise.
        certificates: of the namespace; those that the gateway does not use do not count.
        unit: its OrganizationUnit; None where there is none.
        events: about the gateway.
        now: aware.
    """
    name, status = name_of(gateway), part(gateway, "status")
    spec: Mapping[str, Any] = gateway["spec"]
    state, told = state_of(gateway)
    endpoint, standby = _endpoint(spec, status)
    certificate, expires = _first_to_end(gateway, certificates)
    shown_unit = str(part(unit, "spec").get("displayName") or unit_name(gateway))
    return Row(
        id=str(name),
        namespace=name.namespace,
        name=name.name,
        unit=shown_unit,
        state=state,
        status=told["message"] or told["reason"],
        reason=told["reason"],
        detail=_command_status(status) if state in {State.FAILING, State.PARTLY} else "",
        pending=pending(gateway) or unseen(gateway),
        since=told["lastTransitionTime"],
        endpoint=endpoint,
        standby=standby,
        mode=spec.get("mode", "SendAndReceive"),
        tls=bool(spec.get("tls")) and spec["tls"].get("enabled", True),
        binds=part(status, "binds").get("summary") or "0/?",
        throttled=condition(status, ConditionType.THROTTLED) is not None,
        reconnects=reconnects(events, gateway, now),
        channels_ready=sum(is_ready(channel) for channel in channels),
        channels=len(channels),
        routes=len(routes),
        certificate=certificate,
        expires=expires,
        certificate_days=days_left(expires, now),
        rebuilt=status.get("observedRebuild", ""),
        find=" ".join((name.name, name.namespace, shown_unit, endpoint, told["reason"])).lower(),
    )


def certificate_names(gateway: Body) -> tuple[str, ...]:
    """The Certificates that a gateway uses: whom it trusts, then its identity."""
    tls = part(gateway, "spec", "tls")
    if not tls or not tls.get("enabled", True):
        return ()
    references = (part(tls, "trustCertificateRef"), part(tls, "identityCertificateRef"))
    return tuple(reference["name"] for reference in references if reference)


def unit_name(gateway: Body) -> str:
    """The OrganizationUnit of a gateway; empty: none."""
    return part(gateway, "spec", "organizationUnitRef").get("name", "")


def state_of(gateway: Body) -> tuple[State, Mapping[str, Any]]:
    """The state, and the condition that says it."""
    status = part(gateway, "status")
    connected, ready = condition(status, ConditionType.CONNECTED), condition(status, ConditionType.READY)
    if connected is None or ready is None:
        since = gateway["metadata"].get("creationTimestamp", "")
        return State.CONNECTING, {
            "reason": str(Reason.PENDING),
            "message": "The operator has not looked at it yet",
            "lastTransitionTime": since,
        }
    if connected["reason"] == Reason.DISCONNECTED:
        return State.DISCONNECTED, connected
    if connected["reason"] == Reason.PARTIALLY_CONNECTED:
        return State.PARTLY, connected
    if ready["status"] == "True":
        return State.CONNECTED, connected
    if ready["status"] == "Unknown":
        return State.CONNECTING, ready
    return State.FAILING, ready


def reconnects(events: Iterable[Body], gateway: Body, now: datetime) -> int:
    """How often it came up again in the last hour. The first connection of its life is none."""
    recent = [
        event
        for event in events
        if event.get("reason") == Reason.CONNECTION_SUCCEEDED and _age(event.get("lastTimestamp"), now) < HOUR
    ]
    count = sum(int(event.get("count") or 1) for event in recent)
    is_new = _age(gateway["metadata"].get("creationTimestamp"), now) < HOUR
    return max(count - (1 if is_new else 0), 0)


def _age(stamp: object, now: datetime) -> timedelta:
    moment = parse_stamp(str(stamp or ""))
    return timedelta.max if moment == END_OF_TIME else now - moment


def unseen(item: Body) -> str:
    """That the status speaks of an older spec; empty: it does not."""
    observed = part(item, "status").get("observedGeneration")
    generation = item["metadata"].get("generation")
    return "" if observed in (None, generation) else "Changed; the operator has not looked yet"


def _endpoint(spec: Mapping[str, Any], status: Mapping[str, Any]) -> tuple[str, str]:
    declared: Sequence[Mapping[str, Any]] = spec["endpoints"]
    addresses = [address(item) for item in declared]
    in_use = status.get("endpoint") or addresses[0]
    if len(addresses) == 1:
        return in_use, ""
    place = next((place for place, item in enumerate(addresses, 1) if item == in_use), None)
    return in_use, "" if place is None else f"{place} of {len(addresses)}"


def address(endpoint: Mapping[str, Any]) -> str:
    """host:port, an IPv6 address in brackets."""
    host = str(endpoint["host"])
    return f"[{host}]:{endpoint['port']}" if ":" in host else f"{host}:{endpoint['port']}"


def _command_status(status: Mapping[str, Any]) -> str:
    number = part(status, "lastError").get("commandStatus")
    return "" if number is None else describe(int(number)).partition(" (")[0]


def _first_to_end(gateway: Body, certificates: Iterable[Body]) -> tuple[str, str]:
    used = certificate_names(gateway)
    ends = [
        (str(end), certificate["metadata"]["name"])
        for certificate in certificates
        if certificate["metadata"]["name"] in used and (end := part(certificate, "status").get("notAfter"))
    ]
    return (min(ends)[1], min(ends)[0]) if ends else ("", "")


def is_ready(item: Body) -> bool:
    """Whether its Ready is True."""
    ready = condition(part(item, "status"), ConditionType.READY)
    return ready is not None and ready["status"] == "True"

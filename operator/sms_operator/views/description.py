"""One object in one screen: what is wrong, since when, why, and what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sms_operator.api.conditions import ConditionType
from sms_operator.core.keys import CERTIFICATE, NOTIFICATION_ROUTE, ORGANIZATION_UNIT, SMPP_GATEWAY, SMS_CHANNEL, Key
from sms_operator.core.status import condition
from sms_operator.smpp.command_status import describe as status_name

from .advice import advice, commands
from .ages import age, days_left
from .bodies import Body, part
from .gateway_rows import Row, gateway_row, unit_name
from .graph import Objects, is_read, origin
from .health import ABNORMAL, Health, Verdict, verdict
from .timeline import Happening, timeline

EVENTS_SHOWN: Final = 10
"""Newest of them; `smsctl events` has all."""
MISSING: Final = "missing"
_NOT_READ: Final = "its content is never read here"


@dataclass(frozen=True, slots=True)
class Link:
    """A condition of the object."""

    type: str
    status: str
    reason: str
    message: str
    since: str
    good: bool


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An object that this one needs, or that needs it."""

    kind: str
    name: str
    health: str
    """A value of Health, `missing`, or empty: not looked at."""
    reason: str
    words: str


@dataclass(frozen=True, slots=True)
class Cause:
    """Why it is as it is."""

    kind: str
    """Where it begins, if elsewhere; else the object itself."""
    name: str
    reason: str
    meaning: str
    message: str
    step: str
    commands: tuple[str, ...]
    page: str


@dataclass(frozen=True, slots=True)
class Description:
    """Everything that `smsctl describe` says."""

    kind: str
    namespace: str
    name: str
    health: str
    headline: str
    reason: str
    message: str
    since: str
    cause: Cause | None
    """None when all is well."""
    facts: tuple[tuple[str, str], ...]
    conditions: tuple[Link, ...]
    uses: tuple[Neighbour, ...]
    used_by: tuple[Neighbour, ...]
    events: tuple[Happening, ...]
    """Oldest first."""
    unseen: tuple[str, ...]
    """What could not be looked at, and why."""

    @property
    def is_well(self) -> bool:
        """Whether there is nothing to see."""
        return is_well(self.health) and all(is_well(item.health) for item in self.uses)

    def to_json(self) -> dict[str, Any]:
        """As the JSON twin has it."""
        return asdict(self)


def description(objects: Objects, key: Key, events: Iterable[Body], now: datetime) -> Description:
    """What there is to say about an object of `objects`.

    Raises:
        KeyError: it is not among them.
    """
    body, told = objects.bodies[key], list(events)
    how = verdict(body)
    return Description(
        kind=key.kind,
        namespace=key.namespace,
        name=key.name,
        health=str(how.health),
        headline=_headline(key, how, now),
        reason=how.reason,
        message=how.words,
        since=how.since,
        cause=None if how.health is Health.GOOD else _cause(objects, key),
        facts=_facts(objects, key, told, now),
        conditions=tuple(_links(part(body, "status").get("conditions") or ())),
        uses=tuple(neighbour(objects, used, body) for used in objects.needs(key)),
        used_by=tuple(neighbour(objects, user) for user in objects.needed_by(key)),
        events=timeline(told, now=now)[-EVENTS_SHOWN:],
        unseen=tuple(f"{kind}: {why}" for kind, why in sorted(objects.unseen.items())),
    )


def is_well(health: str) -> bool:
    """Of a neighbour: whether there is nothing to see."""
    return not health or (health != MISSING and Health(health).is_well)


def neighbour(objects: Objects, key: Key, user: Body | None = None) -> Neighbour:
    """How an object beside another one is. Of a Secret, what the operator says at its `user` is all that is known."""
    if not is_read(key):
        refs = condition(part(user, "status"), ConditionType.RESOLVED_REFS) or {}
        said = str(refs.get("message") or "")
        if refs.get("status") == "False" and f'{key.kind} "{key.name}"' in said:
            return Neighbour(key.kind, key.name, str(Health.BAD), str(refs.get("reason") or ""), said)
        return Neighbour(key.kind, key.name, "", "", _NOT_READ)
    body = objects.bodies.get(key)
    if body is None and objects.is_missing(key):
        return Neighbour(key.kind, key.name, MISSING, "", "there is none of this name")
    if body is None:
        return Neighbour(key.kind, key.name, "", "", "not looked at")
    how = verdict(body)
    return Neighbour(key.kind, key.name, str(how.health), how.reason, how.words)


def _headline(key: Key, how: Verdict, now: datetime) -> str:
    since = f", for {age(how.since, now)} (since {how.since})" if how.since else ""
    return f"{key.kind} {key.name} in {key.namespace} is {how.health}{since}"


def _cause(objects: Objects, key: Key) -> Cause:
    begins = origin(objects, key)
    how = verdict(objects.bodies[begins])
    known = advice(how.reason)
    return Cause(
        kind=begins.kind,
        name=begins.name,
        reason=how.reason,
        meaning=known.cause if known else "A reason that this version of smsctl does not know.",
        message=how.words,
        step=known.step if known else "Read the message above; a newer smsctl may know more.",
        commands=commands(begins, how.reason, [used for used in objects.needs(begins) if not is_read(used)]),
        page=known.page if known else "",
    )


def _links(conditions: Sequence[Mapping[str, Any]]) -> Iterable[Link]:
    for item in conditions:
        wished = "False" if item.get("type") in ABNORMAL else "True"
        yield Link(
            type=str(item.get("type", "")),
            status=str(item.get("status", "")),
            reason=str(item.get("reason", "")),
            message=str(item.get("message") or ""),
            since=str(item.get("lastTransitionTime") or ""),
            good=item.get("status") == wished,
        )


def _facts(objects: Objects, key: Key, events: Sequence[Body], now: datetime) -> tuple[tuple[str, str], ...]:
    body = objects.bodies[key]
    match key.kind:
        case kind if kind == SMPP_GATEWAY:
            return _gateway_facts(objects, key, events, now)
        case kind if kind == SMS_CHANNEL:
            return _channel_facts(body)
        case kind if kind == CERTIFICATE:
            return _certificate_facts(body, now)
        case _:
            return ()


def _gateway_facts(objects: Objects, key: Key, events: Sequence[Body], now: datetime) -> tuple[tuple[str, str], ...]:
    body = objects.bodies[key]
    users = [objects.bodies[user] for user in objects.needed_by(key)]
    row = gateway_row(
        body,
        channels=[user for user in users if user["kind"] == SMS_CHANNEL],
        routes=[user for user in users if user["kind"] == NOTIFICATION_ROUTE],
        certificates=[objects.bodies[used] for used in objects.needs(key) if used in objects.bodies],
        unit=objects.bodies.get(Key(ORGANIZATION_UNIT, key.namespace, unit_name(body))),
        events=[event for event in events if part(event, "involvedObject").get("name") == key.name],
        now=now,
    )
    channels = "" if SMS_CHANNEL in objects.unseen else f"{row.channels_ready} of {row.channels} ready"
    facts = (
        ("Endpoint", f"{row.endpoint} ({row.standby})" if row.standby else row.endpoint),
        ("Mode", f"{row.mode}, {'TLS' if row.tls else 'in clear text'}"),
        ("Login", str(part(body, "spec", "login").get("systemId", ""))),
        ("Binds", row.binds),
        ("Unit", row.unit),
        ("Asked for", row.pending),
        ("Last error", _last_error(part(body, "status", "lastError"), now)),
        ("Certificate", _certificate_end(row)),
        ("Channels", channels),
        ("Reconnects", f"{row.reconnects} in the last hour" if row.reconnects else ""),
    )
    return tuple((label, text) for label, text in facts if text)


def _last_error(error: Body, now: datetime) -> str:
    if not error:
        return ""
    number = error.get("commandStatus")
    code = "" if number is None else f" ({status_name(int(number)).partition(' (')[0]})"
    since = age(str(error.get("time") or ""), now)
    when = f", first {since} ago" if since else ""
    return f"{error.get('reason', '')}{code}{when}: {error.get('message', '')}"


def _certificate_end(row: Row) -> str:
    if row.certificate_days is None:
        return ""
    return f"{row.certificate}: {_days(row.certificate_days)}"


def _days(days: int) -> str:
    return f"ended {-days} days ago" if days < 0 else f"{days} days left"


def _channel_facts(body: Body) -> tuple[tuple[str, str], ...]:
    spec = part(body, "spec")
    numbers = list(spec.get("numbers") or ())
    shown = ", ".join(map(str, numbers[:5])) + (f" and {len(numbers) - 5} more" if len(numbers) > 5 else "")
    return (
        ("Channel name", str(spec.get("channelName", ""))),
        ("Numbers", shown or "all that no other channel of the gateway claims"),
    )


def _certificate_facts(body: Body, now: datetime) -> tuple[tuple[str, str], ...]:
    status = part(body, "status")
    left = days_left(str(status.get("notAfter") or ""), now)
    facts = (
        ("Usage", str(part(body, "spec").get("usage", "Trust"))),
        ("Subject", str(status.get("subject") or "")),
        ("Issuer", str(status.get("issuer") or "")),
        ("Ends", "" if left is None else f"{status['notAfter']}, {_days(left)}"),
        ("SHA-256", str(status.get("sha256Fingerprint") or "")),
    )
    return tuple((label, text) for label, text in facts if text)

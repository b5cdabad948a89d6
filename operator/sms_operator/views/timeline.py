"""Events as a story: in order of time, what is the same told once. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sms_operator.api.kinds import GROUP
from sms_operator.core.keys import Key
from sms_operator.core.moment import END_OF_TIME, parse_stamp

from .bodies import Body, part


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to an object, perhaps several times. Times are RFC 3339."""

    kind: str
    namespace: str
    name: str
    reason: str
    message: str
    warning: bool
    count: int
    first: str
    last: str

    @property
    def key(self) -> Key:
        """The object."""
        return Key(self.kind, self.namespace, self.name)


def timeline(events: Iterable[Body], *, now: datetime, within: timedelta | None = None) -> tuple[Happening, ...]:
    """What happened to objects of ours, oldest first by the last time it happened.

    Events of one object with one reason and one message become one, its count their sum.
    """
    grouped: dict[tuple[str, ...], Happening] = {}
    for event in events:
        if not str(part(event, "involvedObject").get("apiVersion", "")).startswith(f"{GROUP}/"):
            continue
        one = _happening(event)
        if within is not None and _is_before(one.last, now - within):
            continue
        identity = (one.kind, one.namespace, one.name, one.reason, one.message)
        grouped[identity] = _together(grouped[identity], one) if identity in grouped else one
    return tuple(sorted(grouped.values(), key=lambda one: (_moment(one.last), *one.key, one.reason)))


def _happening(event: Body) -> Happening:
    about, series = part(event, "involvedObject"), part(event, "series")
    created = str(part(event, "metadata").get("creationTimestamp") or "")
    begun = str(event.get("firstTimestamp") or event.get("eventTime") or created)
    return Happening(
        kind=str(about.get("kind", "")),
        namespace=str(about.get("namespace", "")),
        name=str(about.get("name", "")),
        reason=str(event.get("reason") or ""),
        message=str(event.get("message") or ""),
        warning=event.get("type") == "Warning",
        count=int(series.get("count") or event.get("count") or 1),
        first=begun,
        last=str(series.get("lastObservedTime") or event.get("lastTimestamp") or begun),
    )


def _together(one: Happening, other: Happening) -> Happening:
    return replace(
        one,
        count=one.count + other.count,
        first=min(one.first, other.first, key=_moment),
        last=max(one.last, other.last, key=_moment),
    )


def _is_before(stamp: str, limit: datetime) -> bool:
    return _moment(stamp) < limit


def _moment(stamp: str) -> datetime:
    return parse_stamp(stamp) if stamp else END_OF_TIME

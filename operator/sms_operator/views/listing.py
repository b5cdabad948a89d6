"""Objects as rows of a table: the columns that `kubectl get` has for the kind, and how the object is. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

from sms_operator.api.conditions import ConditionType
from sms_operator.api.kinds import KindInfo
from sms_operator.core.keys import SMPP_GATEWAY
from sms_operator.core.status import condition

from .ages import age
from .bodies import Body, part
from .gateway_rows import address
from .health import Verdict, verdict

_STEP: Final = re.compile(r'\.(\w+)|\[\?\(@\.type=="(\w+)"\)\]')


def headings(info: KindInfo, *, wide: bool, namespaces: bool) -> tuple[str, ...]:
    """Of the columns of `cells`; the last one is of any width."""
    own = (column.name.upper() for column in info.model.COLUMNS if wide or not column.priority)
    first = ("NAMESPACE", "NAME") if namespaces else ("NAME",)
    labels = ("LABELS",) if wide else ()
    return (*first, *own, *labels, "READY", "SINCE", "AGE", "REASON", "STATUS")


def cells(info: KindInfo, item: Body, now: datetime, *, wide: bool, namespaces: bool, kind: bool) -> tuple[str, ...]:
    """A row; `kind`: the name says the kind too."""
    metadata, how = item["metadata"], verdict(item)
    name = f"{info.singular}/{metadata['name']}" if kind else metadata["name"]
    own = (
        text_of(at(item, column.path), column.type, now) or _instead(info, column.name, item)
        for column in info.model.COLUMNS
        if wide or not column.priority
    )
    labels: Mapping[str, str] = metadata.get("labels") or {}
    marked = (",".join(f"{name}={value}" for name, value in sorted(labels.items())),) if wide else ()
    return (
        *((metadata.get("namespace", ""),) if namespaces else ()),
        name,
        *own,
        *marked,
        f"{how.health.symbol} {_ready(item, how)}",
        age(how.since, now),
        age(metadata.get("creationTimestamp", ""), now),
        how.reason,
        how.words,
    )


def _instead(info: KindInfo, column: str, item: Body) -> str:
    """Where a gateway without a connection would bind first; nothing else has a substitute."""
    if info.kind != SMPP_GATEWAY or column != "Endpoint":
        return ""
    endpoints = cast("Sequence[Mapping[str, Any]]", part(item, "spec").get("endpoints") or ())
    return address(endpoints[0]) if endpoints else ""


def _ready(item: Body, how: Verdict) -> str:
    ready = condition(part(item, "status"), ConditionType.READY)
    return str(ready["status"]) if ready else ("-" if not how.reason else "Unknown")


def at(item: Body, path: str) -> Any:
    """What is at a path of a printer column; None where there is nothing."""
    found: Any = item
    for step in _STEP.finditer(path):
        field, kind = step.groups()
        if field is not None:
            found = cast("Body", found).get(field) if isinstance(found, Mapping) else None
        elif isinstance(found, list):
            items = cast("list[Body]", found)
            found = next((one for one in items if one.get("type") == kind), None)
        else:
            found = None
    return found


def text_of(value: Any, kind: str, now: datetime) -> str:
    """A value as `kubectl get` would show it."""
    if value is None:
        return ""
    if kind == "date":
        return age(str(value), now)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(str(one) for one in cast("list[Any]", value))
    return str(value)

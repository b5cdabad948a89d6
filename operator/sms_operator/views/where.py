"""Which objects a condition such as `ready=false` leaves. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from sms_operator.api.conditions import ConditionStatus, ConditionType, Reason
from sms_operator.core.status import condition

from .bodies import Body, part
from .health import ABNORMAL, verdict

_CLAUSE: Final = re.compile(r"\s*([A-Za-z]+)\s*(!?=)\s*([A-Za-z]+)\s*")
_TYPES: Final[Mapping[str, ConditionType]] = {kind.lower(): kind for kind in ConditionType}
FIELDS: Final = ("reason", *_TYPES)
"""What can be asked for."""


class BadClause(ValueError):
    """A clause that says nothing; the text says what would."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison; case does not count."""

    value: str
    equal: bool
    read: Callable[[Body], str]

    def holds(self, item: Body) -> bool:
        """Whether the object is meant."""
        return (self.read(item) == self.value) is self.equal


def clauses(texts: Sequence[str]) -> tuple[Clause, ...]:
    """`ready=false,stalled!=true`, `reason=InvalidPassword`: all have to hold.

    Raises:
        BadClause: a field or value that there is not.
    """
    return tuple(_clause(text) for whole in texts for text in whole.split(","))


def _clause(text: str) -> Clause:
    found = _CLAUSE.fullmatch(text)
    if found is None:
        raise BadClause(f'"{text}" is no condition; write for instance ready=false or reason!=Disconnected')
    name, value = found[1].lower(), found[3].lower()
    equal = found[2] == "="
    if name == "reason":
        _among(value, [str(reason) for reason in Reason], "reason")
        return Clause(value, equal, lambda item: verdict(item).reason.lower())
    if name not in _TYPES:
        raise BadClause(f'"{found[1]}" is nothing to ask for; there are {", ".join(FIELDS)}')
    _among(value, [str(status) for status in ConditionStatus], name)
    return Clause(value, equal, lambda item: _status(item, _TYPES[name]))


def _among(value: str, known: Sequence[str], name: str) -> None:
    by_lower = {item.lower(): item for item in known}
    if value not in by_lower:
        few = len(known) <= len(ConditionStatus)
        near = list(by_lower) if few else get_close_matches(value, by_lower, 3)
        hint = f"; perhaps {', '.join(by_lower[one] for one in near)}" if near else ""
        raise BadClause(f'{name} is never "{value}"{hint}')


def _status(item: Body, kind: ConditionType) -> str:
    found = condition(part(item, "status"), kind)
    if found is None:
        return "false" if kind in ABNORMAL else "unknown"
    return str(found.get("status", "unknown")).lower()

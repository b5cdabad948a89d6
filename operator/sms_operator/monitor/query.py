"""Filters and order as they stand in the address: `?q=text&state=Failing&state=Partly&ou=Sales&sort=-since`.

The page's script reads and writes the same, so that an address shows the same to whoever opens it, and the text and
JSON twins take it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sms_operator.views.gateway_rows import Row, State

SORTABLE: Final = ("state", "name", "unit", "since", "endpoint", "binds", "channels", "reconnects", "certificate")
"""Columns by which rows can be ordered."""
NEWEST_FIRST: Final = "-"
"""In front of a column: the other way round."""


@dataclass(frozen=True, slots=True)
class Query:
    """What to show, and how ordered."""

    text: str = ""
    states: frozenset[str] = frozenset()
    """Empty: all."""
    unit: str = ""
    sort: str = "state"
    descending: bool = False

    def matches(self, row: Row) -> bool:
        """Whether the row is to be shown."""
        return (
            all(word in row.find for word in self.text.lower().split())
            and (not self.states or row.state in self.states)
            and (not self.unit or row.unit == self.unit)
        )

    def ordered(self, rows: Iterable[Row]) -> list[Row]:
        """In this order; equal rows by name."""
        by_name = sorted(rows, key=lambda row: (row.name, row.namespace))
        return sorted(by_name, key=lambda row: row.sort[self.sort], reverse=self.descending)

    def choose(self, rows: Iterable[Row]) -> list[Row]:
        """The rows to show, in order."""
        return self.ordered(row for row in rows if self.matches(row))


def parse(fields: Mapping[str, Sequence[str]]) -> Query:
    """Read the fields of an address; what is unknown counts as not said."""

    def first(name: str) -> str:
        return (fields.get(name) or [""])[0]

    wanted = first("sort")
    column = wanted.removeprefix(NEWEST_FIRST)
    known = column in SORTABLE
    return Query(
        text=first("q")[:200],
        states=frozenset(state for state in fields.get("state") or () if state in set(State)),
        unit=first("ou"),
        sort=column if known else "state",
        descending=known and wanted.startswith(NEWEST_FIRST),
    )

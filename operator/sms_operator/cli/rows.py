"""What `get` shows of objects, at once or as they change: the query, and rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sms_operator.views.texts import one_line

from .output import Paint, table

if TYPE_CHECKING:
    from sms_operator.api.kinds import KindInfo
    from sms_operator.views.where import Clause

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """Which objects are asked for."""

    kinds: tuple[KindInfo, ...]
    names: tuple[str, ...]
    """Empty: all."""
    labels: str
    where: tuple[Clause, ...]

    def means(self, item: Body) -> bool:
        """Whether an object of one of the kinds is asked for."""
        if self.names and item["metadata"]["name"] not in self.names:
            return False
        return all(clause.holds(item) for clause in self.where)


@dataclass(frozen=True, slots=True)
class Look:
    """How they are shown."""

    output: str
    namespaces: bool
    kinds: bool
    """Whether a name says its kind too."""
    coloured: bool
    header: bool


def tidy(item: Body, info: KindInfo) -> Body:
    """As kubectl shows it: without what only servers read, apiVersion and kind first."""
    from sms_operator.api.kinds import API_VERSION

    metadata = {name: value for name, value in item["metadata"].items() if name != "managedFields"}
    return {"apiVersion": API_VERSION, "kind": info.kind, **_without(item), "metadata": metadata}


def _without(item: Body) -> Body:
    return {name: value for name, value in item.items() if name not in {"apiVersion", "kind"}}


def written(info: KindInfo, items: Sequence[Body], look: Look) -> str:
    """Objects of a kind as a table, or as their names."""
    from sms_operator.api.kinds import GROUP

    if look.output == "name":
        return "\n".join(f"{info.singular}.{GROUP}/{item['metadata']['name']}" for item in items)
    heads, rows = cells_of(info, items, look)
    return table(heads, rows, header=look.header)


def cells_of(info: KindInfo, items: Sequence[Body], look: Look) -> tuple[tuple[str, ...], list[list[str]]]:
    """Headings, and a row for each object."""
    from sms_operator.views.listing import cells, headings

    wide, now, paint = look.output == "wide", datetime.now(UTC), Paint(look.coloured)
    rows = [
        _painted(cells(info, item, now, wide=wide, namespaces=look.namespaces, kind=look.kinds), item, paint)
        for item in items
    ]
    return headings(info, wide=wide, namespaces=look.namespaces), rows


def _painted(cells: Sequence[str], item: Body, paint: Paint) -> list[str]:
    """In one line each; the one that says how it is (last but four) in colour."""
    from sms_operator.views.health import Health, verdict

    plain = [one_line(cell) or "-" for cell in cells]
    health = verdict(item).health
    style = paint.bad if health is Health.BAD else paint.good if health is Health.GOOD else paint.warn
    return [*plain[:-5], style(plain[-5]), *plain[-4:]]

"""Descriptions and trees as text for a terminal of a given width."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sms_operator.views.texts import one_line

from .output import Paint, table, width

if TYPE_CHECKING:
    from sms_operator.views.description import Cause, Description, Link, Neighbour
    from sms_operator.views.timeline import Happening
    from sms_operator.views.trees import Node

NARROWEST: Final = 40
WIDEST: Final = 140
NO_TERMINAL: Final = 100
"""Columns: text is never broken narrower, nor wider; and where nothing says how wide a line may be."""
_LABEL: Final = 14
_BRANCH: Final = ("├── ", "└── ")
_STEM: Final = ("│   ", "    ")


def columns() -> int:
    """Of the terminal, or of $COLUMNS."""
    return min(max(shutil.get_terminal_size((NO_TERMINAL, 24)).columns, NARROWEST), WIDEST)


def wrap(text: str, wide: int, first: str = "", rest: str | None = None) -> list[str]:
    """Words in lines of at most `wide` columns, `first` before the first line, `rest` (spaces) before the others.

    A word that is longer than a line is not broken: it may be a command or a fingerprint to be copied.
    """
    rest = " " * width(first) if rest is None else rest
    lines: list[str] = []
    line, empty = first, True
    for word in one_line(text).split(" "):
        if not empty and width(line) + 1 + width(word) > wide:
            lines.append(line)
            line, empty = rest, True
        line += word if empty else f" {word}"
        empty = False
    return [*lines, line.rstrip()]


def describe(shown: Description, now: datetime, wide: int, paint: Paint) -> str:
    """The screen of `smsctl describe`."""
    return "\n".join([line.rstrip() for line in _screen(shown, now, wide, paint)])


def _screen(shown: Description, now: datetime, wide: int, paint: Paint) -> Iterator[str]:
    mark = f"{_symbol(shown.health)} "
    head, *more = wrap(shown.headline, wide, mark)
    yield from (_by_health(shown.health, paint, line) for line in (head, *more))
    yield from wrap(f"{shown.reason}: {shown.message}" if shown.reason else shown.message, wide, "  ")
    if shown.cause is not None:
        yield from _cause(shown, shown.cause, wide, paint)
    if shown.facts:
        yield from _heading("Details", paint)
        for label, text in shown.facts:
            yield from _field(label, text, wide)
    if shown.conditions:
        yield from _heading("Conditions", paint)
        yield from _conditions(shown.conditions, now, wide, paint)
    for title, items in (("Uses", shown.uses), ("Used by", shown.used_by)):
        if items:
            yield from _heading(title, paint)
            yield from _neighbours(items, wide, paint)
    if shown.events:
        yield from _heading("Events", paint)
        yield from happenings(shown.events, now, wide, paint)
    if shown.unseen:
        yield from _heading("Not looked at", paint)
        for line in shown.unseen:
            yield from wrap(line, wide, "  ")


def _heading(title: str, paint: Paint) -> Iterator[str]:
    yield ""
    yield paint.strong(title)


def _field(label: str, text: str, wide: int) -> list[str]:
    return wrap(text, wide, "  " + label.ljust(_LABEL))


def _cause(shown: Description, cause: Cause, wide: int, paint: Paint) -> Iterator[str]:
    yield from _heading("Why, and what to do", paint)
    if (cause.kind, cause.name) != (shown.kind, shown.name):
        yield from _field("Begins at", f"{cause.kind}/{cause.name}, {cause.reason}: {cause.message}", wide)
    yield from _field("Cause", cause.meaning, wide)
    if cause.step:
        yield from _field("Next", cause.step, wide)
    for place, command in enumerate(cause.commands):
        yield f"  {('' if place else 'Type').ljust(_LABEL)}{one_line(command)}"
    if cause.page:
        yield from _field("Read", cause.page, wide)


def _conditions(links: Sequence[Link], now: datetime, wide: int, paint: Paint) -> Iterator[str]:
    from sms_operator.views.ages import age

    kinds = max(width(link.type) for link in links)
    ages = max(width(age(link.since, now)) for link in links)
    for link in links:
        mark = "✔" if link.good else "?" if link.status == "Unknown" else "✗"
        first = f"  {mark} {link.type.ljust(kinds)}  {link.status.ljust(7)}  {age(link.since, now).ljust(ages)}  "
        text = link.reason if link.message in {"", link.reason} else f"{link.reason}: {link.message}"
        lines = wrap(text, wide, first, None if wide - width(first) > NARROWEST else " " * 6)
        yield from lines if link.good else [paint.bad(line) for line in lines]


def _neighbours(items: Sequence[Neighbour], wide: int, paint: Paint) -> Iterator[str]:
    from sms_operator.views.trees import summed

    for item, alike in summed(items):
        said = _said(item)
        lines = wrap(f"{_name(item, alike)}{said and f': {said}'}", wide, f"  {_symbol(item.health)} ")
        yield from (_by_health(item.health, paint, line) for line in lines)


def _name(item: Neighbour, alike: int) -> str:
    return f"{item.kind}/{item.name}" if alike == 1 else f"{alike} {item.kind}s"


def _said(item: Neighbour) -> str:
    """Its words; the reason before them where something is to be seen."""
    is_news = item.health not in {"ready", ""} and item.reason and item.words != item.reason
    return f"{item.reason}: {item.words}" if is_news else item.words


def happenings(events: Sequence[Happening], now: datetime, wide: int, paint: Paint) -> Iterator[str]:
    """One thing that happened a line, or more where it is long."""
    from sms_operator.views.ages import age

    ages = max(width(age(event.last, now)) for event in events)
    for event in events:
        mark, times = "!" if event.warning else "·", f" ({event.count} times)" if event.count > 1 else ""
        first = f"  {mark} {age(event.last, now).rjust(ages)} ago  "
        lines = wrap(f"{event.kind}/{event.name} {event.reason}{times}: {event.message}", wide, first)
        yield from (paint.warn(line) if event.warning else line for line in lines)


def timeline(events: Sequence[Happening], now: datetime, *, namespaces: bool, paint: Paint) -> str:
    """The table of `smsctl events`."""
    from sms_operator.views.ages import age

    heads = ("LAST", "TYPE", "COUNT", "OBJECT", "REASON", "MESSAGE")
    rows = [
        (
            age(event.last, now),
            paint.warn("! Warning") if event.warning else "· Normal",
            str(event.count),
            one_line(f"{event.kind}/{event.name}"),
            one_line(event.reason),
            one_line(event.message),
        )
        for event in events
    ]
    if namespaces:
        heads = ("NAMESPACE", *heads)
        rows = [(one_line(event.namespace), *row) for event, row in zip(events, rows, strict=True)]
    return table(heads, rows)


def trees(nodes: Sequence[Node], paint: Paint) -> str:
    """Trees, one below the other."""
    return "\n".join(line for node in nodes for line in _node(node, "", "", paint))


def _node(node: Node, first: str, rest: str, paint: Paint) -> Iterator[str]:
    item = node.item
    name, said = one_line(_name(item, node.count)), one_line(_said(item))
    yield f"{first}{_by_health(item.health, paint, f'{_symbol(item.health)} {name}')}  {paint.faint(said)}".rstrip()
    groups = [(title, group) for title, group in (("needs", node.needs), ("needed by", node.needed_by)) if group]
    if first:
        yield from _children([child for _, group in groups for child in group], rest, paint)
        return
    for place, (title, group) in enumerate(groups):
        is_last = place == len(groups) - 1
        yield f"{rest}{_BRANCH[is_last]}{paint.strong(title)}"
        yield from _children(group, rest + _STEM[is_last], paint)


def _children(nodes: Sequence[Node], rest: str, paint: Paint) -> Iterator[str]:
    for place, child in enumerate(nodes):
        is_last = place == len(nodes) - 1
        yield from _node(child, rest + _BRANCH[is_last], rest + _STEM[is_last], paint)


def _symbol(health: str) -> str:
    from sms_operator.views.health import Health

    if health == "missing":
        return "✗"
    return Health(health).symbol if health else "·"


def _by_health(health: str, paint: Paint, text: str) -> str:
    from sms_operator.views.health import Health

    if health in {"missing", Health.BAD}:
        return paint.bad(text)
    return paint.warn(text) if health in {Health.WORKING, Health.NOTICE, Health.PAUSED} else text

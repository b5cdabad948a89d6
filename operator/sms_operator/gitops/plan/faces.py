"""A plan as text, as JSON-ready data and as Markdown for a pull request."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, Final

from sms_operator.views import documents

from . import words
from .model import Action, Plan

FORMAT_VERSION: Final = "1.0"
"""The second number grows with additions, the first with anything else."""
MARKER: Final = "<!-- smsctl-plan -->"
"""First line of the comment, by which a pipeline finds it again to edit it in place."""
BUDGET: Final = 60_000
"""Characters of the Markdown; comments may have 65,536."""
_RESERVE: Final = 400
"""Characters kept for saying what was cut."""


def sections(plan: Plan, *, fields: bool = False) -> Iterator[tuple[str, list[str]]]:
    """Title and lines of every section that has any."""
    found = [
        ("Gateways", [f"± {words.disruption_line(item)}" for item in plan.disruptions]),
        ("Not well afterwards", [f"! {words.degradation_line(item)}" for item in plan.degraded]),
        ("In conflict", [f"! {words.conflict_line(item)}" for item in plan.conflicts]),
        ("Routes", [f"{words.SYMBOLS[item.action]} {words.route_line(item)}" for item in plan.routes]),
        ("Objects", list(_objects(plan, fields=fields))),
    ]
    return ((title, lines) for title, lines in found if lines)


def text(plan: Plan, *, fields: bool = False) -> str:
    """For a terminal, headline first; with `fields`, what changes in each object."""
    lines = [words.headline(plan)]
    for title, items in sections(plan, fields=fields):
        lines += ["", f"{title}:", *(f"  {item}" for item in items)]
    notes = list(words.footnotes(plan))
    return "\n".join([*lines, *([""] if notes else []), *notes])


def document(plan: Plan) -> dict[str, Any]:
    """JSON-ready. Nothing is masked, because no value of a Secret is ever read."""
    return {
        **documents.document("Plan"),
        "formatVersion": FORMAT_VERSION,
        "comparedWith": plan.compared_with,
        "complete": True,
        "errored": False,
        "changes": [
            {
                **_key(item.key),
                "actions": [str(item.action)],
                "before": item.before,
                "after": item.after,
                "fields": [asdict(field) for field in item.fields],
            }
            for item in plan.objects
        ],
        "routes": [
            {
                **_key(item.key),
                "actions": [str(item.action)],
                "before": _target(item.gateway_before, item.numbers_before),
                "after": _target(item.gateway_after, item.numbers_after),
            }
            for item in plan.routes
        ],
        "disruptions": [
            {
                **_key(item.gateway),
                "interruption": str(item.interruption),
                "connects": item.connects,
                "replacePaths": list(item.fields),
                "atMostSeconds": item.at_most,
                "rebinds": item.rebinds,
                "receivingEnds": item.receiving_ends,
                "sendingEnds": item.sending_ends,
                "held": item.held,
                "channels": list(item.channels),
            }
            for item in plan.disruptions
        ],
        "degraded": [
            {**_key(item.key), "condition": item.condition, "reason": item.reason, "message": item.message}
            for item in plan.degraded
        ],
        "conflicts": [
            {
                "what": item.what,
                "value": item.value,
                "winner": _key(item.winner),
                "loser": _key(item.loser),
                "certain": item.certain,
            }
            for item in plan.conflicts
        ],
        "unmanaged": plan.unmanaged,
    }


def markdown(plan: Plan, budget: int = BUDGET) -> str:
    """For a comment: the headline and who is interrupted on top, everything else folded; cut at whole objects."""
    parts = [MARKER, f"**{_escaped(words.headline(plan))}**", ""]
    left = budget - _RESERVE - sum(len(part) + 1 for part in parts)
    cut = 0
    for title, items in sections(plan):
        folded = title in ("Routes", "Objects")
        entries = [_entry(plan, index) for index in range(len(plan.objects))] if title == "Objects" else items
        open_, close = _frame(title, len(entries), folded=folded)
        left -= len(open_) + len(close) + 2
        kept: list[str] = []
        for entry in entries:
            line = entry if title == "Objects" else f"- {_escaped(entry)}"
            if len(line) + 1 > left:
                break
            kept.append(line)
            left -= len(line) + 1
        cut += len(entries) - len(kept)
        if kept:
            parts += [open_, *kept, close]
    if cut:
        parts.append(f"\n*{cut} more entries do not fit into a comment; `smsctl plan` shows all.*")
    notes = " ".join(words.footnotes(plan))
    if notes:
        parts.append(f"\n<sub>{_escaped(notes)}</sub>")
    return "\n".join(parts)


def _objects(plan: Plan, *, fields: bool) -> Iterator[str]:
    for item in plan.objects:
        yield f"{words.SYMBOLS[item.action]} {words.object_line(item)}"
        if fields:
            yield from (f"    {line}" for line in words.field_lines(item))


def _entry(plan: Plan, index: int) -> str:
    item = plan.objects[index]
    lines: Iterable[str] = words.field_lines(item) if item.action is Action.UPDATE else ()
    return "\n".join(
        [
            f"- `{words.SYMBOLS[item.action]}` {_escaped(words.object_line(item))}",
            *(f"  - {_escaped(line)}" for line in lines),
        ]
    )


def _frame(title: str, count: int, *, folded: bool) -> tuple[str, str]:
    if folded:
        return f"<details><summary>{title} ({count})</summary>\n", "\n</details>\n"
    return f"### {title}\n", ""


def _escaped(text: str) -> str:
    """Names and values of unknown origin as plain text: no mention, no link, no markup."""
    safe = html.escape(" ".join(text.split()), quote=False).replace("@", "&#64;")
    return "".join(f"\\{character}" if character in r"\`*_[]|" else character for character in safe)


def _key(key: Any) -> dict[str, str]:
    return {"kind": key.kind, "namespace": key.namespace, "name": key.name}


def _target(gateway: str | None, numbers: tuple[str, ...]) -> dict[str, Any] | None:
    return None if gateway is None else {"gateway": gateway, "numbers": list(numbers)}

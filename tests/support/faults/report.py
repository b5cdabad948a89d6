"""The one table: what was done to the operator, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Final

from .outcome import Outcome

HEAD: Final = (
    "family",
    "plans",
    "faults",
    "converged",
    "p50 s",
    "p99 s",
    "extra writes",
    "binds dropped",
    "leaks",
    "false samples",
    "failed",
)


def table(outcomes: Iterable[Outcome]) -> str:
    """One row a family and one for all, as a Markdown table in columns."""
    outcomes = list(outcomes)
    families = list(dict.fromkeys(outcome.family for outcome in outcomes))
    rows = [_row(family, [one for one in outcomes if one.family == family]) for family in families]
    rows.append(_row("all", outcomes))
    widths = [max(len(row[column]) for row in [HEAD, *rows]) for column in range(len(HEAD))]
    rule = ["-" * width for width in widths]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in [HEAD, rule, *rows]
    )


def written(outcomes: Iterable[Outcome]) -> str:
    """Every outcome, as JSON lines."""
    return "".join(json.dumps(asdict(outcome), ensure_ascii=False) + "\n" for outcome in outcomes)


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest of the values that so great a part of them does not exceed; `values` is not empty."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def _row(name: str, outcomes: Sequence[Outcome]) -> list[str]:
    seconds = [outcome.seconds for outcome in outcomes if outcome.seconds is not None]
    times = [f"{percentile(seconds, part):.1f}" for part in (0.5, 0.99)] if seconds else ["", ""]
    return [
        name,
        str(len(outcomes)),
        str(sum(outcome.injected for outcome in outcomes)),
        str(sum(outcome.converged for outcome in outcomes)),
        *times,
        f"{sum(outcome.extra_writes for outcome in outcomes):+d}",
        str(sum(outcome.binds_dropped for outcome in outcomes)),
        str(sum(outcome.leaks for outcome in outcomes)),
        str(sum(outcome.false_samples for outcome in outcomes)),
        str(sum(bool(outcome.complaint) for outcome in outcomes)),
    ]

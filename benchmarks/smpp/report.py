"""Results as Markdown and as JSON, and the bars."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from .rounds import Case, Results


@dataclass(frozen=True)
class Bar:
    """Something that has to be so."""

    what: str
    value: float
    wanted: float
    at_most: bool = False
    spread: tuple[float, float] | None = None
    """Least and most of the rounds, where it has rounds."""

    @property
    def met(self) -> bool:
        """Whether it is."""
        return self.value <= self.wanted if self.at_most else self.value >= self.wanted

    def __str__(self) -> str:
        spread = f" (rounds {self.spread[0]:.2f} to {self.spread[1]:.2f})" if self.spread else ""
        sign = "at most" if self.at_most else "at least"
        return f"{'met' if self.met else 'MISSED'}: {self.what}: {self.value:,.2f}{spread}, {sign} {self.wanted:,.2f}"


def ratio_bar(results: Results, what: str, case: Case, to: Case, wanted: float) -> Bar:
    """The median of the rounds' ratios."""
    ratios = results.ratios(case, to)
    return Bar(what, median(ratios), wanted, spread=(min(ratios), max(ratios)))


def fastest_peer(results: Results, title: str) -> Case | None:
    """The peer with the highest median rate in a table; None: there is none."""
    peers = [case for case in results.measured if case.title == title and case.client.peer]
    return max(peers, key=lambda case: results.median(case, "rate"), default=None)


def table(results: Results, title: str) -> str:
    """One table, the fastest row first."""
    cases = [case for case in results.measured if case.title == title]
    cases.sort(key=lambda case: -results.median(case, "rate"))
    best = fastest_peer(results, title)
    lines = [
        f"### {title}",
        "",
        "| | msg/s | least to most | of the fastest peer | CPU µs/msg | peak MiB | SMSC busy | rounds |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for case in cases:
        rates = [one.rate for one in results.measured[case].values()]
        of_best = median(results.ratios(case, best) or [0.0]) if best else 0.0
        cells = [
            case.name,
            f"{median(rates):,.0f}",
            f"{min(rates):,.0f} to {max(rates):,.0f}",
            f"{of_best:.2f}" if of_best else "",
            f"{results.median(case, 'cpu'):.1f}",
            f"{results.median(case, 'memory'):.0f}",
            f"{results.median(case, 'smsc_busy'):.0%}",
            str(len(rates)),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def as_json(results: Results, bars: Sequence[Bar], more: dict[str, Any]) -> dict[str, Any]:
    """Everything that was measured, round by round."""
    cases = [
        {
            "title": case.title,
            "name": case.name,
            "job": asdict(case.job),
            "rounds": {str(number): asdict(one) for number, one in rounds.items()},
        }
        for case, rounds in results.measured.items()
    ]
    told = [{**asdict(bar), "met": bar.met} for bar in bars]
    return {"machine": machine(), "cases": cases, "missing": results.missing, "bars": told, **more}


def machine() -> dict[str, Any]:
    """Where it ran, and how busy that was."""
    return {"cores": os.cpu_count(), "python": platform.python_version(), "load_average": os.getloadavg()}

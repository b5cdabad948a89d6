"""The list as plain text: for terminals, logs, and screens without a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sms_operator.views.ages import age
from sms_operator.views.gateway_rows import Row, State
from sms_operator.views.texts import one_line

HEADINGS: Final = ("STATE", "GATEWAY", "OU", "ENDPOINT", "BINDS", "SINCE", "CHANNELS", "RECONN/H", "CERT", "STATUS")
GAP: Final = "   "


def plain(rows: Sequence[Row], counts: Mapping[str, int], now: datetime, *, namespaces: bool = False) -> str:
    """A line of counts, then a table; with `namespaces` names are `namespace/name`."""
    summary = " · ".join(f"{count} {state}" for state, count in counts.items())
    lines = [HEADINGS, *(_cells(row, now, namespaces=namespaces) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS) - 1)]
    text = [
        GAP.join([*(cell.ljust(width) for cell, width in zip(line[:-1], widths, strict=True)), line[-1]]).rstrip()
        for line in lines
    ]
    return "\n".join((summary, "", *text, ""))


def _cells(row: Row, now: datetime, *, namespaces: bool) -> tuple[str, ...]:
    days = row.certificate_days
    words = "; ".join(part for part in (row.status, row.detail, row.pending, "throttled" * row.throttled) if part)
    texts = (
        f"{State(row.state).symbol} {row.state}",
        row.id if namespaces else row.name,
        row.unit or "-",
        f"{row.endpoint} ({row.standby})" if row.standby else row.endpoint,
        row.binds,
        age(row.since, now) or "-",
        f"{row.channels_ready}/{row.channels}",
        str(row.reconnects),
        "-" if days is None else f"{days}d",
        words,
    )
    return tuple(one_line(text) for text in texts)

"""The page as HTML: the rows are in it, so that the first paint waits for no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any, Final

import jinja2

from sms_operator.views.actions import REASON_LENGTH, Action
from sms_operator.views.gateway_rows import Row, State

from .cells import blank, rendered
from .feed import Health
from .query import Query

STATIC_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
"""What the page loads, by ending."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, and at what."""

    context: str
    namespace: str
    """Empty: all."""
    user: str


class Templates:
    """The templates, compiled at the start."""

    def __init__(self) -> None:
        environment = jinja2.Environment(
            loader=jinja2.FunctionLoader(lambda name: _package("templates", name)),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._page = environment.get_template("page.html")
        self._entered = environment.get_template("entered.html")

    def page(
        self,
        viewer: Viewer,
        rows: Sequence[Row],
        counts: Mapping[str, int],
        query: Query,
        health: Health,
        token: str,
        now: datetime,
    ) -> str:
        """The page; rows that the query leaves out are in it, hidden."""
        return self._page.render(
            viewer=viewer,
            rows=[
                rendered(row, now, namespaces=not viewer.namespace, shown=query.matches(row))
                for row in query.ordered(rows)
            ],
            blank=blank(),
            units=sorted({row.unit for row in rows if row.unit}),
            counts=counts,
            query=query,
            health=health,
            token=token,
            states=list(State),
            effects={action.value: action.effect for action in Action},
            reason_length=REASON_LENGTH,
        )

    def entered(self) -> str:
        """What leads from the one-time address to the page."""
        return self._entered.render()


def static(name: str) -> tuple[str, str] | None:
    """Text and media type of a file that the page loads; None: there is no such file."""
    kind = next((kind for ending, kind in STATIC_TYPES.items() if name.endswith(ending)), None)
    text = None if kind is None or "/" in name else _package("static", name)
    return None if kind is None or text is None else (text, kind)


def _package(folder: str, name: str) -> Any:
    file = resources.files("sms_operator.monitor").joinpath(folder, name)
    return file.read_text("utf-8") if file.is_file() else None

"""The interoperability matrix as a table for people."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import takewhile
from pathlib import Path
from typing import Final

from support.peers_stand import Cell, Stand

PEERS: Final = Path(__file__).parents[1] / "peers"
TRANSPORTS: Final = {"plain": "plain", "tls": "TLS", "mutual": "mutual TLS"}


@dataclass(frozen=True)
class Feature:
    """A column: its title, and what shows that it works."""

    title: str
    shows: Callable[[Stand], Awaitable[None]]

    def __str__(self) -> str:
        return getattr(self.shows, "__name__", self.title)


def versions() -> dict[str, str]:
    """Of each SMSC, from where it is pinned."""
    lock = json.loads((PEERS / "node" / "package-lock.json").read_text())
    poms = re.findall(
        r"<artifactId>([\w-]+)</artifactId>\s*<version>([\w.]+)</version>", (PEERS / "java" / "pom.xml").read_text()
    )
    module = re.search(r"gosmpp v([\w.]+)", (PEERS / "go" / "go.mod").read_text())
    assert module is not None
    java = dict(poms)
    return {
        "node-smpp": lock["packages"]["node_modules/smpp"]["version"],
        "gosmpp": module[1],
        "jSMPP": java["jsmpp"],
        "cloudhopper": java["ch-smpp"],
        "smpp34": version("smpp34"),
    }


def table(cells: Sequence[Cell], features: Sequence[Feature]) -> str:
    """Markdown: a row for each cell, a column for each feature."""
    known = versions()
    rows = [
        ["SMSC", "Language", "Transport", *(feature.title for feature in features)],
        ["---"] * 3 + [":-:"] * len(features),
        *(
            [f"{cell.kind.name} {known[cell.kind.name]}", cell.kind.language, TRANSPORTS[cell.transport]]
            + ["yes"] * len(features)
            for cell in cells
        ),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def table_of_page(page: Path) -> str:
    """The first table of a page."""
    lines = page.read_text().splitlines()
    before = takewhile(lambda line: not line.startswith("| SMSC"), lines)
    return "\n".join(takewhile(lambda line: line.startswith("|"), lines[len(list(before)) :]))

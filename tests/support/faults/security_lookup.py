"""Names that resolve to what a test says, in the data plane's process: the attacker's own name server.

The look-up is replaced where Python hands it to the C library. Everything above it is the operator's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from support.planes import ROOT

DOMAIN: Final = ".attacker.test"
"""Names below it are answered by the test; all others by the system."""
PROGRAM: Final = f'''
import json, socket
from pathlib import Path

HERE = Path(__file__).parent
system = socket.getaddrinfo

def getaddrinfo(host, port, *rest, **options):
    if not str(host).endswith("{DOMAIN}") or options.get("flags", 0) & socket.AI_NUMERICHOST:
        return system(host, port, *rest, **options)
    asked = HERE / f"{{host}}.asked"
    turn = asked.stat().st_size if asked.exists() else 0
    with asked.open("a") as file:
        file.write("x")
    turns = json.loads((HERE / "answers.json").read_text())[host]
    return [one for address in turns[min(turn, len(turns) - 1)] for one in system(address, port, *rest, **options)]

socket.getaddrinfo = getaddrinfo
'''


@dataclass(frozen=True)
class Lookups:
    """A directory from which every Python process that has it in its path takes its answers."""

    directory: Path

    def install(self, answers: Mapping[str, Sequence[Sequence[str]]]) -> None:
        """Each name (without its domain) with the addresses of the first look-up, of the second and so on."""
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "sitecustomize.py").write_text(PROGRAM)
        (self.directory / "answers.json").write_text(json.dumps({name + DOMAIN: answers[name] for name in answers}))

    @property
    def environment(self) -> dict[str, str]:
        """For a process of the operator."""
        return {"PYTHONPATH": f"{self.directory}:{ROOT / 'operator'}"}

    def asked(self, name: str) -> int:
        """How often a name was looked up."""
        journal = self.directory / f"{name}{DOMAIN}.asked"
        return journal.stat().st_size if journal.exists() else 0

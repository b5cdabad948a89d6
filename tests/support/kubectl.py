"""kubectl against a control plane, as a person would type it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Kubectl:
    """Runs kubectl as the cluster's administrator, from the root of the repository."""

    program: Path
    kubeconfig: Path

    def run(self, *arguments: str, body: object = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        """One command; `body` goes to its standard input as JSON."""
        done = subprocess.run(
            [str(self.program), "--kubeconfig", str(self.kubeconfig), *arguments],
            cwd=ROOT,
            input=None if body is None else json.dumps(body),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if check:
            assert done.returncode == 0, f"kubectl {' '.join(arguments)}:\n{done.stdout}{done.stderr}"
        return done

    def json(self, *arguments: str, body: object = None) -> Manifest:
        """One command that prints an object."""
        return json.loads(self.run(*arguments, "--output=json", body=body).stdout)

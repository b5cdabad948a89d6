"""How long smsctl takes to start, beside a bare Python and kubectl: median of interleaved runs.

PYTHONPATH=operator .venv/bin/python benchmarks/cli/start.py [rounds]
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SMSCTL = str(Path(sys.executable).with_name("smsctl"))
COMPLETION = {"_SMSCTL_COMPLETE": "bash_complete", "COMP_WORDS": "smsctl gateway re", "COMP_CWORD": "2"}
BAR = 0.150
"""Seconds that a start may take."""


def commands() -> dict[str, tuple[list[str], dict[str, str]]]:
    """What is timed: command and environment, by its name."""
    found: dict[str, tuple[list[str], dict[str, str]]] = {
        "python -c pass": ([sys.executable, "-c", "pass"], {}),
        "smsctl --version": ([SMSCTL, "--version"], {}),
        "smsctl --help": ([SMSCTL, "--help"], {}),
        "smsctl get --help": ([SMSCTL, "get", "--help"], {}),
        "smsctl plan --help": ([SMSCTL, "plan", "--help"], {}),
        "smsctl export --help": ([SMSCTL, "export", "--help"], {}),
        "completion of a word": ([SMSCTL], COMPLETION),
        "smsctl validate (1 file)": ([SMSCTL, "validate", str(ROOT / "examples" / "01-smallest-gateway.yaml")], {}),
    }
    if kubectl := shutil.which("kubectl"):
        found["kubectl version --client"] = ([kubectl, "version", "--client"], {})
    return found


def once(command: list[str], environment: dict[str, str]) -> float:
    """Seconds from start to end."""
    began = time.perf_counter()
    subprocess.run(command, env={**os.environ, **environment}, capture_output=True, check=False)
    return time.perf_counter() - began


def main(rounds: int) -> int:
    """Prints the table; 1 when a start took longer than the bar."""
    wanted = commands()
    seconds: dict[str, list[float]] = {name: [] for name in wanted}
    for number in range(rounds + 1):
        for name, (command, environment) in wanted.items():
            taken = once(command, environment)
            if number:
                seconds[name].append(taken)
    bare = statistics.median(seconds["python -c pass"])
    print(f"{'':28}{'median':>10}{'× bare Python':>16}")
    for name, taken in seconds.items():
        median = statistics.median(taken)
        print(f"{name:28}{median * 1000:7.0f} ms{median / bare:16.1f}")
    starts = [name for name in wanted if name.startswith(("smsctl -", "completion")) or name.endswith("--help")]
    slow = [name for name in starts if statistics.median(seconds[name]) > BAR]
    print(f"Over {BAR * 1000:.0f} ms: {', '.join(slow) or 'none'}")
    return bool(slow)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 15))

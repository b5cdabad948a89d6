"""The command of the benchmark: `python -m benchmarks.smpp --help`."""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from .cases import MODES, choose
from .clients import OURS
from .idle import Idle, idle_table, measure_idle
from .report import Bar, as_json, machine, table
from .rounds import Results, measure
from .smsc import Smsc

IDLE: Final = "idle"
ALL: Final = "all"
IDLE_MEMORY: Final = 10.0
IDLE_CPU: Final = 1.0


def main() -> int:
    """0: every bar that was measured is met; 1: one is missed, or ours was not measured."""
    arguments = _arguments()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    clients = choose(arguments.client)
    results, idle, bars = Results(), list[Idle](), list[Bar]()
    with tempfile.TemporaryDirectory() as directory:
        smsc = Smsc(Path(directory))
        try:
            modes = [mode for mode in MODES if arguments.mode in (mode, ALL)]
            cases = [case for mode in modes for case in MODES[mode][0](clients, arguments.seconds)]
            if cases:
                results = measure(cases, arguments.rounds, smsc)
            bars += [bar for mode in modes for bar in MODES[mode][1](results)]
            if arguments.mode in (IDLE, ALL):
                idle = measure_idle(clients, arguments.rounds, Path(directory), results)
                bars += _idle_bars(idle)
        finally:
            smsc.close()
    _tell(results, idle, bars)
    if arguments.json:
        more: dict[str, Any] = {"idle": [asdict(one) for one in idle]}
        arguments.json.write_text(json.dumps(as_json(results, bars, more), indent=2) + "\n")
    measured = any(case.client.name == OURS for case in results.measured) or any(one.name == OURS for one in idle)
    return 0 if measured and all(bar.met for bar in bars) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.smpp", description=__doc__)
    parser.add_argument("mode", choices=[*MODES, IDLE, ALL])
    parser.add_argument("--rounds", type=int, default=5, help="rounds, and windows of 30 s for idle (default 5)")
    parser.add_argument("--seconds", type=float, default=1.0, help="about how long a run is measured (default 1)")
    parser.add_argument("--client", action="append", default=[], help="only clients whose name begins so; repeatable")
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    return parser.parse_args()


def _idle_bars(idle: list[Idle]) -> list[Bar]:
    ours = [one for one in idle if one.name == OURS]
    return [
        bar
        for one in ours
        for bar in (
            Bar("idle: KiB a bind", one.memory, IDLE_MEMORY, at_most=True),
            Bar("idle: % of a core", one.cpu, IDLE_CPU, at_most=True, spread=(one.least, one.most)),
        )
    ]


def _tell(results: Results, idle: list[Idle], bars: list[Bar]) -> None:
    for title in dict.fromkeys(case.title for case in results.measured):
        print(table(results, title), end="\n\n")
    if idle:
        print(idle_table(idle), end="\n\n")
    for what, why in results.missing.items():
        print(f"- not available or failed: {what}: {why}")
    for bar in bars:
        print(f"- {bar}")
    load = ", ".join(f"{one:.2f}" for one in os.getloadavg())
    print(f"- {machine()['cores']} cores, load average {load}")


if __name__ == "__main__":
    sys.exit(main())

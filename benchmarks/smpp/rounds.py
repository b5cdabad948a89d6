"""Rounds of runs: every client in every round, in an order that rotates, so that a busy moment hits all alike."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from .clients import Client
from .load import Job, Measured, RunFailed, run
from .programs import NotAvailable
from .smsc import Smsc

FAILURES: Final = 2
"""Failed runs of a case after which it is not run any more."""


@dataclass(frozen=True)
class Case:
    """A row of a table: a client with a job. Rows of one table have one title."""

    title: str
    client: Client
    job: Job
    label: str = ""

    @property
    def name(self) -> str:
        """What the row is called."""
        return self.label or self.client.name


@dataclass
class Results:
    """What was measured of each case, by round, and what could not be measured, with the reason."""

    measured: dict[Case, dict[int, Measured]] = field(default_factory=dict[Case, dict[int, Measured]])
    missing: dict[str, str] = field(default_factory=dict[str, str])

    def median(self, case: Case, of: str) -> float:
        """The median over the rounds of this field."""
        return median(float(getattr(one, of)) for one in self.measured[case].values())

    def ratios(self, case: Case, to: Case) -> list[float]:
        """Rate of one by that of the other, round by round."""
        mine, other = self.measured[case], self.measured[to]
        return [mine[number].rate / other[number].rate for number in sorted(mine.keys() & other.keys())]


def commands(clients: Iterable[Client], results: Results) -> Mapping[str, tuple[list[str], Mapping[str, str]]]:
    """The command and environment of every client that can be had; the others go to `missing`."""
    found: dict[str, tuple[list[str], Mapping[str, str]]] = {}
    for client in clients:
        try:
            found[client.name] = client.command(), client.environment()
        except NotAvailable as error:
            results.missing[client.name] = str(error)
    return found


def measure(cases: list[Case], rounds: int, smsc: Smsc) -> Results:
    """Run every case once a round."""
    results = Results()
    if smsc.no_tls:
        results.missing["TLS"] = smsc.no_tls
        cases = [case for case in cases if not case.job.tls]
    available = commands(dict.fromkeys(case.client for case in cases), results)
    cases = [case for case in cases if case.client.name in available]
    failed: dict[Case, int] = {}
    for number in range(rounds):
        first = number * len(cases) // rounds
        for case in cases[first:] + cases[:first]:
            if failed.get(case, 0) >= FAILURES:
                continue
            print(f"\rround {number + 1}/{rounds}: {case.title}, {case.name:<40}", end="", file=sys.stderr, flush=True)
            try:
                result = run(*available[case.client.name], smsc, case.job)
            except RunFailed as error:
                failed[case] = failed.get(case, 0) + 1
                results.missing[f"{case.title}, {case.name}"] = f"failed {failed[case]} ×: {error}"
                continue
            results.measured.setdefault(case, {})[number] = result
    print(file=sys.stderr)
    return results

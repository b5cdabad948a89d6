"""The controller killed, lied to and cut off: it ends where it would have ended anyway."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

import pytest

from support.faults import plans
from support.faults.plan import Plan
from support.faults.stage import Reference

Run = Callable[[list[Plan]], None]
SEED = int(os.environ.get("SMS_OPERATOR_SEED", "1"))


@pytest.mark.timeout(3600)
def test_killed_at_its_writes(run: Run, references: Mapping[str, Reference], long: bool) -> None:
    """Before and after writes of every workload, at events of a deletion, and twice in a row."""
    crashes = plans.crashes(references)
    run(crashes if long else plans.every(crashes, 20))


@pytest.mark.timeout(3600)
def test_watches_that_lie(run: Run, long: bool) -> None:
    """Events lost, late, doubled, out of order, of the dead; streams that fall silent, break, and end."""
    run(plans.watches() if long else plans.every(plans.watches(), 22))


@pytest.mark.timeout(3600)
def test_requests_that_fail(run: Run, references: Mapping[str, Reference], long: bool) -> None:
    """Refused, carried out with the answer lost, and slow."""
    faults = plans.api_faults(references)
    run(faults if long else plans.every(faults, 22))


@pytest.mark.timeout(3600)
def test_the_api_server_away(run: Run, long: bool) -> None:
    """Refused, silent, failing; in the long run for longer than any time-out of the informer, too."""
    away = [
        plan for seconds in (5.0, 60.0, 300.0) for plan in plans.outages(seconds) if seconds < 300 or _longest(plan)
    ]
    run(away if long else plans.every(plans.outages(3.0), 5))


@pytest.mark.timeout(3600)
def test_several_faults_at_once(run: Run, references: Mapping[str, Reference], long: bool) -> None:
    """Drawn by a seed: SMS_OPERATOR_SEED=7 draws others."""
    run(plans.mixtures(SEED, 120 if long else 6, references))


def _longest(plan: Plan) -> bool:
    return plan.workload == "create"

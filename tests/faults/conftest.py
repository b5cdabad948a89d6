"""What the fault plans share: the stages, and a table of what became of all plans of a run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from sms_operator.dev.control_plane import ControlPlane
from support.faults.campaign import Campaign
from support.faults.outcome import Outcome
from support.faults.plan import Plan
from support.faults.report import table, written
from support.faults.stage import Patience, Reference
from support.faults.workloads import WORKLOADS

collect_ignore = [] if "SMS_OPERATOR_REPLAY" in os.environ else ["test_replay.py"]
OUTCOMES: Final = pytest.StashKey[list[Outcome]]()


def pytest_configure(config: pytest.Config) -> None:
    """An empty table."""
    config.stash[OUTCOMES] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table, and write every outcome to the file that SMS_OPERATOR_FAULTS_REPORT names."""
    outcomes = config.stash[OUTCOMES]
    if outcomes:
        terminalreporter.section("faults")
        terminalreporter.write_line(table(outcomes))
    if outcomes and (path := os.environ.get("SMS_OPERATOR_FAULTS_REPORT")):
        Path(path).write_text(written(outcomes))


@pytest.fixture(scope="session")
def long() -> bool:
    """Whether this is the long run (`make faults`) and not the slice that runs with all tests."""
    return os.environ.get("SMS_OPERATOR_FAULTS") == "long"


@pytest.fixture(scope="session")
def record(pytestconfig: pytest.Config) -> Callable[[Iterable[Outcome]], None]:
    """Takes outcomes into the table."""
    return pytestconfig.stash[OUTCOMES].extend


@pytest.fixture(scope="session")
def campaign(rights: ControlPlane, tmp_path_factory: pytest.TempPathFactory, long: bool) -> Iterator[Campaign]:
    """The stages on which plans run."""
    patience = Patience(quiet=10.0) if long else Patience()
    stages = 12 if long else 6
    with Campaign(rights, tmp_path_factory.mktemp("faults"), stages=stages, patience=patience) as campaign:
        yield campaign


@pytest.fixture(scope="session")
def references(campaign: Campaign) -> Mapping[str, Reference]:
    """What each workload leads to when nothing goes wrong."""
    return campaign.references(WORKLOADS)


@pytest.fixture
def run(
    campaign: Campaign, references: Mapping[str, Reference], record: Callable[[Iterable[Outcome]], None]
) -> Callable[[list[Plan]], None]:
    """Runs plans and fails with what is wrong, each with the file that replays it."""

    def run_all(plans: list[Plan]) -> None:
        assert plans
        assert references
        outcomes = campaign.run(plans)
        record(outcomes)
        wrong = [f"{outcome.plan}\n{outcome.complaint}" for outcome in outcomes if outcome.complaint]
        assert not wrong, f"{len(wrong)} of {len(plans)} plans:\n" + "\n\n".join(wrong)

    return run_all

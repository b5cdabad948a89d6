"""TCP faults and bad SMSCs against real processes: statuses sampled at 10 Hz, a crowd of good gateways undisturbed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import pytest
import yaml

from sms_operator.dev.control_plane import ControlPlane, Lines
from support.faults.outcome import Outcome
from support.faults.peers_crowd import common_loss, killed, killed_busy, killed_while_binding, without_data_plane
from support.faults.peers_harms import bad_neighbours, black_holes, boundaries, restarts, slow_ones, toxics
from support.faults.peers_plans import FAMILY, PeerPlan, all_of
from support.faults.peers_stage import PeersStage, new_stage
from support.faults.tcp import How
from support.faults.toxiproxy import toxiproxy_program
from support.planes import ROOT

LONG: Final = os.environ.get("SMS_OPERATOR_FAULTS") == "long"
PATIENCE: Final = 1800.0 if LONG else 110.0
"""Seconds for one test."""
AT_ONCE: Final = 70
"""Plans at a time; they wait most of the time."""
Record = Callable[[Outcome], None]
pytestmark = pytest.mark.timeout(PATIENCE + 30.0)


@pytest.fixture(scope="module")
def stage(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeersStage]:
    """An operator with its crowd."""
    for name in ("namespace.yaml", "rbac.yaml"):
        for body in yaml.safe_load_all((ROOT / "manifests" / "base" / name).read_text()):
            if body["kind"] != "ClusterRoleBinding":
                if body["kind"] == "ServiceAccount":
                    body["metadata"]["namespace"] = "sms-operator"
                done = control_plane.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(body))
                assert done.returncode == 0, done.stderr
    with new_stage(control_plane, toxiproxy_program(Lines()), tmp_path_factory.mktemp("peers")) as stage:
        yield stage


@pytest.fixture
def record(record: Callable[[Iterable[Outcome]], None]) -> Record:
    """Puts an outcome into the table."""
    return lambda outcome: record([outcome])


def play(stage: PeersStage, record: Record, plans: Iterable[tuple[str, PeerPlan]]) -> None:
    """Run plans beside the crowd, which must not notice."""
    before, since, descriptors = stage.crowd.sessions, time.monotonic(), stage.descriptors()
    plans = list(plans)
    outcomes = stage.run(all_of(stage, plans, AT_ONCE), PATIENCE)
    disturbed = stage.crowd.disturbances(since)
    changed = [name for name, sessions in stage.crowd.sessions.items() if sessions != before[name]]
    more = stage.run(stage.descriptors_back_at(descriptors))
    beside = Outcome(
        FAMILY,
        f"{len(before)} good gateways beside {len(outcomes)} harmed ones",
        0,
        converged=not disturbed,
        binds_dropped=len(changed),
        leaks=more,
        false_samples=stage.false_in_crowd(since),
        complaint="; ".join(
            words
            for words in (
                f"disturbed: {disturbed[:3]}" if disturbed else "",
                f"bound anew: {changed}" if changed else "",
                f"{more} descriptors more than before" if more else "",
            )
            if words
        ),
    )
    for outcome in (*outcomes, beside):
        record(outcome)
    approve((*outcomes, beside))


def approve(outcomes: Iterable[Outcome]) -> None:
    """All converged, and nothing is to be said against any."""
    wrong = [f"{one.plan}: {one.complaint}" for one in outcomes if one.complaint or not one.converged]
    assert not wrong, "\n".join(wrong)


def test_all_kinds_of_harm(stage: PeersStage, record: Record) -> None:
    """Toxics, cuts at every PDU, black holes, slow and bad SMSCs: truth in time, all converge, nothing is left."""
    hows = tuple(How) if LONG else (How.RESET,)
    plans = [
        *(("toxic", plan) for plan in toxics(both_ways=LONG)),
        *(("cut", plan) for plan in boundaries(*hows)),
        *(("cut", plan) for plan in (() if LONG else boundaries(How.SILENCE, octets=(None,)))),
        *(("hole", plan) for plan in black_holes()),
        *(("slow", plan) for plan in slow_ones()),
        *(("bad", plan) for plan in bad_neighbours()),
        ("restart", restarts(20, 0.5, 3.0) if LONG else restarts(20, 0.1, 0.4)),
    ]
    play(stage, record, plans)


def test_all_links_lost_at_once(stage: PeersStage, record: Record) -> None:
    """Fifty resets in one moment: each gateway binds again once, and they do not come together."""
    outcome = stage.run(common_loss(stage))
    record(outcome)
    approve([outcome])


def test_data_plane_killed(stage: PeersStage, record: Record) -> None:
    """SIGKILL when all is quiet, in the middle of binding, and amid trouble: the same binds, and nothing left over."""

    async def nothing(_: object) -> None:
        """All is quiet."""

    outcomes = [stage.run(killed(stage, "when all is quiet", nothing))] if LONG else []
    shares = (0.1, 0.4, 0.9) if LONG else (0.4,)
    outcomes += [stage.run(killed_while_binding(stage, share)) for share in shares]
    outcomes.append(stage.run(killed_busy(stage)))
    for outcome in outcomes:
        record(outcome)
    approve(outcomes)


@pytest.mark.skipif(not LONG, reason="waits for more than the 15 seconds that a last status may stand")
def test_no_data_plane(stage: PeersStage, record: Record) -> None:
    """Nobody holds the links, and soon no status says that somebody does."""
    outcome = stage.run(without_data_plane(stage))
    record(outcome)
    approve([outcome])

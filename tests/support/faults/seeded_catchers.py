"""What finds seeded bugs: plans of every family, and whole test functions, run against a copy of the source."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final
from uuid import uuid4

from sms_operator.dev.control_plane import ControlPlane, Lines
from support.planes import ROOT

from .outcome import Outcome
from .peers_plans import FAMILY, PeerPlan, all_of
from .peers_stage import PeersStage
from .peers_stage import new_stage as new_peers_stage
from .plan import Plan
from .stage import Patience, Reference, Stage, new_stage
from .toxiproxy import toxiproxy_program
from .workloads import Scene

DEADLINE: Final = 15.0
"""Seconds that a plan has for converging: sound ones need less than ten."""
BY_TEST: Final = "test"
"""The family of outcomes of test functions."""
OUR_OWN: Final = ("SMS_OPERATOR_", "PYTEST_", "PYTHON", "COV_")
"""How the names of variables begin that are about this run of the tests."""
SAID: Final = ("E ", "ERROR ", "FAILED ")
"""How pytest begins the lines that say what went wrong."""
PASSED: Final = 0
FAILED: Final = 1


@dataclass(frozen=True)
class Lab:
    """Where bugs are looked for."""

    control_plane: ControlPlane
    references: Mapping[str, Reference]
    """Of the sound operator, by workload."""
    directory: Path

    def room(self) -> Path:
        """A new directory."""
        room = self.directory / uuid4().hex[:8]
        room.mkdir(parents=True)
        return room

    @property
    def authority(self) -> str:
        """The certificate that the reference runs were made with."""
        authority: str = self.references["create"].state["objects"]["Certificate/ca"]["spec"]["inline"]["pem"]
        return authority

    @cached_property
    def toxiproxy(self) -> Path:
        """The program."""
        return toxiproxy_program(Lines())


Catcher = Callable[[Lab, Path], Sequence[Outcome]]
"""Runs what has to find a bug against the packages at a path."""
Play = Callable[[Stage, Scene], Outcome]


def _failure(family: str, plan: str, error: Exception) -> Outcome:
    return Outcome(family, plan, 0, converged=False, complaint=f"{type(error).__name__}: {error}")


def plans(*chosen: Plan, deadline: float = DEADLINE, environment: Mapping[str, str] | None = None) -> Catcher:
    """Plans of crashes, watches and requests, compared with the sound operator's references."""

    def catcher(lab: Lab, source: Path) -> Sequence[Outcome]:
        patience = Patience(deadline=deadline)

        def one(plan: Plan) -> Play:
            return lambda stage, scene: stage.run(plan, lab.references[plan.workload], scene, patience)

        return _on_a_stage(lab, source, {str(plan): one(plan) for plan in chosen}, environment)

    return catcher


def play(work: Play, environment: Mapping[str, str] | None = None) -> Catcher:
    """What is no plan, and needs a stage."""
    return lambda lab, source: _on_a_stage(lab, source, {str(work): work}, environment)


def _on_a_stage(
    lab: Lab, source: Path, works: Mapping[str, Play], environment: Mapping[str, str] | None
) -> Sequence[Outcome]:
    outcomes: list[Outcome] = []
    with new_stage(lab.control_plane, lab.room(), source=source, environment=environment) as stage:
        scene = Scene(stage.tenant, stage.smsc, lab.authority)
        for words, work in works.items():
            try:
                outcomes.append(work(stage, scene))
            except AssertionError as error:
                outcomes.append(_failure("stage", words, error))
    return outcomes


def peers(*chosen: PeerPlan) -> Catcher:
    """Plans of TCP faults and bad SMSCs, beside one good gateway."""

    def catcher(lab: Lab, source: Path) -> Sequence[Outcome]:
        with new_peers_stage(lab.control_plane, lab.toxiproxy, lab.room(), crowd=1, source=source) as stage:
            return stage.run(all_of(stage, [("seeded", plan) for plan in chosen], len(chosen)))

    return catcher


def crowd(size: int, work: Callable[[PeersStage], Outcome]) -> Catcher:
    """What happens to many gateways at a time."""

    def catcher(lab: Lab, source: Path) -> Sequence[Outcome]:
        with new_peers_stage(lab.control_plane, lab.toxiproxy, lab.room(), crowd=size, source=source) as stage:
            try:
                return [work(stage)]
            except (AssertionError, TimeoutError) as error:
                return [_failure(FAMILY, f"{size} gateways", error)]

    return catcher


def tests(*names: str) -> Catcher:
    """Test functions as `path::name`, in a copy of the repository and a process of their own.

    Their complaint is what pytest says of the assertions that failed, without the source around them.
    """

    def catcher(lab: Lab, source: Path) -> Sequence[Outcome]:
        root = source.parent
        shutil.copytree(ROOT / "tests", root / "tests")
        shutil.copy(ROOT / "pytest.ini", root)
        temporary = lab.room() / "pytest"
        command = [sys.executable, "-m", "pytest", *names, "-q", "-p", "no:cacheprovider", f"--basetemp={temporary}"]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OUR_OWN)}
        done = subprocess.run(
            command, cwd=root, env=kept, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        assert done.returncode in (PASSED, FAILED), f"pytest ended with {done.returncode}:\n{done.stdout[-3000:]}"
        failed = done.returncode == FAILED
        complaint = "\n".join(line for line in done.stdout.splitlines() if line.startswith(SAID)) if failed else ""
        return [Outcome(BY_TEST, " ".join(names), 1, converged=not failed, complaint=complaint)]

    return catcher

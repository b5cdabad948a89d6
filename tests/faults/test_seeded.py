"""The harness is itself tested: bugs that others had are put into a copy of the operator, and it has to find each."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from sms_operator.dev.control_plane import ControlPlane
from support.faults.outcome import Outcome
from support.faults.seeded import Edit, SeededBug, SourceChanged, edited, seed
from support.faults.seeded_catchers import Lab
from support.faults.seeded_controller import CONTROLLER_BUGS
from support.faults.seeded_links import LINK_BUGS
from support.faults.stage import Reference
from support.planes import ROOT

LONG: Final = os.environ.get("SMS_OPERATOR_FAULTS") == "long"
BUGS: Final[Mapping[str, SeededBug]] = {bug.name: bug for bug in (*CONTROLLER_BUGS, *LINK_BUGS)}
QUICK: Final = (
    "routes are replaced instead of changed",
    "links end with the control plane",
    "a vanished route is made again unasked",
)
CHOSEN: Final = [BUGS[name] for name in (BUGS if LONG else QUICK)]
AT_ONCE: Final = 3
"""Operators; they wait most of the time."""
Hunts = Mapping[tuple[str, bool], Future[Sequence[Outcome]]]
"""By the name of a bug, and whether it was put in."""


@pytest.fixture(scope="module")
def lab(rights: ControlPlane, references: Mapping[str, Reference], tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """With what the sound operator does."""
    return Lab(rights, references, tmp_path_factory.mktemp("seeded"))


@pytest.fixture(scope="module")
def hunts(lab: Lab) -> Iterator[Hunts]:
    """What becomes of each bug, and of the source as it is in the long run; some at a time."""
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="hunt") as pool:
        yield {
            (bug.name, seeded): pool.submit(hunt, bug if seeded else replace(bug, edits=()), lab)
            for seeded in ((True, False) if LONG else (True,))
            for bug in CHOSEN
        }


def hunt(bug: SeededBug, lab: Lab) -> Sequence[Outcome]:
    """What its catcher says of the operator with a bug."""
    return bug.catcher(lab, seed(bug, lab.room()))


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("bug", CHOSEN, ids=str)
def test_a_bug_is_found(bug: SeededBug, hunts: Hunts) -> None:
    """By the plan that is there for it, in words that speak of it."""
    complaints = "\n".join(outcome.complaint for outcome in hunts[bug.name, True].result())
    assert complaints, f"nobody noticed: {bug.story}"
    assert re.search(bug.says, complaints, re.DOTALL), complaints


@pytest.mark.skipif(not LONG, reason="in the long run: make faults")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("bug", CHOSEN, ids=str)
def test_nothing_is_found_without_the_bug(
    bug: SeededBug, hunts: Hunts, record: Callable[[Iterable[Outcome]], None]
) -> None:
    """The same plans find nothing in the source as it is: it was the bug that they found."""
    outcomes = hunts[bug.name, False].result()
    record(outcomes)
    assert [outcome.complaint for outcome in outcomes if outcome.complaint] == []


@pytest.mark.parametrize("bug", BUGS.values(), ids=str)
def test_it_can_be_put_in(bug: SeededBug) -> None:
    """The source is what the edits expect, and changed Python is Python."""
    texts: dict[str, str] = {}
    for edit in bug.edits:
        texts[edit.path] = edited(bug, edit, texts.get(edit.path) or (ROOT / edit.path).read_text())
    for path, text in texts.items():
        assert text != (ROOT / path).read_text()
        if path.endswith(".py"):
            compile(text, path, "exec")


def test_a_source_that_changed_is_said(tmp_path: Path) -> None:
    """A bug that cannot be put in any more is no bug that was found."""
    edits = (Edit("operator/sms_operator/core/world.py", "no such line", ""),)
    with pytest.raises(
        SourceChanged, match=r"(?s)older versions are taken.*0 times in operator/sms_operator/core/world\.py"
    ):
        seed(replace(BUGS["older versions are taken"], edits=edits), tmp_path)


def test_there_are_enough_of_them() -> None:
    """Each with a name and a regular expression of its own kind; those that run every time are among them."""
    assert len(BUGS) == len(CONTROLLER_BUGS) + len(LINK_BUGS) >= 15
    assert all(re.compile(bug.says) and bug.edits for bug in BUGS.values())
    assert BUGS.keys() >= set(QUICK)

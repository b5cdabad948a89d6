"""Custom resources made from the CRD schemas, against the real API server and a running operator."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from sms_operator.dev.control_plane import Client, ControlPlane
from support.faults.outcome import Outcome
from support.faults.specs import Case, drawn
from support.faults.specs_fuzz import Fuzz
from support.faults.specs_lanes import Lanes, new_lanes
from support.faults.specs_pair import Pair, accepted, on_pairs
from support.faults.specs_poison import BIRTHS, DOWN, ROUTES, SPECS, SPOILS, TIMES, down_since, edit_route, strand

LONG: Final = os.environ.get("SMS_OPERATOR_FAULTS") == "long"
ROUNDS: Final = 37 if LONG else 1
CASES: Final = 24
"""Of a round, each with five or six specs."""
PAIRS: Final = 8
SEED: Final = int(os.environ.get("SMS_OPERATOR_SEED", random.SystemRandom().randrange(10**6) if LONG else 5))
"""The slice always runs the same cases."""
REPLAY: Final = os.environ.get("SMS_OPERATOR_REPLAY_SPECS", "")


@pytest.fixture(scope="module")
def lanes(rights: ControlPlane, api: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lanes]:
    """One operator for many namespaces that hold the same."""
    with new_lanes(rights, api, tmp_path_factory.mktemp("lanes"), 2 * PAIRS) as lanes:
        yield lanes


@pytest.fixture
def run(
    lanes: Lanes, tmp_path: Path, record: Callable[[Iterable[Outcome]], None]
) -> Callable[[Sequence[Case], int], list[Outcome]]:
    """Runs cases and fails with every complaint."""

    def run_all(cases: Sequence[Case], seed: int) -> list[Outcome]:
        outcomes = Fuzz(lanes, tmp_path, seed).run(cases)
        record(outcomes)
        wrong = [f"{outcome.plan}\n{outcome.complaint}" for outcome in outcomes if outcome.complaint]
        assert not wrong, f"{len(wrong)} of {len(cases)} cases, seed {seed}:\n" + "\n\n".join(wrong)
        return outcomes

    return run_all


@pytest.fixture
def calm(lanes: Lanes) -> Iterator[None]:
    """Whatever a test does: good gateways keep their binds, both processes live, and there is no traceback."""
    before = {plane: len(lanes.planes.log(plane)) for plane in ("controller", "links")}
    yield
    assert lanes.disturbed() == []
    for plane, start in before.items():
        assert lanes.planes.alive(plane)
        assert lanes.planes.get(plane, "/metrics")[0] == 200
        log = lanes.planes.log(plane)[start:]
        assert "Traceback" not in log, log[log.index("Traceback") :][:5000]


@pytest.mark.skipif(bool(REPLAY), reason="one case is replayed")
@pytest.mark.parametrize("seed", range(SEED, SEED + ROUNDS))
@pytest.mark.usefixtures("calm")
def test_objects_nobody_thought_of(run: Callable[[Sequence[Case], int], list[Outcome]], seed: int) -> None:
    """Refused ones change nothing, wrong ones say so and heal, and what a change leads to is what a fresh one is."""
    outcomes = run(drawn(CASES, seed), seed)
    assert sum(outcome.injected for outcome in outcomes) >= 120


@pytest.mark.skipif(not REPLAY, reason="SMS_OPERATOR_REPLAY_SPECS names no file")
@pytest.mark.usefixtures("calm")
def test_a_case_from_a_file(run: Callable[[Sequence[Case], int], list[Outcome]]) -> None:
    """What failed once is run again, and fails as long as it is not mended."""
    run([Case.load(Path(REPLAY))], SEED)


@pytest.mark.usefixtures("calm")
def test_objects_born_with_a_past(lanes: Lanes) -> None:
    """They are served as those without."""

    def live(pair: Pair, birth: str, kind: str) -> None:
        spec = SPECS[kind]
        accepted(pair.lived.put(kind, spec, **BIRTHS[birth](spec)), birth)
        accepted(pair.fresh.put(kind, spec), "the other")
        pair.alike(kind, birth)

    works = {f"{birth} {kind}": partial(live, birth=birth, kind=kind) for birth in BIRTHS for kind in SPECS}
    assert on_pairs(lanes, works, *SPECS) == []


@pytest.mark.usefixtures("calm")
def test_statuses_that_somebody_else_wrote(lanes: Lanes) -> None:
    """They are put right, and then nobody writes any more."""

    def live(pair: Pair, spoil: str, kind: str) -> None:
        pair.put(kind, SPECS[kind])
        pair.alike(kind, "at first", quiet=0.0)
        SPOILS[spoil](pair.lived, kind)
        pair.alike(kind, spoil)

    works = {f"{spoil} {kind}": partial(live, spoil=spoil, kind=kind) for spoil in SPOILS for kind in SPECS}
    assert on_pairs(lanes, works, *SPECS) == []


@pytest.mark.usefixtures("calm")
def test_a_condition_of_ours_that_somebody_else_added(lanes: Lanes) -> None:
    """It says what is not so, to Argo CD and to people: it goes."""

    def live(pair: Pair) -> None:
        pair.put("OrganizationUnit", SPECS["OrganizationUnit"])
        pair.alike("OrganizationUnit", "at first", quiet=0.0)
        strand(pair.lived, "OrganizationUnit")
        pair.alike("OrganizationUnit", "stranded", patience=5.0)

    assert on_pairs(lanes, {"stranded": live}, *SPECS) == []


@pytest.mark.usefixtures("calm")
def test_times_that_the_api_server_takes(lanes: Lanes) -> None:
    """However a time is written, it keeps nothing from being told."""

    def live(pair: Pair, time: str) -> None:
        pair.put("SmppGateway", DOWN)
        pair.alike("SmppGateway", "at first", quiet=0.0)
        down_since(pair.lived, time)
        pair.put("SmppGateway", SPECS["SmppGateway"])
        pair.alike("SmppGateway", time)

    assert on_pairs(lanes, {time: partial(live, time=time) for time in TIMES}, *SPECS) == []


@pytest.mark.usefixtures("calm")
def test_routes_that_somebody_else_wrote(lanes: Lanes) -> None:
    """They are put right: the channel says what they must be."""

    def live(pair: Pair, edit: str) -> None:
        pair.put("SmsChannel", SPECS["SmsChannel"])
        pair.alike("SmsChannel", "at first", quiet=0.0)
        edit_route(pair.lived, ROUTES[edit])
        pair.alike("SmsChannel", edit)

    assert on_pairs(lanes, {edit: partial(live, edit=edit) for edit in ROUTES}, *SPECS) == []


@pytest.mark.usefixtures("calm")
def test_finalizers_of_somebody_else(lanes: Lanes) -> None:
    """What waits for its end serves nobody; when it is gone, its name is free for another."""

    def live(pair: Pair, kind: str) -> None:
        pair.put(kind, SPECS[kind])
        pair.alike(kind, "at first", quiet=0.0)
        pair.linger(kind)
        accepted(pair.lived.put(kind, SPECS[kind]), "another of this name")
        pair.alike(kind, "after its end")

    assert on_pairs(lanes, {kind: partial(live, kind=kind) for kind in SPECS}, *SPECS) == []

"""Runs cases: each on a pair of lanes, several pairs at a time."""

from __future__ import annotations

import queue
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

from .outcome import Outcome
from .specs import Case, Refused
from .specs_lanes import NAME, Lanes
from .specs_meaning import Spec
from .specs_pair import Found, Pair, accepted, untold, wait


class Fuzz:
    """Cases on lanes."""

    def __init__(self, lanes: Lanes, directory: Path, seed: int) -> None:
        """`directory` takes the files of failed cases; `seed` is told in them."""
        self._directory = directory
        self._seed = seed
        self._free: queue.Queue[Pair] = queue.Queue()
        for pair in lanes.pairs:
            self._free.put(Pair(lanes, *pair))

    def run(self, cases: Sequence[Case]) -> list[Outcome]:
        """All cases, as many at a time as there are pairs. A failed one is written to a file that replays it."""
        with ThreadPoolExecutor(self._free.qsize()) as pool:
            return list(pool.map(self._one, cases))

    def _one(self, case: Case) -> Outcome:
        pair = self._free.get()
        complaint, seconds = "", None
        try:
            seconds = live(pair, case)
        except Found as found:
            complaint = str(found)
        except Exception as error:  # noqa: BLE001 - a case that cannot be run is a complaint as well
            complaint = f"{type(error).__name__}: {error}"
        left = pair.clear(case.kind)
        self._free.put(pair)
        if left:
            complaint += f"\nleft behind: {left}"
        if complaint:
            complaint += f"\nreplay it: make faults REPLAY_SPECS={self._keep(case, complaint)}"
        return Outcome(
            family="specs",
            plan=f"{case.kind}: {', '.join(one.what for one in case.refused)}",
            injected=case.specs,
            converged=not complaint,
            seconds=seconds,
            leaks=len(left),
            complaint=complaint,
        )

    def _keep(self, case: Case, complaint: str) -> Path:
        digest = sha256(case.model_dump_json().encode()).hexdigest()[:8]
        path = self._directory / f"specs-{case.kind.lower()}-{digest}.yaml"
        path.write_text(case.to_yaml(seed=self._seed, complaint=complaint))
        return path


def live(pair: Pair, case: Case) -> float:
    """Run a case; returns the seconds from the last change to the end state.

    Raises:
        Found: a property does not hold.
    """
    kind = case.kind
    pair.put(kind, case.first)
    if kind == "NotificationRoute":  # a derived one goes at once, and what is done meanwhile may go with it
        pair.until_told(kind)
    for one in case.refused:
        _refused(pair, kind, one)
    if case.wrong is not None:
        accepted(pair.lived.put(kind, case.wrong), "the wrong spec")
        wait(lambda: _not_complaining(pair, kind), "a wrong spec is not told")
        accepted(pair.lived.put(kind, case.first), "the way back")
        pair.alike(kind, "after the way back", quiet=0.0)
    _annotate(pair, kind, case.annotations)
    seconds = pair.alike(kind, "after refused and wrong specs, odd annotations, and the way back")
    if case.second is None:
        _fixed(pair, kind, case.first)
        return seconds
    pair.fresh.clear(kind)
    pair.put(kind, case.second)
    return pair.alike(kind, "after a change, against a fresh object")


def _refused(pair: Pair, kind: str, one: Refused) -> None:
    before = pair.lived.tenant.get(kind, NAME)
    answer = pair.lived.put(kind, one.spec)
    if answer.code not in (400, 422) or one.word not in str(answer.body.get("message")):
        raise Found(f"{one.what}: not refused with {one.word!r} but {answer.code}: {answer.text[:2000]}")
    after = pair.lived.tenant.get(kind, NAME)
    if before and after and before["metadata"]["generation"] != after["metadata"]["generation"]:
        raise Found(f"{one.what}: refused, and yet there is another generation")


def _not_complaining(pair: Pair, kind: str) -> str:
    ready = pair.lived.tenant.condition(kind, NAME)
    return "" if ready[0] == "False" else f"Ready: {ready}"


def _annotate(pair: Pair, kind: str, annotations: Mapping[str, str]) -> None:
    """Set them, wait until the object is told of all the same, and take them away."""
    for values in (annotations, dict.fromkeys(annotations)):
        if pair.lived.tenant.get(kind, NAME) is not None:
            pair.lived.tenant.patch(kind, NAME, {"metadata": {"annotations": values}})
            wait(lambda: untold(kind, pair.lived), "annotations keep it from being told")


def _fixed(pair: Pair, kind: str, spec: Spec) -> None:
    """A spec that cannot be changed: who tries is told so."""
    answer = pair.lived.put(kind, {**spec, "ttlAfterFinished": "1h1m1s"})
    if answer.code != 422 or "cannot be changed" not in answer.text:
        raise Found(f"another spec was not refused: {answer.text[:2000]}")

"""Many plans on several stages at a time, each workload's reference run first; a failed plan becomes a file."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from sms_operator.dev.control_plane import ControlPlane
from sms_operator.dev.smsc.authority import Authority
from support.planes import ROOT

from .outcome import Outcome
from .plan import Plan
from .stage import Patience, Reference, Stage, new_stage
from .workloads import Scene

T = TypeVar("T")


class Campaign:
    """Stages and what is known of undisturbed runs. Close it after use, or use it in `with`."""

    def __init__(
        self,
        control_plane: ControlPlane,
        directory: Path,
        *,
        stages: int = 4,
        patience: Patience | None = None,
        source: Path = ROOT / "operator",
    ) -> None:
        self._control_plane = control_plane
        self._directory = directory
        self._patience = patience or Patience()
        self._source = source
        self._authority = Authority("Test CA").pem
        self._references: dict[str, Future[Reference]] = {}
        self._lock = threading.Lock()
        self._local = threading.local()
        self._stack = ExitStack()
        self._pool = ThreadPoolExecutor(stages, thread_name_prefix="stage")

    def __enter__(self) -> Campaign:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take all stages down."""
        self._pool.shutdown()
        self._stack.close()

    def reference(self, workload: str) -> Reference:
        """The undisturbed run of a workload: made once, twice to see that it always ends alike."""
        with self._lock:
            future = self._references.get(workload)
            if future is None:
                future = self._references[workload] = Future()
                mine = True
            else:
                mine = False
        if mine:
            self._pool.submit(self._make_reference, workload, future)
        return future.result()

    def run(self, plans: Iterable[Plan]) -> Sequence[Outcome]:
        """Run plans, several at a time; the outcomes in their order. A failed plan is written to the directory."""
        listed = list(plans)
        references = self.references({plan.workload for plan in listed})
        return list(self._pool.map(self._run, listed, [references[plan.workload] for plan in listed]))

    def play(self, works: Iterable[Callable[[Stage, Scene], Outcome]]) -> Sequence[Outcome]:
        """Do what is no plan, each on some stage; the outcomes in their order."""

        def one(work: Callable[[Stage, Scene], Outcome]) -> Outcome:
            return self.on_stage(work)

        return list(self._pool.map(one, works))

    def references(self, workloads: Iterable[str]) -> dict[str, Reference]:
        """Of several workloads, made at the same time."""
        workloads = list(workloads)
        with ThreadPoolExecutor(len(workloads)) as waiting:
            return dict(zip(workloads, waiting.map(self.reference, workloads), strict=True))

    def _make_reference(self, workload: str, future: Future[Reference]) -> None:
        try:
            future.set_result(self.on_stage(lambda stage, scene: stage.reference(workload, scene, self._patience)))
        except BaseException as error:  # noqa: BLE001 - whoever waits has to hear of it
            future.set_exception(error)

    def _run(self, plan: Plan, reference: Reference) -> Outcome:
        try:
            outcome = self.on_stage(lambda stage, scene: stage.run(plan, reference, scene, self._patience))
        except Exception as error:  # noqa: BLE001 - one plan's failure is that plan's outcome
            self._drop_stage()
            outcome = Outcome(plan.family, str(plan), 0, converged=False, complaint=f"{type(error).__name__}: {error}")
        if outcome.complaint:
            path = self._directory / plan.file_name
            path.write_text(plan.to_yaml())
            outcome = replace(outcome, complaint=f"{outcome.complaint}\nreplay it: {path.name}")
        return outcome

    def on_stage(self, work: Callable[[Stage, Scene], T]) -> T:
        """Do something on the stage of this thread, which is made at the first time."""
        stage: Stage | None = getattr(self._local, "stage", None)
        if stage is None:
            name = threading.current_thread().name
            context = new_stage(self._control_plane, self._directory / name.replace(" ", "-"), source=self._source)
            stage = self._local.stage = context.__enter__()
            with self._lock:
                self._stack.push(context)
        return work(stage, Scene(stage.tenant, stage.smsc, self._authority))

    def _drop_stage(self) -> None:
        """The next plan of this thread gets a new stage: this one is in an unknown state."""
        self._local.stage = None

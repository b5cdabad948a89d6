"""One namespace with an operator behind the fault proxy and an SMSC: where plans run, one after another."""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from sms_operator.dev.control_plane import ControlPlane
from sms_operator.dev.control_plane.client import NAMESPACES, SECRETS
from sms_operator.dev.smsc import Account, Simulator
from sms_operator.dev.smsc.background import Background, in_background
from support.audit import Audit
from support.ground import OPERATOR_NAMESPACE, grant
from support.planes import ROOT, Planes, service_account_kubeconfig
from support.tenant import Tenant, eventually, kind_of

from .faults import Away, Fault
from .outcome import Outcome
from .plan import Plan
from .proxy import ApiFaultProxy, Outage, Seen
from .sampler import Window
from .snapshot import KINDS, Body, differences, leaks, snapshot
from .truth import Truth, sampled
from .workloads import Scene, known

LOOK_AGAIN: Final = 0.1
START: Final = 15.0
"""Seconds after its start in which nothing is held against the operator's statuses."""
CATCH_UP: Final = 10.0
"""Seconds after an outage in which a status may still be of before: the bar of convergence."""
ACCOUNTS: Final = {"demo": "secret", "spare": "other"}
ENVIRONMENT: Final = {"SMS_OPERATOR_SWEEP_INTERVAL": "3"}


@dataclass(frozen=True)
class Patience:
    """Seconds."""

    deadline: float = 45.0
    """Until a plan has converged; far above the bar, so that a table can be printed."""
    quiet: float = 1.5
    """Without a write, for a state to count as stable."""


@dataclass(frozen=True)
class Reference:
    """What an undisturbed run of a workload led to."""

    state: Body
    counts: Counter[str]
    """Objects created and deleted, by `verb resource`."""
    trace: tuple[Seen, ...]
    """The operator's requests."""
    binds: int
    """Binds that the SMSC accepted."""

    @property
    def writes(self) -> int:
        """Of the operator, Events apart."""
        return count_writes(self.trace)


def count_writes(trace: tuple[Seen, ...]) -> int:
    """Writes that the API server carried out, Events apart: they inform, and the last one may be lost with a crash."""
    return sum(seen.request.writes and seen.request.resource != "events" and 0 < seen.status < 300 for seen in trace)


class Stage:
    """Runs plans. Not to be shared by threads."""

    def __init__(
        self,
        control_plane: ControlPlane,
        tenant: Tenant,
        planes: Planes,
        proxy: ApiFaultProxy,
        smsc: Background,
        binds: list[str],
    ) -> None:
        self.tenant = tenant
        self.planes = planes
        self.proxy = proxy
        self.smsc = smsc
        self._client = control_plane.client
        self._audit = Audit(control_plane)
        self._binds = binds
        self._started = time.monotonic()
        self._kills: queue.Queue[bool] = queue.Queue()
        self._restarting = threading.Event()

    def keep(self) -> None:
        """Start the operator, and its controller again whenever a plan killed it; until `dismiss`.

        The processes end with the thread that began them, so one thread does it as long as the stage stands.
        """
        self.planes.start()
        while self._kills.get():
            self.planes.kill("controller")
            with suppress(AssertionError):  # killed again while it starts
                self.planes.start("controller")
            self._started = time.monotonic()
            self._restarting.clear()

    def dismiss(self) -> None:
        """No more restarts."""
        self._kills.put(False)

    def ready(self) -> None:
        """Wait until the operator serves."""
        eventually(
            lambda: self.planes.alive("controller") and self.planes.get("controller", "/readyz")[0],
            lambda status: status == 200,
            "readiness",
        )

    def reference(self, workload: str, scene: Scene, patience: Patience) -> Reference:
        """Run a workload undisturbed, and clear up."""
        since, binds = self._begin(workload, scene, ())
        known(workload).act(scene)
        self.settle(patience)
        state, trace = snapshot(self.tenant, self.smsc), tuple(self.proxy.trace)
        reference = Reference(state, self._counts(since), trace, len(self._binds) - binds)
        left = [*leaks(state["objects"]), *self.clear()]
        assert not left, f"{workload} undisturbed leaves {left}"
        return reference

    def run(self, plan: Plan, reference: Reference, scene: Scene, patience: Patience) -> Outcome:
        """Run a plan, compare its end with the reference, and clear up."""
        log_before = len(self.planes.log())
        since, binds = self._begin(plan.workload, scene, plan.faults)
        complaint, seconds = "", None
        with sampled(self._client, self.tenant.namespace, self.smsc, self._binds) as truth:
            try:
                with self._away(plan.faults, truth):
                    known(plan.workload).act(scene)
                seconds = self._converge(plan, reference, patience)
            except AssertionError as error:
                complaint = str(error)
        truth.excused.append(Window(self._started, self._started + START))
        false = truth.false()
        counts, trace = self._counts(since), tuple(self.proxy.trace)
        injected = len(self.proxy.injected) + sum(isinstance(fault, Away) for fault in plan.faults)
        state = snapshot(self.tenant, self.smsc)
        lost = [*leaks(state["objects"])]
        dropped = max(len(self._binds) - binds - reference.binds, 0)
        self.proxy.arm((), lambda: None)
        self.proxy.heal()
        lost += self.clear()
        return Outcome(
            family=plan.family,
            plan=str(plan),
            injected=injected,
            converged=seconds is not None,
            seconds=seconds,
            extra_writes=count_writes(trace) - reference.writes,
            binds_dropped=dropped,
            leaks=len(lost),
            false_samples=len(false),
            complaint="\n".join(
                [
                    *filter(None, [complaint]),
                    *self._complaints(counts, reference, lost, dropped, log_before),
                    *(f"a status that was not true: {sample}" for sample in false[:1]),
                ]
            ),
        )

    def _complaints(
        self, counts: Counter[str], reference: Reference, lost: list[str], dropped: int, log_before: int
    ) -> Generator[str]:
        # Fewer are seen where a request was carried out though its sender was killed: the audit log calls that failed.
        if counts - reference.counts:
            yield f"created and deleted {dict(counts)} where the reference did {dict(reference.counts)}"
        if lost:
            yield f"left behind: {lost}"
        if dropped:
            yield f"{dropped} binds more than in the reference"
        log = self.planes.log()
        if "Traceback" in log[log_before:]:
            yield "a traceback in the log:\n" + log[log.index("Traceback", log_before) :][:3000]

    def state(self) -> Body:
        """Of the namespace and the SMSC, now."""
        return snapshot(self.tenant, self.smsc)

    def kill_controller(self) -> None:
        """SIGKILL; it is started again."""
        if self.planes.alive("controller") and not self._restarting.is_set():
            self._killed()

    def _begin(self, workload: str, scene: Scene, faults: tuple[Fault, ...]) -> tuple[int, int]:
        self.prepare(workload, scene)
        since, binds = self._audit.now(), len(self._binds)
        self.proxy.arm(faults, self._killed)
        return since, binds

    def prepare(self, workload: str, scene: Scene) -> None:
        """What a workload finds, connected and quiet."""
        for account, password in ACCOUNTS.items():
            self.smsc.get(lambda simulator, one=Account(account, password): simulator.accounts.put(one))
        self.ready()
        known(workload).prepare(scene)
        self.settle(Patience(quiet=0.4))

    def _killed(self) -> None:
        """Called by the proxy: nothing of the controller may run on after this."""
        self._restarting.set()
        self.planes.signal_kill("controller")
        self._kills.put(True)

    @contextmanager
    def _away(self, faults: tuple[Fault, ...], truth: Truth) -> Generator[None]:
        """The API server is away while the tenant acts, and for the rest of the time."""
        away = next((fault for fault in faults if isinstance(fault, Away)), None)
        if away is None:
            yield
            return
        begin = time.monotonic()
        how = {"refused": Outage.REFUSE, "silent": Outage.BLACKHOLE}.get(str(away.how)) or int(away.how)
        self.proxy.fail(how)
        try:
            yield
            threading.Event().wait(max(begin + away.seconds - time.monotonic(), 0.0))
        finally:
            self.proxy.heal()
            self.proxy.cleared_at = time.monotonic()
            truth.excused.append(Window(begin, self.proxy.cleared_at + CATCH_UP))

    def settle(self, patience: Patience) -> float:
        """Wait until every object is told of, and nothing has been written for a while.

        Returns:
            The moment since which that is so, time.monotonic().
        """
        deadline = time.monotonic() + patience.deadline
        last, since = (-1, Body()), time.monotonic()
        while time.monotonic() - since < patience.quiet:
            state = snapshot(self.tenant, self.smsc)
            now = (count_writes(tuple(self.proxy.trace)), state)
            if now != last or not _told(state) or self._restarting.is_set():
                last, since = now, time.monotonic()
            assert time.monotonic() < deadline, f"not quiet within {patience.deadline:g} s: {state}"
            time.sleep(LOOK_AGAIN)
        return since

    def _converge(self, plan: Plan, reference: Reference, patience: Patience) -> float:
        """Seconds from the end of the last fault until the state is the reference's, from when on it stays so."""
        # Of several faults one may keep another from happening.
        expected = min(sum(not isinstance(fault, Away) for fault in plan.faults), 1)
        deadline = time.monotonic() + patience.deadline
        same_since: float | None = None
        writes = -1
        while True:
            now = time.monotonic()
            state = snapshot(self.tenant, self.smsc)
            wrong = state != reference.state
            written = count_writes(tuple(self.proxy.trace))
            if wrong or self._restarting.is_set() or not _told(state) or written != writes:
                same_since, writes = None, written
            elif same_since is None:
                same_since = now
            happened = len(self.proxy.injected) >= expected
            if same_since is not None and now - same_since >= patience.quiet and happened:
                return max(same_since - (self.proxy.cleared_at or same_since), 0.0)
            if now > deadline:
                missing = "" if happened else "none of the faults ever happened"
                what = differences(state, reference.state) or missing or "writes never end"
                raise AssertionError(f"not as in the reference after {patience.deadline:g} s: {what}")
            time.sleep(LOOK_AGAIN)

    def _counts(self, since: int) -> Counter[str]:
        return Counter(
            f"{one.verb} {one.resource}"
            for one in self._audit.writes(since=since, namespace=self.tenant.namespace)
            if one.verb in ("create", "delete") and one.resource != "events" and one.code < 300
        )

    def clear(self) -> list[str]:
        """Delete everything; what is still there after a while is returned, and got rid of."""
        client, namespace = self.tenant.client, self.tenant.namespace
        for kind in KINDS:
            if kind != "NotificationRoute":
                client.call("DELETE", kind_of(kind).path(namespace))
        client.call("DELETE", SECRETS.path(namespace))
        deadline = time.monotonic() + 15.0
        while True:
            state = snapshot(self.tenant, self.smsc)
            left = [*state["objects"], *state["binds"]]
            if not left or time.monotonic() > deadline:
                break
            time.sleep(LOOK_AGAIN)
        for name in state["objects"]:
            kind, _, name = name.partition("/")
            with suppress(Exception):
                self.tenant.delete(kind, name)
        return left


def _told(state: Body) -> bool:
    """Whether every status speaks of its object's present generation."""
    return all(item["current"] for item in state["objects"].values())


@contextmanager
def new_stage(
    control_plane: ControlPlane,
    directory: Path,
    *,
    source: Path = ROOT / "operator",
    environment: Mapping[str, str] | None = None,
) -> Generator[Stage]:
    """A stage in a namespace of its own; `source` is where the operator's packages are."""
    namespace = f"faults-{uuid4().hex[:10]}"
    directory.mkdir(parents=True, exist_ok=True)
    binds: list[str] = []

    def heard(line: str) -> None:
        if " bound as " in line:
            binds.append(line)

    with control_plane.client() as api, ApiFaultProxy(control_plane.url, control_plane.ca_pem) as proxy:
        api.create(NAMESPACES, {"metadata": {"name": namespace}})
        grant(api, namespace, OPERATOR_NAMESPACE)
        token = control_plane.service_account_token(OPERATOR_NAMESPACE, "sms-operator")
        kubeconfig = service_account_kubeconfig(proxy.url, control_plane.ca_pem, token, directory)
        planes = Planes(kubeconfig, directory, namespace, {**ENVIRONMENT, **(environment or {})}, source)
        accounts = [Account(name, password) for name, password in ACCOUNTS.items()]
        with in_background(lambda: Simulator(accounts, log=heard)) as smsc:
            stage = Stage(control_plane, Tenant(api, namespace), planes, proxy, smsc, binds)
            keeper = threading.Thread(target=stage.keep, name=f"keeper of {namespace}")
            keeper.start()
            try:
                eventually(lambda: planes.alive("controller"), bool, "the operator")
                yield stage
            finally:
                stage.dismiss()
                keeper.join()
                planes.close()
                api.delete(NAMESPACES, namespace)

"""How fast does the operator bring a full namespace to Ready, against a client that does only the same writes?

Run `python benchmarks/convergence.py --help` with `PYTHONPATH=operator`. See README.md beside this file.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from measure import Usage, Writes
from tenant import Result, Tenant

from sms_operator.controller.settings import Settings
from sms_operator.dev.control_plane import Client, ControlPlane, Lines
from sms_operator.dev.environment import clean_environment
from sms_operator.dev.processes import Program, Running

HERE: Final = Path(__file__).resolve().parent
CRDS: Final = HERE.parent / "crds"
BAR: Final = 0.9
DEADLINE: Final = 180.0
"""Seconds for one side of one round."""
QUIET: Final = 1.5
"""Seconds after convergence in which one write too many would show."""


@dataclass(frozen=True)
class Round:
    """One side of one round."""

    writes: Writes
    whole: float
    """Seconds from the start of the processes."""
    usage: Mapping[str, Usage]
    server: float
    """CPU seconds of API server and etcd."""


class Bench:
    """A control plane, an SMSC simulator, and rounds on them."""

    def __init__(self, plane: ControlPlane, client: Client, directory: Path, arguments: argparse.Namespace) -> None:
        self._plane = plane
        self._client = client
        self._directory = directory
        self._channels: int = arguments.channels
        self._gateways: int = arguments.gateways
        self._connections = Settings(directory).workers
        self._environment = clean_environment(directory, PYTHONPATH=str(HERE.parent / "operator"))
        self._tenants = 0
        self.expected = Counter(
            {
                "notificationroutes": self._channels,
                "smschannels/status": self._channels,
                "smppgateways/status": self._gateways,
                "calledroutes/status": 1,
            }
        )
        """The writes that are needed, by resource."""
        self._port = 0

    def simulator(self, stack: ExitStack) -> None:
        """Start the SMSC, as a process of its own: its CPU time is nobody's here."""
        accounts = [f"--account=bench{number}:secret" for number in range(self._gateways)]
        command = ["-c", "from sms_operator.cli.smsctl import main; main()", "dev", "smsc", "--port=0"]
        program = self._program("smsc", *command, "--control-port=0", *accounts)
        running = program.start()
        stack.callback(running.terminate)
        while not (said := re.search(r"SMSC on [\d.]+:(\d+)", program.log.read_text())):
            running.check()
            time.sleep(0.05)
        self._port = int(said[1])

    def operator(self) -> tuple[Round, Result]:
        """One round of the operator."""
        tenant = self._tenant()
        writes, server = Writes(self._plane.audit_log, tenant.namespace), self._server_cpu()
        variables = {
            "KUBECONFIG": str(self._plane.kubeconfig),
            "SMS_OPERATOR_SOCKET": str(self._directory / "links.sock"),
            "SMS_OPERATOR_HTTP": "127.0.0.1:0",
            "SMS_OPERATOR_LINKS_HTTP": "127.0.0.1:0",
            "SMS_OPERATOR_ALLOWED_NETWORKS": "127.0.0.0/8",
            "SMS_OPERATOR_NAMESPACES": tenant.namespace,
        }
        started = time.monotonic()
        with ExitStack() as stack:
            running: dict[str, Running] = {}
            for plane in ("links", "controller"):
                running[plane] = self._program(plane, "-m", "sms_operator", plane, **variables).start()
                stack.callback(running[plane].terminate)
            while not self.expected <= writes.count:
                for process in running.values():
                    process.check()
                if time.monotonic() - started > DEADLINE:
                    raise RuntimeError(f"not converged within {DEADLINE:.0f} s: {dict(writes.count)}")
                time.sleep(0.1)
                writes.read()
            whole = time.monotonic() - started
            usage = {plane: Usage.of(process.pid) for plane, process in running.items()}
            server = self._server_cpu() - server
            time.sleep(QUIET)
            writes.read()
        if late := tenant.not_ready():
            raise RuntimeError(f"not Ready: {late[:5]} and so on, {len(late)} in all")
        return Round(writes, whole, usage, server), Result.of(tenant, writes.verbs["notificationroutes"])

    def floor(self, result: Result) -> Round:
        """One round of the bare client, which writes what the operator wrote before."""
        tenant = self._tenant()
        plan = {
            "server": self._plane.url,
            "ca_file": f"{self._plane.kubeconfig}.ca.pem",
            "token": self._plane.admin_token,
            "connections": self._connections,
            "units": result.writes(tenant),
        }
        writes, server = Writes(self._plane.audit_log, tenant.namespace), self._server_cpu()
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        command = [sys.executable, str(HERE / "floor.py")]
        subprocess.run(command, input=json.dumps(plan).encode(), env=self._environment, check=True, timeout=DEADLINE)
        whole, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        server = self._server_cpu() - server
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        while not self.expected <= writes.count:
            if time.monotonic() - started > DEADLINE:
                raise RuntimeError(f"the audit log does not tell of all writes: {dict(writes.count)}")
            time.sleep(0.1)
            writes.read()
        return Round(writes, whole, {"client": Usage(cpu, after.ru_maxrss / 1024)}, server)

    def _tenant(self) -> Tenant:
        self._tenants += 1
        tenant = Tenant(self._client, f"bench-{self._tenants}", self._channels, self._gateways)
        tenant.create(self._port)
        return tenant

    def _server_cpu(self) -> float:
        return sum(Usage.of(self._plane.pids[name]).cpu for name in ("etcd", "kube-apiserver"))

    def _program(self, name: str, *arguments: str, **variables: str) -> Program:
        environment = {**self._environment, **variables}
        return Program(name, (sys.executable, *arguments), environment, self._directory)


class Table:
    """Prints rounds as they come, and sums them up."""

    def __init__(self, expected: Counter[str]) -> None:
        self._expected = expected
        self._rates: dict[str, list[float]] = {"operator": [], "floor": []}
        self.exact = True

    def show(self, side: str, one: Round, *, measured: bool) -> None:
        """One line a side of a round, and what it used."""
        rate = self._expected.total() / one.writes.seconds
        used = ", ".join(f"{name} {usage.cpu:.2f} s {usage.peak:.0f} MiB" for name, usage in one.usage.items())
        print(
            f"{side:9}{'' if measured else '(warm-up) '}{rate:6.0f} writes/s over {one.writes.seconds:5.2f} s"
            f" ({one.whole:.2f} s from start); CPU and peak memory: {used}; API server and etcd {one.server:.2f} s CPU",
            flush=True,
        )
        made = Counter({name: count for name, count in one.writes.count.items() if name != "events"})
        if made != self._expected:
            self.exact = False
            print(f"  not the least number of writes: {dict(one.writes.count)}", flush=True)
        if measured:
            self._rates[side].append(rate)

    def ratio(self) -> float:
        """Print and return the median of the rounds' ratios."""
        medians = {side: median(rates) for side, rates in self._rates.items()}
        ratios = [ours / bare for ours, bare in zip(self._rates["operator"], self._rates["floor"], strict=True)]
        print(f"writes    {', '.join(f'{count} {name}' for name, count in self._expected.items())}")
        print(f"median    operator {medians['operator']:.0f} writes/s, floor {medians['floor']:.0f} writes/s")
        print(f"ratio     {median(ratios):.3f} (rounds: {', '.join(f'{one:.2f}' for one in ratios)}); the bar is {BAR}")
        return median(ratios)


def main() -> int:
    """Run it; 0 when the bar is met and no write was one too many."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="measured rounds, each of both sides (%(default)s)")
    parser.add_argument("--channels", type=int, default=1000, help="%(default)s")
    parser.add_argument("--gateways", type=int, default=50, help="%(default)s")
    parser.add_argument(
        "--keep-logs", type=Path, metavar="DIRECTORY", help="an empty directory for logs of the last round"
    )
    arguments = parser.parse_args()
    with ExitStack() as stack:
        plane = stack.enter_context(ControlPlane.start(crds=[CRDS], progress=Lines()))
        client = stack.enter_context(plane.client())
        directory = arguments.keep_logs or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bench = Bench(plane, client, directory.absolute(), arguments)
        bench.simulator(stack)
        table = Table(bench.expected)
        for number in range(arguments.rounds + 1):
            ours, result = bench.operator()
            table.show("operator", ours, measured=number > 0)
            table.show("floor", bench.floor(result), measured=number > 0)
    return 0 if table.ratio() >= BAR and table.exact else 1


if __name__ == "__main__":
    sys.exit(main())

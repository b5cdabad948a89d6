"""`make demo`: a control plane, an SMSC simulator, the operator and the examples, until Ctrl-C."""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import shutil
import signal
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from sms_operator.api.kinds import API_VERSION, GROUP, KIND_BY_NAME, VERSION

from .control_plane import ControlPlane, Lines, Resource
from .control_plane.client import CONFIG_MAPS, SECRETS
from .environment import clean_environment
from .processes import Program, Running
from .smsc import Account, Simulator
from .smsc.authority import Authority
from .smsc.control import control

SMPP_PORT: Final = 2775
TLS_PORT: Final = 3550
CONTROL_PORT: Final = 2776
MUTUAL_LOGIN: Final = "demo-mtls"
LOGINS: Final = ("demo", "demo-tls", MUTUAL_LOGIN)
READY_WITHIN: Final = 60.0
"""Seconds for the examples to become ready, on a slow machine."""
NAMESPACE: Final = "default"


class DemoFailed(Exception):
    """The demo cannot go on; the text says why and what to do."""


class Stopped(Exception):
    """Ctrl-C, or SIGTERM."""


def run(checkout: Path, say: Callable[[str], None], *, once: bool = False) -> None:
    """Set everything up, print what there is to see, and wait for Ctrl-C (`once`: end when all is connected).

    Raises:
        DemoFailed: a port is taken, or the examples did not become ready.
    """
    started = time.monotonic()
    try:
        with _stop_on_signals(), ExitStack() as stack:
            authority = Authority("Demo CA")
            stack.enter_context(_simulator(authority))
            say(f"SMSC simulator: plain on 127.0.0.1:{SMPP_PORT}, TLS on localhost:{TLS_PORT}")
            plane = stack.enter_context(ControlPlane.start(crds=[checkout / "crds"], progress=Lines()))
            _prepare(plane, checkout, authority)
            operator = _start_operator(plane)
            stack.callback(operator.terminate, 30.0)
            say("Operator started, under the rights of manifests/base/rbac.yaml")
            _kubectl(plane, "apply", "-f", str(checkout / "examples"))
            say("Applied examples/")
            _wait_until_ready(plane, operator)
            say(f"All connected {time.monotonic() - started:.0f} s after the start.\n")
            say("$ kubectl get sms")
            say(_kubectl(plane, "get", "sms"))
            if not once:
                say(_what_next(plane))
                _watch_over(operator)
    except Stopped:
        say("\nEnded: nothing of the demo is left running.")


@contextmanager
def _stop_on_signals() -> Generator[None]:
    def stop(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise Stopped

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _simulator(authority: Authority) -> Generator[None]:
    ready: Future[None] = Future()
    done = threading.Event()
    tls = _server_context(authority)

    async def serve() -> None:
        accounts = [Account(login, "secret", certificate_required=login == MUTUAL_LOGIN) for login in LOGINS]
        try:
            simulator = Simulator(accounts, port=SMPP_PORT, tls=tls, tls_port=TLS_PORT)
            async with simulator, control(simulator, CONTROL_PORT):
                ready.set_result(None)
                await asyncio.to_thread(done.wait)
        except OSError as error:
            if ready.done():
                raise
            ready.set_exception(error)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="smsc", daemon=True)
    thread.start()
    try:
        try:
            ready.result()
        except OSError as error:
            ports = f"{SMPP_PORT}, {CONTROL_PORT} and {TLS_PORT}"
            message = (
                f"the simulator needs the ports {ports} of this machine: {error.strerror or error}; is a demo running?"
            )
            raise DemoFailed(message) from None
        yield
    finally:
        done.set()
        thread.join()


def _server_context(authority: Authority) -> ssl.SSLContext:
    """For gateways with and without a client certificate of the demo's authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as directory:
        context.load_cert_chain(*authority.server().write(Path(directory), "smsc"))
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(cadata=authority.pem)
    return context


def _prepare(plane: ControlPlane, checkout: Path, authority: Authority) -> None:
    base = checkout / "manifests" / "base"
    _kubectl(plane, "apply", "-f", str(base / "namespace.yaml"))
    _kubectl(plane, "apply", "-n", "sms-operator", "-f", str(base / "rbac.yaml"))
    client = plane.client()
    ours = authority.client("demo-esme")
    trust = {"metadata": {"name": "smsc-ca"}, "data": {"ca.crt": authority.pem}}
    client.create(CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", **trust}, NAMESPACE)
    pair = {"tls.crt": _base64(ours.pem), "tls.key": _base64(ours.key_pem)}
    identity = {"metadata": {"name": "smsc-client"}, "type": "kubernetes.io/tls", "data": pair}
    client.create(SECRETS, {"apiVersion": "v1", "kind": "Secret", **identity}, NAMESPACE)
    client.close()


def _start_operator(plane: ControlPlane) -> Running:
    token = plane.service_account_token("sms-operator", "sms-operator", seconds=24 * 3600)
    kubeconfig = plane.write_kubeconfig(plane.directory / "operator.kubeconfig", token=token)
    environment = clean_environment(
        plane.directory,
        KUBECONFIG=str(kubeconfig),
        PYTHONPATH=os.pathsep.join(path for path in sys.path if path),
        SMS_OPERATOR_SOCKET=str(plane.directory / f"links-{secrets.token_hex(4)}.sock"),
        SMS_OPERATOR_HTTP="127.0.0.1:0",
        SMS_OPERATOR_LINKS_HTTP="127.0.0.1:0",
        SMS_OPERATOR_ALLOWED_NETWORKS="127.0.0.0/8,::1/128",
        SMS_OPERATOR_SECRET_INTERVAL="3",
        SMS_OPERATOR_LOG_FORMAT="console",
    )
    command = [sys.executable, "-m", "sms_operator", "run"]
    return Program("operator", command, environment, plane.directory).start()


def _wait_until_ready(plane: ControlPlane, operator: Running) -> None:
    client = plane.client()
    deadline = time.monotonic() + READY_WITHIN
    while True:
        waiting = {
            f"{kind} {item['metadata']['name']}": _ready(item)
            for kind in KIND_BY_NAME
            for item in client.list(Resource(GROUP, VERSION, KIND_BY_NAME[kind].plural), NAMESPACE)
            if item["spec"].get("origin") != "Derived" and _ready(item) != "True"
        }
        if not waiting:
            client.close()
            return
        operator.check()
        if time.monotonic() > deadline:
            found = "; ".join(f"{name}: {state}" for name, state in sorted(waiting.items()))
            raise DemoFailed(
                f"not ready after {READY_WITHIN:.0f} s: {found}. The operator's log: {operator.program.log}"
            )
        time.sleep(0.1)


def _ready(item: Mapping[str, Any]) -> str:
    conditions = item.get("status", {}).get("conditions", ())
    found = next((condition for condition in conditions if condition["type"] == "Ready"), None)
    return "no status yet" if found is None else "True" if found["status"] == "True" else found["message"]


def _watch_over(operator: Running) -> None:
    while True:
        operator.check()
        time.sleep(0.5)


def _kubectl(plane: ControlPlane, *arguments: str) -> str:
    done = plane.kubectl(*arguments)
    if done.returncode != 0:
        raise DemoFailed(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.rstrip()


def _what_next(plane: ControlPlane) -> str:
    directory = Path(os.fspath(plane.kubectl)).parent
    path = "" if shutil.which("kubectl") else f"\n  export PATH={directory}:$PATH"
    return f"""
The cluster is yours until Ctrl-C. In a second terminal, in this directory:

  export KUBECONFIG={plane.kubeconfig}{path}

Break a password and watch. The SMSC refuses it within seconds, the old bind is kept, and the status says both:

  kubectl patch secret first-login -p '{{"stringData":{{"password":"wrong"}}}}'
  kubectl get smppgateway first --watch

Fix it, and it heals by itself:

  kubectl patch secret first-login -p '{{"stringData":{{"password":"secret"}}}}'

Delete a derived route, and it comes back; delete its channel, and it goes:

  kubectl delete smsroute hotline
  kubectl delete smschannel hotline

Play the SMSC: who is bound, a message from a phone, a server that falls silent, and back:

  .venv/bin/smsctl dev smsc sessions
  .venv/bin/smsctl dev smsc inject --help
  .venv/bin/smsctl dev smsc behave --help

The operator's log: {plane.directory}/operator.log    API: {API_VERSION}
"""


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()

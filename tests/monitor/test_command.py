"""`smsctl monitor`: the list once with its exit codes, and the page until Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from click.testing import CliRunner, Result

from sms_operator.cli.monitor import command
from sms_operator.dev.control_plane import ControlPlane
from support.monitoring import simple_gateway, status_of, write_status
from support.tenant import Tenant


def _once(kubeconfig: Path, *options: str) -> Result:
    return CliRunner().invoke(command, ["--once", "--kubeconfig", str(kubeconfig), *options])


def test_the_list_once(control_plane: ControlPlane, room: Tenant, tmp_path: Path) -> None:
    """2 as something is wrong, the same in both formats; 0 when every gateway is up or off on purpose."""
    kubeconfig = control_plane.write_kubeconfig(tmp_path / "kubeconfig")
    text = _once(kubeconfig, "-n", room.namespace)
    assert text.exit_code == 2, text.output
    assert text.stdout.splitlines()[0] == "1 Failing · 1 Partly · 1 Connecting · 1 Disconnected · 4 Connected"
    assert "▲ Failing" in text.stdout.splitlines()[3]
    found = _once(kubeconfig, "-n", room.namespace, "-o", "json")
    assert found.exit_code == 2
    assert json.loads(found.stdout)["gateways"][0]["state"] == "Failing"
    assert f"{room.namespace}/nordwind-tx" in _once(kubeconfig, "-A").stdout
    for name in ("brightline-promo", "meridian-otp", "halden-alerts"):
        write_status(room, "SmppGateway", name, status_of())
    assert _once(kubeconfig, "-n", room.namespace).exit_code == 0
    simple_gateway(room, "unseen")
    assert _once(kubeconfig, "-n", room.namespace, "-o", "json").exit_code == 2


def test_no_cluster(tmp_path: Path) -> None:
    """One line, 1."""
    said = _once(tmp_path / "nothing")
    assert said.exit_code == 1
    assert len(said.stderr.splitlines()) == 1


def test_the_page_until_ctrl_c(control_plane: ControlPlane, namespace: str, tmp_path: Path) -> None:
    """The address on stderr works, nothing is on stdout, and Ctrl-C ends it."""
    kubeconfig = control_plane.write_kubeconfig(tmp_path / "kubeconfig")
    options = ["--no-browser", "--kubeconfig", str(kubeconfig), "-n", namespace]
    # Who runs tests in a shell's background hands down that SIGINT is ignored.
    hears = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{hears}; from sms_operator.cli.monitor import command; command()"
    with subprocess.Popen(
        [sys.executable, "-c", program, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stderr is not None
        address = next(line for line in running.stderr if "http://" in line).split()[-1]
        with urllib.request.urlopen(address, timeout=10) as answer:
            assert "SameSite=Strict" in answer.headers["Set-Cookie"]
        running.send_signal(signal.SIGINT)
        out, errors = running.communicate(timeout=20)
    assert out == ""
    assert "Traceback" not in errors

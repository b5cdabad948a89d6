"""Which cluster, as whom: kubeconfigs as kubectl reads them, helper programs, and every refusal as one line."""

from __future__ import annotations

import json
import socket
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

from sms_operator.dev.control_plane import Client, ControlPlane, Resource
from sms_operator.dev.control_plane.client import SERVICE_ACCOUNTS

Smsctl = Callable[..., Result]
CLUSTER_ROLE_BINDINGS = Resource("rbac.authorization.k8s.io", "v1", "clusterrolebindings")

SCRIPT = """#!{python}
import json, os, pathlib, sys, time
here = pathlib.Path(__file__).parent
count = here / "runs"
runs = int(count.read_text()) + 1 if count.exists() else 1
count.write_text(str(runs))
(here / "told").write_text(os.environ["KUBERNETES_EXEC_INFO"])
{body}
"""
PRINT = """
print(json.dumps({{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {status}}}))
"""


def one_line(said: Result) -> str:
    """The error of a command that could not answer: one line on stderr, nothing on stdout, 1."""
    assert (said.exit_code, said.stdout) == (1, ""), said.output
    assert said.stderr.startswith("Error: ")
    assert said.stderr.count("\n") == 1
    return said.stderr.removeprefix("Error: ").rstrip("\n")


def with_user(kubeconfig: Path, user: dict[str, Any], name: str = "config") -> Path:
    """A kubeconfig of the same cluster for another user."""
    document = yaml.safe_load(kubeconfig.read_text())
    document["users"][0]["user"] = user
    path = kubeconfig.parent / name
    path.write_text(yaml.safe_dump(document))
    return path


def helper(kubeconfig: Path, body: str, **settings: Any) -> Path:
    """A kubeconfig that logs in by a real program, named by a path beside it."""
    program = kubeconfig.parent / "login"
    program.write_text(SCRIPT.format(python=sys.executable, body=body))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    login = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "./login",
        "interactiveMode": "Never",
        **settings,
    }
    return with_user(kubeconfig, {"exec": login})


def runs(kubeconfig: Path) -> int:
    """How often the program was run."""
    return int((kubeconfig.parent / "runs").read_text())


def test_several_files(control_plane: ControlPlane, kubeconfig: Path, smsctl: Smsctl, tmp_path: Path) -> None:
    """The first file that says something wins, a missing one is passed over, and a context may be of another file."""
    other = tmp_path / "other"
    contexts = [{"name": "mine", "context": {"cluster": "local", "user": "user", "namespace": "kube-system"}}]
    other.write_text(yaml.safe_dump({"contexts": contexts, "current-context": "mine"}))
    files = f"{tmp_path / 'absent'}:{other}:{kubeconfig}"
    said = smsctl("check", KUBECONFIG=files)
    assert said.exit_code == 0, said.output
    assert 'in namespace "kube-system"' in said.stdout
    assert 'in namespace "default"' in smsctl("check", "--context", "local", KUBECONFIG=files).stdout
    assert 'in namespace "x"' in smsctl("check", "-n", "x", KUBECONFIG=files).stdout
    assert "in all namespaces" in smsctl("check", "-A", KUBECONFIG=files).stdout
    assert one_line(smsctl("check", "--context", "nope", KUBECONFIG=files)).endswith("there are: local, mine")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file"),
        (b"a: [", ":1:5 is not YAML"),
        (b"\xff\xfe\x00", "is not text"),
        (b"- a", "it is not a mapping"),
        (b"contexts: {}\n", "no current-context"),
        (b"contexts: text\n", "contexts has to be a list"),
        (b"users: [{name: u, user: [1]}]\n", "users[0] has to have a name and a mapping user"),
        (b"current-context: c\ncontexts: [{name: c, context: {cluster: x}}]\n", 'there is no cluster "x"'),
        (b"[" * 20000, "is not YAML"),
    ],
)
def test_broken_kubeconfigs(smsctl: Smsctl, tmp_path: Path, content: bytes | None, says: str) -> None:
    """One line that names the file."""
    path = tmp_path / "broken"
    if content is not None:
        path.write_bytes(content)
    line = one_line(smsctl("check", "--kubeconfig", str(path)))
    assert says in line
    assert str(path) in line


def test_nobody_there(control_plane: ControlPlane, kubeconfig: Path, smsctl: Smsctl, tmp_path: Path) -> None:
    """A port that refuses, and one that does not answer within --request-timeout."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{deaf.getsockname()[1]}"
        dead = control_plane.write_kubeconfig(tmp_path / "dead", url=url)
        assert one_line(smsctl("check", "--kubeconfig", str(dead))).startswith(f"no answer from {url} (context ")
        deaf.listen()
        slow = smsctl("check", "--kubeconfig", str(dead), "--request-timeout", "200ms")
        assert one_line(slow).startswith(f"no answer from {url}")


def test_an_untrusted_server(control_plane: ControlPlane, kubeconfig: Path, smsctl: Smsctl, tmp_path: Path) -> None:
    """Without the authority there is no answer; a broken one is named."""
    document = yaml.safe_load(kubeconfig.read_text())
    cluster = document["clusters"][0]["cluster"]
    authority = cluster.pop("certificate-authority")
    path = tmp_path / "untrusting"
    for change, says in (
        ({}, "certificate verify failed"),
        ({"certificate-authority-data": "%"}, "is not base64"),
        ({"certificate-authority-data": "eA=="}, "is not PEM"),
        ({"certificate-authority": "absent.pem"}, "absent.pem: No such file"),
        ({"proxy-url": "socks5://127.0.0.1:1"}, "only http:// proxies"),
    ):
        document["clusters"][0]["cluster"] = {**cluster, **change}
        path.write_text(yaml.safe_dump(document))
        assert says in one_line(smsctl("check", "--kubeconfig", str(path)))
    document["clusters"][0]["cluster"] = {
        **cluster,
        "certificate-authority": authority,
        "tls-server-name": "wrong.example",
    }
    path.write_text(yaml.safe_dump(document))
    assert "wrong.example" in one_line(smsctl("check", "--kubeconfig", str(path)))
    document["clusters"][0]["cluster"]["tls-server-name"] = "localhost"
    path.write_text(yaml.safe_dump(document))
    assert smsctl("check", "--kubeconfig", str(path)).exit_code == 0


def test_a_token_that_is_no_longer_good(
    control_plane: ControlPlane, api: Client, namespace: str, person: Callable[..., Path], smsctl: Smsctl
) -> None:
    """Said as such, and the token is not shown."""
    gone = person("gone", {"smppgateways": ["list"]})
    api.delete(SERVICE_ACCOUNTS, "gone", namespace)
    token = yaml.safe_load(gone.read_text())["users"][0]["user"]["token"]
    said = one_line(smsctl("check", "--kubeconfig", str(gone)))
    assert said == f'{control_plane.url} does not know you (401): the login of context "local" is wrong or has expired'
    assert token not in said


def test_impersonation(
    control_plane: ControlPlane, kubeconfig: Path, person: Callable[..., Path], namespace: str, smsctl: Smsctl
) -> None:
    """By option and by kubeconfig; whoever may not is told so."""
    person("reader", {"smppgateways": ["list"]})
    reader = f"system:serviceaccount:{namespace}:reader"
    options = ["--as", reader, "--as-group", "system:authenticated", "--as-group", "nobody", "-n", namespace]
    by_option = smsctl("check", *options)
    document = yaml.safe_load(kubeconfig.read_text())["users"][0]["user"]
    user = {**document, "as": reader, "as-groups": ["system:authenticated"]}
    by_file = smsctl("check", "-n", namespace, "--kubeconfig", str(with_user(kubeconfig, user)))
    for said in (by_option, by_file):
        assert said.exit_code == 2, said.output
        assert f'ok   rights: you may list smppgateways.sms-operator.dev in namespace "{namespace}"' in said.stdout
        assert "fail rights: you may not patch smppgateways.sms-operator.dev" in said.stdout
    person("other", {})
    other = control_plane.service_account_token(namespace, "other")
    limited = with_user(kubeconfig, {"token": other}, "limited")
    said = one_line(smsctl("check", "--kubeconfig", str(limited), "--as", reader))
    assert said == f'you may not impersonate "{reader}" (context "local")'
    assert one_line(smsctl("check", "--as-group", "g")) == "--as-group needs --as"
    assert smsctl("check", "--as", "a\nb").exit_code == 1


def test_a_helper_program_logs_in(control_plane: ControlPlane, kubeconfig: Path, smsctl: Smsctl) -> None:
    """Run once for a whole command, told about the cluster, with its own environment; its token does the rest."""
    status = '{"token": os.environ["TOKEN"], "expirationTimestamp": "2099-01-01T00:00:00Z"}'
    env = [{"name": "TOKEN", "value": control_plane.admin_token}]
    path = helper(kubeconfig, PRINT.format(status=status), env=env, provideClusterInfo=True)
    said = smsctl("check", "--kubeconfig", str(path))
    assert said.exit_code == 0, said.output
    assert runs(path) == 1
    told = json.loads((path.parent / "told").read_text())
    assert told["spec"]["interactive"] is False
    assert told["spec"]["cluster"]["server"] == control_plane.url


@pytest.mark.parametrize(
    "first", ['{"token": "stale"}', '{"token": TOKEN, "expirationTimestamp": "2001-01-01T00:00:00Z"}']
)
def test_a_credential_that_is_not_good_any_more_is_replaced(
    control_plane: ControlPlane, kubeconfig: Path, smsctl: Smsctl, first: str
) -> None:
    """After a 401, and when it has expired."""
    good = '{"token": TOKEN}'
    body = f"TOKEN = {control_plane.admin_token!r}\n" + PRINT.format(status=f"{first} if runs == 1 else {good}")
    path = helper(kubeconfig, body)
    said = smsctl("check", "--kubeconfig", str(path))
    assert said.exit_code == 0, said.output
    assert runs(path) == 2


@pytest.mark.parametrize(
    ("body", "settings", "says"),
    [
        ('sys.exit("log in with: acme login")', {}, "which logs in, failed with 1: log in with: acme login"),
        ("time.sleep(60)", {}, "which logs in, took longer than 1.5 s"),
        ('print("token=s3cret")', {}, "printed no ExecCredential of client.authentication.k8s.io/v1"),
        (PRINT.format(status="{}"), {}, "printed no ExecCredential"),
        (PRINT.format(status='{"token": "s3cret"}'), {}, "does not know you (401)"),
        (
            "",
            {"command": "acme-login", "installHint": "get it from\nacme"},
            "cannot be run: No such file or directory (get it",
        ),
        ("", {"apiVersion": "client.authentication.k8s.io/v9"}, "usable are client.authentication.k8s.io/v1 and"),
        ("", {"interactiveMode": "Always"}, "standard input is no terminal"),
        ("", {"command": ""}, "names no command"),
    ],
)
def test_helper_programs_that_do_not_help(
    kubeconfig: Path, smsctl: Smsctl, body: str, settings: dict[str, Any], says: str
) -> None:
    """One line with the cause; nothing that it printed to stdout."""
    path = helper(kubeconfig, body, **settings)
    said = one_line(smsctl("check", "--kubeconfig", str(path), "--request-timeout", "1500ms"))
    assert says in said
    assert "s3cret" not in said

"""`smsctl gateway test` and `fetch-certificate` beside a real operator, with the rights of the caller."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import Result

from sms_operator.dev.control_plane import ControlPlane
from sms_operator.dev.smsc import Account, Simulator
from sms_operator.dev.smsc.background import Background, in_background
from support.ground import Ground
from support.pki import Pki

Smsctl = Callable[..., Result]
PASSWORD = "ri9ht-one"


@pytest.fixture(scope="module")
def smsc(pki: Pki) -> Iterator[Background]:
    """Plain and TLS."""
    with in_background(lambda: Simulator([Account("probe", PASSWORD)], tls=pki.server_context())) as running:
        yield running


def port(smsc: Background) -> int:
    """The TLS one."""
    return smsc.get(lambda simulator: simulator.tls_port)


def test_fetch_apply_test_connect(
    ground: Ground, control_plane: ControlPlane, smsc: Background, smsctl: Smsctl
) -> None:
    """What the server shows is applied with kubectl as it is; then the test passes, and the gateway connects."""
    tenant, place = ground.tenant, ["-n", ground.tenant.namespace]
    fetched = smsctl("fetch-certificate", f"localhost:{port(smsc)}", "--recommended")
    assert fetched.exit_code == 0, fetched.output
    (body,) = yaml.safe_load_all(fetched.stdout)
    assert f"Trust {body['metadata']['name']}: " in fetched.stderr
    applied = control_plane.kubectl("apply", *place, "-f", "-", stdin=fetched.stdout)
    assert applied.returncode == 0, applied.stderr
    tls = {"trustCertificateRef": {"name": body["metadata"]["name"]}}
    endpoints = [{"host": "localhost", "port": port(smsc)}]
    tenant.gateway("probed", 1, system_id="probe", password=PASSWORD, endpoints=endpoints, tls=tls)
    tenant.until("SmppGateway", "probed", "ConnectionSucceeded")
    asked = smsctl("gateway", "test", "probed", *place)
    assert (asked.exit_code, asked.stdout) == (1, "")
    assert "say --yes" in asked.stderr
    done = smsctl("gateway", "test", "probed", *place, "--yes")
    assert done.exit_code == 0, done.output
    assert "\nConnection succeeded: SmppGateway" in done.stdout
    assert "kubectl exec " in done.stderr
    assert PASSWORD not in done.output


@pytest.mark.parametrize("output", ["text", "json"])
def test_the_code_is_the_same_in_every_format(ground: Ground, smsc: Background, smsctl: Smsctl, output: str) -> None:
    """2 for a password that the SMSC refuses, and it is in no output."""
    wrong = "wr0ng-one"
    plain = smsc.get(lambda simulator: simulator.port)
    ground.tenant.gateway("guess", plain, system_id="probe", password=wrong)
    ground.tenant.until("SmppGateway", "guess", "InvalidPassword")
    done = smsctl("gateway", "test", "guess", "-n", ground.tenant.namespace, "-o", output)
    assert done.exit_code == 2
    assert wrong not in done.output
    assert "InvalidPassword" in done.stdout
    if output == "json":
        assert json.loads(done.stdout)["attempts"][0]["failure"]["commandStatus"] == 14
    right = smsctl("gateway", "test", "guess", "-n", ground.tenant.namespace, "-o", output, SMSCTL_PASSWORD=PASSWORD)
    assert right.exit_code == 0, right.output


def test_missing_rights(ground: Ground, smsctl: Smsctl, person: Callable[..., Path], namespace: str) -> None:
    """Who may not read the Secret says so in one line; with the password at hand, that right is not needed."""
    from support.tenant import Tenant

    Tenant(ground.tenant.client, namespace).gateway("mine", 1)
    ines = str(person("ines", {"smppgateways": ["get"]}))
    refused = smsctl("gateway", "test", "mine", "--kubeconfig", ines)
    assert refused.exit_code == 1
    assert len(refused.stderr.splitlines()) == 1
    assert "get secrets" in refused.stderr
    assert smsctl("gateway", "test", "mine", "--kubeconfig", ines, SMSCTL_PASSWORD="x").exit_code == 2
    gone = smsctl("gateway", "test", "nobody", "-n", namespace)
    assert (gone.exit_code, gone.stderr.count("\n")) == (1, 1)


def test_files_and_addresses(smsc: Background, smsctl: Smsctl, pki: Pki, tmp_path: Path) -> None:
    """Without any cluster: manifests with their Certificate, and bare options."""
    spec = {
        "endpoints": [{"host": "localhost", "port": port(smsc)}],
        "login": {"systemId": "probe", "passwordSecretRef": {"name": "login"}},
        "tls": {"trustCertificateRef": {"name": "ca"}},
    }
    version, trust = "sms-operator.dev/v1alpha1", pki.authority.pem
    bodies = [
        {"apiVersion": version, "kind": "SmppGateway", "metadata": {"name": "gw"}, "spec": spec},
        {
            "apiVersion": version,
            "kind": "Certificate",
            "metadata": {"name": "ca"},
            "spec": {"inline": {"pem": trust}},
        },
    ]
    (tmp_path / "gw.yaml").write_text(yaml.safe_dump_all(bodies))
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    offline = {"KUBECONFIG": str(tmp_path / "absent")}
    secret = ["--password-file", str(tmp_path / "password")]
    done = smsctl("gateway", "test", "gw", "--file", str(tmp_path / "gw.yaml"), *secret, **offline)
    assert done.exit_code == 0, done.output
    without = smsctl("gateway", "test", "gw", "--file", str(tmp_path / "gw.yaml"), **offline)
    assert (without.exit_code, without.stdout) == (1, "")
    assert 'Secret "login" not found' in without.stderr
    there = ["--host", "localhost", "--port", str(port(smsc)), "--system-id", "probe"]
    tls = ["--tls", "--ca-file", str(pki.trust_file)]
    bare = smsctl("gateway", "test", *there, *tls, *secret, **offline)
    assert bare.exit_code == 0, bare.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gateway", "test"), "say which gateway"),
        (("gateway", "test", "a", "--host", "b"), "say which gateway"),
        (("gateway", "test", "a", "--tls"), "go with --host"),
        (("gateway", "test", "a", "-A"), "say -n, not -A"),
        (("gateway", "test", "--host", "a"), "--host needs --system-id"),
        (("gateway", "test", "--host", "a", "--system-id", "b", "--ca-file", "c"), "need --tls"),
        (("gateway", "test", "--host", "a", "--system-id", "b"), "no password: set $SMSCTL_PASSWORD"),
        (
            ("gateway", "test", "--host", "http://a", "--system-id", "b", "--password-file", "-"),
            "endpoints[0].host",
        ),
        (("gateway", "test", "a", "--password-file", "absent"), "cannot read absent"),
        (("gateway", "test", "a", "--file", "absent"), "absent"),
        (("gateway", "test", "a", "--file", "-", "--password-file", "-"), "standard input is"),
        (("gateway", "test", "a", "--connect-timeout", "soon"), "soon"),
        (("fetch-certificate", "host"), "is not HOST:PORT"),
        (("fetch-certificate", "host:0"), "is not HOST:PORT"),
        (("fetch-certificate", "host:٣"), "is not HOST:PORT"),
        (("fetch-certificate", ":1"), "is not HOST:PORT"),
        (("fetch-certificate", "::1"), "is not HOST:PORT"),
        (("fetch-certificate", "2001:db8::1:3550"), "is not HOST:PORT"),
        (("fetch-certificate", "[::1:1"), "is not HOST:PORT"),
        (("fetch-certificate", "127.0.0.1]:1"), "is not HOST:PORT"),
        (("fetch-certificate", "[localhost]:1"), "is not HOST:PORT"),
        (("fetch-certificate", "local host:1"), "is not HOST:PORT"),
        (("fetch-certificate", f"{'a' * 64}:1"), "not a name that can be looked up"),
        (("fetch-certificate", "127.0.0.1:1"), "127.0.0.1:1: connection refused"),
        (("fetch-certificate", "[::1]:1"), "[::1]:1: "),
        (("fetch-certificate", "nothing.invalid:1"), "nothing.invalid:1: "),
    ],
)
def test_no_answer_is_one_line_and_code_1(smsctl: Smsctl, arguments: tuple[str, ...], said: str) -> None:
    """With nothing on stdout."""
    done = smsctl(*arguments)
    assert (done.exit_code, done.stdout) == (1, ""), done.output
    assert said in done.stderr.splitlines()[-1]


def test_a_file_that_holds_no_certificate(smsctl: Smsctl, tmp_path: Path) -> None:
    """Nothing is dialled with it: 1, and which option."""
    (tmp_path / "junk.pem").write_text("junk")
    there = ["--host", "127.0.0.1", "--port", "1", "--system-id", "a", "--tls", "--ca-file", str(tmp_path / "junk.pem")]
    done = smsctl("gateway", "test", *there, SMSCTL_PASSWORD="x")
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "--ca-file, --cert-file or --key-file cannot be used" in done.stderr


def test_a_plain_port_shows_no_certificate(smsc: Background, smsctl: Smsctl) -> None:
    """It is said what the port seems to be."""
    plain = smsc.get(lambda simulator: simulator.port)
    done = smsctl("fetch-certificate", f"127.0.0.1:{plain}", "--connect-timeout", "2s")
    assert (done.exit_code, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1


def test_files_of_a_chain(smsc: Background, smsctl: Smsctl, tmp_path: Path) -> None:
    """One for each certificate; none is written over."""
    there = tmp_path / "certificates"
    first = smsctl("fetch-certificate", f"localhost:{port(smsc)}", "--output-dir", str(there))
    assert first.exit_code == 0, first.output
    assert sorted(first.stdout.split()) == sorted(map(str, there.iterdir()))
    again = smsctl("fetch-certificate", f"localhost:{port(smsc)}", "--output-dir", str(there))
    assert again.exit_code == 1
    assert "is there already; nothing was written" in again.stderr

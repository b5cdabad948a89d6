"""`smsctl export`, `export run`, `export download` and `import`, against the cluster and a real operator."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import Result

from sms_operator.dev.control_plane import Client
from support.ground import Ground
from support.planes import ROOT
from support.tenant import Tenant

Smsctl = Callable[..., Result]
PASSWORD = "never-in-any-file"


@pytest.fixture
def tenant(api: Client, namespace: str) -> Tenant:
    """Three channels, one of them labelled, and a Secret; nobody reconciles them."""
    found = Tenant(api, namespace)
    found.gateway("gw", 2775, password=PASSWORD)
    for name in ("north", "south", "west"):
        found.channel(name, "gw", numbers=[f"+{len(name)}{ord(name[0])}"], autoReply={"text": "=1+1"})
    found.patch("SmsChannel", "south", {"metadata": {"labels": {"region": "s"}}})
    return found


def table(path: Path) -> dict[str, dict[str, str]]:
    """Rows by the object's name."""
    text = path.read_text("utf-8-sig")
    return {row["name"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}


def test_there_and_back(smsctl: Smsctl, tenant: Tenant, tmp_path: Path) -> None:
    """All of a namespace, to a table, to manifests, to the cluster: nothing has changed there."""
    done = smsctl("export", "-n", tenant.namespace, "--output", str(tmp_path / "out"))
    assert (done.exit_code, done.stdout) == (0, f"{tmp_path}/out/channels-001.csv\n")
    assert done.stderr == f"✔ 3 channels in {tmp_path}/out\n"
    rows = table(tmp_path / "out" / "channels-001.csv")
    assert sorted(rows) == ["north", "south", "west"]
    assert rows["south"]["labels"] == "region=s"
    assert rows["north"]["autoReply.text"] == "'=1+1"
    assert PASSWORD not in (tmp_path / "out" / "channels-001.csv").read_text()
    done = smsctl("import", str(tmp_path / "out" / "channels-001.csv"), "--output", str(tmp_path / "in"))
    assert done.exit_code == 0, done.stderr
    smsctl("export", "-n", tenant.namespace, "--format", "yaml", "--output", str(tmp_path / "yaml"))
    before = {name: (tenant.get("SmsChannel", name) or {})["spec"] for name in rows}
    for directory in ("in", "yaml"):
        manifests = (tmp_path / directory / "channels-001.yaml").read_text()
        for body in manifests.split("---\n")[1:]:
            assert f'"{tenant.namespace}"' in body or f"namespace: {tenant.namespace}" in body
    checked = smsctl("validate", str(tmp_path / "in"), "--against", "cluster")
    assert "error" not in checked.stdout, checked.stdout
    planned = smsctl("export", "--from", str(tmp_path / "in"), "--output", str(tmp_path / "again"))
    assert planned.exit_code == 0
    assert table(tmp_path / "again" / "channels-001.csv") == rows
    assert before == {name: (tenant.get("SmsChannel", name) or {})["spec"] for name in rows}


@pytest.mark.parametrize(
    ("chosen", "names"),
    [(["west", "north"], ["north", "west"]), (["-l", "region=s"], ["south"]), (["-l", "region!=s"], ["north", "west"])],
)
def test_some_channels(smsctl: Smsctl, tenant: Tenant, tmp_path: Path, chosen: list[str], names: list[str]) -> None:
    """By name and by label."""
    done = smsctl("export", "-n", tenant.namespace, *chosen, "--output", str(tmp_path / "out"))
    assert done.exit_code == 0, done.stderr
    assert sorted(table(tmp_path / "out" / "channels-001.csv")) == names


def test_what_cannot_be_answered(smsctl: Smsctl, tenant: Tenant, person: Callable[..., Path], tmp_path: Path) -> None:
    """One line each that names what is wrong; 1, or 2 where the answer is that there is nothing; no file."""
    out = ("--output", str(tmp_path / "out"))
    here = ("-n", tenant.namespace)
    stranger = person("stranger", {"smppgateways": ["get"]})
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "mine").write_text("kept")
    (tmp_path / "empty").write_text("\n")
    cases: list[tuple[list[str], dict[str, str], int, str]] = [
        ([*here, "nobody", *out], {}, 1, '"nobody"'),
        ([*here, "-l", "region=none", *out], {}, 2, "no channel fits"),
        ([*here, "-l", "region in", *out], {}, 1, "unable to parse"),
        ([*here, "north", "-A", *out], {}, 1, "names go neither"),
        ([*here, "--output", str(taken)], {}, 1, "is there already"),
        ([*here, "--output", "/proc/nowhere"], {}, 1, "cannot be written"),
        ([*here, "--password-file", str(tmp_path / "empty"), *out], {}, 1, "1 to 128 octets"),
        ([*out], {"KUBECONFIG": str(stranger)}, 1, "list smschannels"),
        ([*here, "--format", "pdf", *out], {}, 1, "pdf"),
        ([*here, "--output", "foo://bucket/x"], {}, 1, "foo://"),
    ]
    for arguments, environment, code, words in cases:
        done = smsctl("export", *arguments, **environment)
        assert done.exit_code == code, (arguments, done.stderr)
        assert words in done.stderr, (arguments, done.stderr)
        assert "Traceback" not in done.stderr
        assert done.stdout == ""
    assert sorted(path.name for path in tmp_path.iterdir() if ".kubeconfig" not in path.name) == ["empty", "taken"]


@pytest.mark.parametrize("form", ["csv", "xlsx", "yaml"])
def test_a_disk_that_fills_up(tmp_path: Path, form: str) -> None:
    """The operating system refuses to write on: one line, and nothing is left of what was written."""
    source = tmp_path / "source.yaml"
    head = "apiVersion: sms-operator.dev/v1alpha1\nkind: SmsChannel\nmetadata: {name: c%d}\nspec:\n  channelName: c%d\n"
    body = head + "  gatewayRef: {name: gw}\n  calledRouteRef: {name: queue}\n"
    source.write_text("---\n".join(body % (number, number) for number in range(300)))
    work = tmp_path / "work"
    work.mkdir()
    arguments = ["export", "--from", str(source), "--format", form, "--output", str(work / "out")]
    done = subprocess.run(
        [sys.executable, "-c", "from sms_operator.cli.smsctl import main; main()", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "operator")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=_little_room,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: the files cannot be written: File too large; nothing is left of them\n"
    assert list(work.iterdir()) == []


def _little_room() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        ("name,channel\n", 1, 'unknown column "channel", did you mean "channelName"?'),
        ("channelName,gatewayRef,calledRouteRef\n9x,gw,queue\n", 1, 'row 2, column "channelName"'),
        ("", 1, "is empty"),
        (None, 1, "cannot be read"),
    ],
)
def test_imports_that_fail(smsctl: Smsctl, tmp_path: Path, content: str | None, code: int, words: str) -> None:
    """The row and the column, or the file, and nothing is written."""
    path = tmp_path / "t.csv"
    if content is not None:
        path.write_text(content)
    done = smsctl("import", str(path), "--output", str(tmp_path / "out"))
    assert (done.exit_code, done.stdout) == (code, "")
    assert words in done.stderr
    assert "nothing was written" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.fixture
def served(ground: Ground) -> Tenant:
    """The ground's tenant with a channel."""
    ground.tenant.channel("exported", "good", numbers=["+4940"])
    ground.tenant.until("SmsChannel", "exported", "ConnectionSucceeded")
    return ground.tenant


def operator_at(ground: Ground) -> tuple[str, str]:
    """The option that says where a port-forward would listen."""
    return "--operator", f"http://{ground.planes.address('controller')}"


def test_the_operator_exports(smsctl: Smsctl, ground: Ground, served: Tenant, tmp_path: Path) -> None:
    """Created, waited for, fetched and checked; and fetched again by somebody with a key of his own."""
    here = ("-n", served.namespace, *operator_at(ground))
    done = smsctl("export", "run", "exported", *here, "--format", "yaml", "--output", str(tmp_path / "out"))
    assert done.exit_code == 0, done.stderr
    assert done.stdout == f"{tmp_path}/out/channels-001.yaml\n"
    name = done.stderr.split('"')[1]
    [file] = (served.get("ChannelExport", name) or {})["status"]["files"]
    content = (tmp_path / "out" / "channels-001.yaml").read_bytes()
    assert hashlib.sha256(content).hexdigest() == file["sha256"]
    assert b"name: exported" in content
    done = smsctl("export", "download", name, *here, "--output", str(tmp_path / "again"))
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "again" / "channels-001.yaml").read_bytes() == content
    served.delete("ChannelExport", name)


def test_a_reader_cannot_download(
    smsctl: Smsctl, ground: Ground, served: Tenant, person: Callable[..., Path], tmp_path: Path
) -> None:
    """Who may look at an export may not set its key; the missing right is named."""
    name = f"export-{uuid4().hex[:6]}"
    served.apply("ChannelExport", name, {})
    served.until("ChannelExport", name, "Success", of="Succeeded")
    reader = person("reader", {"channelexports": ["get"]})
    out = ("--output", str(tmp_path / "out"))
    here = ("-n", served.namespace, *operator_at(ground))
    done = smsctl("export", "download", name, *here, *out, KUBECONFIG=str(reader))
    assert done.exit_code == 1
    assert "channelexports" in done.stderr
    done = smsctl("export", "download", "absent", *here, *out)
    assert done.exit_code == 1
    assert "absent" in done.stderr
    assert not (tmp_path / "out").exists()
    served.delete("ChannelExport", name)


def test_the_operator_reports_a_failure(smsctl: Smsctl, ground: Ground, served: Tenant, tmp_path: Path) -> None:
    """A password that is not there in time: 2, the reason, and no file."""
    here = ("-n", served.namespace, *operator_at(ground), "--output", str(tmp_path / "out"))
    done = smsctl("export", "run", *here, "--password-secret", "absent", "--timeout", "1s")
    assert done.exit_code == 2
    assert 'Secret "absent" not found' in done.stderr
    assert not (tmp_path / "out").exists()
    served.delete("ChannelExport", done.stderr.split('"')[1])

"""`smsctl plan` between files and between commits: exit codes, streams, and errors of one line."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sms_operator.cli.smsctl import main

GATEWAY = """\
apiVersion: sms-operator.dev/v1alpha1
kind: SmppGateway
metadata: {name: gw}
spec:
  endpoints: [{host: 192.0.2.1, port: 2775}]
  login: {systemId: demo, passwordSecretRef: {name: login}}
"""


def smsctl(*arguments: str) -> Result:
    """`smsctl plan …`."""
    return CliRunner().invoke(main, ["plan", *arguments])


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A work tree with one commit."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "gw.yaml").write_text(GATEWAY)
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    for command in (("init", "-q"), ("add", "."), (*identity, "commit", "-q", "-m", "first")):
        subprocess.run(["git", *command], check=True, cwd=tmp_path)
    return tmp_path


@pytest.mark.parametrize("output", ["text", "json", "markdown"])
def test_the_exit_code_does_not_depend_on_the_format(repository: Path, output: str) -> None:
    """0 without a change, 2 with one, 0 with --exit-zero."""
    assert smsctl("team", "--against", "git:HEAD", "-o", output).exit_code == 0
    (repository / "team" / "gw.yaml").write_text(GATEWAY.replace("192.0.2.1", "192.0.2.2"))
    changed = smsctl("team", "--against", "git:HEAD", "-o", output)
    assert changed.exit_code == 2, changed.output
    assert "make-before-break" in changed.stdout
    assert smsctl("team", "--against", "git:HEAD", "-o", output, "--exit-zero").exit_code == 0


def test_json_on_stdout_is_nothing_but_json(repository: Path) -> None:
    """Everything else goes to stderr."""
    (repository / "team" / "gw.yaml").write_text(GATEWAY + "  bind: {count: 2}\n")
    made = json.loads(smsctl("team", "--against", "git:HEAD", "-o", "json").stdout)
    assert made["disruptions"][0]["replacePaths"] == ["spec.bind.count"]
    assert made["changes"][0]["actions"] == ["update"]


def test_all_is_new(repository: Path) -> None:
    """A path that the commit does not have is no error: the first pull request has a plan."""
    (repository / "new.yaml").write_text(GATEWAY)
    done = smsctl("new.yaml", "--against", "git:HEAD", "-q")
    assert (done.exit_code, done.stdout.partition(";")[0]) == (2, "Plan: 1 to add, 0 to change, 0 to delete")
    assert done.stderr == "Nothing of new.yaml is in HEAD: all of it is new.\n"


def test_files_against_files(repository: Path) -> None:
    """Fields with -v, one line with -q."""
    other = repository / "other.yaml"
    other.write_text(GATEWAY.replace("demo", "second"))
    done = smsctl("team", "--against", str(other), "-v")
    assert done.exit_code == 2
    assert 'spec.login.systemId: "second" → "demo"' in done.stdout
    assert smsctl("team", "--against", str(other), "-q").stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("team", "--against", "git:nowhere"), 'git knows no commit "nowhere"'),
        (("team", "--against", "git:"), "needs a commit"),
        (("../outside.yaml", "--against", "git:HEAD"), "is not in the git repository"),
        (("team", "--against", "absent"), "absent"),
        (("absent", "--against", "team"), "absent"),
        (("broken.yaml", "--against", "team"), "broken.yaml:3:1: "),
        (("odd.yaml", "--against", "team"), "spec.mode"),
        (("team", "--against", "team", "--prune"), "--prune is for --against cluster"),
        (("team", "--kubeconfig", "absent"), "absent"),
        ((), "Missing argument"),
    ],
)
def test_no_answer_is_one_line_and_code_1(repository: Path, arguments: tuple[str, ...], said: str) -> None:
    """Nothing on stdout, and what to mend."""
    (repository / "broken.yaml").write_text("a: 1\nb: [\n")
    (repository.parent / "outside.yaml").write_text(GATEWAY)
    (repository / "odd.yaml").write_text(GATEWAY + "  mode: Up\n")
    done = smsctl(*arguments)
    assert done.exit_code == 1, done.output
    assert said in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.output


def test_outside_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """git's own words, in one line."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "gw.yaml").write_text(GATEWAY)
    done = smsctl("gw.yaml", "--against", "git:HEAD")
    assert done.exit_code == 1
    assert "not a git repository" in done.stderr

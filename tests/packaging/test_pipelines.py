"""The pull-request pipelines of docs/pipelines: their own shell lines, in a repository with a change."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.kubectl import ROOT

PIPELINES = ROOT / "docs" / "pipelines"
MARKER = "<!-- smsctl-plan -->"
GH = """\
#!{python}
# What the workflow asks of GitHub's own command: list comments through --jq, make one, change one.
import json, pathlib, sys
store = pathlib.Path({store!r})
comments = json.loads(store.read_text())
words = sys.argv[1:]
if "--jq" in words:
    wanted = words[words.index("--jq") + 1].split('"')[1]
    print("\\n".join(str(number) for number, body in comments if body.startswith(wanted)))
else:
    name = words[words.index("--field") + 1].removeprefix("body=@")
    body = pathlib.Path(name).read_text()
    if "PATCH" in words:
        number = int(words[words.index("PATCH") + 1].rpartition("/")[2])
        comments = [[one, body if one == number else old] for one, old in comments]
    else:
        comments.append([len(comments) + 1, body])
    store.write_text(json.dumps(comments))
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A branch that changes a gateway, and `main` as its remote has it."""
    work = tmp_path / "work"
    shutil.copytree(ROOT / "examples" / "gitops", work / "sms")
    commands = [
        ["init", "--quiet", "--initial-branch=main"],
        ["config", "user.name", "t"],
        ["config", "user.email", "t@example.com"],
        ["add", "."],
        ["commit", "--quiet", "--message=base"],
        ["update-ref", "refs/remotes/origin/main", "HEAD"],
        ["checkout", "--quiet", "-b", "change"],
    ]
    for command in commands:
        subprocess.run(["git", *command], cwd=work, check=True)
    change(work, "port: 3550", "port: 3551")
    return work


def change(work: Path, old: str, new: str) -> None:
    """Commit it."""
    file = work / "sms" / "20-gateway.yaml"
    file.write_text(file.read_text().replace(old, new))
    subprocess.run(["git", "commit", "--quiet", "--all", "--message=change"], cwd=work, check=True)


def shell(work: Path, script: str, path: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """As both runners start it: bash that stops at the first error."""
    places = [path, str(Path(sys.executable).parent), os.environ["PATH"]]
    settings = {
        **os.environ,
        **environment,
        "PATH": ":".join(filter(None, places)),
        "PYTHONPATH": str(ROOT / "operator"),
    }
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=work,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )


def steps() -> dict[str, str]:
    """The shell of each named step of GitHub's workflow."""
    workflow = yaml.safe_load((PIPELINES / "github.yml").read_text())
    (job,) = workflow["jobs"].values()
    return {step["name"]: step["run"] for step in job["steps"] if "run" in step}


def test_github(repository: Path, tmp_path: Path) -> None:
    """Annotations and SARIF; one comment, changed in place by the next push; a broken plan fails the step."""
    tools, store = tmp_path / "tools", tmp_path / "comments.json"
    tools.mkdir()
    store.write_text(json.dumps([[1, "somebody's"]]))
    (tools / "gh").write_text(GH.format(python=sys.executable, store=str(store)))
    (tools / "gh").chmod(0o755)
    summary = tmp_path / "summary.md"
    environment = {
        "MANIFESTS": "sms",
        "GITHUB_BASE_REF": "main",
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_STEP_SUMMARY": str(summary),
        "NUMBER": "7",
    }
    told: list[str] = []
    for push in (1, 2):
        if push == 2:
            change(repository, "port: 3551", "port: 3552")
        for name in ("Validate", "Plan", "Comment"):
            done = shell(repository, steps()[name], str(tools), **environment)
            assert done.returncode == 0, (name, done.stdout, done.stderr)
        comments = json.loads(store.read_text())
        assert [number for number, _ in comments] == [1, 2]
        told.append(comments[1][1])
    assert all(body.startswith(f"{MARKER}\n**Plan: 0 to add, 1 to change, 0 to delete; ") for body in told)
    assert "3551" in told[0]
    assert "3552" in told[1]
    assert json.loads((repository / "smsctl.sarif").read_text())["version"] == "2.1.0"
    assert MARKER in summary.read_text()
    change(repository, "kind: SmppGateway", "kind: Gateway")
    failing = shell(repository, steps()["Validate"], str(tools), **environment)
    assert failing.returncode == 2
    assert "::error " in failing.stdout
    (repository / "sms" / "20-gateway.yaml").write_text("a: [")
    assert shell(repository, steps()["Plan"], str(tools), **environment).returncode == 1


class Notes(BaseHTTPRequestHandler):
    """GitLab's notes of one merge request."""

    notes: list[dict[str, Any]]

    def do_GET(self) -> None:
        """All of them."""
        self._answer(self.notes)

    def do_POST(self) -> None:
        """One more."""
        self.notes.append({"id": len(self.notes) + 1, "body": self._body()})
        self._answer(self.notes[-1])

    def do_PUT(self) -> None:
        """A new text."""
        note = next(one for one in self.notes if str(one["id"]) == self.path.rpartition("/")[2])
        note["body"] = self._body()
        self._answer(note)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the standard library's
        """Nothing."""

    def _body(self) -> str:
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        return urllib.parse.parse_qs(text)["body"][0]

    def _answer(self, value: Any) -> None:
        assert self.headers["PRIVATE-TOKEN"] == "token"
        assert self.path.startswith("/api/projects/1/merge_requests/7/notes")
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def gitlab() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Address and notes."""
    notes: list[dict[str, Any]] = [{"id": 1, "body": "somebody's"}]
    handler = type("Handler", (Notes,), {"notes": notes})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api", notes
        server.shutdown()


def test_gitlab(repository: Path, gitlab: tuple[str, list[dict[str, Any]]]) -> None:
    """Both reports; one note, changed in place; findings fail the job after the note was written."""
    address, notes = gitlab
    (job,) = yaml.safe_load((PIPELINES / "gitlab-ci.yml").read_text()).values()
    base = subprocess.run(["git", "rev-parse", "main"], cwd=repository, capture_output=True, text=True, check=True)
    environment = {
        "MANIFESTS": "sms",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": base.stdout.strip(),
        "CI_API_V4_URL": address,
        "CI_PROJECT_ID": "1",
        "CI_MERGE_REQUEST_IID": "7",
        "SMSCTL_NOTE_TOKEN": "token",
        "NO_PROXY": "127.0.0.1",
    }
    script = "\n".join(job["script"])
    first = shell(repository, script, **environment)
    assert first.returncode == 0, first.stderr
    assert [note["id"] for note in notes] == [1, 2]
    assert "3551" in notes[1]["body"]
    change(repository, "port: 3551", "port: 3552\n    - hots: x")
    second = shell(repository, script, **environment)
    assert second.returncode != 0
    assert json.loads((repository / "gl-code-quality-report.json").read_text())
    change(repository, "\n    - hots: x", "")
    third = shell(repository, script, **environment)
    assert third.returncode == 0, third.stderr
    assert [note["id"] for note in notes] == [1, 2]
    assert "3552" in notes[1]["body"]
    assert notes[1]["body"].startswith(MARKER)
    quiet = shell(repository, script, **{**environment, "SMSCTL_NOTE_TOKEN": ""})
    assert quiet.returncode == 0, quiet.stderr

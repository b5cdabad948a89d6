"""`smsctl validate` and `smsctl explain`, as a shell sees them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result

from sms_operator.cli.smsctl import main

GOOD: Final = """\
apiVersion: sms-operator.dev/v1alpha1
kind: OrganizationUnit
metadata:
  name: sales
  annotations:
    suppress.sms-operator.dev/SMS406: its channels are in another repository
spec:
  displayName: Sales
  code: sales
"""
BAD: Final = GOOD.replace("code: sales", "code: sales\n  colour: red")


def smsctl(*arguments: str, stdin: str = "") -> Result:
    """Run it."""
    return CliRunner().invoke(main, arguments, input=stdin)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory that it runs in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("output", ["text", "json", "github", "gitlab", "sarif", "junit"])
@pytest.mark.parametrize(("manifest", "code"), [(GOOD, 0), (BAD, 2), ("", 1)])
def test_the_exit_code_is_the_same_in_every_format(output: str, manifest: str, code: int) -> None:
    """0 clean, 2 findings, 1 nothing to check; the summary is no part of the data."""
    done = smsctl("validate", "-", "-o", output, stdin=manifest)
    assert done.exit_code == code, done.stderr
    assert " in " in done.stderr
    if output in {"json", "gitlab", "sarif"}:
        json.loads(done.stdout)


def test_what_people_read(here: Path) -> None:
    """File, line, column, rule, field, fix."""
    (here / "unit.yaml").write_text(BAD)
    done = smsctl("validate", "unit.yaml")
    first, second = done.stdout.splitlines()
    assert first.startswith("unit.yaml:10:3: error[SMS102]")
    assert '"colour"' in first or "spec.colour" in first
    assert second.startswith("    fix: ")
    assert done.stderr == "1 object in 1 file: 1 error, 1 suppressed\n"


def test_several_outputs_in_one_run(here: Path) -> None:
    """One to stdout, others to files."""
    (here / "unit.yaml").write_text(BAD)
    done = smsctl("validate", ".", "-o", "text", "-o", "sarif=out.sarif", "-o", "junit=out.xml")
    assert done.exit_code == 2
    assert "SMS102" in done.stdout
    (result, *_) = json.loads((here / "out.sarif").read_text())["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 10
    assert "<failure" in (here / "out.xml").read_text()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "no PATHS"),
        (["-", "-o", "xml"], 'no format "xml"'),
        (["-", "-o", "sarif="], "names no file"),
        (["-", "-o", "json", "-o", "sarif"], "two outputs"),
        (["-", "-o", "sarif=nowhere/out.sarif"], "cannot write nowhere/out.sarif"),
        (["-", "--suppress", "SMS999"], "--suppress"),
        (["-", "--colour"], "--color"),
    ],
)
def test_what_cannot_be_answered(arguments: list[str], says: str, here: Path) -> None:
    """Code 1 and one sentence, never a traceback."""
    del here
    done = smsctl("validate", *arguments, stdin=GOOD)
    assert done.exit_code == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("fail_on", "code"), [("error", 0), ("warning", 2), ("info", 2), ("never", 0)])
def test_what_is_bad_enough(fail_on: str, code: int) -> None:
    """A warning counts unless somebody says otherwise."""
    unused = "".join(
        line for line in GOOD.splitlines(keepends=True) if "annotations" not in line and "SMS406" not in line
    )
    assert smsctl("validate", "-", "--fail-on", fail_on, stdin=unused).exit_code == code
    assert smsctl("validate", "-", "--suppress", "SMS406", stdin=unused).exit_code == 0


def test_a_path_that_is_not_there(here: Path) -> None:
    """Of what cannot be read there is no verdict."""
    del here
    done = smsctl("validate", "nowhere")
    assert done.exit_code == 1
    assert "nowhere" in done.stdout


def test_rules_are_listed_and_explained() -> None:
    """Each code of the list has its page."""
    listed = smsctl("validate", "--list-rules").stdout
    codes = [line.split()[0] for line in listed.splitlines()[1:]]
    assert "SMS301" in codes
    told = smsctl("explain", "sms301")
    assert (told.exit_code, told.stderr) == (0, "")
    assert "Fix: " in told.stdout
    unknown = smsctl("explain", "SMS999")
    assert unknown.exit_code == 1
    assert 'no rule "SMS999"' in unknown.stderr


def test_nobody_reads(here: Path) -> None:
    """A closed pipe ends it quietly."""
    (here / "many.yaml").write_text("---\n".join(BAD.replace("sales", f"unit-{n}") for n in range(2_000)))
    program = f"{sys.executable} -c 'from sms_operator.cli.smsctl import main; main()' validate many.yaml | head -1"
    done = subprocess.run(["sh", "-c", program], capture_output=True, text=True, cwd=here, timeout=60, check=False)
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert "Broken" not in done.stderr


def test_changed_lines_come_first(here: Path) -> None:
    """GitHub shows ten of a level: those on changed lines are among them."""
    (here / "old.yaml").write_text(BAD)
    (here / "zoo.yaml").write_text(GOOD.replace("sales", "zoo"))
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    for command in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-qm", "base")):
        subprocess.run(["git", *command], check=True)
    (here / "zoo.yaml").write_text(BAD.replace("sales", "zoo"))
    files = ("old.yaml", "zoo.yaml")
    before = smsctl("validate", *files, "-o", "github").stdout.splitlines()
    after = smsctl("validate", *files, "-o", "github", "--changed-since", "HEAD")
    assert after.exit_code == 2
    assert ["file=old.yaml" in line for line in before] == [True, False]
    assert after.stdout.splitlines() == [before[1], before[0]]
    for ref in ("nothing", "-v", ""):
        unknown = smsctl("validate", *files, "-o", "github", "--changed-since", ref)
        assert (unknown.exit_code, unknown.stdout) == (1, "")
        assert unknown.stderr.endswith(f'Error: git knows no commit "{ref}"\n')

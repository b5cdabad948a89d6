"""What holds for every command of `smsctl`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from sms_operator import __version__
from sms_operator.cli.completion import answer
from sms_operator.cli.law import invoked_as
from sms_operator.cli.output import colour, table
from sms_operator.cli.smsctl import COMMANDS, main

BIN = Path(sys.executable).parent


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help(name: str) -> None:
    """What the list promises is there."""
    done = CliRunner().invoke(main, [name, "--help"], prog_name="smsctl")
    assert done.exit_code == 0, done.output
    assert "Usage: smsctl" in done.output


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--version"], 0, f"smsctl {__version__}"),
        (["validat"], 1, 'Did you mean "validate"?'),
        (["validate", "--no-such-option"], 1, "No such option"),
        (["explain"], 1, "Missing argument"),
    ],
)
def test_a_usage_error_is_no_finding(arguments: list[str], code: int, says: str) -> None:
    """1 and not click's 2."""
    done = CliRunner().invoke(main, arguments, prog_name="smsctl")
    assert done.exit_code == code
    assert says in done.output


def test_as_a_plugin_of_kubectl() -> None:
    """The same program under another name says so."""
    done = subprocess.run([BIN / "kubectl-sms", "--help"], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("Usage: kubectl sms ")
    assert invoked_as("/usr/bin/smsctl") == "smsctl"


@pytest.mark.parametrize(
    "words",
    [
        *(
            "",
            "get",
            "describe",
            "tree",
            "events",
            "check",
            "plan",
            "validate",
            "explain",
            "monitor",
            "fetch-certificate",
        ),
        *("gateway rebuild", "gateway test", "export", "export run", "export download", "import"),
    ],
)
def test_starting_imports_only_what_is_asked_for(words: str) -> None:
    """Help, completion and usage errors pay for no model, no event loop and no cluster."""
    arguments = [*words.split(), "--help"]
    code = f"import sys; from sms_operator.cli.smsctl import main\ntry: main({arguments})\nexcept SystemExit: pass\n"
    check = "print(sorted({'pydantic', 'aiohttp', 'kopf', 'asyncio', 'yaml'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code + check], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("words", "has", "directive"),
    [
        (["val"], "validate\t", ":4"),
        (["validate", "--fail-on", ""], "never", ":4"),
        (["validate", "--li"], "--list-rules\t", ":4"),
        (["explain", "sms30"], "SMS301\t", ":4"),
    ],
)
def test_completion_for_kubectl(words: list[str], has: str, directive: str) -> None:
    """Candidates with help, then whether files may follow."""
    *lines, last = answer(main, words).splitlines()
    assert any(line.startswith(has) for line in lines)
    assert last == directive


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str) -> None:
    """Each asks `smsctl` itself for candidates."""
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert f"_SMSCTL_COMPLETE={shell}_complete" in done.output


def test_bash_completes() -> None:
    """The way bash asks."""
    asked = {"_SMSCTL_COMPLETE": "bash_complete", "COMP_WORDS": "smsctl val", "COMP_CWORD": "1"}
    done = subprocess.run(
        [BIN / "smsctl"], env={**os.environ, **asked}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "plain,validate\n"


@pytest.mark.parametrize(
    ("choice", "environ", "wanted"),
    [
        ("auto", {}, False),
        ("always", {"NO_COLOR": "1"}, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("auto", {"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        ("auto", {"FORCE_COLOR": "0"}, False),
        ("never", {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour(choice: str, environ: dict[str, str], wanted: bool) -> None:
    """The option, then NO_COLOR, then what forces it, then whether it is a terminal."""
    with Path(os.devnull).open("w", encoding="utf-8") as stream:
        assert colour(choice, stream, environ) is wanted


def test_tables() -> None:
    """Columns line up by the width that a terminal shows; an empty cell is a dash."""
    assert table(("NAME", "STATE"), [("短信", "up"), ("a", "")]) == "NAME   STATE\n短信   up\na      -"

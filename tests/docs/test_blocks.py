"""Every command of the documentation, typed as it stands: page by page, against `make demo`'s own bench."""

from __future__ import annotations

import os
import queue
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sms_operator.dev.control_plane import Programs
from support.kubectl import ROOT

from .blocks import Block, blocks

PAGES = sorted((*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "examples" / "README.md"))
COMMANDS = {page: blocks(page) for page in PAGES if blocks(page)}
LIVE = [page for page, found in COMMANDS.items() if any(not block.skip for block in found)]
READY = 60.0
"""Seconds for the bench, on a slow machine."""


class Bench:
    """The demo, and a shell beside it."""

    def __init__(self, kubeconfig: str, programs: Path) -> None:
        path = [str(Path(sys.executable).parent), str(programs), os.environ["PATH"]]
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("SMS", "KUBE"))},
            "KUBECONFIG": kubeconfig,
            "PATH": ":".join(path),
            "PYTHONPATH": str(ROOT / "operator"),
            "NO_COLOR": "1",
        }

    def type(self, script: str, directory: Path) -> subprocess.CompletedProcess[str]:
        """A block, as a careful shell runs it."""
        return subprocess.run(
            ["bash", "-e", "-u", "-o", "pipefail", "-c", script],
            cwd=directory,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    def restore(self, directory: Path) -> None:
        """As the demo left it: what a page made is gone, what it changed is as in examples/."""
        script = (
            "kubectl delete smsch,smscalled,smsexport --all --wait=true >/dev/null\n"
            "kubectl replace --force -f examples >/dev/null || kubectl apply -f examples >/dev/null\n"
            f"kubectl wait smppgw,smsch --all --for=condition=Ready --timeout={READY:.0f}s\n"
        )
        done = self.type(script, directory)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def bench(control_plane_programs: Programs) -> Iterator[Bench]:
    """`smsctl dev demo`, until the tests end."""
    program = "from sms_operator.cli.smsctl import main; main()"
    lines: queue.Queue[str] = queue.Queue()
    said: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-c", program, "dev", "demo"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "operator")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        reader = threading.Thread(target=lambda: [lines.put(line) for line in demo.stdout or ()], daemon=True)
        reader.start()
        try:
            while "export KUBECONFIG=" not in (line := lines.get(timeout=READY)):
                said.append(line)
            kubeconfig = line.strip().removeprefix("export KUBECONFIG=")
            yield Bench(kubeconfig, control_plane_programs.path("kubectl").parent)
        except queue.Empty:
            pytest.fail(f"the bench did not start:\n{''.join(said)}")
        finally:
            demo.terminate()
            demo.wait(60)
            reader.join(10)


@pytest.mark.parametrize("page", LIVE, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_says_to_type(bench: Bench, page: Path, tmp_path: Path) -> None:
    """In order, in one directory that has the examples; each block exits and prints as the page shows."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    bench.restore(tmp_path)
    for block in COMMANDS[page]:
        if not block.skip:
            done = bench.type(whole(block), tmp_path)
            told = f"{page.name}:{block.line}\n{block.script}\n{done.stdout}\n{done.stderr}"
            assert done.returncode == block.exits, told
            assert missing(block, done.stdout + done.stderr) == [], f"{page.name}:{block.line}"


def whole(block: Block) -> str:
    """A block whose code is that of its last line: where an earlier one fails, it is another."""
    head, _, last = block.script.rstrip("\n").rpartition("\n")
    return f"trap 'exit 99' ERR\n{head}\ntrap - ERR\n{last}\n" if block.exits else block.script


def missing(block: Block, output: str) -> list[str]:
    """Lines that a block shows and the program does not print; `…` stands for anything within a line."""
    patterns = {line: re.escape(line).replace("…", ".*").replace("\\ ", " +") for line in block.printed}
    return [line for line, pattern in patterns.items() if not re.search(f"^{pattern}$", output, re.M)]


@pytest.mark.parametrize(
    ("page", "block"),
    [(page, block) for page, found in COMMANDS.items() for block in found if block.skip],
    ids=lambda value: f"{value.line}" if isinstance(value, Block) else str(value.relative_to(ROOT)),
)
def test_what_cannot_be_typed_here_parses(page: Path, block: Block) -> None:
    """It is a command for a shell all the same; `<…>` stands for something of the reader's."""
    script = re.sub(r"<[^<>\n]+>", "x", block.script)
    done = subprocess.run(["bash", "-n", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{page.name}:{block.line}: {done.stderr}"
    assert block.script.strip()

"""The Dockerfile: linted, and its build steps carried out in a directory of their own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.kubectl import ROOT

DOCKERFILE = ROOT / "Dockerfile"
SHIPPED = "/opt/sms-operator"


@dataclass(frozen=True)
class Step:
    """One instruction, continuation lines joined."""

    word: str
    rest: str


def _stages() -> list[list[Step]]:
    text = "\n".join(line for line in DOCKERFILE.read_text().splitlines() if not line.lstrip().startswith("#"))
    steps = [Step(*line.split(None, 1)) for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    stages: list[list[Step]] = []
    for step in steps:
        if step.word == "FROM":
            stages.append([])
        if stages:
            stages[-1].append(step)
    return stages


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment that ships, made by the build stage's own COPY and RUN lines; only the places are others."""
    place = tmp_path_factory.mktemp("image")
    work, opt = place / "build", place / "opt"
    work.mkdir()
    search = [str(Path(sys.base_prefix) / "bin"), "/usr/bin", "/bin"]
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    for step in _stages()[0]:
        if step.word == "COPY":
            *sources, target = step.rest.split()
            for source in sources:
                _copy(ROOT / source, work / (source if target == "./" else target))
        elif step.word == "RUN":
            command = step.rest.replace("/opt/", f"{opt}/").replace("python -m venv", "python3 -m venv")
            done = subprocess.run(
                ["sh", "-euc", command],
                cwd=work,
                env={**environment, "PATH": os.pathsep.join(search)},
                capture_output=True,
                text=True,
                timeout=240,
                check=False,
            )
            assert done.returncode == 0, f"RUN {step.rest}\n{done.stdout}{done.stderr}"
    return opt / Path(SHIPPED).name


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def _run(program: Path, *arguments: str, where: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(program), *arguments],
        cwd=where,
        env={"PATH": "/usr/bin:/bin", "HOME": str(where)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.timeout(300)
def test_build_steps_make_a_working_environment(built: Path, tmp_path: Path) -> None:
    """The steps succeed with hashes required, and the operator in the result starts and knows all its commands."""
    said = _run(built / "bin" / "sms-operator", "--help", where=tmp_path)
    assert said.returncode == 0, said.stderr
    for command in ("controller", "links", "run"):
        assert re.search(rf"^  {command} ", said.stdout, re.M), said.stdout
        started = _run(built / "bin" / "sms-operator", command, "--help", where=tmp_path)
        assert started.returncode == 0, started.stderr


@pytest.mark.timeout(300)
def test_the_environment_holds_what_is_pinned_and_no_tool(built: Path, tmp_path: Path) -> None:
    """Exactly the runtime lock and the operator itself: no pip, no build tool, no test tool."""
    program = (
        "import json, importlib.metadata as m;"
        "print(json.dumps(sorted(d.name.lower().replace('_', '-') for d in m.distributions())))"
    )
    held = set(json.loads(_run(built / "bin" / "python", "-I", "-c", program, where=tmp_path).stdout))
    assert "sms-operator" in held
    pinned = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.txt").read_text(), re.M))
    assert held - {"sms-operator"} <= pinned
    assert held.isdisjoint({"pip", "setuptools", "hatchling", "pytest", "ruff"})


@pytest.mark.timeout(300)
def test_the_wheel_holds_the_package_only(built: Path) -> None:
    """`sms_operator` is installed as such; the source root `operator` is not, and hides no standard module."""
    wheel = next((built.parent.parent / "build" / "dist").glob("*.whl"))
    site = next((built / "lib").glob("python*/site-packages"))
    assert (site / "sms_operator" / "py.typed").is_file()
    assert not (site / "operator").exists()
    assert wheel.name.startswith("sms_operator-")


def test_final_stage_is_bare() -> None:
    """The last stage runs no command, is not root, and takes nothing but the finished environment."""
    final = _stages()[-1]
    words = [step.word for step in final]
    assert "RUN" not in words
    assert [step.rest for step in final if step.word == "COPY"] == [f"--from=build {SHIPPED} {SHIPPED}"]
    assert next(step.rest for step in final if step.word == "USER") == "65532:65532"
    assert next(step.rest for step in final if step.word == "ENTRYPOINT") == '["sms-operator"]'


def test_stages_share_one_python() -> None:
    """Both stages begin with the same image: the environment's interpreter is where it was built."""
    bases = {stage[0].rest.removesuffix(" AS build") for stage in _stages()}
    assert bases == {"python:${PYTHON}-slim"}


def test_the_context_lets_through_what_is_copied() -> None:
    """Every file that the build stage copies passes `.dockerignore`, which otherwise keeps everything out."""
    copied = {name for step in _stages()[0] if step.word == "COPY" for name in step.rest.split()[:-1]}
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines
    assert {line[1:] for line in lines if line.startswith("!")} == copied

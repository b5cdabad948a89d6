"""The locks: every requirement of pyproject.toml is pinned, with hashes, for every platform."""

from __future__ import annotations

import re
import tomllib
from typing import Any, cast

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from support.kubectl import ROOT

RUNTIME, DEVELOPMENT, BUILD = "requirements.txt", "requirements-dev.txt", "requirements-build.txt"
LOCKS = (RUNTIME, DEVELOPMENT, BUILD)


def _pins(lock: str) -> dict[str, Version]:
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", (ROOT / lock).read_text(), re.M)
    return {canonicalize_name(name): Version(version) for name, version in found}


def _wanted() -> dict[str, list[Requirement]]:
    document: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = document["project"]
    runtime = cast("list[str]", project["dependencies"])
    extra = [each for group in project["optional-dependencies"].values() for each in group]
    development = [each for group in document["dependency-groups"].values() for each in group]
    build = cast("list[str]", document["build-system"]["requires"])
    lists = {RUNTIME: runtime, DEVELOPMENT: [*runtime, *extra, *development, *build], BUILD: build}
    return {lock: [Requirement(each) for each in texts] for lock, texts in lists.items()}


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_satisfies_pyproject(lock: str) -> None:
    """Every requirement is pinned at a version that it allows; otherwise `make lock` was forgotten."""
    pins = _pins(lock)
    unmet = [str(each) for each in _wanted()[lock] if not _meets(pins.get(canonicalize_name(each.name)), each)]
    assert unmet == [], "run `make lock`"


def _meets(pin: Version | None, requirement: Requirement) -> bool:
    return pin is not None and requirement.specifier.contains(pin, prereleases=True)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes(lock: str) -> None:
    """No line would be installed unverified, and none says where to look."""
    text = (ROOT / lock).read_text()
    joined = re.sub(r"\\\n\s+", " ", text)
    lines = [line for line in joined.splitlines() if line and not line.lstrip().startswith("#")]
    assert lines
    assert [line[:60] for line in lines if "==" not in line or "--hash=sha256:" not in line] == []


def test_locks_agree() -> None:
    """What ships is what is tested, and the wheel is built by the tool that installs the checkout."""
    development = _pins(DEVELOPMENT)
    for lock in (RUNTIME, BUILD):
        assert {name: version for name, version in _pins(lock).items() if development.get(name) != version} == {}


def test_the_wheel_and_the_locks_are_for_the_same_pythons() -> None:
    """The locks were resolved for the oldest Python that pyproject.toml promises."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert document["project"]["requires-python"] == ">=3.11"
    assert "--python-version 3.11" in (ROOT / "Makefile").read_text()

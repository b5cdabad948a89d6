"""Where an operator keeps the files of its exports: a directory of its own, or object storage.

Each export has a name, `<namespace>/<uid>`. It is there with all its files and its index, or it is not there.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from .local import PARTIAL, appearing
from .remote import appearing_at, connect, is_url
from .writing import INDEX, Sink, Unreadable, Written

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}/[A-Za-z0-9][A-Za-z0-9-]{0,127}")
_FILE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\.[a-z0-9]{1,8}")

Writer = Callable[[Sink], Written]


class Store(Protocol):
    """Blocking calls: for a thread. All of them may raise OSError."""

    def find(self, name: str) -> Written | None:
        """The complete export of that name; None when there is none."""
        ...

    def begin(self, name: str) -> int:
        """Take note of an attempt, and say how many there were before that neither ended nor gave up."""
        ...

    def publish(self, name: str, attempt: int, write: Writer) -> Written:
        """Let `write` write an export; it is there when that returned, and nothing is when it raised.

        `attempt` is what `begin` said.
        """
        ...

    def open(self, name: str, file: str) -> BinaryIO:
        """A file of an export, for reading. Raises FileNotFoundError."""
        ...

    def remove(self, name: str) -> None:
        """Remove an export and what is left of attempts; it may not be there."""
        ...

    def names(self) -> Iterable[str]:
        """Every export, also those that were begun only."""
        ...


def open_store(place: str) -> Store:
    """The store at a path or URL.

    Raises:
        OSError: it cannot be used.
    """
    if is_url(place):
        return RemoteStore(*connect(place))
    return LocalStore(Path(place))


class LocalStore:
    """A directory that nobody else uses. An attempt is a hidden directory that gets its name at the end."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def find(self, name: str) -> Written | None:
        """See Store. An index that cannot be read is that of no export."""
        try:
            return Written.from_json((self._at(name) / INDEX).read_bytes())
        except (FileNotFoundError, NotADirectoryError, Unreadable):
            return None

    def begin(self, name: str) -> int:
        """See Store."""
        final = self._at(name)
        final.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if final.exists():
            shutil.rmtree(final)  # it has no index, or somebody would have found it
        attempts = 0
        for left in self._attempts(final):
            attempts = max(attempts, _number(left.name) + 1)
            shutil.rmtree(left)
        return attempts

    def publish(self, name: str, attempt: int, write: Writer) -> Written:
        """See Store."""
        with appearing(self._at(name), str(attempt)) as sink:
            return write(sink)

    def open(self, name: str, file: str) -> BinaryIO:
        """See Store."""
        return (self._at(name) / _checked(_FILE, file)).open("rb")

    def remove(self, name: str) -> None:
        """See Store."""
        final = self._at(name)
        for directory in (final, *self._attempts(final)):
            shutil.rmtree(directory, ignore_errors=not directory.exists())
        with contextlib.suppress(OSError):
            final.parent.rmdir()

    def names(self) -> Iterable[str]:
        """See Store."""
        found: set[str] = set()
        for path in self._root.glob("*/*"):
            uid = path.name.removeprefix(".").split(".")[0]
            if _NAME.fullmatch(name := f"{path.parent.name}/{uid}"):
                found.add(name)
        return sorted(found)

    def _at(self, name: str) -> Path:
        return self._root / _checked(_NAME, name)

    def _attempts(self, final: Path) -> list[Path]:
        return list(final.parent.glob(f".{final.name}.*{PARTIAL}"))


class RemoteStore:
    """Object storage. An attempt is an object of its own; the index is written last."""

    def __init__(self, system: Any, root: str) -> None:
        self._system = system
        self._root = root

    def find(self, name: str) -> Written | None:
        """See Store."""
        try:
            return Written.from_json(self._system.cat_file(f"{self._at(name)}/{INDEX}"))
        except (FileNotFoundError, Unreadable):
            return None

    def begin(self, name: str) -> int:
        """See Store."""
        directory = self._at(name)
        marks = [path for path in self._paths(directory) if path.endswith(PARTIAL)]
        attempts = max((_number(mark.rsplit("/", 1)[-1]) + 1 for mark in marks), default=0)
        self.remove(name)
        self._system.makedirs(directory, exist_ok=True)
        self._system.pipe_file(f"{directory}/{_mark(attempts)}", b"")
        return attempts

    def publish(self, name: str, attempt: int, write: Writer) -> Written:
        """See Store."""
        directory = self._at(name)
        with appearing_at(self._system, directory) as sink:
            written = write(sink)
        with contextlib.suppress(FileNotFoundError):
            self._system.rm_file(f"{directory}/{_mark(attempt)}")
        return written

    def open(self, name: str, file: str) -> BinaryIO:
        """See Store."""
        return self._system.open(f"{self._at(name)}/{_checked(_FILE, file)}", "rb")

    def remove(self, name: str) -> None:
        """See Store."""
        with contextlib.suppress(FileNotFoundError):
            self._system.rm(self._at(name), recursive=True)

    def names(self) -> Iterable[str]:
        """See Store."""
        found = ("/".join(path.removeprefix(self._root).strip("/").split("/")[:2]) for path in self._paths(self._root))
        return sorted({name for name in found if _NAME.fullmatch(name)})

    def _at(self, name: str) -> str:
        return f"{self._root}/{_checked(_NAME, name)}"

    def _paths(self, directory: str) -> list[str]:
        self._system.invalidate_cache()
        try:
            return [str(path) for path in self._system.find(directory)]
        except FileNotFoundError:
            return []


def _mark(attempt: int) -> str:
    return f"{attempt}{PARTIAL}"


def _number(mark: str) -> int:
    """The number in the name of an attempt's mark; 0 when somebody else wrote it."""
    digits = mark.removesuffix(PARTIAL).rsplit(".", 1)[-1]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 6 else 0


def _checked(pattern: re.Pattern[str], text: str) -> str:
    """Names become paths: nothing that leads out of the store passes."""
    if not pattern.fullmatch(text):
        raise FileNotFoundError(f'no export or file has the name "{text[:60]}"')
    return text

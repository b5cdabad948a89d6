"""Object storage, by URL, through fsspec: a transaction, and the index as the last thing that appears."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import fsspec

from .writing import INDEX


class StorageError(OSError):
    """The storage cannot do what is asked; the text says what is missing."""


class RemoteSink:
    """Files of one directory of a file system of fsspec."""

    def __init__(self, system: Any, directory: str) -> None:
        self._system = system
        self._directory = directory

    @property
    def scratch(self) -> Path | None:
        return None

    @contextmanager
    def create(self, name: str) -> Generator[BinaryIO]:
        """A new file; it appears when the transaction ends."""
        with self._system.open(f"{self._directory}/{name}", "wb") as out:
            yield cast("BinaryIO", out)


def is_url(target: str) -> bool:
    """Whether a target names object storage and not a path of this machine."""
    return "://" in target


def connect(url: str) -> tuple[Any, str]:
    """The file system and the path of a URL, such as `s3://bucket/exports`.

    Credentials come from the environment, as the storage's own library reads them; a URL must hold none.

    Raises:
        StorageError: nothing here knows this kind of storage.
    """
    scheme, _, rest = url.partition("://")
    if "@" in rest.split("/", 1)[0]:
        raise StorageError(f"{scheme}://…: a URL with a login would end up in logs; give it by the environment")
    try:
        system, path = cast("Any", fsspec).core.url_to_fs(url)
    except ImportError as error:
        raise StorageError(f"{scheme}:// needs another library: {error}") from None
    except ValueError as error:
        raise StorageError(f"{scheme}:// cannot be used: {error}") from None
    return system, str(path).rstrip("/")


@contextmanager
def appearing_at(system: Any, directory: str) -> Generator[RemoteSink]:
    """Write the files of a directory that has none yet; on any error none of them appears.

    Raises:
        StorageError: an export is there already, or the storage failed.
    """
    try:
        if system.exists(f"{directory}/{INDEX}"):
            raise StorageError(f"{directory} holds an export already; choose another place")
        with system.transaction:
            yield RemoteSink(system, directory)
    except NotImplementedError:
        raise StorageError("this kind of storage can only be read") from None

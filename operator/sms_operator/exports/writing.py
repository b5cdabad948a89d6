"""An export as a whole: records cut into files, each counted and summed, plain or in one archive."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

from sms_operator.api.channel_export import MAX_RECORDS, MAX_RECORDS_PER_FILE
from sms_operator.core.export_facts import FileFact

from .archive import encrypted
from .formats import Format, render
from .records import Record

ARCHIVE: Final = "channels.zip"
INDEX: Final = "export.index"
"""The last file that is written: where it is, the export is complete. JSON; no name that kubectl would apply."""


class TooManyRecords(ValueError):
    """More channels than one export may hold; the text says how to make it smaller."""

    def __init__(self, found: int | None = None) -> None:
        count = f"{found:,} channels" if found else "More channels"
        super().__init__(
            f"{count} than the {MAX_RECORDS:,} of one export: choose by namespace, label or name"
            if found is None
            else f"{count} match, an export holds {MAX_RECORDS:,} at most: choose by namespace, label or name"
        )


class Unreadable(Exception):
    """What should be an index is none."""


@dataclass(frozen=True, slots=True)
class Written:
    """A complete export."""

    records: int
    files: tuple[FileFact, ...]

    def to_json(self) -> bytes:
        """The content of its index."""
        return json.dumps(asdict(self), indent=2).encode() + b"\n"

    @staticmethod
    def from_json(content: bytes) -> Written:
        """The inverse of `to_json`.

        Raises:
            Unreadable: it is something else.
        """
        try:
            body: Any = json.loads(content)
            files = tuple(FileFact(str(one["name"]), int(one["records"]), str(one["sha256"])) for one in body["files"])
            return Written(int(body["records"]), files)
        except (ValueError, KeyError, TypeError) as error:
            raise Unreadable(f"{INDEX} of the export cannot be read: {error}") from None


class Sink(Protocol):
    """Where files go; they are seen all at once or never."""

    def create(self, name: str) -> AbstractContextManager[BinaryIO]:
        """A new file, complete when the context ends."""
        ...

    @property
    def scratch(self) -> Path | None:
        """Directory for what has to be written before it can be read; None: the system's."""
        ...


@dataclass(frozen=True, slots=True)
class Wish:
    """How an export is to be written."""

    form: Format
    password: str | None = field(default=None, repr=False)
    """Encrypts one archive of all files; None: plain files."""
    index: bool = True
    """Whether an index is written last."""


def write(
    records: Iterable[Record], wish: Wish, sink: Sink, now: datetime, seen: Callable[[int], object] = lambda _: None
) -> Written:
    """Write an export, a record at a time, and its index at the end.

    Args:
        records: In the order in which they shall stand.
        wish: Format and password.
        sink: Where to.
        now: The date of the files in an archive.
        seen: Told of the number of records so far, once a record.

    Raises:
        TooManyRecords: at the first record over 100,000.
        OSError: the sink cannot take it.
    """
    counter = _Counter(records, seen)
    done = _archive(counter, wish, sink, now) if wish.password is not None else _plain(counter, wish, sink)
    written = Written(counter.total, done)
    if wish.index:
        with sink.create(INDEX) as out:
            out.write(written.to_json())
    return written


class _Counter:
    """Records in parts of at most 2,000, one part after the other."""

    def __init__(self, records: Iterable[Record], seen: Callable[[int], object]) -> None:
        self._records = iter(records)
        self._seen = seen
        self.total = 0
        self.in_part = 0

    def parts(self) -> Iterator[Iterator[Record]]:
        """Each part has to be read to its end before the next; an export without records has one empty part."""
        first = True
        while (head := next(self._records, None)) is not None or first:
            first, self.in_part = False, 0
            yield self._part(head)

    def _part(self, head: Record | None) -> Iterator[Record]:
        if head is None:
            return
        for record in chain([head], self._records):
            if self.total == MAX_RECORDS:
                raise TooManyRecords
            self.total += 1
            self.in_part += 1
            self._seen(self.total)
            yield record
            if self.in_part == MAX_RECORDS_PER_FILE:
                return


def _plain(counter: _Counter, wish: Wish, sink: Sink) -> tuple[FileFact, ...]:
    files: list[FileFact] = []
    for number, part in enumerate(counter.parts(), 1):
        name = _name(number, wish)
        digest = _stored(sink, name, render(part, wish.form, sink.scratch))
        files.append(FileFact(name, counter.in_part, digest))
    return tuple(files)


def _archive(counter: _Counter, wish: Wish, sink: Sink, now: datetime) -> tuple[FileFact, ...]:
    members = (
        (_name(number, wish), render(part, wish.form, sink.scratch)) for number, part in enumerate(counter.parts(), 1)
    )
    digest = _stored(sink, ARCHIVE, encrypted(members, wish.password or "", now))
    return (FileFact(ARCHIVE, counter.total, digest),)


def _stored(sink: Sink, name: str, pieces: Iterable[bytes]) -> str:
    """The SHA-256 of a file that was written."""
    digest = hashlib.sha256()
    with sink.create(name) as out:
        for piece in pieces:
            digest.update(piece)
            out.write(piece)
    return digest.hexdigest()


def _name(number: int, wish: Wish) -> str:
    return f"channels-{number:03}.{wish.form}"

"""From rows to channels: every cell checked, every fault named with its row and column."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from sms_operator.api.channel_export import MAX_RECORDS, ChannelSelector
from sms_operator.api.kinds import API_VERSION
from sms_operator.api.sms_channel import SmsChannelSpec
from sms_operator.api.validation import problems, validate_object

from .cells import CellError, shown
from .columns import HEADINGS, REQUIRED, VERBATIM, Column, column_at, column_named, put
from .records import KIND, Record
from .tables import Row, TableError, rows

SHOWN: Final = 20
"""Faults that are told one by one."""
_NAMESPACE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a table."""

    file: str
    row: int
    column: str
    """Heading; empty where the row as a whole is meant."""
    message: str

    def __str__(self) -> str:
        where = f'row {self.row}, column "{self.column}"' if self.column else f"row {self.row}"
        return f"{self.file}: {where}: {self.message}"


class BadTable(Exception):
    """Tables that cannot be imported; each line of the text is one fault."""

    def __init__(self, faults: Sequence[Fault], total: int) -> None:
        more = [f"… and {total - len(faults):,} more"] if total > len(faults) else []
        super().__init__("\n".join([*map(str, faults), *more]))
        self.faults = tuple(faults)
        self.total = total


@dataclass(slots=True)
class Import:
    """Reads tables one row at a time; what has to be remembered is the names.

    Iterate over `records()` to the end: only then is it known whether there are faults, which is an exception.
    """

    files: Sequence[Path]
    namespace: str = ""
    """For rows that name none."""
    count: int = 0
    """Channels read."""
    _faults: list[Fault] = field(default_factory=list[Fault])
    _total: int = 0
    _seen: dict[tuple[str, str, str], tuple[int, int]] = field(
        default_factory=dict[tuple[str, str, str], tuple[int, int]]
    )

    def records(self) -> Iterator[Record]:
        """The channels, in order.

        Raises:
            TableError: a file is no table.
            BadTable: after the last row, when anything was wrong.
        """
        for number, path in enumerate(self.files):
            yield from self._file(number, path)
        if self._total:
            raise BadTable(self._faults, self._total)
        if not self.count:
            raise TableError(f"{', '.join(map(str, self.files))}: no channel below the headings")

    def _file(self, number: int, path: Path) -> Iterator[Record]:
        table = rows(path)
        heading = next(table, None)
        if heading is None:
            raise TableError(f"{path} is empty; its first row has to name the columns")
        columns = headings(path, heading)
        for row in table:
            record = self._record(path, columns, row)
            if record is None or not self._is_new(number, row.number, record):
                continue
            self.count += 1
            if self.count > MAX_RECORDS:
                raise TableError(f"{path}: row {row.number}: more than {MAX_RECORDS:,} channels; import them in parts")
            yield record

    def _record(self, path: Path, columns: Sequence[Column], row: Row) -> Record | None:
        faults = self._total
        body = self._body(path, columns, row)
        if self._total > faults:
            return None
        for column, message in wrong(body):
            self._blame(path, row, column, message)
        if self._total > faults:
            return None
        metadata, spec = body["metadata"], body["spec"]
        parsed = SmsChannelSpec.model_validate(spec)
        return Record(metadata.get("namespace", ""), metadata["name"], parsed, metadata.get("labels", {}), spec)

    def _body(self, path: Path, columns: Sequence[Column], row: Row) -> dict[str, Any]:
        body: dict[str, Any] = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {}, "spec": {}}
        surplus = [cell for cell in row.cells[len(columns) :] if cell.strip()]
        if surplus:
            self._blame(path, row, "", f'"{shown(surplus[0])}" stands under no heading')
        for column, cell in zip(columns, row.cells, strict=False):
            if not cell or (cell.isspace() and column.codec is not VERBATIM):
                continue
            try:
                put(body, column, column.codec.read(cell))
            except CellError as error:
                self._blame(path, row, column.heading, str(error))
        metadata: dict[str, Any] = body["metadata"]
        if self.namespace:
            metadata.setdefault("namespace", self.namespace)
        if "name" not in metadata and (name := _object_name(str(body["spec"].get("channelName", "")))):
            metadata["name"] = name
        return body

    def _is_new(self, file: int, row: int, record: Record) -> bool:
        fresh = True
        path = self.files[file]
        names = (("name", record.name), ("channelName", record.spec.channel_name))
        for heading, value in names:
            before = self._seen.setdefault((heading, record.namespace, value), (file, row))
            if before != (file, row):
                where = f"row {before[1]}" + (f" of {self.files[before[0]]}" if before[0] != file else "")
                self._blame(path, Row(row, []), heading, f'"{value}" is in {where} already; it must be there once')
                fresh = False
        return fresh

    def _blame(self, path: Path, row: Row, heading: str, message: str) -> None:
        self._total += 1
        if len(self._faults) < SHOWN:
            self._faults.append(Fault(str(path), row.number, heading, message))


def headings(path: Path, row: Row) -> list[Column]:
    """The columns of a table.

    Raises:
        TableError: some are unknown, named twice, or missing; all of them are said.
    """
    cells = list(row.cells)
    while cells and not cells[-1].strip():
        cells.pop()
    found = [(cell, column_named(cell)) for cell in cells]
    wrong = [f'unknown column "{shown(cell)}"{_nearest(cell)}' for cell, column in found if column is None]
    columns = [column for _, column in found if column is not None]
    named = [column.heading for column in columns]
    wrong += [
        f'column "{name}" is there {named.count(name)} times' for name in dict.fromkeys(named) if named.count(name) > 1
    ]
    wrong += [f'column "{name}" is missing' for name in REQUIRED if name not in named]
    if wrong:
        raise TableError(f"{path}: row {row.number}: {'; '.join(wrong)} (known: {', '.join(HEADINGS)})")
    return columns


def wrong(body: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Heading and message of everything the API server would say against an object."""
    for problem in validate_object(body):
        column = column_at(problem.path)
        if column is None:
            yield "", str(problem)
            continue
        rest = problem.path.removeprefix(".".join(column.path))
        yield column.heading, problem.message if not rest else f"item {rest.lstrip('.')}: {problem.message}"
    metadata: Mapping[str, Any] = body["metadata"]
    namespace = metadata.get("namespace", "")
    if namespace and not _NAMESPACE.fullmatch(namespace):
        yield (
            "namespace",
            f'must be a namespace: up to 63 lower-case letters, digits and "-", found "{shown(namespace)}"',
        )
    labels: Mapping[str, str] = metadata.get("labels") or {}
    for key, value in labels.items():
        try:
            ChannelSelector.model_validate({"matchLabels": {key: value}})
        except ValidationError as error:
            yield "labels", problems(error)[0].message


def _object_name(channel_name: str) -> str:
    """`Support_North` as the name of an object: `support-north`."""
    return channel_name.lower().replace("_", "-").strip("-")


def _nearest(heading: str) -> str:
    close = difflib.get_close_matches(heading.strip(), HEADINGS, n=1)
    return f', did you mean "{close[0]}"?' if close else ""

"""The formats: one file's records as a stream of octets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

from .cells import guard
from .columns import HEADINGS, row_of
from .records import Record, manifest
from .yaml_text import document

BOM: Final = "\ufeff"
CHUNK: Final = 1 << 16
"""Octets of a piece, about."""


class Format(StrEnum):
    """Format of the files."""

    CSV = "csv"
    XLSX = "xlsx"
    YAML = "yaml"


def render(records: Iterable[Record], form: Format, scratch: Path | None = None) -> Iterator[bytes]:
    """One file.

    Args:
        records: At most as many as are wanted in one file.
        form: Its format.
        scratch: Directory for what XLSX has to write before it can be read; default: the system's.

    Raises:
        CellTooLong: XLSX cannot hold a value.
    """
    match form:
        case Format.CSV:
            return _csv(records)
        case Format.YAML:
            return _yaml(records)
        case Format.XLSX:
            from .workbook import workbook

            return workbook(records, scratch)


def _csv(records: Iterable[Record]) -> Iterator[bytes]:
    """RFC 4180, UTF-8 with a byte order mark: without one Excel reads it in the code page of its machine."""
    buffer = io.StringIO(newline="")
    buffer.write(BOM)
    writer = csv.writer(buffer)
    writer.writerow(HEADINGS)
    for record in records:
        writer.writerow([guard(cell) for cell in row_of(record)])
        if buffer.tell() > CHUNK:
            yield _taken(buffer)
    yield _taken(buffer)


def _yaml(records: Iterable[Record]) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    for record in records:
        buffer.write("---\n" + document(manifest(record)))
        if buffer.tell() > CHUNK:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()

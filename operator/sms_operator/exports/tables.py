"""Tables as rows of text: CSV however a spreadsheet writes it, and XLSX."""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any, Final, cast

import python_calamine

from .cells import unguard

MAX_UNPACKED: Final = 256 << 20
"""Octets of an XLSX file's unpacked content: 100,000 channels have less than half of it."""


class TableError(ValueError):
    """A file that is no table; the text says what is wrong with it and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row as a spreadsheet counts it: the heading is row 1."""

    number: int
    cells: list[str]


def rows(path: Path) -> Iterator[Row]:
    """The rows of a file, the heading first, without those that are wholly empty.

    Raises:
        TableError: it is no CSV or XLSX file, or cannot be read.
    """
    match path.suffix.lower():
        case ".csv" | ".txt" | ".tsv":
            found = _csv(path)
        case ".xlsx":
            found = _xlsx(path)
        case suffix:
            raise TableError(f'{path}: files end with .csv or .xlsx, not with "{suffix}"')
    return (row for row in found if any(cell.strip() for cell in row.cells))


def _csv(path: Path) -> Iterator[Row]:
    try:
        with path.open("rb") as stream:
            start = stream.read(4096)
            encoding = _encoding(start)
            heading = start.decode(encoding, errors="ignore").splitlines()
            if not heading:
                raise TableError(f"{path} is empty; its first row has to name the columns")
            if "\0" in heading[0] and encoding == "utf-8-sig":
                raise TableError(f"{path} is no text; save the sheet as CSV UTF-8 or as XLSX")
            delimiter = max(",;\t", key=heading[0].count)
            stream.seek(0)
            text = io.TextIOWrapper(stream, encoding=encoding, newline="")
            reader = csv.reader(text, delimiter=delimiter, strict=True)
            for number, cells in enumerate(reader, 1):
                yield Row(number, [unguard(cell) for cell in cells])
    except UnicodeDecodeError as error:
        raise TableError(f"{path} is not UTF-8 ({error.reason}); save the sheet as CSV UTF-8 or as XLSX") from None
    except csv.Error as error:
        raise TableError(f"{path} is not CSV: {error}") from None
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror or error}") from None


def _encoding(start: bytes) -> str:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig"


def _xlsx(path: Path) -> Iterator[Row]:
    try:
        _check_size(path)
        with cast("Any", python_calamine).load_workbook(str(path)) as book:
            sheet = book.get_sheet_by_index(0)
            if sheet.start is None:
                raise TableError(f"{path}: its first sheet is empty; its first row has to name the columns")
            for number, values in enumerate(sheet.iter_rows(), 1):
                yield Row(number, [_text(value) for value in values])
    except python_calamine.PasswordError:
        raise TableError(f"{path} is protected by a password; save it without one") from None
    except (python_calamine.CalamineError, zipfile.BadZipFile) as error:
        raise TableError(f"{path} is not an XLSX file: {error}") from None
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror or error}") from None


def _check_size(path: Path) -> None:
    with zipfile.ZipFile(path) as packed:
        unpacked = sum(item.file_size for item in packed.infolist())
    if unpacked > MAX_UNPACKED:
        raise TableError(
            f"{path} unpacks to {unpacked >> 20:,} MiB, over the limit of {MAX_UNPACKED >> 20} MiB;"
            " split it, or save it as CSV"
        )


def _text(value: Any) -> str:
    """What a person sees in the cell, where that says the same as the value."""
    match value:
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case timedelta():
            return f"{value.total_seconds():g}s"
        case time():
            return value.strftime("%H:%M")
        case date():
            return value.isoformat()
        case _:
            return str(value)

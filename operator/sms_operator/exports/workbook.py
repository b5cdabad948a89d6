"""XLSX: every cell is text, nothing is a formula, a number or a link."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from .cells import guard
from .columns import COLUMNS, HEADINGS, row_of
from .records import Record

MAX_CELL: Final = 32_767
"""Characters of a cell (Excel's specifications and limits)."""
CHUNK: Final = 1 << 16
CREATED: Final = datetime(1980, 1, 1)  # noqa: DTZ001 - written without a zone
"""Of every workbook, as of the members of its ZIP: the same channels give the same bytes, and so the same digest."""

_OPTIONS: Final[dict[str, Any]] = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


class CellTooLong(ValueError):
    """XLSX cannot hold a value; the text names the channel, the column and what to do."""


def workbook(records: Iterable[Record], scratch: Path | None = None) -> Iterator[bytes]:
    """The sheet `Channels`, and a sheet that explains its columns."""
    with tempfile.TemporaryDirectory(prefix=".xlsx-", dir=scratch) as directory:
        path = Path(directory) / "channels.xlsx"
        _write(records, path)
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                yield chunk


def _write(records: Iterable[Record], path: Path) -> None:
    book: Any = xlsxwriter.Workbook(str(path), {**_OPTIONS, "tmpdir": str(path.parent)})
    try:
        _fill(book, records)
        book.close()
    except FileCreateError as error:
        raise error.__context__ or OSError(str(error)) from None
    finally:
        for sheet in book.worksheets():
            if sheet.row_data_fh is not None:
                sheet.row_data_fh.close()


def _fill(book: Any, records: Iterable[Record]) -> None:
    book.set_properties({"created": CREATED})
    # Text by format as well: typed anew by a person, `=1+1` and 0301234 stay what they are.
    text = book.add_format({"num_format": "@"})
    careful = book.add_format({"num_format": "@", "quote_prefix": True})
    head = book.add_format({"bold": True, "num_format": "@"})
    sheet = book.add_worksheet("Channels")
    sheet.set_column(0, len(COLUMNS) - 1, 22, text)
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, 0, len(COLUMNS) - 1)
    for place, heading in enumerate(HEADINGS):
        sheet.write_string(0, place, heading, head)
    for row, record in enumerate(records, 1):
        for place, cell in enumerate(row_of(record)):
            if len(cell) > MAX_CELL:
                raise CellTooLong(
                    f'SmsChannel "{record.name}", {HEADINGS[place]}: {len(cell):,} characters do not fit a cell of'
                    f" XLSX ({MAX_CELL:,}); export it as CSV or YAML"
                )
            if cell:
                sheet.write_string(row, place, cell, text if guard(cell) == cell else careful)
    _explain(book, head)


def _explain(book: Any, head: Any) -> None:
    sheet = book.add_worksheet("Columns")
    sheet.set_column(0, 2, 40)
    for place, heading in enumerate(("Column", "Label in the manual", "Meaning")):
        sheet.write_string(0, place, heading, head)
    for row, column in enumerate(COLUMNS, 1):
        for place, cell in enumerate((column.heading, column.manual, column.meaning)):
            sheet.write_string(row, place, cell)

"""Exports as a whole: cut, counted, summed, limited, encrypted, and never half."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
import pyzipper

from sms_operator.api.channel_export import MAX_RECORDS
from sms_operator.exports.formats import Format, render
from sms_operator.exports.local import appearing
from sms_operator.exports.reading import Import
from sms_operator.exports.records import Record
from sms_operator.exports.workbook import CellTooLong
from sms_operator.exports.writing import INDEX, TooManyRecords, Unreadable, Wish, Written, write

from .conftest import Memory, channel, channels

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "parts"), [(0, [0]), (1, [1]), (2000, [2000]), (2001, [2000, 1]), (4000, [2000] * 2)]
)
def test_files_of_at_most_2000(count: int, parts: list[int]) -> None:
    """An export of nothing is a table without rows, not no file."""
    sink = Memory()
    written = write(channels(count), Wish(Format.CSV), sink, NOW)
    assert [file.records for file in written.files] == parts
    assert written.records == count
    for file, rows in zip(written.files, parts, strict=True):
        content = sink.files[file.name]
        assert hashlib.sha256(content).hexdigest() == file.sha256
        assert content.count(b"\r\n") == rows + 1
    assert Written.from_json(sink.files[INDEX]) == written
    assert list(sink.files)[-1] == INDEX


def test_the_limit_of_100_000(tmp_path: Path) -> None:
    """One more than allowed leaves nothing, however late it comes."""
    target = tmp_path / "out"

    def over() -> Iterator[Record]:
        like = next(channels(1))
        yield from (like for _ in range(MAX_RECORDS + 1))

    counted: list[int] = []
    with pytest.raises(TooManyRecords, match="100,000"), appearing(target) as sink:
        write(over(), Wish(Format.YAML), sink, NOW, counted.append)
    assert counted[-1] == MAX_RECORDS
    assert list(tmp_path.iterdir()) == []


# The ZIP format fixes how the key is derived; the library that warns of it has no say in that.
@pytest.mark.filterwarnings("ignore:PBKDF2 without:DeprecationWarning")
@pytest.mark.parametrize("form", list(Format))
def test_an_archive(form: Format) -> None:
    """AES-256, as another implementation reads it; not a name or a cell of it is in clear text but the file names."""
    sink = Memory()
    password = "correct horse ✓"
    written = write(channels(2001), Wish(form, password), sink, NOW)
    [file] = written.files
    assert (file.name, file.records) == ("channels.zip", 2001)
    content = sink.files[file.name]
    assert hashlib.sha256(content).hexdigest() == file.sha256
    assert b"channelName" not in content
    with cast("Any", pyzipper).AESZipFile(io.BytesIO(content)) as archive:
        names = [item.filename for item in archive.infolist()]
        assert names == [f"channels-001.{form}", f"channels-002.{form}"]
        assert {item.wz_aes_strength for item in archive.infolist()} == {3}
        for wrong in (b"wrong", b""):
            with pytest.raises(RuntimeError, match="password"):
                archive.read(names[0], pwd=wrong)
        assert archive.read(names[0], pwd=password.encode())[:2] in (b"PK", b"\xef\xbb", b"--")
    assert password not in repr(Wish(form, password))


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    """Neither the files that were complete already, nor the place where they were."""

    def breaking() -> Iterator[Record]:
        yield from channels(2500)
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="middle"), appearing(tmp_path / "out") as sink:
        write(breaking(), Wish(Format.XLSX), sink, NOW)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_with_something_in_it_is_not_touched(tmp_path: Path) -> None:
    """Whatever is there was somebody's."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("kept")
    with pytest.raises(OSError), appearing(tmp_path / "out") as sink:  # noqa: PT011 - which one, the file system says
        write(channels(1), Wish(Format.CSV), sink, NOW)
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "mine"]


def test_files_are_their_owners_alone(tmp_path: Path) -> None:
    """A tenant's configuration is nobody else's on the machine."""
    with appearing(tmp_path / "out") as sink:
        write(channels(1), Wish(Format.CSV), sink, NOW)
    modes = {path.name: path.stat().st_mode & 0o777 for path in [tmp_path / "out", *(tmp_path / "out").iterdir()]}
    assert modes == {"out": 0o700, "channels-001.csv": 0o600, INDEX: 0o600}


def test_a_workbook_has_no_formula_number_or_link(tmp_path: Path) -> None:
    """As it stands in the file: every cell is a shared string, and what looks like a formula is marked as quoted."""
    texts = ["=1+1", "http://evil.example", "0301", "@SUM(1)", "_x0041_"]
    found = [channel(f"c{place}", {"autoReply": {"text": text}}) for place, text in enumerate(texts)]
    content = b"".join(render(found, Format.XLSX))
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = {name: packed.read(name).decode() for name in packed.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    cells = re.findall(r"<c ([^>]*?)/?>", sheet)
    assert cells
    assert all('t="s"' in cell or 't="inlineStr"' in cell for cell in cells)
    assert not re.search(r"<f[ >]|<hyperlink", sheet)
    assert not any("hyperlink" in text or "externalLink" in text for text in parts.values())
    assert 'quotePrefix="1"' in parts["xl/styles.xml"]
    path = tmp_path / "channels.xlsx"
    path.write_bytes(content)
    assert list(Import([path]).records()) == found


def test_a_workbook_does_not_tell_when_it_was_made() -> None:
    """The same channels give the same digest, in every format that is not encrypted."""
    with zipfile.ZipFile(io.BytesIO(b"".join(render(channels(1), Format.XLSX)))) as packed:
        times = set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", packed.read("docProps/core.xml").decode()))
        assert {member.date_time[0] for member in packed.infolist()} == {1980}
    assert times == {"1980-01-01T00:00:00Z"}


def test_a_workbook_refuses_what_does_not_fit() -> None:
    """A cut text would be a lost one; the channel and the column are named."""
    labels = {f"{'a' * 250}.example/{number:063}": "v" * 63 for number in range(100)}
    record = channel("long", labels=labels)
    with pytest.raises(CellTooLong, match='"long", labels: 38,'):
        b"".join(render([record], Format.XLSX))
    assert b"".join(render([record], Format.CSV))


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"records": 1, "files": [{}]}', b"null"])
def test_an_index_that_is_none(content: bytes) -> None:
    """Half of one is none."""
    with pytest.raises(Unreadable):
        Written.from_json(content)


def test_many_files_import_as_one(tmp_path: Path) -> None:
    """What was cut comes together again."""
    with appearing(tmp_path / "out") as sink:
        written = write(channels(4001), Wish(Format.CSV), sink, NOW)
    found = list(Import([tmp_path / "out" / file.name for file in written.files]).records())
    assert len(found) == 4001

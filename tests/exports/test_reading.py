"""Tables from elsewhere: whatever a spreadsheet or a person made of them, each fault has its row and column."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, cast

import pytest
import xlsxwriter

from sms_operator.exports.columns import HEADINGS
from sms_operator.exports.formats import Format, render
from sms_operator.exports.reading import BadTable, Import
from sms_operator.exports.tables import TableError

from .conftest import channel, channels

HEAD = "name,channelName,gatewayRef,calledRouteRef"
ROW = "north,North_1,gw,queue"


def table(directory: Path, *lines: str, encoding: str = "utf-8", name: str = "t.csv", end: str = "\r\n") -> Path:
    """A CSV file."""
    path = directory / name
    path.write_bytes(end.join([*lines, ""]).encode(encoding))
    return path


def faults(*paths: Path) -> list[str]:
    """What is wrong, without the file's name."""
    with pytest.raises(BadTable) as caught:
        list(Import(paths).records())
    return [str(fault).removeprefix(f"{paths[-1]}: ") for fault in caught.value.faults]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_as_spreadsheets_write_it(tmp_path: Path, encoding: str, delimiter: str, end: str) -> None:
    """With and without a byte order mark, with the separators of every language of Excel."""
    lines = (HEAD.replace(",", delimiter), ROW.replace(",", delimiter), delimiter * 3)
    path = table(tmp_path, *lines, encoding=encoding, end=end)
    [record] = Import([path]).records()
    assert (record.name, record.spec.channel_name, record.spec.gateway_ref.name) == ("north", "North_1", "gw")


def test_the_manuals_labels_are_headings(tmp_path: Path) -> None:
    """A table that was written from the manual's pages; the object's name is made from the channel's."""
    path = table(
        tmp_path,
        "Channel Name,*SMS  gateway,Skill Queue,Agent Work Time: Workday,Keyword(s) for Transfer to Agent",
        "North_1,gw,queue,08:00-12:00 | 13:00-18:00,agent | human",
    )
    [record] = Import([path], "team").records()
    assert (record.namespace, record.name) == ("team", "north-1")
    assert [one.start for one in record.spec.agent_work_time.workdays] == ["08:00", "13:00"]
    assert record.spec.transfer_keywords == ("agent", "human")


def test_every_fault_with_its_row_and_column(tmp_path: Path) -> None:
    """All of a table at once, rows as the spreadsheet counts them."""
    head = f"{HEAD},lastAgent.enabled,offlineMessages.routingMode,sessionEnd.noCustomerReply,numbers,labels"
    path = table(
        tmp_path,
        head,
        f"{ROW},yes,,,,",
        "",
        "south,9south,gw,queue,,Sometimes,,,",
        "west,west,,queue,,,61m,,",
        "east,east,gw,queue,,,,030 | x1,a b=1",
        "east,more,gw,queue,,,,,",
        "south-2,south_2,gw,queue,,,,,,surplus",
    )
    found = faults(path)
    assert found[0] == 'row 2, column "lastAgent.enabled": must be true or false, found "yes"'
    assert found[1].startswith('row 4, column "channelName": must be 1 to 64 letters')
    assert found[2].startswith('row 4, column "offlineMessages.routingMode": must be one of')
    assert any(one.startswith('row 5, column "gatewayRef"') for one in found)
    assert any(one.startswith('row 5, column "sessionEnd.noCustomerReply"') and "61m" in one for one in found)
    assert any(one.startswith('row 6, column "numbers": item [1]') and "x1" in one for one in found)
    assert any(one.startswith('row 6, column "labels": must be labels') for one in found)
    assert any(one == 'row 8: "surplus" stands under no heading' for one in found)


def test_rules_across_fields_name_a_column(tmp_path: Path) -> None:
    """As the API server's rules do."""
    path = table(tmp_path, f"{HEAD},robot.chatbotRef", f"{ROW},bot")
    [fault] = faults(path)
    assert fault.startswith('row 2, column "transferKeywords": needs') or "transferKeywords" in fault
    assert "robot" in fault


def test_names_that_are_there_twice(tmp_path: Path) -> None:
    """In one file or in two, the first place is told."""
    one = table(tmp_path, HEAD, ROW, name="one.csv")
    two = table(tmp_path, HEAD, "other,North_1,gw,queue", ROW, name="two.csv")
    assert faults(one, two) == [
        f'row 2, column "channelName": "North_1" is in row 2 of {one} already; it must be there once',
        f'row 3, column "name": "north" is in row 2 of {one} already; it must be there once',
        f'row 3, column "channelName": "North_1" is in row 2 of {one} already; it must be there once',
    ]


def test_the_same_name_in_two_namespaces(tmp_path: Path) -> None:
    """Are two channels."""
    path = table(tmp_path, f"namespace,{HEAD}", f"a,{ROW}", f"b,{ROW}")
    assert [record.namespace for record in Import([path]).records()] == ["a", "b"]


def test_many_faults_are_counted(tmp_path: Path) -> None:
    """Twenty are told; a table of the wrong kind is no flood."""
    path = table(tmp_path, f"{HEAD},lastAgent.enabled", *(f"c{n},C{n},gw,queue,maybe" for n in range(50)))
    with pytest.raises(BadTable) as caught:
        list(Import([path]).records())
    assert (len(caught.value.faults), caught.value.total) == (20, 50)
    assert str(caught.value).endswith("… and 30 more")


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("name,channelname,gatewayRef,calledRoute", 'unknown column "calledRoute", did you mean "calledRouteRef"?'),
        (f"{HEAD},numbers,Numbers", 'column "numbers" is there 2 times'),
        ("name,numbers", 'column "channelName" is missing; column "gatewayRef" is missing'),
        (f"{HEAD},,numbers", 'unknown column ""'),
        (f"{HEAD},password", 'unknown column "password"'),
    ],
)
def test_wrong_columns(tmp_path: Path, head: str, message: str) -> None:
    """All that is wrong with them, and which there are."""
    with pytest.raises(TableError) as caught:
        list(Import([table(tmp_path, head, ROW)]).records())
    assert message in str(caught.value)
    assert all(heading in str(caught.value) for heading in HEADINGS)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", "is empty"),
        ("t.csv", b"\xef\xbb\xbf", "is empty"),
        ("t.csv", b"\n\n\n", "is empty"),
        ("t.csv", HEAD.encode(), "no channel below the headings"),
        ("t.csv", HEAD.encode() + b"\n\xff\xfe\xfd\n", "is not UTF-8"),
        ("t.csv", b"\x7fELF\x00\x00\x01\n", "is no text"),
        ("t.csv", HEAD.encode() + b'\n"never closed,,,\n', "is not CSV"),
        ("t.csv", HEAD.encode() + b"\n" + b"x" * 200_000 + b",,,\n", "is not CSV"),
        ("t.xlsx", b"no archive", "is not an XLSX file"),
        ("t.xlsx", b"", "is not an XLSX file"),
        ("t.ods", b"x", "files end with .csv or .xlsx"),
        ("t", b"x", "files end with .csv or .xlsx"),
    ],
)
def test_files_that_are_no_tables(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """One line that says what it is instead."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(TableError, match=message) as caught:
        list(Import([path]).records())
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["absent.csv", "absent.xlsx", "directory.csv", "directory.xlsx"])
def test_files_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    """Absent, or a directory."""
    (tmp_path / "directory.csv").mkdir()
    (tmp_path / "directory.xlsx").mkdir()
    with pytest.raises(TableError, match="cannot be read"):
        list(Import([tmp_path / name]).records())


def test_a_workbook_that_unpacks_without_end(tmp_path: Path) -> None:
    """A bomb is refused by what its own directory says, before anything is unpacked."""
    path = tmp_path / "bomb.xlsx"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed,
        packed.open("xl/worksheets/sheet1.xml", "w") as out,
    ):
        for _ in range(300):
            out.write(bytes(1 << 20))
    assert path.stat().st_size < 1 << 20
    with pytest.raises(TableError, match="unpacks to 300 MiB, over the limit"):
        list(Import([path]).records())


def test_a_workbook_of_a_person(tmp_path: Path) -> None:
    """Numbers, flags and times that a spreadsheet made of what was typed."""
    path = tmp_path / "typed.xlsx"
    book: Any = cast("Any", xlsxwriter).Workbook(str(path))
    sheet = book.add_worksheet()
    for place, heading in enumerate([*HEAD.split(","), "numbers", "lastAgent.enabled"]):
        sheet.write(0, place, heading)
    for place, value in enumerate(["north", "North_1", "gw", "queue", 4930123, True]):
        sheet.write(3, place, value)
    book.close()
    [record] = Import([path]).records()
    assert record.spec.numbers == ("4930123",)
    assert record.spec.last_agent is not None
    assert record.spec.last_agent.enabled


def test_rows_of_a_workbook_count_from_its_first(tmp_path: Path) -> None:
    """Empty ones as well."""
    path = tmp_path / "typed.xlsx"
    book: Any = cast("Any", xlsxwriter).Workbook(str(path))
    sheet = book.add_worksheet()
    for place, heading in enumerate(HEAD.split(",")):
        sheet.write(2, place, heading)
    sheet.write(5, 0, "north")
    book.close()
    assert {fault.split(",")[0] for fault in faults(path)} == {"row 6"}


def test_more_than_an_export_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is the export's own."""
    monkeypatch.setattr("sms_operator.exports.reading.MAX_RECORDS", 3)
    path = tmp_path / "t.csv"
    path.write_bytes(b"".join(render(channels(4), Format.CSV)))
    with pytest.raises(TableError, match=r"row 5: more than 3 channels"):
        list(Import([path]).records())


def test_names_lead_nowhere(tmp_path: Path) -> None:
    """What would be a path is no name."""
    path = table(tmp_path, f"namespace,{HEAD}", "../../etc,../x,North,gw,queue")
    assert {fault.split(":")[0] for fault in faults(path)} == {
        'row 2, column "namespace"',
        'row 2, column "name"',
    }
    assert channel("north").name == "north"

"""Cells: nothing becomes a formula, and nothing is lost on the way there and back."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.exports import cells
from sms_operator.exports.formats import Format, render

from .conftest import channel

ITEM = st.text(min_size=1, max_size=12) | st.text(alphabet="\\| ab=", min_size=1, max_size=12)
FORMULAS = ("=1+1", "+49301", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "'=1", "''@x")


@given(st.text(max_size=20) | st.text(alphabet="'=+-@\t\r\n＝ a", max_size=8))
def test_guarding_is_undone_exactly(text: str) -> None:
    """Also of texts that begin with apostrophes of their own."""
    assert cells.unguard(cells.guard(text)) == text


@given(st.text(alphabet="'=+-@\t\r\n＝＋－＠a1", max_size=8))
def test_no_guarded_text_begins_as_a_formula(text: str) -> None:
    """By the characters of OWASP's list, and their full-width twins."""
    assert not cells.guard(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))


@pytest.mark.parametrize("text", ["plain", "a=b", "'quoted'", "it's", "", "O'Neill =1"])
def test_what_is_no_formula_stays(text: str) -> None:
    """Nobody sees an apostrophe without need."""
    assert cells.guard(text) == text


@given(st.lists(ITEM, max_size=6))
def test_lists_come_back(items: list[str]) -> None:
    """Whatever is in them: bars, backslashes, white space at their ends."""
    assert cells.split(cells.join(items)) == items


@pytest.mark.parametrize(("text", "fault"), [("a||b", "empty item"), ("|a", "empty item"), ("a\\", "two for one")])
def test_lists_that_are_none(text: str, fault: str) -> None:
    """An item that a person forgot is said, not skipped."""
    with pytest.raises(cells.CellError, match=fault):
        cells.split(text)


def test_a_list_as_a_person_writes_it() -> None:
    """Spaces beside bars do not count."""
    assert cells.split("agent|human  | a person ") == ["agent", "human", "a person"]


@pytest.mark.parametrize(("text", "value"), [("TRUE", True), (" false ", False), ("True", True)])
def test_flags_as_spreadsheets_write_them(text: str, *, value: bool) -> None:
    """In any case."""
    assert cells.boolean(text) is value


@pytest.mark.parametrize("text", ["yes", "1", "on", "", "truee"])
def test_no_other_word_is_a_flag(text: str) -> None:
    """What `yes` means depends on who reads; it is asked back."""
    with pytest.raises(cells.CellError, match="true or false"):
        cells.boolean(text)


def test_segments() -> None:
    """None at all differs from a cell that says nothing; an en dash is a hyphen that a spreadsheet made nicer."""
    assert cells.segments("none") == []
    assert cells.segments_text([]) == "none"
    found = cells.segments("08:00 – 12:00|13:00-18:00")
    assert found == [{"start": "08:00", "end": "12:00"}, {"start": "13:00", "end": "18:00"}]
    assert cells.segments(cells.segments_text(found)) == found
    with pytest.raises(cells.CellError, match='found "8-12"'):
        cells.segments("8-12")


@pytest.mark.parametrize("text", ["team", "team=a | team=b"])
def test_labels_that_are_none(text: str) -> None:
    """Without a sign, or one of them twice."""
    with pytest.raises(cells.CellError, match="each once"):
        cells.labels(text)


def test_long_values_are_cut_in_messages() -> None:
    """A cell of a megabyte is no message."""
    with pytest.raises(cells.CellError) as caught:
        cells.boolean("x" * 1_000_000)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("formula", FORMULAS)
def test_an_exported_formula_is_text(formula: str) -> None:
    """The whole way through the file, for each way in which spreadsheets begin one."""
    record = channel("one", {"autoReply": {"text": formula}}, labels={"note": "a"})
    content = b"".join(render([record], Format.CSV)).decode("utf-8-sig")
    [row] = list(csv.DictReader(io.StringIO(content, newline="")))
    assert row["autoReply.text"] == f"'{formula}"
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())
    assert cells.unguard(row["autoReply.text"]) == formula

"""One document: its values, the places of its fields, and what is odd about it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.gitops.manifests import Complaint, Document, Note, Path, Remark, Span, Trouble, resolve, shown
from sms_operator.gitops.manifests.document import documents
from sms_operator.gitops.manifests.limits import MAX_ALIASED, MAX_DEPTH

GOOD = """\
apiVersion: sms-operator.dev/v1alpha1
spec:
  numbers: ["+491", '+492']
  bind: &b {count: 2}
  again: *b
  list:
    - name: one
      value: {}
    - two
  text: |
    long
"""


def one(text: str) -> Document:
    """The only document of a text."""
    (found,) = documents("file.yaml", text)
    assert isinstance(found, Document), found
    return found


def refused(text: str) -> Complaint:
    """The only complaint about a text."""
    (found,) = documents("file.yaml", text)
    assert isinstance(found, Complaint), found
    return found


def test_values() -> None:
    """Blocks, lists, aliases and texts of every form."""
    assert one(GOOD).value == {
        "apiVersion": "sms-operator.dev/v1alpha1",
        "spec": {
            "numbers": ["+491", "+492"],
            "bind": {"count": 2},
            "again": {"count": 2},
            "list": [{"name": "one", "value": {}}, "two"],
            "text": "long\n",
        },
    }


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("apiVersion",), "sms-operator.dev/v1alpha1"),
        (("spec", "numbers", 1), "'+492'"),
        (("spec", "bind", "count"), "2"),
        (("spec", "list", 0, "name"), "one"),
        (("spec", "list", 1), "two"),
        (("spec", "bind"), "bind"),
        (("spec", "nothing", "here"), "spec"),
    ],
)
def test_places(path: Path, text: str) -> None:
    """A value is where it stands, a block is where its key stands, and what is missing is where it would belong."""
    span = one(GOOD).span(path)
    assert span.line == span.end_line
    assert GOOD.split("\n")[span.line - 1][span.column - 1 : span.end_column - 1] == text


def test_place_of_a_key() -> None:
    """The key itself, for what is wrong with a name."""
    span = one(GOOD).span(("spec", "bind", "count"), key=True)
    assert GOOD.split("\n")[span.line - 1][span.column - 1 : span.end_column - 1] == "count"


def test_places_of_later_documents_count_from_the_start_of_the_file() -> None:
    """Lines are the file's."""
    first, second = documents("file.yaml", "a: 1\n---\n# a comment\nb: 2\n")
    assert isinstance(first, Document)
    assert isinstance(second, Document)
    assert second.span(("b",)) == Span(4, 4, 4, 5)


def test_places_in_json() -> None:
    """Several objects on a line of a JSON file."""
    first, second = documents("file.json", '{"a": 1} {"b": "\\ud83d\\ude00", "c": 2}')
    assert isinstance(first, Document)
    assert isinstance(second, Document)
    assert second.value == {"b": "😀", "c": 2}
    assert second.span(("b",)).column == 16


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n---\n# nothing\n"])
def test_nothing(text: str) -> None:
    """No document is no complaint."""
    assert list(documents("file.yaml", text)) == []


def test_a_broken_document_does_not_hide_the_others() -> None:
    """Each document is read by itself."""
    found = list(documents("file.yaml", "a: 1\n---\nb: [1\n---\nc: 3\n"))
    assert [type(item) for item in found] == [Document, Complaint, Document]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\n b: 2\n", 2, "mapping values are not allowed"),
        ("a:\n\t- 1\n", 2, "cannot start any token"),
        ('a: "x\n', 2, "quoted scalar that begins on line 1"),
        ("a: [1\nb: 2\n", 2, "flow sequence that begins on line 1"),
        ("a: *b\n", 1, '"b" is not known'),
        ("a: &a [*a]\n", 1, '"a" contains itself'),
        ("? [1]\n: 2\n", 1, "a key must be a text"),
        ("<<: 1\n", 1, '"<<" needs a block'),
        ("--- a: 1\n", 1, 'nothing may follow "---"'),
        ("a: .inf\n", 1, "cannot be said in JSON"),
        ("a: !!int x\n", 1, '!!int does not fit "x"'),
        ("{{ .Values.x }}\n", 1, "a key must be a text"),
    ],
)
def test_what_is_no_yaml(text: str, line: int, words: str) -> None:
    """Position and cause, in one line."""
    complaint = refused(text)
    assert complaint.trouble is Trouble.SYNTAX
    assert complaint.span.line == line
    assert words in complaint.message
    assert "\n" not in complaint.message


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "a:\n"])
def test_deep_nesting_is_refused(opening: str) -> None:
    """50,000 levels, of which the composer of a YAML library would crash the process."""
    if opening == "a:\n":
        text = "".join(f"{' ' * level}a:\n" for level in range(2_000))
    else:
        text = opening * 50_000
    complaint = refused(text)
    assert complaint.trouble is Trouble.LIMIT
    assert f"more than {MAX_DEPTH} levels" in complaint.message


def test_an_alias_bomb_is_refused() -> None:
    """Nine lines that stand for a milliard of values."""
    lines = ["a0: &a0 [x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 10)]
    complaint = refused("\n".join(lines))
    assert complaint.trouble is Trouble.LIMIT
    assert f"{MAX_ALIASED:,}" in complaint.message


def test_nesting_by_aliases_is_counted() -> None:
    """Ninety levels inside ninety levels are too deep, however they are written."""
    complaint = refused(f"a: &a {'[' * 90}{']' * 90}\nb: {'[' * 90}*a{']' * 90}\n")
    assert complaint.trouble is Trouble.LIMIT


@pytest.mark.parametrize(
    ("text", "remark", "line", "first"),
    [
        ("a: 1\nb: 2\na: 3\n", Remark.DUPLICATE, 3, 1),
        ("x: {a: 1, a: 2}\n", Remark.DUPLICATE, 1, 1),
        ("d: &d {a: 1}\nx:\n  a: 2\n  <<: *d\n", Remark.DUPLICATE, 4, 3),
        ("a: 12:30\n", Remark.AMBIGUOUS, 1, None),
        ("a: yes\n", Remark.AMBIGUOUS, 1, None),
        ("a:\nb: 1\n", Remark.NOTHING, 1, None),
        ("a: !vault x\n", Remark.TAG, 1, None),
        ("a: 1\n...\nb: 2\n", Remark.IGNORED, 3, None),
    ],
)
def test_remarks(text: str, remark: Remark, line: int, first: int | None) -> None:
    """What can be read and is worth a word."""
    notes = [note for note in one(text).notes if note.remark is remark]
    assert [note.span.line for note in notes] == [line]
    assert (None if notes[0].first is None else notes[0].first.line) == first


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb: true\nc: text\nd: '12:30'\ne: 1.5\nf: 08:00\n",
        "d: &d {a: 1}\nx:\n  <<: *d\n  a: 2\n",
        "a: 1\n...\n# the end\n",
        "a: !!str 12\n",
    ],
)
def test_nothing_odd(text: str) -> None:
    """No remark where every program reads the same; overriding what is merged is what merging is for."""
    assert [note for note in one(text).notes if note.remark is not Remark.NOTHING] == list[Note]()


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="\ufffe\uffff"), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4))
def test_json_is_read_as_json(body: dict[str, object]) -> None:
    """Whatever JSON says arrives unchanged, with escapes and without, and every value has its place."""
    for ascii_only in (True, False):
        document = one(json.dumps(body, ensure_ascii=ascii_only))
        assert document.value == body
        assert all(document.span((name,)).line == 1 for name in body)


@given(st.text())
def test_any_text_gives_documents_or_complaints(text: str) -> None:
    """Never an exception."""
    for found in documents("file.yaml", text):
        assert isinstance(found, (Document, Complaint))
        if isinstance(found, Document):
            assert all(note.span.line >= 1 for note in found.notes)


@given(st.lists(st.one_of(st.integers(0, 3), st.text("ab./-", min_size=1, max_size=6)), min_size=1, max_size=4))
def test_paths_are_found_again(steps: list[str | int]) -> None:
    """What is shown as text leads back to the same place, although names may hold dots."""
    value: object = 1
    for step in reversed(steps):
        value = [value] * (step + 1) if isinstance(step, int) else {step: value}
    if isinstance(steps[0], str) and not any(isinstance(step, str) and step[0] in ".[" for step in steps):
        path = tuple(steps)
        assert shown(resolve(value, shown(path))) == shown(path)

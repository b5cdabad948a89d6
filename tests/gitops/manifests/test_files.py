"""From paths to objects: directories, kustomizations, standard input, and everything that is no manifest."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from sms_operator.gitops.manifests import STDIN, Reading, Trouble, read
from sms_operator.gitops.manifests.text import MAX_BYTES

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"


def write(root: Path, **files: str) -> None:
    """Files of a directory; `__` in a name is a directory, and the rest is as it is."""
    for name, text in files.items():
        path = root / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def names(reading: Reading) -> list[list[str]]:
    """The names of the objects, by bundle."""
    return [
        [f"{document.namespace or ''}/{document.value['metadata']['name']}" for document in bundle.documents]
        for bundle in reading.bundles
    ]


def test_a_directory_is_all_its_manifests(tmp_path: Path) -> None:
    """Every YAML and JSON file, at any depth, in order; nothing hidden, nothing else."""
    write(tmp_path, b=OBJECT % "b", a=OBJECT % "a", deep__c=OBJECT % "c", _hidden=OBJECT % "no")
    (tmp_path / "_hidden.yaml").rename(tmp_path / ".hidden.yaml")
    (tmp_path / "read.me").write_text("no: yaml: at: all", encoding="utf-8")
    (tmp_path / "d.json").write_text('{"kind": "X", "metadata": {"name": "d"}}', encoding="utf-8")
    reading = read([str(tmp_path)])
    assert names(reading) == [["/a", "/b", "/d", "/c"]]
    assert not reading.complaints
    assert len(reading.files) == 4


def test_a_kustomization_is_followed(tmp_path: Path) -> None:
    """Only what it includes, with its namespace; each overlay is applied by itself, and its base only as part of it."""
    write(
        tmp_path,
        base__kustomization="resources: [one.yaml]\n",
        base__one=OBJECT % "one",
        base__unlisted=OBJECT % "no",
        test__kustomization="namespace: test\nresources: [../base]\n",
        live__kustomization="namespace: live\nresources: [../base, two.yaml]\n",
        live__two=OBJECT % "two",
    )
    reading = read([str(tmp_path)])
    assert names(reading) == [["live/one", "live/two"], ["test/one"]]
    assert [manifest.namespace for manifest in reading.objects] == ["live", "live", "test"]


def test_a_list_is_its_items(tmp_path: Path) -> None:
    """As `kubectl get -o yaml` prints it, with the places of the items."""
    write(tmp_path, a="apiVersion: v1\nkind: List\nitems:\n- kind: A\n  metadata: {name: x}\n- kind: B\n")
    first, second = read([str(tmp_path)]).objects
    assert (first.kind, second.kind) == ("A", "B")
    assert first.span(("metadata", "name")).line == 5


def test_standard_input() -> None:
    """`-` is read like a file."""
    reading = read([STDIN], io.BytesIO((OBJECT % "a").encode()))
    assert [(manifest.file, manifest.name) for manifest in reading.objects] == [("-", "a")]


def test_a_byte_order_mark_and_windows_lines_are_fine(tmp_path: Path) -> None:
    """As editors on Windows write."""
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbf" + (OBJECT % "a").replace("\n", "\r\n").encode())
    reading = read([str(tmp_path)])
    assert names(reading) == [["/a"]]
    assert reading.objects[0].span(("kind",)).line == 2


@pytest.mark.parametrize(
    ("content", "trouble", "words", "line"),
    [
        (b"\x7fELF\0\0", Trouble.UNREADABLE, "binary", 1),
        ("a: 1".encode("utf-16"), Trouble.UNREADABLE, "UTF-16", 1),
        (b"a: 1\nb: \xe9\n", Trouble.UNREADABLE, "0xe9", 2),
        (b"a: 1\nb: \x1b[0m\n", Trouble.SYNTAX, "U+001B", 2),
        (b" " * (MAX_BYTES + 1), Trouble.LIMIT, "64 MiB", 1),
    ],
)
def test_what_is_no_text(tmp_path: Path, content: bytes, trouble: Trouble, words: str, line: int) -> None:
    """One line that says what is wrong with the file."""
    (tmp_path / "a.yaml").write_bytes(content)
    (complaint,) = read([str(tmp_path)]).complaints
    assert (complaint.trouble, complaint.span.line) == (trouble, line)
    assert words in complaint.message
    assert "\n" not in complaint.message


def test_what_is_not_there(tmp_path: Path) -> None:
    """A missing path, an empty directory, an empty standard input, a name that is none."""
    (tmp_path / "empty").mkdir()
    paths = [str(tmp_path / "missing.yaml"), str(tmp_path / "empty"), "-", "a\0b"]
    reading = read(paths, io.BytesIO(b" \n"))
    assert [complaint.trouble for complaint in reading.complaints] == [
        Trouble.UNREADABLE,
        Trouble.EMPTY,
        Trouble.EMPTY,
        Trouble.UNREADABLE,
    ]
    assert "does not exist" in reading.complaints[0].message


def test_loops_of_links_end(tmp_path: Path) -> None:
    """A link to a directory above, and one to itself."""
    write(tmp_path, a=OBJECT % "a")
    (tmp_path / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self.yaml").symlink_to(tmp_path / "self.yaml")
    reading = read([str(tmp_path)])
    assert "/a" in names(reading)[0]
    messages = sorted(complaint.message for complaint in reading.complaints)
    assert len(messages) == 2
    assert "link" in messages[1] or "link" in messages[0]


def test_a_linked_directory_is_read(tmp_path: Path) -> None:
    """A link that is no loop is followed."""
    write(tmp_path, real__a=OBJECT % "a")
    (tmp_path / "linked").symlink_to(tmp_path / "real", target_is_directory=True)
    assert names(read([str(tmp_path / "linked")])) == [["/a"]]


def test_a_kustomization_that_includes_itself(tmp_path: Path) -> None:
    """Directly or through another; what does not exist; each blamed on the line that says it."""
    write(
        tmp_path,
        one__kustomization="resources:\n- ../two\n- missing.yaml\n",
        two__kustomization="resources:\n- ../one\n",
    )
    reading = read([str(tmp_path / "one")])
    assert [(complaint.trouble, complaint.span.line) for complaint in reading.complaints] == [
        (Trouble.KUSTOMIZATION, 2),
        (Trouble.KUSTOMIZATION, 3),
    ]


def test_two_kustomizations_that_include_each_other_are_not_lost(tmp_path: Path) -> None:
    """When each is part of the other, neither may vanish from what is checked."""
    write(
        tmp_path,
        one__kustomization="resources:\n- ../two\n- a.yaml\n",
        one__a=OBJECT % "a",
        two__kustomization="resources:\n- ../one\n",
    )
    reading = read([str(tmp_path)])
    assert any("includes itself" in complaint.message for complaint in reading.complaints)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read_it(tmp_path: Path) -> None:
    """Said, not skipped."""
    write(tmp_path, a=OBJECT % "a")
    (tmp_path / "a.yaml").chmod(0)
    (complaint,) = read([str(tmp_path)]).complaints
    assert "permission denied" in complaint.message

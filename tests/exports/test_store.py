"""The operator's storage: a directory, and object storage by URL; complete or not there, in both."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from sms_operator.exports.formats import Format
from sms_operator.exports.records import Record
from sms_operator.exports.remote import StorageError, connect
from sms_operator.exports.store import Store, open_store
from sms_operator.exports.writing import Sink, Wish, Written, write

from .conftest import channels

NAME = "team/0f0e-uid"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture(params=["{}", "file://{}", "memory://{}"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """One of each kind, empty."""
    return open_store(str(request.param).format(tmp_path / uuid4().hex))


def good(sink: Sink) -> Written:
    """Three channels."""
    return write(channels(3), Wish(Format.CSV), sink, NOW)


def broken(sink: Sink) -> Written:
    """Fails when a first file is complete already."""

    def half() -> Iterator[Record]:
        yield from channels(2001)
        raise RuntimeError("in the middle")

    return write(half(), Wish(Format.CSV), sink, NOW)


def test_written_found_read_and_removed(store: Store) -> None:
    """What is found is what was written."""
    assert store.find(NAME) is None
    written = store.publish(NAME, store.begin(NAME), good)
    assert store.find(NAME) == written
    assert list(store.names()) == [NAME]
    with store.open(NAME, "channels-001.csv") as stream:
        assert stream.read().count(b"\r\n") == 4
    store.remove(NAME)
    assert store.find(NAME) is None
    assert list(store.names()) == []
    store.remove(NAME)


def test_an_error_leaves_no_export(store: Store) -> None:
    """Neither its index nor a file of it; the next attempt succeeds."""
    with pytest.raises(RuntimeError, match="middle"):
        store.publish(NAME, store.begin(NAME), broken)
    assert store.find(NAME) is None
    with pytest.raises(FileNotFoundError):
        store.open(NAME, "channels-001.csv")
    assert store.publish(NAME, store.begin(NAME), good).records == 3


@pytest.mark.parametrize("name", ["../x", "team", "team/../x", "/team/x", "team/x/y", "Team/x", "team/"])
def test_no_name_leads_out(store: Store, name: str) -> None:
    """Nor does one of a file."""
    store.publish(NAME, store.begin(NAME), good)
    assert store.find(name) is None
    for lead in (lambda: store.open(name, "channels-001.csv"), lambda: store.publish(name, 0, good)):
        with pytest.raises(FileNotFoundError):
            lead()
    with pytest.raises(FileNotFoundError):
        store.open(NAME, "../export.index")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("foo://bucket/x", "cannot be used"),
        ("s3://key:hunter2@bucket/x", "login"),
        ("s3://bucket/x", "needs another library"),
    ],
)
def test_storage_that_cannot_be_used(url: str, message: str) -> None:
    """Said in one line, and never with a password."""
    with pytest.raises(StorageError, match=message) as caught:
        connect(url)
    assert "hunter2" not in str(caught.value)


def test_attempts_are_counted(tmp_path: Path) -> None:
    """By what processes left that were killed, and none is left beside the next."""
    store = open_store(str(tmp_path))
    for before in range(3):
        assert store.begin(NAME) == before
        (tmp_path / "team" / f".0f0e-uid.{before}.partial").mkdir()
    store.publish(NAME, store.begin(NAME), good)
    assert [path.name for path in (tmp_path / "team").iterdir()] == ["0f0e-uid"]

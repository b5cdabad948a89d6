"""Decisions about exports: what is said, what is asked of the runner, and when nothing is asked any more."""

from __future__ import annotations

from typing import Any

import pytest

from sms_operator.api.conditions import Reason
from sms_operator.core.export import RETRY, password, selected, too_many
from sms_operator.core.export_facts import (
    Absent,
    AtWork,
    Complete,
    ExportFact,
    ExportState,
    Failed,
    FileFact,
    FindFiles,
    RemoveFiles,
    WriteFiles,
)
from sms_operator.core.keys import SECRET, Key
from sms_operator.core.materials import Loaded, Material, Missing, Unreadable
from sms_operator.core.world import Entry
from support.worlds import NAMESPACE, Story, condition_types, told

FILES = (FileFact("channels-001.csv", 3, "a" * 64),)


@pytest.fixture
def story() -> Story:
    return Story()


def entry_of(story: Story, key: Key) -> Entry:
    """The export as the world knows it."""
    entry = story.world.get(key)
    assert entry is not None
    return entry


def know(story: Story, key: Key, state: ExportState) -> None:
    """The runner tells a fact."""
    story.world.exports[key] = ExportFact(entry_of(story, key).uid, state)


def test_from_the_beginning_to_the_end(story: Story) -> None:
    """Running is said before the files are there; the outcome is told once and asks nothing more."""
    key = story.put("ChannelExport", "export", {})
    outcome = story.settle(key)
    assert told(outcome, "Succeeded")[:2] == ("Unknown", "Running")
    assert outcome.export == WriteFiles()
    know(story, key, AtWork())
    assert story.settle(key).export is None
    know(story, key, Complete(3, FILES, 'not found: "x"'))
    outcome = story.settle(key)
    assert told(outcome, "Succeeded") == ("True", "Success", '3 channels in 1 file; not found: "x"')
    assert told(outcome)[0] == "True"
    again = story.decide(key)
    assert (again.export, again.again_in) == (None, None)
    assert again.status in (None, entry_of(story, key).status)


def test_a_new_process_looks_for_the_files(story: Story) -> None:
    """What was complete stays; what is gone is said, and not written anew behind somebody's back."""
    key = story.put("ChannelExport", "export", {})
    know(story, key, Complete(3, FILES))
    story.settle(key)
    story.world.exports.clear()
    assert story.decide(key).export == FindFiles()
    know(story, key, Absent())
    outcome = story.settle(key)
    assert told(outcome, "Succeeded")[2].startswith("3 channels; the files are no longer in the operator's storage")
    assert (entry_of(story, key).status.get("files") or []) == []
    assert not isinstance(story.decide(key).export, WriteFiles)


def test_the_time_to_live_is_of_the_files(story: Story) -> None:
    """Asked for when it is over, not a second before; the object keeps its outcome."""
    key = story.put("ChannelExport", "export", {"ttlAfterFinished": "1h"})
    know(story, key, Complete(3, FILES))
    story.settle(key)
    assert story.decide(key).again_in == pytest.approx(3600)
    story.wait(3599)
    outcome = story.settle(key)
    assert (outcome.export, outcome.again_in) == (None, pytest.approx(1))
    story.wait(1)
    outcome = story.settle(key)
    assert outcome.export == RemoveFiles()
    assert told(outcome, "Succeeded") == ("True", "Success", "3 channels; the files were removed after 1h")
    assert (entry_of(story, key).status.get("files") or []) == []
    assert entry_of(story, key).status["records"] == 3
    know(story, key, Absent())
    assert story.settle(key).export is None


def test_a_new_process_after_the_time_to_live_removes_again(story: Story) -> None:
    """It may have been killed between the status and the files."""
    key = story.put("ChannelExport", "export", {"ttlAfterFinished": "1h"})
    know(story, key, Complete(3, FILES))
    story.settle(key)
    story.wait(3600)
    story.settle(key)
    story.world.exports.clear()
    assert story.decide(key).export == RemoveFiles()


def test_storage_that_fails_is_tried_again(story: Story) -> None:
    """After a while; in between the failure stands, and the second attempt does not take it back."""
    key = story.put("ChannelExport", "export", {})
    story.settle(key)
    know(story, key, Failed(Reason.STORAGE_FAILED, "no room", story.now.monotonic))
    outcome = story.settle(key)
    assert told(outcome, "Succeeded") == ("False", "StorageFailed", "no room")
    assert "Stalled" not in condition_types(outcome)
    assert (outcome.export, outcome.again_in) == (None, pytest.approx(RETRY))
    story.wait(RETRY)
    assert story.settle(key).export == WriteFiles()
    know(story, key, AtWork())
    assert told(story.settle(key), "Succeeded")[1] == "StorageFailed"
    know(story, key, Complete(3, FILES))
    assert told(story.settle(key), "Succeeded")[1] == "Success"


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (too_many(100_001), "TooManyRecords"),
        (Failed(Reason.INTERRUPTED, "killed", 0.0, lasting=True), "Interrupted"),
    ],
)
def test_what_would_fail_again_is_left(story: Story, state: Failed, reason: str) -> None:
    """Stalled, for good, also in a new process."""
    key = story.put("ChannelExport", "export", {})
    know(story, key, state)
    outcome = story.settle(key)
    assert told(outcome, "Succeeded")[:2] == ("False", reason)
    assert "Stalled" in condition_types(outcome)
    story.world.exports.clear()
    story.wait(1e6)
    again = story.settle(key)
    assert (again.export, again.again_in) == (None, None)


def test_too_many_says_how_many() -> None:
    """And what to do."""
    message = too_many(123_456).message
    assert message == "123,456 channels match and 100,000 are allowed; choose fewer with selector or channels"


def test_a_fact_of_another_object_of_that_name_is_none(story: Story) -> None:
    """Deleted and created again: the new one begins from the beginning."""
    key = story.put("ChannelExport", "export", {})
    story.world.exports[key] = ExportFact("another", Complete(3, FILES))
    outcome = story.settle(key)
    assert told(outcome, "Succeeded")[1] == "Running"
    assert outcome.export == WriteFiles()


def test_a_deleted_export_loses_its_files(story: Story) -> None:
    """Also when it is gone already."""
    key = story.put("ChannelExport", "export", {})
    story.remove(key)
    assert story.decide(key).export == RemoveFiles()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (Loaded({"other": b"x"}), "SecretKeyMissing"),
        (Loaded({"password": b""}), "SecretKeyMissing"),
        (Loaded({"password": b"\n"}), "SecretKeyMissing"),
        (Loaded({"password": b"\xff"}), "SecretKeyMissing"),
        (Loaded({"password": b"x" * 129}), "SecretKeyMissing"),
        (Missing(), "SecretNotFound"),
        (Unreadable("forbidden"), "SecretUnreadable"),
    ],
)
def test_a_password_that_is_none(story: Story, data: Material, reason: str) -> None:
    """It waits, and says for what; nothing is written without the encryption that was asked for."""
    key = story.put("ChannelExport", "export", {"archivePasswordSecretRef": {"name": "zip"}})
    assert story.decide(key).export is None
    story.world.put_material(Key(SECRET, NAMESPACE, "zip"), data)
    outcome = story.settle(key)
    assert told(outcome, "Accepted")[1] == reason
    assert told(outcome, "Succeeded")[1] == "Pending"
    assert outcome.export is None
    story.secret("zip", password=b"right\n")
    assert story.settle(key).export == WriteFiles()
    assert password(story.world, entry_of(story, key)) == ("right", None)


def test_what_is_selected(story: Story) -> None:
    """All of the namespace, those with all of the labels, or those named; never what is being deleted."""
    for name, labels in (("a", {"team": "x", "app": "y"}), ("b", {"team": "x"}), ("c", {})):
        spec = {"channelName": name, "gatewayRef": {"name": "gw"}, "calledRouteRef": {"name": "queue"}}
        story.put("SmsChannel", name, spec, labels=labels)
    spec = {"channelName": "d", "gatewayRef": {"name": "gw"}, "calledRouteRef": {"name": "queue"}}
    story.put("SmsChannel", "d", spec, deletionTimestamp="2026-11-22T12:00:00Z", finalizers=["x"])

    def names(export: dict[str, Any]) -> tuple[list[str], list[str]]:
        key = story.put("ChannelExport", "export", export)
        found, missing = selected(story.world, entry_of(story, key))
        return sorted(entry.key.name for entry in found), missing

    assert names({}) == (["a", "b", "c"], [])
    assert names({"selector": {"matchLabels": {"team": "x"}}}) == (["a", "b"], [])
    assert names({"selector": {"matchLabels": {"team": "x", "app": "y"}}}) == (["a"], [])
    assert names({"channels": ["c", "nobody", "d"]}) == (["c"], ["nobody", "d"])

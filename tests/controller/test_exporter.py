"""The runner with a real storage: what it tells, and what it leaves on the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from sms_operator.controller import exporter
from sms_operator.controller.exporter import ATTEMPTS, Exporter
from sms_operator.core.export_facts import AtWork, Complete, ExportState, Failed, FindFiles, RemoveFiles, WriteFiles
from sms_operator.core.keys import Key
from support.worlds import NAMESPACE, Story

PATIENCE = 30.0


class Run:
    """An exporter at work on a story's world."""

    def __init__(self, place: str, story: Story, namespaces: Collection[str] = ()) -> None:
        self.story = story
        self._told = asyncio.Event()
        self.exporter = Exporter(place, story.world, lambda _: self._told.set(), namespaces)
        self._task = asyncio.ensure_future(self.exporter.run())

    async def ask(self, key: Key, action: WriteFiles | FindFiles | RemoveFiles) -> ExportState:
        """Let something be done, and wait for the fact."""
        self._told.clear()
        self.exporter.ask(key, self.story.world.get(key), action)
        assert self.story.world.exports[key].state == AtWork()
        await asyncio.wait_for(self._told.wait(), PATIENCE)
        return self.story.world.exports[key].state

    async def close(self) -> None:
        """End it."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


@pytest.fixture
def story() -> Story:
    """With three channels and an export."""
    story = Story()
    for name in "abc":
        story.channel(name)
    return story


@pytest.fixture
def key(story: Story) -> Key:
    return story.put("ChannelExport", "export", {})


def stored(root: Path) -> list[str]:
    """Namespaces, exports and attempts."""
    return sorted(str(path.relative_to(root)) for path in root.glob("*/*"))


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something on the disk, which tells nobody of its changes."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


def place_of(root: Path, story: Story, key: Key) -> Path:
    """Where an export's files are."""
    entry = story.world.get(key)
    assert entry is not None
    return root / NAMESPACE / entry.uid


async def test_written_found_and_removed(story: Story, key: Key, tmp_path: Path) -> None:
    """The same fact when it is asked again: what is complete is not written twice."""
    run = Run(str(tmp_path), story)
    try:
        done = await run.ask(key, WriteFiles())
        assert isinstance(done, Complete)
        assert done.records == 3
        final = place_of(tmp_path, story, key)
        before = (final / "channels-001.csv").stat()
        assert await run.ask(key, WriteFiles()) == done
        assert await run.ask(key, FindFiles()) == done
        assert (final / "channels-001.csv").stat() == before
        await run.ask(key, RemoveFiles())
        assert stored(tmp_path) == []
    finally:
        await run.close()


async def test_storage_that_cannot_be_written(story: Story, key: Key, tmp_path: Path) -> None:
    """The place and the system's own words, for a person; it heals when the storage does."""
    root = tmp_path / "exports"
    root.write_text("no directory")
    run = Run(str(root), story)
    try:
        failed = await run.ask(key, WriteFiles())
        assert isinstance(failed, Failed)
        assert failed.reason == "StorageFailed"
        assert not failed.lasting
        assert failed.message == f"The files could not be stored in {root}: Not a directory"
        root.unlink()
        assert isinstance(await run.ask(key, WriteFiles()), Complete)
    finally:
        await run.close()


async def test_storage_of_an_unknown_kind(story: Story, key: Key) -> None:
    """A wrong setting takes nothing else down, and no login of the URL is told."""
    run = Run("s3://user:hunter2@bucket/exports", story)
    try:
        failed = await run.ask(key, WriteFiles())
        assert isinstance(failed, Failed)
        assert "login" in failed.message
        assert "hunter2" not in failed.message
    finally:
        await run.close()


async def test_more_than_allowed(story: Story, key: Key, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted before anything is written."""
    monkeypatch.setattr(exporter, "MAX_RECORDS", 2)
    run = Run(str(tmp_path), story)
    try:
        failed = await run.ask(key, WriteFiles())
        assert isinstance(failed, Failed)
        assert (failed.reason, failed.lasting) == ("TooManyRecords", True)
        assert stored(tmp_path) == []
    finally:
        await run.close()


async def test_an_export_that_kills_the_operator_is_given_up(story: Story, key: Key, tmp_path: Path) -> None:
    """What earlier processes left of it is counted; then it is removed, and the operator lives."""
    final = place_of(tmp_path, story, key)
    (final.parent / f".{final.name}.{ATTEMPTS - 1}.partial").mkdir(parents=True)
    run = Run(str(tmp_path), story)
    try:
        failed = await run.ask(key, WriteFiles())
        assert isinstance(failed, Failed)
        assert (failed.reason, failed.lasting) == ("Interrupted", True)
        assert "killed 3 times" in failed.message
        assert stored(tmp_path) == []
    finally:
        await run.close()


async def test_what_nobody_knows_is_swept(story: Story, key: Key, tmp_path: Path) -> None:
    """Files whose object is gone go; those of another operator's namespaces stay."""
    for namespace in (NAMESPACE, "foreign"):
        (tmp_path / namespace / "0000-gone").mkdir(parents=True)
    run = Run(str(tmp_path), story, [NAMESPACE])
    try:
        run.exporter.sweep()
        await run.ask(key, WriteFiles())
        kept = str(place_of(tmp_path, story, key).relative_to(tmp_path))
        assert stored(tmp_path) == ["foreign/0000-gone", kept]
    finally:
        await run.close()


async def test_deleted_while_it_is_written(story: Story, key: Key, tmp_path: Path) -> None:
    """The writing ends, and no file is left."""
    like = story.world.get(Key("SmsChannel", NAMESPACE, "a"))
    assert like is not None
    for number in range(1500):
        story.put("SmsChannel", f"more-{number}", like.raw_spec)
    run = Run(str(tmp_path), story)
    try:
        run.exporter.ask(key, story.world.get(key), WriteFiles())
        await until(lambda: any(".partial" in name for name in stored(tmp_path)))
        story.remove(key)
        run.exporter.ask(key, None, RemoveFiles())
        other = story.put("ChannelExport", "other", {"channels": ["a"]})
        await run.ask(other, WriteFiles())
        kept = str(place_of(tmp_path, story, other).relative_to(tmp_path))
        await until(lambda: stored(tmp_path) == [kept])
        assert key not in story.world.exports
    finally:
        await run.close()

"""What the World makes of news that are late, or of the dead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sms_operator.core.keys import ORGANIZATION_UNIT, Key
from sms_operator.core.world import REMEMBERED_DEAD, World

UNIT = Key(ORGANIZATION_UNIT, "tenant", "sales")


def shown(version: int, uid: str = "first", name: str = "sales", **spec: Any) -> Mapping[str, Any]:
    """The unit in one of its versions."""
    metadata = {
        "name": name,
        "namespace": "tenant",
        "uid": uid,
        "generation": 1,
        "resourceVersion": str(version),
        "creationTimestamp": "2026-11-22T12:00:00Z",
    }
    return {"kind": ORGANIZATION_UNIT, "metadata": metadata, "spec": {"displayName": "Sales", "code": "s", **spec}}


@pytest.mark.parametrize("version", [1, 5, 6])
def test_an_object_that_is_gone_does_not_come_back(version: int) -> None:
    """No version of before its deletion is taken in; it was told with version 6."""
    world = World()
    world.put(shown(5))
    assert world.remove(UNIT, "first", "6") == {UNIT}
    assert world.put(shown(version)) == set()
    assert world.get(UNIT) is None


def test_the_next_object_of_the_name_is_taken_in() -> None:
    """It has a later version; what is told of the former one is then ignored as well."""
    world = World()
    world.put(shown(5))
    world.remove(UNIT, "first", "6")
    assert UNIT in world.put(shown(7, "second"))
    assert world.put(shown(5)) == set()
    assert world.remove(UNIT, "first", "6") == set()
    entry = world.get(UNIT)
    assert entry is not None
    assert entry.uid == "second"


def test_a_deletion_that_comes_before_the_creation() -> None:
    """Out of order: the object was never known, and is not taken in."""
    world = World()
    assert world.remove(UNIT, "first", "6") == set()
    assert world.put(shown(5)) == set()
    assert UNIT in world.put(shown(7, "second"))


def test_a_deletion_found_by_listing_has_no_version() -> None:
    """The last version known is then the limit."""
    world = World()
    world.put(shown(5))
    world.remove(UNIT, "first")
    assert world.put(shown(5)) == set()
    assert UNIT in world.put(shown(6, "second"))


def test_the_dead_are_forgotten_some_day() -> None:
    """The memory of them is bounded; the latest are kept."""
    world = World()
    for number in range(REMEMBERED_DEAD + 1):
        world.remove(Key(ORGANIZATION_UNIT, "tenant", f"unit-{number}"), "any", "9")
    assert world.put(shown(5, name="unit-0"))
    assert world.put(shown(5, name="unit-1")) == set()

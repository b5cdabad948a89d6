"""Which rebuilds wait, and for what."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sms_operator.controller.rebuilds import Rebuilds
from sms_operator.core.keys import SECRET, SMPP_GATEWAY, Key
from sms_operator.core.world import World

GATEWAY = Key(SMPP_GATEWAY, "t", "gw")
LOGIN = Key(SECRET, "t", "login")


def gateway(version: int, rebuild: str = "", **spec: Any) -> dict[str, Any]:
    """As the API server shows it."""
    login = {"systemId": "demo", "passwordSecretRef": {"name": "login"}}
    annotations = {"sms-operator.dev/rebuild": rebuild} if rebuild else {}
    metadata = {
        "name": "gw",
        "namespace": "t",
        "uid": "u",
        "generation": 1,
        "resourceVersion": str(version),
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "annotations": annotations,
    }
    whole = {"endpoints": [{"host": "192.0.2.1", "port": 2775}], "login": login, **spec}
    return {"kind": SMPP_GATEWAY, "metadata": metadata, "spec": whole}


def parts() -> tuple[World, Rebuilds, list[set[Key]]]:
    """A World, what waits in it, and what was asked to be read."""
    world, asked = World(), list[set[Key]]()

    def refresh(keys: Collection[Key]) -> None:
        asked.append(set(keys))

    return world, Rebuilds(world, refresh), asked


def test_a_new_value_waits_for_the_secret() -> None:
    """Once; the same value again, and its removal, do not."""
    world, rebuilds, asked = parts()
    world.put(gateway(1))
    assert not rebuilds.wait(GATEWAY)
    world.put(gateway(2, "one"))
    assert rebuilds.wait(GATEWAY)
    assert asked == [{LOGIN}]
    assert rebuilds.read(Key(SECRET, "t", "other")) == []
    assert rebuilds.read(LOGIN) == [GATEWAY]
    assert rebuilds.read(LOGIN) == []
    world.put(gateway(3, "one", mode="Send"))
    assert not rebuilds.wait(GATEWAY)
    world.put(gateway(4))
    assert not rebuilds.wait(GATEWAY)
    assert asked == [{LOGIN}]


def test_what_was_listed_at_the_start_is_known() -> None:
    """An old rebuild asks for nothing; the first new one does."""
    world, rebuilds, asked = parts()
    world.put(gateway(1, "old"))
    rebuilds.know()
    world.put(gateway(2, "old", mode="Send"))
    assert not rebuilds.wait(GATEWAY)
    world.put(gateway(3, "new"))
    assert rebuilds.wait(GATEWAY)
    assert asked == [{LOGIN}]


def test_a_gateway_that_goes_waits_for_nothing() -> None:
    """Nor is it woken later."""
    world, rebuilds, _ = parts()
    world.put(gateway(1))
    rebuilds.know()
    world.put(gateway(2, "now"))
    assert rebuilds.wait(GATEWAY)
    world.remove(GATEWAY, "u", "3")
    assert not rebuilds.wait(GATEWAY)
    assert rebuilds.read(LOGIN) == []

"""The oracle of end states, on states that are made up: it sees what differs, and nothing that may."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Final

import pytest

from support.faults.snapshot import differences, essence, leaks

Body = dict[str, Any]

PORT: Final = 40123
OWNER: Final = "11-aa"
LIVING: Final = {OWNER}


def route() -> Body:
    """A derived route as the API server shows it."""
    return {
        "kind": "NotificationRoute",
        "metadata": {
            "name": "ch",
            "namespace": "one",
            "uid": "22-bb",
            "resourceVersion": "700",
            "generation": 2,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [{"manager": "sms-operator"}],
            "labels": {"app.kubernetes.io/managed-by": "sms-operator"},
            "ownerReferences": [{"kind": "SmsChannel", "name": "ch", "uid": OWNER, "controller": True}],
        },
        "spec": {"gatewayRef": {"name": "gw"}, "numbers": ["100"]},
    }


def gateway() -> Body:
    """A gateway with a status."""
    return {
        "kind": "SmppGateway",
        "metadata": {"name": "gw", "namespace": "one", "uid": "33-cc", "resourceVersion": "900", "generation": 3},
        "spec": {"endpoints": [{"host": "127.0.0.1", "port": PORT}]},
        "status": {
            "observedGeneration": 3,
            "endpoint": f"127.0.0.1:{PORT}",
            "lastError": {"reason": "Unreachable", "time": "2026-01-01T00:00:00Z"},
            "conditions": [
                {
                    "type": kind,
                    "status": "True",
                    "reason": "ConnectionSucceeded",
                    "message": f"Connected to 127.0.0.1:{PORT}",
                    "lastTransitionTime": "2026-01-01T00:00:00Z",
                    "observedGeneration": 3,
                }
                for kind in ("Connected", "Ready")
            ],
        },
    }


def changed(body: Body, change: Callable[[Body], object]) -> Body:
    """A changed copy."""
    other = copy.deepcopy(body)
    change(other)
    return other


VARYING: Final[dict[str, Callable[[Body], object]]] = {
    "uid": lambda body: body["metadata"].update(uid="99-zz"),
    "version": lambda body: body["metadata"].update(resourceVersion="1"),
    "age": lambda body: body["metadata"].update(creationTimestamp="2030-01-01T00:00:00Z"),
    "managers": lambda body: body["metadata"].update(managedFields=[]),
    "last error": lambda body: body["status"].pop("lastError"),
    "times": lambda body: body["status"]["conditions"][0].update(lastTransitionTime="2030-01-01T00:00:00Z"),
    "order": lambda body: body["status"]["conditions"].reverse(),
}
TELLING: Final[dict[str, Callable[[Body], object]]] = {
    "spec": lambda body: body["spec"]["endpoints"].append({"host": "another"}),
    "label": lambda body: body["metadata"].update(labels={"one": "more"}),
    "annotation": lambda body: body["metadata"].update(annotations={"one": "more"}),
    "finalizer": lambda body: body["metadata"].update(finalizers=["example.com/held"]),
    "deletion": lambda body: body["metadata"].update(deletionTimestamp="2026-01-01T00:00:00Z"),
    "reason": lambda body: body["status"]["conditions"][0].update(reason="Unreachable"),
    "truth": lambda body: body["status"]["conditions"][1].update(status="False"),
    "message": lambda body: body["status"]["conditions"][1].update(message="something else"),
    "a condition more": lambda body: body["status"]["conditions"].append(
        {**body["status"]["conditions"][0], "type": "X"}
    ),
    "a condition less": lambda body: body["status"]["conditions"].pop(),
    "field": lambda body: body["status"].update(endpoint=None),
    "no status": lambda body: body.pop("status"),
    "late": lambda body: body["metadata"].update(generation=4),
}


@pytest.mark.parametrize("what", VARYING)
def test_what_may_differ(what: str) -> None:
    """Times, versions, ids, order, and what is told of the past."""
    body = gateway()
    assert essence(changed(body, VARYING[what]), LIVING, PORT) == essence(body, LIVING, PORT)


@pytest.mark.parametrize("what", TELLING)
def test_what_may_not_differ(what: str) -> None:
    """Everything else, and the difference can be read."""
    sound, other = (essence(body, LIVING, PORT) for body in (gateway(), changed(gateway(), TELLING[what])))
    assert differences({"objects": {"gw": sound}}, {"objects": {"gw": sound}}) == ""
    assert "gw" in differences({"objects": {"gw": other}}, {"objects": {"gw": sound}})


def test_another_port_is_the_same_smsc() -> None:
    """Each stage has its own; a longer number is not the port."""
    body = gateway()
    moved = changed(body, lambda one: one["spec"]["endpoints"][0].update(port=PORT + 1))
    moved["status"]["endpoint"] = f"127.0.0.1:{PORT + 1}"
    for item in moved["status"]["conditions"]:
        item["message"] = f"Connected to 127.0.0.1:{PORT + 1}"
    assert essence(moved, LIVING, PORT + 1) == essence(body, LIVING, PORT)
    assert essence(moved, LIVING, PORT) != essence(body, LIVING, PORT)
    longer = changed(body, lambda one: one["spec"].update(note=f"1{PORT}"))
    assert essence(longer, LIVING, PORT)["spec"]["note"] == f"1{PORT}"


def test_an_owner_counts_while_it_lives() -> None:
    """By uid: a namesake is another."""
    assert essence(route(), LIVING, PORT)["metadata"]["owners"] == [{"kind": "SmsChannel", "name": "ch", "lives": True}]
    assert essence(route(), {"99-zz"}, PORT)["metadata"]["owners"][0]["lives"] is False
    assert essence(route(), {"99-zz"}, PORT) != essence(route(), LIVING, PORT)


def test_current_is_said_of_the_present_generation() -> None:
    """What has no status is as current as it can be."""
    assert essence(gateway(), LIVING, PORT)["current"]
    assert essence(route(), LIVING, PORT)["current"]
    assert not essence(changed(gateway(), TELLING["late"]), LIVING, PORT)["current"]


def test_a_missing_and_a_surplus_object_differ() -> None:
    """And a bind too few or too many."""
    one = {"objects": {"SmppGateway/gw": essence(gateway(), LIVING, PORT)}, "binds": {"demo transceiver": 1}}
    none = {"objects": dict[str, Any](), "binds": {"demo transceiver": 1}}
    assert "SmppGateway/gw" in differences(none, one)
    assert "SmppGateway/gw" in differences(one, none)
    assert "demo transceiver" in differences(one, {**one, "binds": {"demo transceiver": 2}})
    assert differences(one, copy.deepcopy(one)) == ""


def test_leaks() -> None:
    """Routes whose owner is dead or not named, and what hangs in its deletion; nothing else."""
    held = changed(gateway(), TELLING["deletion"])
    unowned = changed(route(), lambda body: body["metadata"].pop("ownerReferences"))
    objects = {
        "NotificationRoute/owned": essence(route(), LIVING, PORT),
        "NotificationRoute/orphan": essence(route(), {"99-zz"}, PORT),
        "NotificationRoute/unowned": essence(unowned, LIVING, PORT),
        "SmppGateway/fine": essence(gateway(), LIVING, PORT),
        "SmppGateway/held": essence(held, LIVING, PORT),
    }
    assert leaks(objects) == ["NotificationRoute/orphan", "NotificationRoute/unowned", "SmppGateway/held"]
    assert leaks({}) == []

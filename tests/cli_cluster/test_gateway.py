"""Rebuild, disconnect and connect of real gateways, waited for by their status."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result

from sms_operator.api.kinds import GROUP
from sms_operator.dev.smsc import Account, Simulator
from sms_operator.dev.smsc.background import Background, in_background
from sms_operator.views.actions import Action, CannotAct, change, outcome
from support.ground import Ground, sessions
from support.tenant import Tenant

Smsctl = Callable[..., Result]
NOW = datetime(2026, 11, 23, tzinfo=UTC)
DISCONNECT = f"{GROUP}/disconnect"


@pytest.fixture(scope="module")
def pair(ground: Ground) -> Iterator[Background]:
    """The SMSC of two connected gateways, `north` and `south`, with labels."""
    with in_background(lambda: Simulator([Account("north", "secret"), Account("south", "secret")])) as smsc:
        port = smsc.get(lambda simulator: simulator.port)
        for name in ("north", "south"):
            ground.tenant.gateway(name, port, system_id=name)
            ground.tenant.patch("SmppGateway", name, {"metadata": {"labels": {"team": "pair"}}})
        for name in ("north", "south"):
            ground.tenant.until("SmppGateway", name, "ConnectionSucceeded")
        yield smsc


def test_rebuild_until_it_is_done(ground: Ground, pair: Background, smsctl: Smsctl) -> None:
    """Back with another session, and the status names this rebuild."""
    before = sessions(pair, "north")
    done = smsctl("gateway", "rebuild", "north", "-n", ground.tenant.namespace, "--wait")
    assert (done.exit_code, done.stdout) == (0, "✔ north: rebuild done: Connection succeeded\n"), done.output
    assert sessions(pair, "north") != before
    body = ground.tenant.get("SmppGateway", "north")
    assert body is not None
    assert body["status"]["observedRebuild"] == body["metadata"]["annotations"][f"{GROUP}/rebuild"]
    ground.assert_undisturbed()


def test_disconnect_and_connect_by_label(ground: Ground, pair: Background, smsctl: Smsctl) -> None:
    """Both go, with who and why in their status; asked twice nothing happens; both come back."""
    place = ["-n", ground.tenant.namespace, "-l", "team=pair", "--yes", "--wait", "-o", "json"]
    done = smsctl("gateway", "disconnect", *place, "--reason", "cable work")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["items"] == [
        {
            "namespace": ground.tenant.namespace,
            "name": name,
            "state": "done",
            "message": "Disconnected: admin: cable work",
        }
        for name in ("north", "south")
    ]
    assert sessions(pair, "north") == sessions(pair, "south") == []
    again = smsctl("gateway", "disconnect", *place)
    assert (again.exit_code, {item["state"] for item in json.loads(again.stdout)["items"]}) == (0, {"unchanged"})
    refused = smsctl("gateway", "rebuild", *place)
    assert (refused.exit_code, {item["state"] for item in json.loads(refused.stdout)["items"]}) == (2, {"failed"})
    back = smsctl("gateway", "connect", *place)
    assert (back.exit_code, {item["state"] for item in json.loads(back.stdout)["items"]}) == (0, {"done"})
    assert len(sessions(pair, "north")) == len(sessions(pair, "south")) == 1
    ground.assert_undisturbed()


def test_a_wait_that_cannot_end_well_ends(ground: Ground, pair: Background, smsctl: Smsctl) -> None:
    """An unknown system ID at once; a dead port with the time limit. Both 2, in text as in JSON."""
    ground.tenant.gateway("locked", pair.get(lambda simulator: simulator.port), system_id="nobody")
    ground.tenant.gateway("dead", 1)
    try:
        ground.tenant.until("SmppGateway", "locked", "InvalidSystemId")
        place = ["-n", ground.tenant.namespace, "--wait", "--timeout", "1s"]
        locked = smsctl("gateway", "rebuild", "locked", *place[:3], "--timeout", "30s")
        assert locked.exit_code == 2
        assert locked.stdout.startswith("✗ locked: rebuild failed: "), locked.output
        for output in ("text", "json"):
            dead = smsctl("gateway", "rebuild", "dead", *place, "-o", output)
            assert dead.exit_code == 2
            assert "not within 1 s; its status says: " in dead.stdout
    finally:
        ground.tenant.delete("SmppGateway", "locked")
        ground.tenant.delete("SmppGateway", "dead")


def test_connect_says_that_the_spec_disconnects(ground: Ground, pair: Background, smsctl: Smsctl) -> None:
    """The annotation goes, and the rest is for Git."""
    ground.tenant.gateway("declared", 1, connection="Disconnected")
    ground.tenant.annotate("SmppGateway", "declared", disconnect="ines")
    place = ["declared", "-n", ground.tenant.namespace]
    said = smsctl("gateway", "connect", *place, "--wait")
    assert said.exit_code == 2
    assert "the annotation is gone, and spec.connection is Disconnected" in said.stdout
    body = ground.tenant.get("SmppGateway", "declared")
    assert body is not None
    assert DISCONNECT not in body["metadata"].get("annotations", {})
    assert "failed: spec.connection is Disconnected" in smsctl("gateway", "connect", *place).stdout
    ground.tenant.delete("SmppGateway", "declared")


def test_several_are_confirmed(ground: Ground, pair: Background, smsctl: Smsctl) -> None:
    """Without a terminal nobody can be asked: nothing happens, 1."""
    said = smsctl("gateway", "disconnect", "north", "south", "-n", ground.tenant.namespace)
    assert (said.exit_code, said.stdout) == (1, "")
    assert said.stderr == "Error: disconnect of 2 gateways is to be confirmed: say --yes\n"
    for name in ("north", "south"):
        body = ground.tenant.get("SmppGateway", name)
        assert body is not None
        assert DISCONNECT not in body["metadata"].get("annotations", {})


def test_rights_are_named(
    ground: Ground, namespace: str, api: object, person: Callable[..., Path], smsctl: Smsctl
) -> None:
    """Whoever may look and not touch is told verb and resource; so is who may not even look."""
    tenant = Tenant(ground.tenant.client, namespace)
    tenant.gateway("gw", 1)
    reader = person("reader", {"smppgateways": ["get"]})
    said = smsctl("gateway", "rebuild", "gw", KUBECONFIG=str(reader))
    assert said.exit_code == 1
    assert f'you may not patch smppgateways.sms-operator.dev in namespace "{namespace}"' in said.stdout
    listing = smsctl("gateway", "rebuild", "--all", KUBECONFIG=str(reader))
    assert (listing.exit_code, listing.stdout) == (1, "")
    assert f'you may not list smppgateways.sms-operator.dev in namespace "{namespace}"' in listing.stderr
    missing = smsctl("gateway", "connect", "nobody", KUBECONFIG=str(reader))
    assert (missing.exit_code, missing.stdout) == (
        1,
        f'✗ nobody: connect refused: there is no SmppGateway "nobody" in namespace "{namespace}"\n',
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "say which gateways"),
        (["a", "--all"], "say which gateways"),
        (["a", "-A"], "-A goes with"),
        (["../a"], "is no name"),
        (["a", "--timeout", "soon"], "is no duration"),
        (["a", "--reason", "why"], "--reason"),
    ],
)
def test_usage(smsctl: Smsctl, arguments: list[str], says: str) -> None:
    """1, never click's 2."""
    said = smsctl("gateway", "rebuild", *arguments)
    assert said.exit_code == 1
    assert says in said.stderr


def test_nothing_selected(smsctl: Smsctl, namespace: str) -> None:
    """Answered, and something to see: nobody has these labels."""
    said = smsctl("gateway", "rebuild", "-l", "team=none", "-n", namespace)
    assert (said.exit_code, said.stdout, said.stderr) == (2, "", "No such gateway.\n")


def gateway(connected: tuple[str, str] | None, **status: str) -> dict[str, object]:
    """As the API server shows it."""
    conditions = (
        [{"type": "Connected", "status": connected[0], "reason": connected[1], "message": "why"}] if connected else []
    )
    return {"metadata": {}, "spec": {}, "status": {"conditions": conditions, **status}}


@pytest.mark.parametrize(
    ("action", "connected", "rebuild", "reached"),
    [
        (Action.REBUILD, ("True", "ConnectionSucceeded"), "before", None),
        (Action.REBUILD, ("True", "ConnectionSucceeded"), "asked", True),
        (Action.REBUILD, ("Unknown", "Connecting"), "asked", None),
        (Action.REBUILD, ("False", "Unreachable"), "asked", None),
        (Action.REBUILD, ("False", "InvalidPassword"), "asked", False),
        (Action.CONNECT, ("False", "Disconnected"), "", None),
        (Action.CONNECT, ("True", "ConnectionSucceeded"), "", True),
        (Action.DISCONNECT, ("True", "ConnectionSucceeded"), "", None),
        (Action.DISCONNECT, ("False", "InvalidPassword"), "", None),
        (Action.DISCONNECT, ("False", "Disconnected"), "", True),
        (Action.CONNECT, None, "", None),
    ],
)
def test_ends_are_read_from_the_status(
    action: Action, connected: tuple[str, str] | None, rebuild: str, reached: bool | None
) -> None:
    """What an operator may still mend is no end; what only a person can mend is one."""
    end = outcome(action, gateway(connected, observedRebuild=rebuild), "asked")
    assert (end.reached if end else None) is reached


def test_a_disconnection_keeps_who_and_why_on_one_line() -> None:
    """Whatever was typed."""
    body = change(Action.DISCONNECT, gateway(None), "ines", " cable\n work ", NOW)
    assert not isinstance(body, CannotAct)
    assert body["metadata"]["annotations"][DISCONNECT] == "ines: cable work"

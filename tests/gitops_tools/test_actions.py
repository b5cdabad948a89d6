"""Argo CD's actions Rebuild, Disconnect and Connect: what they offer and change, and what the operator then does."""

from __future__ import annotations

import re
from typing import Final

import pytest
import yaml

from sms_operator.dev.smsc import Account
from support.argo import SCRIPTS, act, discover, merge_patch
from support.ground import Ground, sessions
from support.kubectl import Manifest
from support.tenant import eventually

ACTIONS: Final = SCRIPTS / "SmppGateway" / "actions"
NAME: Final = "acted-on"
ACCOUNT: Final = "acted-on"
TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def _load(path: str) -> Manifest:
    return yaml.safe_load((ACTIONS / path).read_text())


TESTS: Final = _load("action_test.yaml")


@pytest.mark.parametrize("case", TESTS["discoveryTests"], ids=lambda case: case["inputPath"])
def test_what_is_offered(case: Manifest) -> None:
    """An action that would do nothing in the present state is greyed out."""
    offered = discover("SmppGateway", _load(case["inputPath"]))
    for action in offered.values():
        # An empty text is no value in Argo CD's form of a parameter.
        assert action.keys() <= {"displayName", "iconClass", "disabled", "params"}
    assert offered == {each["name"]: {k: v for k, v in each.items() if k != "name"} for each in case["result"]}
    assert offered.keys() == {path.parent.name for path in ACTIONS.glob("*/action.lua")}


@pytest.mark.parametrize("case", TESTS["actionTests"], ids=lambda case: case["action"])
def test_what_an_action_changes(case: Manifest) -> None:
    """Its annotation and nothing else; the time apart."""
    result = act("SmppGateway", case["action"], _load(case["inputPath"]))
    neutral = yaml.safe_load(TIME.sub("2026-01-01T00:00:00Z", yaml.safe_dump(result)))
    assert neutral == _load(case["expectedOutputPath"])


def test_a_reason_is_kept() -> None:
    """What the user gave as the reason is in the annotation; an empty one leaves nothing behind."""
    gateway = _load("testdata/connected.yaml")
    for reason, end in (("maintenance at the provider", ": maintenance at the provider"), ("", "")):
        result = act("SmppGateway", "disconnect", gateway, reason=reason)
        said = result["metadata"]["annotations"]["sms-operator.dev/disconnect"]
        assert TIME.sub("T", said) == f"Argo CD, T{end}"


def test_other_annotations_stay() -> None:
    """Connect takes away one annotation, whether it is the last or not."""
    gateway = _load("testdata/disconnected-by-hand.yaml")
    gateway["metadata"]["annotations"]["team"] = "ops"
    gateway["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"] = "1"
    result = act("SmppGateway", "connect", gateway)
    assert result["metadata"]["annotations"] == {"team": "ops", "argocd.argoproj.io/sync-wave": "1"}
    gateway["metadata"]["annotations"] = {"sms-operator.dev/disconnect": "me"}
    alone = act("SmppGateway", "connect", gateway)
    assert "annotations" not in alone["metadata"]
    assert merge_patch(gateway, alone) == {"metadata": {"annotations": None}}


def test_the_operator_does_what_the_actions_ask(ground: Ground) -> None:
    """On a live gateway: a new session on Rebuild, none and the reason in words on Disconnect, one again on Connect."""
    ground.smsc.get(lambda simulator: simulator.accounts.put(Account(ACCOUNT, "secret")))
    port = ground.smsc.get(lambda simulator: simulator.port)
    ground.tenant.gateway(NAME, port, system_id=ACCOUNT)
    ground.tenant.until("SmppGateway", NAME, "ConnectionSucceeded")
    before = sessions(ground.smsc, ACCOUNT)

    _act(ground, "rebuild")
    eventually(lambda: sessions(ground.smsc, ACCOUNT), lambda now: len(now) == 1 and now != before, "another session")
    ground.tenant.until("SmppGateway", NAME, "ConnectionSucceeded")

    _act(ground, "disconnect", reason="planned work")
    assert "planned work" in ground.tenant.until("SmppGateway", NAME, "Disconnected")
    eventually(lambda: sessions(ground.smsc, ACCOUNT), lambda now: now == [], "no session")

    _act(ground, "connect")
    ground.tenant.until("SmppGateway", NAME, "ConnectionSucceeded")
    eventually(lambda: sessions(ground.smsc, ACCOUNT), lambda now: len(now) == 1, "a session")
    ground.assert_undisturbed()


def _act(ground: Ground, action: str, **parameters: str) -> None:
    """As a user of Argo CD does: only what is offered, sent as the patch that Argo CD makes of it."""
    live = ground.tenant.get("SmppGateway", NAME)
    assert live is not None
    assert not discover("SmppGateway", live)[action]["disabled"]
    patch = merge_patch(live, act("SmppGateway", action, live, **parameters))
    assert set(patch) == {"metadata"}
    ground.tenant.patch("SmppGateway", NAME, patch)

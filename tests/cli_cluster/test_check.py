"""`smsctl check` before the installation, beside a real operator, and without one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from sms_operator.api.kinds import KINDS
from sms_operator.dev.control_plane import Client
from sms_operator.views import readiness
from support.ground import Ground
from support.tenant import Tenant

Smsctl = Callable[..., Result]


def test_all_is_well(ground: Ground, smsctl: Smsctl) -> None:
    """With an operator at work: every line good, 0, and the summary on stderr."""
    said = smsctl("check", "-n", ground.tenant.namespace, "--wait")
    assert said.exit_code == 0, said.output
    assert {line[:7] for line in said.stdout.splitlines()} == {"✔ ok   "}
    assert "operator: has looked at all 1 objects as they are now" in said.stdout
    assert said.stderr == "All is well.\n"


@pytest.mark.parametrize("output", ["text", "json"])
def test_no_operator(smsctl: Smsctl, api: Client, namespace: str, output: str) -> None:
    """Objects that nobody looks at are named; waiting ends; the code is that of the other format."""
    Tenant(api, namespace).gateway("unseen", 1)
    said = smsctl("check", "-n", namespace, "--wait", "--timeout", "1200ms", "-o", output)
    assert said.exit_code == 2
    words = f"has not looked at 1 of 1 objects as they are now: SmppGateway {namespace}/unseen; does it run?"
    if output == "text":
        assert f"✗ fail operator: {words}\n" in said.stdout
    else:
        found = [item for item in json.loads(said.stdout)["items"] if not item["ok"]]
        assert found == [{"check": "operator", "ok": False, "message": words}]


def test_before_the_installation(smsctl: Smsctl, person: Callable[..., Path]) -> None:
    """The administrator may install; somebody without rights may not, each right named."""
    assert smsctl("check", "--pre").exit_code == 0
    said = smsctl("check", "--pre", "--kubeconfig", str(person("nobody", {})))
    assert said.exit_code == 2
    assert "✗ fail rights: you may not create customresourcedefinitions.apiextensions.k8s.io\n" in said.stdout
    assert said.stderr == "6 of 7 checks failed.\n"


def test_someone_without_rights(smsctl: Smsctl, person: Callable[..., Path]) -> None:
    """What cannot be seen is not called well."""
    said = smsctl("check", "--kubeconfig", str(person("nobody", {})))
    assert said.exit_code == 2
    assert "✗ fail operator: unknown: you may not list all kinds" in said.stdout


@pytest.mark.parametrize(
    ("answer", "ok"),
    [
        ({"major": "1", "minor": "36", "gitVersion": "v1.36.3"}, True),
        ({"major": "1", "minor": "32+", "gitVersion": "v1.32.1-gke.1"}, True),
        ({"major": "1", "minor": "31", "gitVersion": "v1.31.9"}, False),
        ({"major": "2", "minor": "0", "gitVersion": "v2.0.0"}, True),
        ({}, False),
    ],
)
def test_versions(answer: dict[str, str], ok: bool) -> None:
    """Also as clouds write them."""
    assert readiness.version(answer).ok is ok


def test_kinds_that_are_not_served() -> None:
    """None, one, or one without its status."""
    names = [name for info in KINDS for name in (info.plural, f"{info.plural}/status")]

    def served(missing: str) -> readiness.Finding:
        answer: dict[str, Any] = {"resources": [{"name": name} for name in names if name != missing]}
        return readiness.served(answer)

    assert served("").ok
    assert served("smschannels/status").words.startswith("not SmsChannel of")
    assert readiness.served({}).words.startswith("no kind of")

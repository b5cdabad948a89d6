"""`smsctl plan --against cluster`: with the right to list, and with no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import Result

from sms_operator.api.kinds import API_VERSION, KINDS
from sms_operator.dev.control_plane import Client
from support.tenant import Tenant

Smsctl = Callable[..., Result]


@pytest.fixture
def manifests(api: Client, namespace: str, tmp_path: Path) -> Path:
    """One channel on one gateway stands; the file has the channel with another number, and a new one beside it."""
    tenant = Tenant(api, namespace)
    tenant.gateway("north", 1)
    stands = tenant.channel("support", "north", numbers=["4711"])
    bodies = [
        {
            "apiVersion": API_VERSION,
            "kind": "SmsChannel",
            "metadata": {"name": name},
            "spec": {**stands["spec"], **spec},
        }
        for name, spec in (("support", {"numbers": ["4712"]}), ("sales", {"channelName": "support"}))
    ]
    path = tmp_path / "channels.yaml"
    path.write_text(yaml.safe_dump_all(bodies))
    return path


def test_the_right_to_list_is_enough(smsctl: Smsctl, manifests: Path, person: Callable[..., Path]) -> None:
    """Who wins a name is certain, for the cluster knows ages; what is not in the files is left alone."""
    reader = person("reader", {info.plural: ["list"] for info in KINDS})
    done = smsctl("plan", str(manifests), "--kubeconfig", str(reader), "-o", "json")
    assert done.exit_code == 2, done.output
    made = json.loads(done.stdout)
    assert [(item["name"], item["actions"]) for item in made["changes"]] == [
        ("sales", ["create"]),
        ("support", ["update"]),
    ]
    text = smsctl("plan", str(manifests), "--kubeconfig", str(reader), "-v").stdout
    assert 'spec.numbers[0]: "4711" → "4712"' in text
    assert "keeps it, it is older" in text
    assert "2 objects there are not in the files and left alone" in text


def test_without_a_right(smsctl: Smsctl, manifests: Path, person: Callable[..., Path]) -> None:
    """Half of a world is no world to plan on: one line with the right, and 1."""
    half = person("half", {"smppgateways": ["list"]})
    refused = smsctl("plan", str(manifests), "--kubeconfig", str(half))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert len(refused.stderr.splitlines()) == 1
    assert "list " in refused.stderr


def test_nobody_answers(smsctl: Smsctl, manifests: Path, kubeconfig: Path, tmp_path: Path) -> None:
    """A cluster that is not there: one line, and 1."""
    settings = yaml.safe_load(kubeconfig.read_text())
    settings["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    away = tmp_path / "away.kubeconfig"
    away.write_text(yaml.safe_dump(settings))
    done = smsctl("plan", str(manifests), "--kubeconfig", str(away))
    assert (done.exit_code, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1

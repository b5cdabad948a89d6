"""`smsctl validate --against cluster`: files on the ground of what stands, with the caller's own rights."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

from sms_operator.api.kinds import API_VERSION, KINDS
from sms_operator.dev.control_plane import Client
from support.tenant import CALLED, Tenant

Smsctl = Callable[..., Result]


@pytest.fixture
def tenant(api: Client, namespace: str) -> Tenant:
    """One channel on one gateway stands; no operator runs."""
    tenant = Tenant(api, namespace)
    tenant.gateway("north", 1)
    tenant.channel("support", "north", numbers=["4711"])
    return tenant


def written(path: Path, kind: str, name: str, spec: Mapping[str, Any], **metadata: Any) -> str:
    """A file with one object."""
    body = {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name, **metadata}, "spec": spec}
    path.write_text(yaml.safe_dump(body))
    return str(path)


def channel(**spec: Any) -> dict[str, Any]:
    """On what stands."""
    base = {"channelName": "sales", "gatewayRef": {"name": "north"}, "calledRouteRef": {"name": "queue"}}
    return {**base, "numbers": ["4712"], **spec}


def codes(done: Result) -> list[tuple[str, str]]:
    """Rule and field of each finding of `-o json`."""
    return [(item["code"], item["field"]) for item in json.loads(done.stdout)["findings"]]


def test_references_lead_into_the_cluster(smsctl: Smsctl, tenant: Tenant, tmp_path: Path) -> None:
    """What stands is found, in the namespace that -n says; without the option the file stands alone."""
    file = written(tmp_path / "sales.yaml", "SmsChannel", "sales", channel())
    alone = smsctl("validate", file)
    assert alone.exit_code == 2
    assert alone.stdout.count("error[SMS201]") == 2
    there = smsctl("validate", file, "--against", "cluster", "-n", tenant.namespace)
    assert (there.exit_code, there.stdout) == (0, "")
    elsewhere = smsctl("validate", file, "--against", "cluster", "-n", "default", "-o", "json")
    assert codes(elsewhere) == [("SMS201", "spec.calledRouteRef.name"), ("SMS201", "spec.gatewayRef.name")]


def test_what_stands_wins(smsctl: Smsctl, tenant: Tenant, tmp_path: Path) -> None:
    """A name and a number that a channel of the cluster has; the loser is the new one, and it is said why."""
    spec = channel(channelName="support", numbers=["4711", "4712"])
    file = written(tmp_path / "sales.yaml", "SmsChannel", "sales", spec, namespace=tenant.namespace)
    done = smsctl("validate", file, "--against", "cluster")
    assert done.exit_code == 2
    assert (
        'channelName "support" is also that of SmsChannel "support", which is in the cluster already: '
        "the older object wins\n" in done.stdout
    )
    assert 'number 4711 of SmppGateway "north" also claimed by SmsChannel "support", which is in' in done.stdout


def test_a_file_replaces_what_stands(smsctl: Smsctl, tenant: Tenant, tmp_path: Path) -> None:
    """The object of the cluster does not collide with its own new version, and its old claims are free."""
    written(tmp_path / "a.yaml", "SmsChannel", "support", channel(channelName="support", numbers=["4713"]))
    written(tmp_path / "b.yaml", "SmsChannel", "sales", channel(numbers=["4711"]))
    done = smsctl("validate", str(tmp_path), "--against", "cluster", "-n", tenant.namespace)
    assert (done.exit_code, done.stdout) == (0, "")


def test_used_by_the_cluster(smsctl: Smsctl, tenant: Tenant, tmp_path: Path) -> None:
    """A queue that only a channel of the cluster uses is used; nothing is found in objects of the cluster."""
    tenant.apply("CalledRoute", "idle", {**CALLED, "extensionCode": "99"})
    file = written(tmp_path / "queue.yaml", "CalledRoute", "queue", CALLED)
    assert "SMS406" in smsctl("validate", file).stdout
    done = smsctl("validate", file, "--against", "cluster", "-n", tenant.namespace)
    assert (done.exit_code, done.stdout) == (0, "")


def test_a_missing_right(smsctl: Smsctl, tenant: Tenant, person: Callable[..., Path], tmp_path: Path) -> None:
    """Nothing is judged on half of the ground: one line, the right, and 1; the right to list is enough."""
    file = written(tmp_path / "sales.yaml", "SmsChannel", "sales", channel())
    some = person("half", {"smppgateways": ["list"]})
    refused = smsctl("validate", file, "--against", "cluster", "--kubeconfig", str(some))
    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert len(refused.stderr.splitlines()) == 1
    assert "list " in refused.stderr
    reader = person("reader", {info.plural: ["list"] for info in KINDS})
    done = smsctl("validate", file, "--against", "cluster", "--kubeconfig", str(reader))
    assert (done.exit_code, done.stdout) == (0, "")
    assert tenant.namespace in reader.read_text()


def test_options_of_the_cluster_alone(smsctl: Smsctl, tmp_path: Path) -> None:
    """They would silently mean nothing."""
    file = written(tmp_path / "sales.yaml", "SmsChannel", "sales", channel())
    done = smsctl("validate", file, "-n", "team-a")
    assert done.exit_code == 1
    assert "-n, -A, --context and the like are for --against cluster" in done.stderr

"""Every example, applied as the README of `examples/` says, becomes Ready against a real SMSC simulator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from sms_operator.api.kinds import GROUP
from sms_operator.dev.control_plane import ControlPlane
from sms_operator.dev.smsc import Account, Simulator
from sms_operator.dev.smsc.background import in_background
from support.kubectl import ROOT, Kubectl, Manifest
from support.pki import Pki
from support.planes import Planes
from support.tenant import Tenant

EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
NEEDS = {"02-channel": ["01-smallest-gateway"], "04-mutual-tls": ["03-tls"], "05-full-channel": ["03-tls"]}
"""What an example says that it builds on."""
MUTUAL = "mutual"
"""The gateway whose SMSC insists on a client certificate."""


def _story(path: Path) -> list[Manifest]:
    """The objects of an example, after those of the examples that it needs."""
    paths = [*(path.with_stem(stem) for stem in NEEDS.get(path.stem, [])), path]
    return [document for each in paths for document in yaml.safe_load_all(each.read_text())]


def _ours(objects: Iterable[Manifest]) -> list[str]:
    return [
        f"{each['kind'].lower()}.{GROUP}/{each['metadata']['name']}"
        for each in objects
        if each["apiVersion"].startswith(GROUP)
    ]


@dataclass(frozen=True)
class Stage:
    """A namespace served by the operator, and the SMSCs that the examples speak of."""

    kubectl: Kubectl
    namespace: str
    ports: dict[tuple[str, int], int]
    """Where a gateway's port really is, by gateway (empty: any) and port."""

    def apply(self, objects: Iterable[Manifest]) -> None:
        """Applies all at once, with the ports of this run."""
        items = [self._here(each) for each in objects]
        body = {"apiVersion": "v1", "kind": "List", "items": items}
        self.kubectl.run("--namespace", self.namespace, "apply", "--filename=-", body=body)

    def ready(self, names: list[str]) -> None:
        """Waits until all of them are Ready."""
        self.kubectl.run("--namespace", self.namespace, "wait", "--for=condition=Ready", "--timeout=30s", *names)

    def get(self, name: str) -> dict[str, Any]:
        """The object as it is now."""
        return self.kubectl.json("--namespace", self.namespace, "get", name)

    def _here(self, manifest: Manifest) -> Manifest:
        if manifest["kind"] != "SmppGateway":
            return manifest
        name, spec = manifest["metadata"]["name"], manifest["spec"]
        endpoints = [
            {**each, "port": self.ports.get((name, each["port"]), self.ports["", each["port"]])}
            for each in spec["endpoints"]
        ]
        return {**manifest, "spec": {**spec, "endpoints": endpoints}}


@pytest.fixture
def stage(control_plane: ControlPlane, tenant: Tenant, planes: Planes, pki: Pki) -> Iterator[Stage]:
    """Simulators with the accounts of the examples, and the objects that their README tells to create."""
    assert planes.alive("controller")
    tenant.config_map("smsc-ca", **{"ca.crt": pki.authority.pem.encode()})
    identity = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "smsc-client"},
        "type": "kubernetes.io/tls",
        "stringData": {"tls.crt": pki.client.pem, "tls.key": pki.client.key_pem},
    }
    accounts = [Account("demo", "secret"), Account("demo-tls", "secret")]
    with ExitStack() as stack:
        smsc = stack.enter_context(in_background(lambda: Simulator(accounts, tls=pki.server_context())))
        strict = stack.enter_context(
            in_background(
                lambda: Simulator([Account("demo-mtls", "secret")], port=None, tls=pki.server_context(mutual=True))
            )
        )
        ports = {
            ("", 2775): smsc.get(lambda simulator: simulator.port),
            ("", 3550): smsc.get(lambda simulator: simulator.tls_port),
            (MUTUAL, 3550): strict.get(lambda simulator: simulator.tls_port),
        }
        stage = Stage(Kubectl(Path(control_plane.kubectl), control_plane.kubeconfig), tenant.namespace, ports)
        stage.apply([identity])
        yield stage


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_becomes_ready(stage: Stage, path: Path) -> None:
    """Each example, with those that it needs, has every object Ready and its gateways connected."""
    story = _story(path)
    stage.apply(story)
    stage.ready(_ours(story))
    for name in (name for name in _ours(story) if name.startswith("smppgateway")):
        status = stage.get(name)["status"]
        ready = next(each for each in status["conditions"] if each["type"] == "Ready")
        assert (ready["reason"], ready["message"]) == ("ConnectionSucceeded", "Connection succeeded")
        assert status["binds"]["connected"] == status["binds"]["desired"] == (4 if f"/{MUTUAL}" in name else 1)


def test_channel_has_its_route(stage: Stage) -> None:
    """The channel of the second example owns a derived route of its name, which leads from its gateway to it."""
    story = _story(ROOT / "examples" / "02-channel.yaml")
    stage.apply(story)
    stage.ready(_ours(story))
    channel = stage.get(f"smschannel.{GROUP}/hotline")
    route = stage.get(f"notificationroute.{GROUP}/hotline")
    assert (route["spec"]["gatewayRef"]["name"], route["spec"]["channelRef"]["name"]) == ("first", "hotline")
    assert route["spec"]["origin"] == "Derived"
    assert [owner["uid"] for owner in route["metadata"]["ownerReferences"]] == [channel["metadata"]["uid"]]


def test_order_of_applying_does_not_matter(stage: Stage) -> None:
    """All examples, every object in an own request and the last one first, become Ready all the same."""
    story = [document for path in EXAMPLES for document in yaml.safe_load_all(path.read_text())]
    for each in reversed(story):
        stage.apply([each])
    stage.ready(_ours(story))

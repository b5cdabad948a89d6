"""Certificates and keys that are bombs: read at a bounded cost, by the function and by the running operator."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from sms_operator.dev.control_plane import ApiError
from sms_operator.dev.smsc import Account
from support.faults.security_bombs import Shape, shapes
from support.faults.security_ground import pulse
from support.ground import Ground
from support.pki import Pki
from support.planes import ROOT
from support.tenant import Tenant, eventually

ANSWERED_WITHIN = 5.0
"""Seconds: less than a probe of liveness waits, with a noisy machine in it."""


@pytest.fixture(scope="module")
def answers() -> dict[str, str]:
    """What became of each shape under the limits."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'operator'}:{ROOT / 'tests'}"}
    program = [sys.executable, "-m", "support.faults.security_bombs"]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", shapes())
def test_every_shape_is_read_or_refused_within_the_limits(name: str, answers: dict[str, str]) -> None:
    """One second of CPU and 128 MiB: what is large and in order is read, all else refused, with a reason."""
    shape = shapes()[name]
    if shape.good:
        assert answers[name] == "read"
    else:
        assert answers[name].startswith("refused: ")
        assert len(answers[name]) < 300


def test_the_limits_are_limits(answers: dict[str, str]) -> None:
    """The same key costs who does what it asks for his life."""
    assert answers["unbounded"].startswith("killed by signal")


def place(tenant: Tenant, name: str, shape: Shape, leaf: str) -> None:
    """A Certificate whose content, or whose key, is that shape."""
    if not shape.is_key:
        tenant.config_map(name, **{"ca.crt": shape.content})
        tenant.apply("Certificate", name, {"configMapKeyRef": {"name": name}})
        return
    spec = {"usage": "Identity", "secretKeyRef": {"name": name}}
    tenant.secret(name, **{"tls.crt": leaf, "tls.key": shape.content})
    if shape.password is not None:
        tenant.secret(f"{name}-word", password=shape.password)
        spec["passwordSecretRef"] = {"name": f"{name}-word"}
    tenant.apply("Certificate", name, spec)


def test_bombs_keep_nobody_waiting(ground: Ground, pki: Pki) -> None:
    """All shapes at once as Certificates, some of them named by gateways: each is judged, and others are served."""
    tenant, port = ground.tenant, ground.smsc.get(lambda simulator: simulator.port)
    placed = {re.sub("[^a-z0-9]+", "-", name.lower()).strip("-"): shape for name, shape in shapes().items()}
    assert len(placed) == len(shapes())
    ground.smsc.get(lambda simulator: simulator.accounts.put(Account("beside", "secret")))
    with pulse(ground.planes, "controller") as seen:
        for name, shape in placed.items():
            place(tenant, name, shape, pki.client.pem)
        tls = {"identityCertificateRef": {"name": "locked-key-pbkdf2-with-2147483647-rounds"}}
        tenant.gateway("armed", port, system_id="armed", tls=tls)
        tenant.gateway("beside", port, system_id="beside")
        tenant.channel("beside", "beside")
        tenant.until("SmsChannel", "beside", "ConnectionSucceeded")
        tenant.until("SmppGateway", "armed", "CertificateNotReady")
        for name, shape in placed.items():
            status, reason, message = eventually(
                lambda name=name: tenant.condition("Certificate", name), lambda told: told[0] in ("True", "False"), name
            )
            assert (status == "True") == shape.good, (name, reason, message)
            assert reason in (("Valid",) if shape.good else ("ParseFailed", "TooLarge")), (name, reason, message)
    assert seen.failures == []
    assert seen.answers > 5
    assert seen.slowest < ANSWERED_WITHIN
    assert "a bug" not in ground.planes.log()
    ground.assert_undisturbed()


def test_a_large_inline_certificate_is_not_even_stored(ground: Ground) -> None:
    """The schema bounds it, in both of its forms."""
    for field in ("pem", "derBase64"):
        with pytest.raises(ApiError) as caught:
            ground.tenant.apply("Certificate", "large", {"inline": {field: "A" * 900_000}})
        assert caught.value.code == 422

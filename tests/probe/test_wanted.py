"""From objects to the link that is tested."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from sms_operator.api.kinds import API_VERSION
from sms_operator.core.keys import SECRET, SMPP_GATEWAY, Key
from sms_operator.core.materials import Loaded
from sms_operator.probe.wanted import CannotTest, material, wanted, with_password, world_of

GATEWAY = Key(SMPP_GATEWAY, "t", "gw")
LOGIN = Key(SECRET, "t", "login")
NOW = datetime.now(UTC)


def gateway(**spec: Any) -> dict[str, Any]:
    """As a file has it."""
    login = {"systemId": "demo", "passwordSecretRef": {"name": "login"}}
    whole = {"endpoints": [{"host": "192.0.2.1", "port": 2775}], "login": login, **spec}
    return {"apiVersion": API_VERSION, "kind": SMPP_GATEWAY, "metadata": {"name": "gw"}, "spec": whole}


def test_the_link() -> None:
    """Defaults as the API server applies them, and the password of the Secret."""
    world = world_of([gateway()], "t")
    world.put_material(LOGIN, Loaded({"password": b"secret\n"}))
    link = wanted(world, GATEWAY, NOW)
    assert (link.system_id, link.password, link.response_timeout) == ("demo", "secret", 10.0)


def test_a_password_from_elsewhere() -> None:
    """It takes the place of the Secret's, which need not be there."""
    world = world_of([gateway()], "t")
    with_password(world, GATEWAY, "typed")
    assert wanted(world, GATEWAY, NOW).password == "typed"


@pytest.mark.parametrize(
    ("bodies", "said"),
    [
        ([], 'no SmppGateway "gw" in namespace "t"'),
        ([{**gateway(), "metadata": {"name": "other"}}], "there are other"),
        ([gateway()], 'Secret "login" not found'),
        ([gateway(mode="Up")], "is not as the API wants it: "),
        ([gateway(tls={"trustCertificateRef": {"name": "ca"}})], "cannot be dialled: "),
        ([{"kind": SMPP_GATEWAY, "apiVersion": "v1", "metadata": {"name": "gw"}}], "no SmppGateway"),
        ([{**gateway(), "metadata": "gw"}], "no SmppGateway"),
    ],
)
def test_what_is_missing_is_said(bodies: list[dict[str, Any]], said: str) -> None:
    """In one line."""
    with pytest.raises(CannotTest, match=said) as caught:
        wanted(world_of(bodies, "t"), GATEWAY, NOW)
    assert "\n" not in str(caught.value)


def test_a_password_that_nothing_asks_for() -> None:
    """A simulator's gateway has no login."""
    world = world_of([{**gateway(), "spec": {"simulator": True, "endpoints": [{"host": "a", "port": 1}]}}], "t")
    with pytest.raises(CannotTest, match=r"has no login\.passwordSecretRef"):
        with_password(world, GATEWAY, "typed")


def test_materials() -> None:
    """As the API server stores them and as files write them; what is not base64 is left out."""
    stored = {"kind": SECRET, "data": {"a": base64.b64encode(b"1").decode(), "b": "%"}, "stringData": {"c": "2"}}
    assert material(stored) == Loaded({"a": b"1", "c": b"2"}, "")
    assert material({"kind": "ConfigMap", "data": {"a": "1"}, "binaryData": None}) == Loaded({"a": b"1"}, "")

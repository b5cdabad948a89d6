"""The link that a gateway describes, as the operator reads its object and what that refers to. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, cast

from sms_operator.api.kinds import is_ours
from sms_operator.api.smpp_gateway import SmppGatewaySpec
from sms_operator.core.keys import SECRET, SMPP_GATEWAY, Key
from sms_operator.core.link import resolve
from sms_operator.core.materials import Loaded, Material, Missing
from sms_operator.core.moment import Moment
from sms_operator.core.world import World
from sms_operator.protocol.messages import WantedLink
from sms_operator.views.bodies import Body, part

_UNWRITTEN: Final = {"uid": "-", "resourceVersion": "1", "generation": 1, "creationTimestamp": "2020-01-01T00:00:00Z"}
"""What the API server adds to an object of a file."""


class CannotTest(Exception):
    """There is no link to test; the message is one line that says what is missing."""


def world_of(bodies: Iterable[Body], namespace: str) -> World:
    """A World of those bodies that are ours; of two with one key the last counts.

    Args:
        namespace: of objects that say none.
    """
    latest: dict[Key, Body] = {}
    for body in bodies:
        if not is_ours(body):
            continue
        found: dict[str, Any] = {**_UNWRITTEN, "namespace": namespace, **part(body, "metadata")}
        if isinstance(found.get("name"), str):
            latest[Key(str(body["kind"]), str(found["namespace"]), str(found["name"]))] = {**body, "metadata": found}
    world = World()
    for body in latest.values():
        world.put(body)
    return world


def material(body: Body) -> Material:
    """The content of a Secret or ConfigMap."""
    plain, coded = ("stringData", "data") if body.get("kind") == SECRET else ("data", "binaryData")
    content: dict[str, bytes] = {}
    for name, text in _texts(body.get(coded)):
        try:
            content[name] = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            continue
    content.update((name, text.encode()) for name, text in _texts(body.get(plain)))
    return Loaded(content, str(body.get("type") or ""))


def with_password(world: World, gateway: Key, password: str) -> None:
    """Take this for the content of the Secret that holds the gateway's login password.

    Raises:
        CannotTest: the gateway refers to none.
    """
    spec = _spec(world, gateway)
    ref = spec.login.password_secret_ref if spec.login is not None else None
    if ref is None:
        raise CannotTest(f'SmppGateway "{gateway.name}" has no login.passwordSecretRef, so a password means nothing')
    key = Key(SECRET, gateway.namespace, ref.name)
    known = world.materials.get(key)
    data = dict(known.data) if isinstance(known, Loaded) else {}
    world.put_material(key, Loaded({**data, ref.key: password.encode()}))


def wanted(world: World, gateway: Key, now: datetime) -> WantedLink:
    """The link to test. What the World does not have of Secrets and ConfigMaps is taken to be missing.

    Raises:
        CannotTest: no such gateway, it is not as the API wants it, or something it refers to is missing.
    """
    _spec(world, gateway)
    for key in world.referenced_materials():
        if key not in world.materials:
            world.put_material(key, Missing())
    entry = world.live(gateway)
    assert entry is not None, "_spec looked"
    resolution = resolve(world, entry, Moment(0.0, now))
    if resolution.link is None:
        why = resolution.finding.message if resolution.finding is not None else "something it refers to is not read yet"
        raise CannotTest(f'SmppGateway "{gateway.name}" cannot be dialled: {why}')
    return resolution.link


def _texts(block: Any) -> list[tuple[str, str]]:
    return [(name, str(text)) for name, text in cast("dict[str, Any]", block or {}).items()]


def _spec(world: World, gateway: Key) -> SmppGatewaySpec:
    entry = world.get(gateway)
    if entry is None:
        there = sorted(one.key.name for one in world.entries(SMPP_GATEWAY) if one.key.namespace == gateway.namespace)
        known = f"; there are {', '.join(there)}" if there else ""
        raise CannotTest(f'no SmppGateway "{gateway.name}" in namespace "{gateway.namespace}"{known}')
    if not isinstance(entry.spec, SmppGatewaySpec):
        raise CannotTest(f'SmppGateway "{gateway.name}" is not as the API wants it: {entry.flaw}')
    return entry.spec

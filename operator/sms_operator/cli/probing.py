"""Where the link of `smsctl gateway test` comes from: the cluster, files, or the options alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .law import CannotAnswer
from .reading import manifests

if TYPE_CHECKING:
    from sms_operator.core.keys import Key
    from sms_operator.core.materials import Material
    from sms_operator.core.world import World
    from sms_operator.kube.client import Client
    from sms_operator.protocol.messages import TlsOptions, WantedLink

    from .cluster import Cluster

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """What to test."""

    subject: str
    """As people call it."""
    link: WantedLink
    connected: bool = False
    """Whether the operator has a bind there now."""
    in_cluster: Key | None = None
    """The gateway, if it was read from a cluster."""


def from_address(
    host: str, port: int, system_id: str, password: str, options: Mapping[str, str | bool | None]
) -> Source:
    """A link out of options alone.

    Raises:
        CannotTest: an option is not what a gateway may have.
        CannotAnswer: a file cannot be read.
    """
    from sms_operator.api.kinds import API_VERSION
    from sms_operator.core.keys import SMPP_GATEWAY, Key
    from sms_operator.probe.wanted import CannotTest, wanted, with_password, world_of

    body: Body = {
        "apiVersion": API_VERSION,
        "kind": SMPP_GATEWAY,
        "metadata": {"name": "test"},
        "spec": {
            "endpoints": [{"host": host, "port": port}],
            "login": {"systemId": system_id, "passwordSecretRef": {"name": "login"}},
        },
    }
    world, key = world_of([body], "default"), Key(SMPP_GATEWAY, "default", "test")
    entry = world.get(key)
    if entry is None or entry.spec is None:
        raise CannotTest(f"--host {host}: {entry.flaw if entry is not None else 'is no host'}")
    with_password(world, key, password)
    link = wanted(world, key, datetime.now(UTC))
    if options["tls"]:
        link = replace(link, tls=_tls(options))
    return Source(f"{host}:{port}", link)


def from_files(paths: Sequence[str], name: str, namespace: str, password: str | None) -> Source:
    """A gateway out of manifests.

    Raises:
        CannotTest: it is not there, or something that it refers to is not.
        CannotAnswer: a file cannot be read.
    """
    from sms_operator.core.keys import SMPP_GATEWAY, Key
    from sms_operator.probe.wanted import wanted, with_password, world_of

    bodies = [item.body for item in manifests(paths)]
    world, key = world_of(bodies, namespace), Key(SMPP_GATEWAY, namespace, name)
    for at, found in _materials(bodies, namespace):
        world.put_material(at, found)
    if password is not None:
        with_password(world, key, password)
    return Source(f"SmppGateway {name} of {', '.join(paths)}", wanted(world, key, datetime.now(UTC)))


async def from_cluster(cluster: Cluster, name: str, password: str | None) -> Source:
    """A gateway of the cluster with its Secrets and Certificates, read with the caller's rights.

    Raises:
        CannotTest: something that it refers to is not there.
        CannotAnswer: it is not there, a right is missing, or the cluster does not answer.
    """
    from sms_operator.api.conditions import ConditionType
    from sms_operator.api.kinds import KIND_BY_NAME
    from sms_operator.core.keys import CERTIFICATE, SMPP_GATEWAY, Key
    from sms_operator.core.status import condition
    from sms_operator.kube.errors import NotFound
    from sms_operator.probe.wanted import wanted, with_password, world_of

    from .objects import get_one, resource

    namespace = cluster.namespace
    key = Key(SMPP_GATEWAY, namespace, name)
    async with cluster.client() as client:
        body = await get_one(client, KIND_BY_NAME[SMPP_GATEWAY], namespace, name)
        bodies = [body]
        for ref in sorted(one for one in world_of(bodies, namespace).references(key) if isinstance(one, Key)):
            if ref.kind != CERTIFICATE:
                continue
            try:
                bodies.append(await client.get(resource(KIND_BY_NAME[CERTIFICATE]), ref.namespace, ref.name))
            except NotFound:
                continue
        world = world_of(bodies, namespace)
        if password is not None:
            with_password(world, key, password)
        await _fill(client, world)
    connected = condition(body.get("status") or {}, ConditionType.CONNECTED) or {}
    link = wanted(world, key, datetime.now(UTC))
    return Source(f"SmppGateway {namespace}/{name}", link, connected.get("status") == "True", key)


async def _fill(client: Client, world: World) -> None:
    from sms_operator.core.keys import SECRET
    from sms_operator.core.materials import Missing
    from sms_operator.kube.client import Resource
    from sms_operator.kube.errors import NotFound
    from sms_operator.probe.wanted import material

    async def fill(key: Key) -> None:
        plural = "secrets" if key.kind == SECRET else "configmaps"
        try:
            body = await client.get(Resource("", "v1", plural, key.kind), key.namespace, key.name)
        except NotFound:
            world.put_material(key, Missing())
        else:
            world.put_material(key, material({"kind": key.kind, **body}))

    await asyncio.gather(*(fill(key) for key in sorted(world.referenced_materials()) if key not in world.materials))


def _materials(bodies: Iterable[Body], namespace: str) -> Iterable[tuple[Key, Material]]:
    from sms_operator.core.keys import CONFIG_MAP, SECRET, Key
    from sms_operator.probe.wanted import material

    for body in bodies:
        if body.get("apiVersion") == "v1" and body.get("kind") in {SECRET, CONFIG_MAP}:
            metadata: Body = body.get("metadata") or {}
            yield Key(body["kind"], metadata.get("namespace") or namespace, str(metadata.get("name"))), material(body)


def _tls(options: Mapping[str, str | bool | None]) -> TlsOptions:
    from sms_operator.links.tls import client_context
    from sms_operator.probe.wanted import CannotTest
    from sms_operator.protocol.messages import TlsOptions

    name = options["server_name"]
    chosen = TlsOptions(
        trust_pem=_text(options["ca_file"]),
        identity_pem=_text(options["cert_file"]),
        identity_key_pem=_text(options["key_file"] or options["cert_file"]),
        server_name=name if isinstance(name, str) else None,
    )
    try:
        client_context(chosen)
    except (OSError, ValueError) as error:
        words = getattr(error, "reason", None) or str(error)
        raise CannotTest(f"--ca-file, --cert-file or --key-file cannot be used: {words}") from None
    return chosen


def _text(file: str | bool | None) -> str | None:
    if not isinstance(file, str):
        return None
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotAnswer(f"cannot read {file}: {getattr(error, 'strerror', None) or 'it is not text'}") from None

"""The World that the files describe, as the operator would see it right after all of them were applied."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, cast

from sms_operator.core.keys import CONFIG_MAP, SECRET, Key
from sms_operator.core.materials import Loaded, Material, Unreadable
from sms_operator.core.moment import END_OF_TIME, Moment, parse_stamp
from sms_operator.core.world import World

from .subject import Subject, at

_AGE: Final = timedelta(hours=1)
"""Of every object where no cluster is known: the same for all, since files know no ages."""
_SETTLED: Final = timedelta(minutes=1)
"""From the creation of the youngest object to the moment of the check."""
_UNKNOWN: Final = Unreadable("it is not in the files")
_ENCRYPTED: Final = "sops"
_IDENTITY: Final = ("uid", "creationTimestamp", "deletionTimestamp")
"""What applying a file leaves as it is."""


def world_of(
    sound: Iterable[Subject],
    others: Iterable[Subject],
    now: datetime,
    standing: Mapping[Key, Subject] = MappingProxyType({}),
) -> World:
    """A World of `sound` objects of ours, and of the Secrets and ConfigMaps among `others`.

    Of two objects with one key the last counts, as with kubectl. What a Secret holds that the files do not have is
    unknown, not missing. Who stands in the cluster has its age from there.
    """
    world = World()
    created = (max(_stamps(standing.values()), default=now - _AGE) + timedelta(seconds=1)).isoformat()
    latest = {subject.key: subject for subject in sound}
    for serial, subject in enumerate(latest.values(), 1):
        body = subject.manifest.body
        metadata = {
            "name": subject.key.name,
            "namespace": subject.key.namespace,
            "uid": f"file-{serial}",
            "resourceVersion": "1",
            "generation": 1,
            "creationTimestamp": created,
            "annotations": subject.manifest.annotations,
            "labels": at(body, "metadata", "labels") or {},
        }
        if (known := standing.get(subject.key)) is not None:
            told = known.manifest.body["metadata"]
            metadata |= {name: told[name] for name in _IDENTITY if name in told}
        world.put({"kind": subject.key.kind, "metadata": metadata, "spec": body.get("spec")})
    materials = {subject.key: material for subject in others if (material := _material(subject)) is not None}
    for key in world.referenced_materials():
        world.put_material(key, materials.get(key, _UNKNOWN))
    return world


def moment(now: datetime) -> Moment:
    """The moment of the check: when all is applied and has had its time. Else it matters for certificates only."""
    return Moment(0.0, now + _SETTLED)


def _stamps(standing: Iterable[Subject]) -> Iterator[datetime]:
    for subject in standing:
        stamp = parse_stamp(str(at(subject.manifest.body, "metadata", "creationTimestamp") or ""))
        if stamp < END_OF_TIME:
            yield stamp


def _material(subject: Subject) -> Material | None:
    body = subject.manifest.body
    if subject.key.kind not in (SECRET, CONFIG_MAP) or body.get("apiVersion") != "v1":
        return None
    if _ENCRYPTED in body:
        return _UNKNOWN
    try:
        return Loaded(_content(body, subject.key), str(body.get("type") or ""))
    except (binascii.Error, ValueError):
        return _UNKNOWN


def _content(body: Mapping[str, Any], key: Key) -> dict[str, bytes]:
    plain, coded = ("stringData", "data") if key.kind == SECRET else ("data", "binaryData")
    content = {name: base64.b64decode(text, validate=True) for name, text in _texts(body.get(coded))}
    content.update((name, text.encode()) for name, text in _texts(body.get(plain)))
    return content


def _texts(block: Any) -> list[tuple[str, str]]:
    if not isinstance(block, dict):
        return []
    return [(name, text) for name, text in cast("dict[str, Any]", block).items() if isinstance(text, str)]

"""Which fields of two objects differ, and which of them a link's wish is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, cast

from sms_operator.api.base import ApiModel
from sms_operator.api.smpp_gateway import REBUILD_ANNOTATION
from sms_operator.core.world import Entry

from .model import FieldChange

_PATHS: Final[Mapping[str, tuple[str, ...]]] = {
    "endpoints": ("spec.endpoints",),
    "bind_types": ("spec.mode", "spec.bind.style"),
    "bind_count": ("spec.bind.count",),
    "system_id": ("spec.login",),
    "password": ("spec.login",),
    "system_type": ("spec.bind.systemType",),
    "address_range": ("spec.bind.addressRange",),
    "addr_ton": ("spec.bind.ton",),
    "addr_npi": ("spec.bind.npi",),
    "interface_version": ("spec.bind.interfaceVersion",),
    "tls": ("spec.tls",),
    "enquire_link_interval": ("spec.session.enquireLinkInterval",),
    "response_timeout": ("spec.session.responseTimeout",),
    "window_size": ("spec.session.windowSize",),
    "throughput": ("spec.session.throughput",),
    "reconnect_initial": ("spec.session.reconnect",),
    "reconnect_max": ("spec.session.reconnect",),
    "rebuild": (f"metadata.annotations[{REBUILD_ANNOTATION}]",),
    "message": ("spec.message",),
}
"""Where each field of a WantedLink comes from."""


def differences(before: Entry, after: Entry) -> tuple[FieldChange, ...]:
    """The fields that differ once defaults are applied, sorted by path; empty for equal objects."""
    if before.spec == after.spec and _metadata(before) == _metadata(after):
        return ()
    found = [FieldChange(name, old, new) for name, old, new in _metadata_changes(before, after)]
    found += _changes(before.spec.to_body(), after.spec.to_body(), ("spec",))
    return tuple(sorted(found, key=lambda item: item.path))


def _changes(old: Any, new: Any, steps: tuple[Any, ...]) -> Iterator[FieldChange]:
    """Blocks are compared here, and only lists that differ by deepdiff, which costs a millisecond each time."""
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        one, other = cast("dict[str, Any]", old), cast("dict[str, Any]", new)
        for name in one.keys() | other.keys():
            yield from _changes(one.get(name), other.get(name), (*steps, name))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _list_changes(old, new, steps)
    else:
        yield FieldChange(_shown(steps), old, new)


def _list_changes(old: Any, new: Any, steps: tuple[Any, ...]) -> Iterator[FieldChange]:
    from deepdiff.diff import DeepDiff

    tree: Any = DeepDiff(old, new, view="tree")
    for changes in tree.values():
        for change in changes:
            place = (*steps, *change.path(output_format="list"))
            yield FieldChange(_shown(place), _present(change.t1), _present(change.t2))


def forced_by(names: Iterable[str], changes: Iterable[FieldChange]) -> list[str]:
    """The paths among `changes` from which these fields of a WantedLink come."""
    prefixes = tuple(path for name in names for path in _PATHS.get(name, ()))
    return [item.path for item in changes if item.path.startswith(prefixes)] if prefixes else []


def brief(spec: ApiModel) -> dict[str, Any]:
    """A spec without what equals its default."""
    return spec.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)


def _metadata(entry: Entry) -> tuple[Mapping[str, str], Mapping[str, str]]:
    return entry.metadata.labels, entry.metadata.annotations


def _metadata_changes(before: Entry, after: Entry) -> Iterable[tuple[str, str | None, str | None]]:
    for block, old, new in zip(("labels", "annotations"), _metadata(before), _metadata(after), strict=True):
        for name in sorted({*old, *new}):
            if old.get(name) != new.get(name):
                yield f"metadata.{block}[{name}]", old.get(name), new.get(name)


def _shown(steps: tuple[Any, ...]) -> str:
    text = str(steps[0])
    for step in steps[1:]:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text


def _present(value: Any) -> Any:
    return None if type(value).__name__ == "NotPresent" else value

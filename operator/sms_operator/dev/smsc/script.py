"""Frozen dataclasses as scripts: read from JSON objects, shown as JSON objects, with errors that name the field.

What a field takes follows from its default: a switch, a number, seconds, octets in hex, one of an enumeration, or a
script of its own. A field that is nothing by default says in its metadata what else it can be (`optional`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, fields, is_dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any, ClassVar, Final, Protocol, TypeVar, cast

MAX_NUMBER: Final = 0xFFFF_FFFF
MAX_SECONDS: Final = 60.0


class Script(Protocol):
    """A frozen dataclass, every field of which has a default."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


S = TypeVar("S", bound=Script)
E = TypeVar("E", bound=Enum)


def optional(kind: type[Enum]) -> Mapping[str, object]:
    """Metadata of a field that is None or one of this enumeration."""
    return {"kind": kind}


def mapping(key: type[Enum], value: type[Enum]) -> Mapping[str, object]:
    """Metadata of a field that maps the one enumeration to the other."""
    return {"mapping": (key, value)}


def parse(cls: type[S], value: object, where: str) -> S:
    """The script of a JSON object.

    Raises:
        ValueError: an unknown field, or a value that does not fit; the text begins with `where` and says what does.
    """
    if not isinstance(value, dict):
        raise ValueError(f"{where}: want an object")
    known = {item.name: item for item in fields(cls)}
    normal = cls()
    found: dict[str, Any] = {}
    for name, entry in cast(dict[str, Any], value).items():
        if name not in known:
            raise ValueError(f'{where}: no field "{name}"; there are {", ".join(known)}')
        default: Any = getattr(normal, name)
        if is_dataclass(default) and not isinstance(default, type):
            found[name] = parse(type(default), entry, f"{where}: {name}")
            continue
        wanted, read = _reader(default, known[name].metadata)
        try:
            found[name] = read(entry)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise ValueError(f"{where}: {entry!r} does not fit {name}: want {wanted}") from None
    try:
        return cls(**found)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def as_json(script: Script) -> dict[str, object]:
    """The fields that differ from their defaults; `parse` takes it back."""
    shown: dict[str, object] = {}
    for item in fields(script):
        value, normal = getattr(script, item.name), getattr(type(script)(), item.name)
        if value != normal:
            shown[item.name] = _shown(value)
    return shown


def names(kind: type[E]) -> dict[str, E]:
    """What the members of an enumeration are called in JSON: their value where that is a text, else their name."""
    return {member.value if isinstance(member.value, str) else member.name.lower(): member for member in kind}


def _shown(value: Any) -> object:
    match value:
        case Enum():
            return value.value if isinstance(value.value, str) else value.name.lower()
        case bytes():
            return value.hex()
        case Mapping():
            return {_shown(key): _shown(entry) for key, entry in cast(Mapping[Any, Any], value).items()}
        case _ if is_dataclass(value) and not isinstance(value, type):
            return as_json(cast(Script, value))
        case _:
            return value


def _reader(default: object, metadata: Mapping[str, Any]) -> tuple[str, Callable[[Any], Any]]:
    if "mapping" in metadata:
        keys, values = map(names, metadata["mapping"])
        wanted = f"an object of {', '.join(keys)} with values of {', '.join(values)}"
        return wanted, lambda entry: MappingProxyType({keys[key]: values[value] for key, value in entry.items()})
    if "kind" in metadata:
        members = names(metadata["kind"])
        return f"null or one of {', '.join(members)}", lambda entry: None if entry is None else members[entry]
    match default:
        case Enum():
            members = names(type(default))
            return f"one of {', '.join(members)}", members.__getitem__
        case bool():
            return "true or false", _switch
        case int():
            return f"a number 0..{MAX_NUMBER}", _number
        case float():
            return f"seconds, 0..{MAX_SECONDS:g}", _seconds
        case _:
            return "octets in hex", bytes.fromhex


def _switch(entry: object) -> bool:
    if not isinstance(entry, bool):
        raise TypeError
    return entry


def _number(entry: object) -> int:
    if isinstance(entry, bool) or not isinstance(entry, int):
        raise TypeError
    if not 0 <= entry <= MAX_NUMBER:
        raise ValueError
    return entry


def _seconds(entry: object) -> float:
    if isinstance(entry, bool) or not isinstance(entry, int | float):
        raise TypeError
    if not 0 <= entry <= MAX_SECONDS:
        raise ValueError
    return float(entry)

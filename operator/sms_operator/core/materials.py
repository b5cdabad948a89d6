"""What is known of a Secret or ConfigMap that a spec refers to. Contents never show in a `repr`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Loaded:
    """Read."""

    data: Mapping[str, bytes] = field(repr=False)
    type: str = ""
    resource_version: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Missing:
    """The API server says that it does not exist."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """It may exist: reading it was refused. Never treated as missing."""

    message: str


Material = Loaded | Missing | Unreadable

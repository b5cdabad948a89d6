"""How both planes read their settings from the environment, and where they meet when nothing else is said."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

Environment = Mapping[str, str]


class SettingError(ValueError):
    """An environment variable holds something unusable; the text names it, the value and what is expected."""


def socket_path(env: Environment) -> Path:
    """The Unix socket of the link protocol; by default one that is private to the user."""
    base = env.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return Path(env.get("SMS_OPERATOR_SOCKET") or Path(base) / f"sms-operator-{os.getuid()}" / "links.sock")


def address(env: Environment, name: str, default: str) -> str:
    """`host:port`. Raises SettingError."""
    text = env.get(name) or default
    _, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 0xFFFF:
        raise SettingError(f"{name} is {text!r}; it must be host:port, an example is {default}")
    return text


def seconds(env: Environment, name: str, default: float) -> float:
    """A number above 0. Raises SettingError."""
    text = env.get(name, "")
    try:
        value = float(text) if text else default
    except ValueError:
        value = -1.0
    if not 0 < value < math.inf:
        raise SettingError(f"{name} is {text!r}; it must be a number of seconds above 0")
    return value


def flag(env: Environment, name: str) -> bool:
    """`true` or `false`, false when absent. Raises SettingError."""
    value = env.get(name, "").lower()
    if value not in ("", "true", "false"):
        raise SettingError(f"{name} is {value!r}; it must be true or false")
    return value == "true"

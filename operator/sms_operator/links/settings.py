"""What the data plane is told from outside, by environment variables (docs/install.md)."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .addresses import Network, parse_networks


class LinkSettingError(ValueError):
    """An environment variable holds something unusable; the text names it."""


def default_socket() -> Path:
    """Where the planes meet when nothing else is said: private to the user."""
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return Path(base) / f"sms-operator-{os.getuid()}" / "links.sock"


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Durations are seconds."""

    socket: Path
    http: str = "127.0.0.1:8081"
    """`host:port` of /livez, /readyz and /metrics; port 0 takes a free one."""
    allowed_networks: tuple[Network, ...] = ()
    """Loopback, link-local, multicast or unspecified networks that may be dialled all the same."""
    connect_timeout: float = 10.0
    """For one address: TCP, and again for the TLS handshake."""
    time_scale: float = 1.0
    """Multiplies the fixed intervals of the reconnect policy; tests make it small."""
    drain: float = 15.0
    """For unbinding everything at the end."""
    log_level: str = "INFO"
    log_format: str = "json"

    @staticmethod
    def from_environment(environment: Mapping[str, str] | None = None) -> LinkSettings:
        """Read `SMS_OPERATOR_*`.

        Raises:
            LinkSettingError: a value that cannot be used.
        """
        env = os.environ if environment is None else environment
        try:
            networks = parse_networks(env.get("SMS_OPERATOR_ALLOWED_NETWORKS", ""))
        except ValueError as error:
            raise LinkSettingError(f"SMS_OPERATOR_ALLOWED_NETWORKS: {error}") from None
        return LinkSettings(
            socket=Path(env.get("SMS_OPERATOR_SOCKET") or default_socket()),
            http=_address(env, "SMS_OPERATOR_LINKS_HTTP", "127.0.0.1:8081"),
            allowed_networks=networks,
            connect_timeout=_seconds(env, "SMS_OPERATOR_CONNECT_TIMEOUT", 10.0),
            time_scale=_seconds(env, "SMS_OPERATOR_TIME_SCALE", 1.0),
            log_level=env.get("SMS_OPERATOR_LOG_LEVEL", "INFO").upper(),
            log_format=env.get("SMS_OPERATOR_LOG_FORMAT", "json"),
        )


def _address(env: Mapping[str, str], name: str, default: str) -> str:
    text = env.get(name) or default
    _, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 0xFFFF:
        raise LinkSettingError(f'{name} is "{text}"; it must be host:port, an example is {default}')
    return text


def _seconds(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name, "")
    try:
        value = float(text) if text else default
    except ValueError:
        value = -1.0
    if not 0 < value < math.inf:
        raise LinkSettingError(f"{name} is {text!r}; it must be a number above 0")
    return value

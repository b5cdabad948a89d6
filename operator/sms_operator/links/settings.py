"""What the data plane is told from outside, by environment variables (docs/install.md)."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sms_operator.protocol.environment import SettingError, address, seconds, socket_path

from .addresses import Network, parse_networks


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Durations are seconds."""

    socket: Path
    http: str = "127.0.0.1:8081"
    """`host:port` of /livez, /readyz and /metrics; port 0 takes a free one."""
    allowed_networks: tuple[Network, ...] = ()
    """Loopback, link-local, multicast or unspecified networks that may be dialled all the same."""
    denied_networks: tuple[Network, ...] = ()
    """Networks that must not be dialled; the API server's address within the cluster is one of them."""
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
            SettingError: a value that cannot be used.
        """
        env = os.environ if environment is None else environment
        return LinkSettings(
            socket=socket_path(env),
            http=address(env, "SMS_OPERATOR_LINKS_HTTP", "127.0.0.1:8081"),
            allowed_networks=_networks(env, "SMS_OPERATOR_ALLOWED_NETWORKS"),
            denied_networks=(*_networks(env, "SMS_OPERATOR_DENIED_NETWORKS"), *_api_server(env)),
            connect_timeout=seconds(env, "SMS_OPERATOR_CONNECT_TIMEOUT", 10.0),
            time_scale=seconds(env, "SMS_OPERATOR_TIME_SCALE", 1.0),
            log_level=env.get("SMS_OPERATOR_LOG_LEVEL", "INFO").upper(),
            log_format=env.get("SMS_OPERATOR_LOG_FORMAT", "json"),
        )


def _networks(env: Mapping[str, str], name: str) -> tuple[Network, ...]:
    try:
        return parse_networks(env.get(name, ""))
    except ValueError as error:
        raise SettingError(f"{name}: {error}") from None


def _api_server(env: Mapping[str, str]) -> tuple[Network, ...]:
    """Kubernetes tells every container where its API server is: nothing that speaks SMPP. A name is not looked up."""
    try:
        return (ipaddress.ip_network(env.get("KUBERNETES_SERVICE_HOST", "")),)
    except ValueError:
        return ()

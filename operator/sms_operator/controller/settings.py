"""What the control plane is told from outside, by environment variables (docs/install.md)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sms_operator.protocol.environment import address, flag, seconds, socket_path


@dataclass(frozen=True, slots=True)
class Settings:
    """Durations are seconds."""

    socket: Path
    """Unix socket of the data plane."""
    http: str = "127.0.0.1:8080"
    """`host:port` of /livez, /readyz and /metrics; port 0 takes a free one."""
    exports: str = ""
    """Directory or URL (fsspec) for the files of exports, which nobody else uses; empty: beside the socket."""
    namespaces: tuple[str, ...] = ()
    """Namespaces to serve; empty: all."""
    watch_secrets: bool = False
    """Whether RBAC grants list and watch on Secrets and ConfigMaps: rotation then takes effect at once."""
    log_level: str = "INFO"
    log_format: str = "json"
    material_interval: float = 50.0
    """A referenced Secret or ConfigMap is read again after this time at the latest."""
    sweep_interval: float = 60.0
    """Time between two comparisons of what is known with what the API server lists."""
    workers: int = 24
    """Objects reconciled at the same time, mostly waiting for the API server."""

    @staticmethod
    def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
        """Read `SMS_OPERATOR_*`.

        Raises:
            SettingError: a value that cannot be used.
        """
        env = os.environ if environment is None else environment
        return Settings(
            socket=socket_path(env),
            http=address(env, "SMS_OPERATOR_HTTP", "127.0.0.1:8080"),
            exports=env.get("SMS_OPERATOR_EXPORTS", ""),
            namespaces=tuple(
                part.strip() for part in env.get("SMS_OPERATOR_NAMESPACES", "").split(",") if part.strip()
            ),
            watch_secrets=flag(env, "SMS_OPERATOR_WATCH_SECRETS"),
            log_level=env.get("SMS_OPERATOR_LOG_LEVEL", "INFO").upper(),
            log_format=env.get("SMS_OPERATOR_LOG_FORMAT", "json"),
            material_interval=seconds(env, "SMS_OPERATOR_SECRET_INTERVAL", 50.0),
            sweep_interval=seconds(env, "SMS_OPERATOR_SWEEP_INTERVAL", 60.0),
        )

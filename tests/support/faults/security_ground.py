"""The operator under the rights of the manifests, for tests of what it must not do."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import uuid4

from sms_operator.dev.control_plane import ControlPlane
from sms_operator.dev.control_plane.client import NAMESPACES
from support.ground import OPERATOR_NAMESPACE, grant
from support.planes import Planes, service_account_kubeconfig
from support.tenant import Tenant, eventually

PERIOD: Final = 0.1
"""Seconds between two samples."""


@contextmanager
def operator_in(
    control_plane: ControlPlane,
    directory: Path,
    *,
    count: int = 1,
    server: str = "",
    role: str = "sms-operator",
    environment: Mapping[str, str] | None = None,
) -> Generator[tuple[Planes, list[Tenant]]]:
    """An operator that serves some new namespaces, with a role's rights in each; `server` is a proxy, if any."""
    names = [f"test-{uuid4().hex[:10]}" for _ in range(count)]
    with control_plane.client() as api:
        for name in names:
            api.create(NAMESPACES, {"metadata": {"name": name}})
            grant(api, name, role)
        token = control_plane.service_account_token(OPERATOR_NAMESPACE, "sms-operator")
        url = server or control_plane.url
        kubeconfig = service_account_kubeconfig(url, control_plane.ca_pem, token, directory)
        planes = Planes(kubeconfig, directory, ",".join(names), environment or {})
        try:
            planes.start()
            eventually(lambda: planes.get("controller", "/readyz")[0], lambda status: status == 200, "readiness")
            yield planes, [Tenant(api, name) for name in names]
        finally:
            planes.close()
            for name in names:
                api.delete(NAMESPACES, name)


@dataclass
class Pulse:
    """How long a plane took to answer /livez, again and again."""

    slowest: float = 0.0
    """Seconds."""
    answers: int = 0
    failures: list[str] = field(default_factory=list[str])


@contextmanager
def pulse(planes: Planes, plane: str) -> Generator[Pulse]:
    """Sample a plane's liveness in a thread while the block runs."""
    found, end = Pulse(), threading.Event()

    def sample() -> None:
        while not end.wait(PERIOD):
            began = time.monotonic()
            try:
                status = planes.get(plane, "/livez")[0]
            except OSError as error:
                found.failures.append(str(error))
                continue
            found.answers += status == 200
            if status != 200:
                found.failures.append(f"status {status}")
            found.slowest = max(found.slowest, time.monotonic() - began)

    thread = threading.Thread(target=sample, name=f"pulse of {plane}")
    thread.start()
    try:
        yield found
    finally:
        end.set()
        thread.join()

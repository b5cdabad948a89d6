"""Logins by a helper program, which a kubeconfig names under `exec` (client.authentication.k8s.io).

The program prints an ExecCredential. It is run when the first request is made, again when its credential expires, and
again when the API server does not take the credential (401).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast

GROUP: Final = "client.authentication.k8s.io"
VERSIONS: Final = (f"{GROUP}/v1", f"{GROUP}/v1beta1")
PATIENCE: Final = 60.0
"""Seconds that the program may take: it may ask a person, or open a browser."""
GRACE: Final = 1.0
"""Seconds that a program has to end once it was killed."""
EARLY: Final = 10.0
"""Seconds before its expiry from which on a credential is not used any more."""


class LoginFailed(Exception):
    """The program gave no credential; the text names it and says why. Never holds what it printed to stdout."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What the program gave."""

    token: str | None = field(default=None, repr=False)
    certificate_pem: str | None = field(default=None, repr=False)
    key_pem: str | None = field(default=None, repr=False)
    expires: float | None = None
    """Seconds since the epoch; None: with the process."""

    def usable(self, now: float) -> bool:
        """Whether it holds at `now` and for a little longer."""
        return self.expires is None or now < self.expires - EARLY


class ExecLogin:
    """One helper program and the credential it gave last."""

    def __init__(self, settings: Mapping[str, Any], cluster: Mapping[str, Any], patience: float = PATIENCE) -> None:
        """`settings` is the user's `exec`, `cluster` what the program is told when it asks to know the cluster.

        Raises:
            LoginFailed: the settings cannot be used.
        """
        self.command = str(settings.get("command") or "")
        self.patience = patience
        self._settings = settings
        self._version = str(settings.get("apiVersion") or "")
        self._cluster = cluster
        self._credential: Credential | None = None
        self._lock = asyncio.Lock()
        if not self.command:
            raise LoginFailed("the kubeconfig's exec names no command")
        if self._version not in VERSIONS:
            raise LoginFailed(
                f'the kubeconfig logs in by {self.command} with apiVersion "{self._version}"; '
                f"usable are {' and '.join(VERSIONS)}"
            )

    async def credential(self) -> Credential:
        """The credential to show now. Raises LoginFailed."""
        async with self._lock:
            if self._credential is None or not self._credential.usable(time.time()):
                self._credential = _credential(self.command, self._version, await self._run())
            return self._credential

    def refuse(self, credential: Credential) -> None:
        """The API server did not take this one: the program is asked again."""
        if self._credential is credential:
            self._credential = None

    async def _run(self) -> bytes:
        interactive = self._interactive()
        try:
            process = await asyncio.create_subprocess_exec(
                self.command,
                *(str(argument) for argument in self._settings.get("args") or ()),
                stdin=None if interactive else asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                # A person who is asked has to see the question; else its last line is the reason of a failure.
                stderr=None if interactive else asyncio.subprocess.PIPE,
                env=self._environment(interactive),
                # What it started ends with it; a program that asks a person has to stay in the terminal's session.
                start_new_session=not interactive,
            )
        except OSError as error:
            hint = " ".join(str(self._settings.get("installHint") or "").split())
            raise LoginFailed(
                f"the kubeconfig logs in by {self.command}, which cannot be run: {error.strerror}"
                + (f" ({hint})" if hint else "")
            ) from None
        try:
            async with asyncio.timeout(self.patience):
                out, errors = await process.communicate()
        except TimeoutError:
            raise LoginFailed(f"{self.command}, which logs in, took longer than {self.patience:g} s") from None
        finally:
            if process.returncode is None:
                await _end(process, group=not interactive)
        if process.returncode:
            said = (errors or b"").decode(errors="replace").strip().splitlines()
            because = f": {said[-1].strip()[:300]}" if said else ""
            raise LoginFailed(f"{self.command}, which logs in, failed with {process.returncode}{because}")
        return out

    def _interactive(self) -> bool:
        mode = self._settings.get("interactiveMode") or "IfAvailable"
        terminal = sys.stdin is not None and sys.stdin.isatty()
        if mode == "Always" and not terminal:
            raise LoginFailed(f"{self.command}, which logs in, asks a person, and standard input is no terminal")
        return terminal and mode != "Never"

    def _environment(self, interactive: bool) -> dict[str, str]:
        spec: dict[str, Any] = {"interactive": interactive}
        if self._settings.get("provideClusterInfo"):
            spec["cluster"] = dict(self._cluster)
        extra = cast("list[Mapping[str, Any]]", self._settings.get("env") or [])
        return {
            **os.environ,
            **{str(item["name"]): str(item["value"]) for item in extra},
            "KUBERNETES_EXEC_INFO": json.dumps(
                {"apiVersion": self._version, "kind": "ExecCredential", "spec": spec}, separators=(",", ":")
            ),
        }


async def _end(process: asyncio.subprocess.Process, *, group: bool) -> None:
    """Kill it. What it started may hold its pipes open, and is then not waited for."""
    with contextlib.suppress(ProcessLookupError):
        if group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GRACE):
            await process.wait()


def _credential(command: str, version: str, out: bytes) -> Credential:
    wrong = LoginFailed(
        f"{command}, which logs in, printed no ExecCredential of {version} with a token or a certificate"
    )
    try:
        document: Any = json.loads(out)
        status: Any = document["status"]
        token, certificate, key = (status.get(name) for name in ("token", "clientCertificateData", "clientKeyData"))
        expires = status.get("expirationTimestamp")
        until = datetime.fromisoformat(expires).timestamp() if expires else None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise wrong from None
    if document.get("apiVersion") != version or not (token or (certificate and key)):
        raise wrong
    return Credential(token, certificate, key, until)


def decoded(data: str) -> str:
    """PEM out of a kubeconfig's base64. Raises ValueError."""
    try:
        return base64.b64decode(data, validate=True).decode()
    except binascii.Error as error:
        raise ValueError(str(error)) from None

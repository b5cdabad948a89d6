"""The SMSC of `c/smsc.c`, running."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sms_operator.dev.smsc.authority import Authority

from .programs import NotAvailable, c_program

PLAIN: Final = "-"
"""Stands for the authority's file where there is no TLS."""


@dataclass(frozen=True)
class Counted:
    """What the SMSC has seen since its start; `cpu` is seconds."""

    binds: int
    submits: int
    receipts: int
    acknowledged: int
    refused: int
    enquiries: int
    cpu: float


class Smsc:
    """One process for all clients. TLS needs OpenSSL to build with; `no_tls` says why there is none."""

    def __init__(self, directory: Path) -> None:
        authority = Authority("Benchmark CA")
        self.authority = directory / "authority.pem"
        self.authority.write_text(authority.pem)
        certificate, key = authority.server().write(directory, "smsc")
        self.no_tls: str | None = None
        try:
            program = c_program("smsc", tls=True)
        except NotAvailable as error:
            self.no_tls = str(error)
            program = c_program("smsc", tls=False)
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([program, certificate, key], stdin=pipe, stdout=pipe, text=True)
        self._ports: dict[str, int] = json.loads(self._line())

    def counted(self) -> Counted:
        """What it has seen so far."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return Counted(**json.loads(self._line()))

    def target(self, *, tls: bool) -> list[str]:
        """Port and authority, as clients are given them."""
        return [str(self._ports["tls"]), str(self.authority)] if tls else [str(self._ports["plain"]), PLAIN]

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

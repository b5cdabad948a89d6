"""Certificates for one test run: an authority, what it signed, and an authority nobody trusts."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sms_operator.dev.smsc.authority import DAY, Authority, Issued

__all__ = ["DAY", "Authority", "Issued", "Pki"]


@dataclass(frozen=True)
class Pki:
    """Made on first use and kept, with files below `directory` for programs that read them from disk."""

    directory: Path

    @cached_property
    def authority(self) -> Authority:
        """Signs everything below; its certificate is what clients trust."""
        return Authority("Test CA")

    @cached_property
    def stranger(self) -> Authority:
        """An authority that no side trusts."""
        return Authority("Stranger CA")

    @cached_property
    def server(self) -> Issued:
        """For localhost, 127.0.0.1 and ::1."""
        return self.authority.server()

    @cached_property
    def elsewhere(self) -> Issued:
        """A good certificate of another host."""
        return self.authority.server(["smsc.elsewhere.example"])

    @cached_property
    def expired(self) -> Issued:
        """For localhost, out of date since yesterday."""
        return self.authority.server(starts=-30 * DAY, ends=-DAY)

    @cached_property
    def client(self) -> Issued:
        """The ESME's identity for mutual TLS."""
        return self.authority.client()

    @cached_property
    def foreign_client(self) -> Issued:
        """An identity that the SMSC has no reason to accept."""
        return self.stranger.client()

    @cached_property
    def trust_file(self) -> Path:
        """The authority's certificate as a file."""
        self.directory.mkdir(parents=True, exist_ok=True)
        path = self.directory / "ca.pem"
        path.write_text(self.authority.pem)
        return path

    @cached_property
    def server_files(self) -> tuple[Path, Path]:
        """Chain and key of the server as files."""
        return self.server.write(self.directory, "server")

    def files(self, issued: Issued, name: str) -> tuple[Path, Path]:
        """Chain and key of this certificate as files of this name."""
        return issued.write(self.directory, name)

    def server_context(self, issued: Issued | None = None, *, mutual: bool = False) -> ssl.SSLContext:
        """TLS for an SMSC in this process; mutual: it wants a certificate of our authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        chosen = issued or self.server
        context.load_cert_chain(*self.files(chosen, f"server-{chosen.certificate.serial_number:x}"))
        if mutual:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=self.authority.pem)
        return context

    def client_context(self, identity: Issued | None = None) -> ssl.SSLContext:
        """TLS for an ESME that trusts the authority and shows this identity."""
        context = ssl.create_default_context(cadata=self.authority.pem)
        if identity is not None:
            context.load_cert_chain(*self.files(identity, f"client-{identity.certificate.serial_number:x}"))
        return context

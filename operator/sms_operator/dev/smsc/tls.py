"""The TLS port of a simulator: with files of one's own, or with everything made on the spot."""

from __future__ import annotations

import ssl
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from .authority import Authority


class Mutual(StrEnum):
    """Whether an ESME has to show a certificate."""

    OFF = "off"
    """It is not asked."""
    OPTIONAL = "optional"
    """It is asked and may show none; accounts can still insist (`Account.certificate_required`)."""
    REQUIRED = "required"
    """Without a certificate there is no connection."""


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """What `server_context` needs to know."""

    port: int = 0
    """0: a free one."""
    certificate: Path | None = None
    """Chain, PEM; None: made now, for localhost, signed by an authority made now."""
    key: Path | None = None
    """PEM; None: it is in `certificate`."""
    mutual: Mutual = Mutual.OFF
    client_ca: Path | None = None
    """Authorities that sign the ESMEs' certificates, PEM; None: the authority made now."""
    out: Path | None = None
    """Directory for what was made and others need: `ca.pem`, and an ESME's `client.pem` and `client.key`."""


def server_context(settings: TlsSettings) -> ssl.SSLContext:
    """The TLS of these settings.

    Raises:
        ValueError: the settings contradict each other.
        OSError: a file cannot be read or written (ssl.SSLError: it holds no certificate or key).
    """
    if settings.certificate is not None and settings.out is not None:
        raise ValueError("certificates are written only when they are made: give no certificate of your own")
    if settings.certificate is not None and settings.mutual is not Mutual.OFF and settings.client_ca is None:
        raise ValueError("with a certificate of your own, mutual TLS wants the authority of the clients' as well")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if settings.certificate is not None:
        context.load_cert_chain(settings.certificate, settings.key)
    else:
        _make(context, settings)
    if settings.client_ca is not None and settings.mutual is not Mutual.OFF:
        context.load_verify_locations(settings.client_ca)
    if settings.mutual is not Mutual.OFF:
        context.verify_mode = ssl.CERT_REQUIRED if settings.mutual is Mutual.REQUIRED else ssl.CERT_OPTIONAL
    return context


def _make(context: ssl.SSLContext, settings: TlsSettings) -> None:
    authority = Authority()
    with tempfile.TemporaryDirectory() as directory:
        context.load_cert_chain(*authority.server().write(Path(directory), "smsc"))
    context.load_verify_locations(cadata=authority.pem)
    if settings.out is not None:
        authority.client().write(settings.out, "client")
        (settings.out / "ca.pem").write_text(authority.pem)

"""What others chose to be logged or shown stays within its line, and steers no terminal."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.api.kinds import KIND_BY_NAME
from sms_operator.dev.control_plane.client import EVENTS
from sms_operator.logs import printable
from support.faults.security_evil import NASTY, evil_smsc
from support.ground import Ground
from support.planes import ROOT
from support.tenant import eventually, kind_of

SPEAKER = """
import json, logging, sys, structlog
from sms_operator.logs import configure_logging
configure_logging("DEBUG", sys.argv[1])
for text in json.load(sys.stdin):
    log = structlog.get_logger("a")
    log.info(f"event {text}", value=text, word="x" + text.strip(), many=[text], octets=text.encode())
    logging.getLogger("another's").warning("event %s", text)
    try:
        raise ValueError(text)
    except ValueError:
        log.exception("raised", value=text)
        logging.getLogger("another's").exception("raised")
"""
TEXTS = [NASTY, *NASTY, "no harm in this: äöü 漢字 😀", "\U000e0041\ufeff\u2066"]
ENTRY = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z \[(info|debug|warning|error) *\] ")


def spoken(form: str) -> str:
    """All texts, logged by both loggers in a process of their own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "operator"), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-c", SPEAKER, form], input=json.dumps(TEXTS).encode(), env=environment, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    return done.stderr.decode()


def stray(text: str) -> list[str]:
    """Characters other than line feeds that are not printable."""
    return sorted({one for one in text if not one.isprintable() and one != "\n"})


def test_lines_of_json() -> None:
    """One line is one object, and says what was logged."""
    said = spoken("json")
    assert stray(said) == []
    entries = [json.loads(line) for line in said.splitlines()]
    assert len(entries) == 4 * len(TEXTS)
    assert [entry["value"] for entry in entries[::4]] == TEXTS
    assert "äöü 漢字 😀" in said


def test_lines_for_people() -> None:
    """Each line is an entry or belongs to a traceback, whose lines are set in."""
    said = spoken("console")
    assert stray(said) == []
    entries = [line for line in said.split("\n") if ENTRY.match(line)]
    assert len(entries) == 4 * len(TEXTS)
    others = {line for line in said.split("\n") if not ENTRY.match(line) and not line.startswith("  ")}
    assert others == {"Traceback (most recent call last):", ""}


@given(st.text(st.characters()))
def test_printable(text: str) -> None:
    """Whatever the text, nothing but printable characters; what was printable is left alone."""
    shown = printable(text)
    assert shown.isprintable()
    assert shown == text or not text.isprintable()


def nasty_certificate() -> bytes:
    """Whose subject is what it should not be."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NASTY[:60])])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(90))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def strings_in(value: object) -> Iterator[str]:
    """Every string, keys included, without the annotation that is repeated to those who wrote it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in cast("dict[str, object]", value).items():
            yield name
            yield from () if name == "observedRebuild" else strings_in(inner)
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from strings_in(inner)


def test_an_evil_peer_and_an_evil_tenant(ground: Ground) -> None:
    """Names, messages, receipts and rubbish of an SMSC, annotations and certificates of a tenant: one line each."""
    tenant, planes = ground.tenant, ground.planes
    with evil_smsc() as port:
        tenant.gateway("evil", port)
        tenant.channel("evil", "evil")
        tenant.until("SmsChannel", "evil", "ConnectionSucceeded")
        eventually(lambda: planes.log("links"), lambda log: log.count("passed over") > 1, "all that it says is read")
        tenant.annotate("SmppGateway", "evil", rebuild=NASTY)
        tenant.config_map("evil", **{"ca.crt": nasty_certificate()})
        tenant.apply("Certificate", "evil", {"configMapKeyRef": {"name": "evil"}})
        tenant.until("Certificate", "evil", "Valid")
        tls = {"trustCertificateRef": {"name": "evil"}}
        tenant.gateway("evil-tls", port, system_id="evil-tls", tls=tls)
        tenant.until("SmppGateway", "evil-tls", "TlsHandshakeFailed")
    body = tenant.get("Certificate", "evil")
    assert body is not None
    assert "evil\\0A2026-01-01" in body["status"]["subject"]
    statuses = [
        body.get("status") for kind in KIND_BY_NAME for body in tenant.client.list(kind_of(kind), tenant.namespace)
    ]
    events = tenant.client.list(EVENTS, tenant.namespace)
    assert len(events) > 3
    shown = [*strings_in(statuses), *(event["message"] for event in events)]
    assert [text for text in shown if not text.isprintable()] == []
    for plane in ("controller", "links"):
        log = planes.log(plane)
        assert stray(log) == []
        assert [line for line in log.split("\n") if line and not ENTRY.match(line)] == []
        assert stray(planes.get(plane, "/metrics")[1]) == []
    ground.assert_undisturbed()

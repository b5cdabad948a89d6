"""Certificates in files: their dates at the time of the check, and keys that do not belong to them."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from sms_operator.api.kinds import API_VERSION
from sms_operator.dev.smsc.authority import DAY, Authority, Issued
from sms_operator.gitops.lint.check import check
from sms_operator.gitops.manifests import STDIN, read


@pytest.fixture(scope="module")
def authority() -> Authority:
    """Signs the certificates of this file."""
    return Authority("Test CA")


def codes(bodies: list[object], now: datetime) -> list[str]:
    """What is found, beside that nothing uses the certificate and that a Secret is there."""
    text = "---\n".join(yaml.safe_dump(body) for body in bodies)
    findings = check(read([STDIN], io.BytesIO(text.encode())), now=now).findings
    return [finding.code for finding in findings if finding.code not in {"SMS405", "SMS406"}]


@pytest.mark.parametrize(
    ("later", "expected"), [(1, []), (75, ["SMS208"]), (101, ["SMS205"]), (-10, ["SMS205"])], ids=str
)
def test_dates(authority: Authority, later: int, expected: list[str]) -> None:
    """Fine, expiring in less than 30 days, expired, not valid yet."""
    issued = authority.server(ends=100 * DAY)
    body = {
        "apiVersion": API_VERSION,
        "kind": "Certificate",
        "metadata": {"name": "ca"},
        "spec": {"inline": {"pem": issued.pem}},
    }
    assert codes([body], datetime.now(UTC) + timedelta(days=later)) == expected


def identity(issued: Issued, key: str) -> list[object]:
    """An identity in a Secret."""
    return [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "esme"},
            "stringData": {"tls.crt": issued.pem, **({"tls.key": key} if key else {})},
        },
        {
            "apiVersion": API_VERSION,
            "kind": "Certificate",
            "metadata": {"name": "esme"},
            "spec": {"usage": "Identity", "secretKeyRef": {"name": "esme"}},
        },
    ]


def test_keys(authority: Authority) -> None:
    """The right one, another one, none; a Secret that no file has is no finding."""
    issued, other = authority.client(), authority.client("other")
    now = datetime.now(UTC)
    assert codes(identity(issued, issued.key_pem), now) == []
    assert codes(identity(issued, other.key_pem), now) == ["SMS205"]
    assert codes(identity(issued, ""), now) == ["SMS203"]
    assert codes(identity(issued, "")[1:], now) == []

"""Certificate: what secure SMPP trusts, or how it identifies itself."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from .base import ApiModel, Column
from .conditions import CommonStatus
from .meta import Resource
from .refs import CertificateKeyRef, ConfigMapKeyRef, PasswordRef, PrivateKeyRef
from .rules import Rule, quoted
from .values import Text, Whole

MAX_CONTENT = 65536
"""Bytes of a certificate's content, as PEM or DER."""
_BASE64 = "[A-Za-z0-9+/\n]+={0,2}\n?"


class CertificateType(StrEnum):
    """File type of a certificate."""

    CER = "CER"


class CertificateUsage(StrEnum):
    """What a certificate is for."""

    TRUST = "Trust"
    IDENTITY = "Identity"


class InlineCertificate(ApiModel):
    """The certificate itself; it is public, a private key is not."""

    pem: Annotated[Text, Field(min_length=1, max_length=MAX_CONTENT)] | None = None
    """PEM: one certificate or a chain, leaf first."""
    der_base64: Annotated[Text, Field(min_length=1, max_length=87384)] | None = None
    """One certificate in DER, base64."""

    RULES: ClassVar = (
        Rule(
            "has(self.pem) != has(self.derBase64)",
            lambda inline: (inline.pem is None) != (inline.der_base64 is None),
            "give exactly one of pem and derBase64",
        ),
        # These two stand here, not on the fields, because a field's own rule shows its value.
        Rule(
            "!has(self.pem) || !self.pem.contains('PRIVATE KEY')",
            lambda inline: "PRIVATE KEY" not in (inline.pem or ""),
            "must not hold a private key: put it into a Secret and name that in privateKeySecretRef",
            ".pem",
        ),
        Rule(
            f"!has(self.derBase64) || self.derBase64.matches({quoted(f'^{_BASE64}$')})",
            lambda inline: bool(re.fullmatch(_BASE64, inline.der_base64 or "A")),
            "must be base64 (RFC 4648, section 4)",
            ".derBase64",
        ),
    )


class CertificateSpec(ApiModel):
    """A certificate and where it comes from."""

    type: CertificateType = CertificateType.CER
    """File type. CER is the only value; the content is PEM or DER. (AICC: Cert Type)"""
    usage: CertificateUsage = CertificateUsage.TRUST
    """Trust: authenticates the SMSC. Identity: this system's own, for mutual TLS."""
    inline: InlineCertificate | None = None
    """The certificate in place. Exactly one of inline, configMapKeyRef and secretKeyRef."""
    config_map_key_ref: ConfigMapKeyRef | None = None
    """The certificate in a ConfigMap."""
    secret_key_ref: CertificateKeyRef | None = None
    """The certificate in a Secret; a Secret of type kubernetes.io/tls needs just its name, its key included."""
    private_key_secret_ref: PrivateKeyRef | None = None
    """The private key, PEM, maybe encrypted. With usage Identity only; default: tls.key of secretKeyRef's Secret."""
    password_secret_ref: PasswordRef | None = None
    """The private key's password. With usage Identity only. (AICC: Password)"""

    RULES: ClassVar = (
        Rule(
            "[has(self.inline), has(self.configMapKeyRef), has(self.secretKeyRef)].filter(given, given).size() == 1",
            lambda spec: [spec.inline, spec.config_map_key_ref, spec.secret_key_ref].count(None) == 2,
            "give exactly one of inline, configMapKeyRef and secretKeyRef",
        ),
        Rule(
            "self.usage == 'Identity' || !has(self.privateKeySecretRef)",
            lambda spec: spec.usage is CertificateUsage.IDENTITY or spec.private_key_secret_ref is None,
            "privateKeySecretRef is for usage Identity, found usage {self.usage}",
            ".privateKeySecretRef",
        ),
        Rule(
            "self.usage == 'Identity' || !has(self.passwordSecretRef)",
            lambda spec: spec.usage is CertificateUsage.IDENTITY or spec.password_secret_ref is None,
            "passwordSecretRef is for usage Identity, found usage {self.usage}",
            ".passwordSecretRef",
        ),
        Rule(
            "self.usage != 'Identity' || has(self.privateKeySecretRef) || has(self.secretKeyRef)",
            lambda spec: (
                spec.usage is not CertificateUsage.IDENTITY
                or spec.private_key_secret_ref is not None
                or spec.secret_key_ref is not None
            ),
            "usage Identity needs a private key: set privateKeySecretRef, or take the certificate from secretKeyRef",
            ".usage",
        ),
    )


class CertificateStatus(CommonStatus):
    """What the content says."""

    subject: Annotated[Text, Field(max_length=4096)] | None = None
    """Subject of the first certificate (RFC 4514)."""
    issuer: Annotated[Text, Field(max_length=4096)] | None = None
    """Issuer of the first certificate (RFC 4514)."""
    serial_number: Annotated[Text, Field(max_length=128)] | None = None
    """Serial number of the first certificate, hexadecimal."""
    not_before: datetime | None = None
    """When the first certificate becomes valid."""
    not_after: datetime | None = None
    """When the first certificate expires."""
    sha256_fingerprint: Annotated[Text, Field(max_length=128)] | None = None
    """SHA-256 of the first certificate's DER, hexadecimal."""
    chain_length: Whole | None = None
    """How many certificates the content holds."""


class Certificate(Resource):
    """A certificate for secure SMPP: trust (authenticates the SMSC) or identity (mutual TLS)."""

    COLUMNS = (
        Column("Usage", ".spec.usage"),
        Column("Expires", ".status.notAfter"),
        Column("Subject", ".status.subject", priority=1),
    )

    spec: CertificateSpec
    """The certificate as declared."""
    status: CertificateStatus = Field(default_factory=CertificateStatus)
    """The certificate as found."""

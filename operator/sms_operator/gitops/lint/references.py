"""References that lead nowhere, and objects that nothing leads to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sms_operator.api.certificate import CertificateUsage
from sms_operator.api.smpp_gateway import SmppGatewaySpec
from sms_operator.core.keys import (
    CALLED_ROUTE,
    CERTIFICATE,
    CHATBOT,
    CONFIG_MAP,
    ORGANIZATION_UNIT,
    SECRET,
    SERVICE_TIME,
    SMPP_GATEWAY,
    Key,
)
from sms_operator.core.world import World

from .finding import Finding
from .pointers import pointers
from .presence import Index
from .shapes import nearest
from .subject import Subject, at, finding

_ELSEWHERE: Final = frozenset({SECRET, CONFIG_MAP})
"""Kinds that rightly come from elsewhere: a Secret should not be in Git, and bundles of trust are made by
controllers."""
_USED: Final = frozenset({SMPP_GATEWAY, CERTIFICATE, CALLED_ROUTE, ORGANIZATION_UNIT, SERVICE_TIME, CHATBOT})
_DEFAULT_CALENDAR: Final = "default"


def unresolved(subject: Subject, bundle: int, present: Index) -> Iterator[Finding]:
    """References to objects of ours that no file has."""
    for pointer in pointers(subject):
        target = pointer.target
        if not pointer.active or target.kind in _ELSEWHERE or present.holds(bundle, target):
            continue
        message = f'{target.kind} "{target.name}" not found{_where(target)}'
        yield finding("SMS201", message, subject, pointer.field, fix=_meant(target, present))


def unused(subject: Subject, bundle: int, used: Index, where: str) -> Iterator[Finding]:
    """An object that is there to be referred to, and is not."""
    kind, _, name = subject.key
    if kind not in _USED or (kind == SERVICE_TIME and name == _DEFAULT_CALENDAR):
        return
    if kind == SMPP_GATEWAY and at(subject.manifest.spec, "mode") == "Send":
        return
    if not used.holds(bundle, subject.key):
        by = f"no channel in {where} uses it" if kind == SMPP_GATEWAY else f"nothing in {where} refers to it"
        yield finding("SMS406", f'{kind} "{name}" is unused: {by}', subject, "metadata.name")


def wrong_usage(subject: Subject, world: World) -> Iterator[Finding]:
    """Certificates that a gateway names for what they are not for."""
    entry = world.live(subject.key)
    if entry is None or not isinstance(entry.spec, SmppGatewaySpec) or entry.spec.tls is None:
        return
    tls = entry.spec.tls
    if not tls.enabled:
        return
    for name, ref, usage in (
        ("trustCertificateRef", tls.trust_certificate_ref, CertificateUsage.TRUST),
        ("identityCertificateRef", tls.identity_certificate_ref, CertificateUsage.IDENTITY),
    ):
        target = None if ref is None else world.live(Key(CERTIFICATE, subject.key.namespace, ref.name))
        if target is not None and target.spec.usage is not usage:
            field = f"spec.tls.{name}.name"
            message = f'Certificate "{target.key.name}" has usage {target.spec.usage}, needed is {usage}'
            yield finding("SMS202", message, subject, field)


def _where(target: Key) -> str:
    return f' in namespace "{target.namespace}"' if target.namespace else ""


def _meant(target: Key, present: Index) -> str | None:
    others = present.namespaces(target.kind, target.name)
    if others:
        said = " and ".join(f'namespace "{other}"' if other else "no namespace" for other in others[:3])
        return (
            f"The files have one of this name in {said}; references stay within a namespace, so state the same in both."
        )
    close = nearest(target.name, present.names(target.kind, (target.namespace,)))
    return f'Did you mean "{close}"?' if close else None

"""What can be applied and is better not in a repository."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast

from sms_operator.core.keys import NOTIFICATION_ROUTE, SECRET
from sms_operator.gitops.manifests import Kustomization

from .finding import Finding
from .rules import RULES
from .subject import Subject, at, finding

_ENCRYPTED: Final = "sops"
_SERVER_METADATA: Final = (
    "creationTimestamp",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)


def server_fields(subject: Subject) -> Iterator[Finding]:
    """Fields that came with `kubectl get -o yaml`."""
    body = subject.manifest.body
    found = [f"metadata.{name}" for name in _SERVER_METADATA if at(body, "metadata", name) is not None]
    if body.get("status"):
        found.append("status")
    if found:
        verb = "is" if len(found) == 1 else "are"
        yield finding("SMS408", f"{', '.join(found)} {verb} written by the API server", subject, found[0])


def derived_route(subject: Subject) -> Iterator[Finding]:
    """A route that the operator writes."""
    if subject.key.kind == NOTIFICATION_ROUTE and subject.manifest.spec.get("origin") == "Derived":
        message = f'NotificationRoute "{subject.key.name}" has origin Derived: the operator writes it'
        yield finding("SMS409", message, subject, "spec.origin")


def generated_name(subject: Subject) -> Iterator[Finding]:
    """An object that gets its name when it is created."""
    beginning = at(subject.manifest.body, "metadata", "generateName")
    if not subject.key.name and isinstance(beginning, str) and beginning:
        message = f'generateName "{beginning}" and no name: kubectl apply refuses it'
        yield finding("SMS410", message, subject, "metadata.generateName")


def clear_text(subject: Subject) -> Iterator[Finding]:
    """A Secret with its content; the content is never shown."""
    body = subject.manifest.body
    if subject.key.kind != SECRET or body.get("apiVersion") != "v1" or _ENCRYPTED in body:
        return
    for field in ("stringData", "data"):
        block = body.get(field)
        if isinstance(block, dict) and block:
            keys = ", ".join(sorted(str(name) for name in cast("dict[str, Any]", block))[:5])
            how = "in clear text" if field == "stringData" else "in base64, which everybody can read"
            yield finding("SMS405", f'Secret "{subject.key.name}" holds {keys} {how}', subject, field)
            return


def generated_secrets(kustomization: Kustomization) -> Iterator[Finding]:
    """Secrets whose values stand in a kustomization file."""
    rule = RULES["SMS405"]
    for made in kustomization.generated:
        if made.kind == SECRET and made.literal:
            document = kustomization.document
            message = f'secretGenerator "{made.name}" has its values in clear text (literals)'
            span = document.span((*made.path, "literals"), key=True)
            yield Finding(rule.code, rule.severity, message, rule.fix, document.file, span)

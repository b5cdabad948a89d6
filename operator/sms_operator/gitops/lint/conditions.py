"""What the operator would say of each object: its own decision, translated.

Rules that involve more than one object live in `core`. Nothing is decided again here: a condition that would be False
is a finding, with the place of the field that is to blame.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sms_operator.api.conditions import ConditionType, Reason
from sms_operator.core.moment import Moment
from sms_operator.core.reconcile import reconcile
from sms_operator.core.world import World

from .finding import Finding
from .subject import Subject, finding

_FROM_CONDITION: Final[Mapping[Reason, tuple[str, str]]] = {
    Reason.GATEWAY_CANNOT_RECEIVE: ("SMS202", "spec.gatewayRef.name"),
    Reason.CALLED_ROUTE_NOT_MULTIMEDIA: ("SMS202", "spec.calledRouteRef.name"),
    Reason.CHATBOT_WRONG_DIALOG_TYPE: ("SMS202", "spec.robot.chatbotRef.name"),
    Reason.SECRET_KEY_MISSING: ("SMS203", "spec.login.passwordSecretRef"),
    Reason.SOURCE_NOT_FOUND: ("SMS203", "spec"),
    Reason.PARENT_CYCLE: ("SMS204", "spec.parentRef.name"),
    Reason.EXPIRED: ("SMS205", "spec"),
    Reason.KEY_MISMATCH: ("SMS205", "spec"),
    Reason.NOT_YET_VALID: ("SMS205", "spec"),
    Reason.PARSE_FAILED: ("SMS205", "spec"),
    Reason.TOO_LARGE: ("SMS205", "spec"),
    Reason.UNSUPPORTED_TYPE: ("SMS205", "spec"),
    Reason.UNKNOWN_TIME_ZONE: ("SMS206", "spec.timeZone"),
    Reason.TIMEOUT_TOO_SHORT: ("SMS207", "spec.sessionEnd.noCustomerReply"),
    Reason.EXPIRING: ("SMS208", "spec"),
    Reason.ROUTE_NOT_OWNED: ("SMS305", "metadata.name"),
    Reason.SHADOWED_BY: ("SMS306", "spec.numbers"),
}
SAID_ELSEWHERE: Final = frozenset(
    {
        # By `conflicts`, which finds all of them and says that ages are unknown.
        Reason.NAME_CONFLICT,
        Reason.NUMBER_CONFLICT,
        Reason.ACCOUNT_CONFLICT,
        # By `references`, over all bundles.
        Reason.CALLED_ROUTE_NOT_FOUND,
        Reason.CERTIFICATE_NOT_FOUND,
        Reason.CHANNEL_NOT_FOUND,
        Reason.CHATBOT_NOT_FOUND,
        Reason.GATEWAY_NOT_FOUND,
        Reason.ORGANIZATION_UNIT_NOT_FOUND,
        Reason.PARENT_NOT_FOUND,
        Reason.SERVICE_TIME_NOT_FOUND,
        # Where the cause is: at the certificate, or by `references.wrong_usage`.
        Reason.CERTIFICATE_NOT_READY,
        # What follows from another condition, and what only a link can know.
        Reason.NOT_ACCEPTED,
        Reason.GATEWAY_NOT_CONNECTED,
        Reason.DISCONNECTED,
    }
)
"""Reasons of False conditions that are no findings of this module."""


def conditions(subject: Subject, world: World, now: Moment) -> Iterator[Finding]:
    """A finding for each condition that speaks against the object."""
    seen: set[str] = set()
    for condition in stated(subject, world, now):
        reason = Reason(condition["reason"])
        against = condition["status"] == "False" or condition["type"] == ConditionType.EXPIRING_SOON
        if not against or reason in SAID_ELSEWHERE or reason in seen:
            continue
        seen.add(reason)
        code, field = _FROM_CONDITION.get(reason, ("SMS209", "spec"))
        yield finding(code, condition["message"], subject, _present(subject, field))


def stated(subject: Subject, world: World, now: Moment) -> list[Mapping[str, Any]]:
    """The conditions that the operator would write."""
    status = reconcile(world, subject.key, now).status
    return [] if status is None else list(status["conditions"])


def _present(subject: Subject, field: str) -> str:
    """The field to blame, in the kinds that have it elsewhere."""
    if field == "spec":
        for name in ("inline", "configMapKeyRef", "secretKeyRef"):
            if name in subject.manifest.spec:
                return f"spec.{name}"
    if field == "spec.login.passwordSecretRef" and "archivePasswordSecretRef" in subject.manifest.spec:
        return "spec.archivePasswordSecretRef"
    return field

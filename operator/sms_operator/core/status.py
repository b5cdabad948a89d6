"""Findings into a status: a fold with no memory but the status it replaces.

Same findings, same status: `lastTransitionTime` moves only when a condition's status does, `Ready` sums up, `Stalled`
says that only a person can repair it, `Reconciling` that nothing is decided yet. kstatus and Argo CD read health from
exactly these (API.md, "Conditions").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sms_operator.api.conditions import ConditionType, Reason

from .moment import Moment

MAX_MESSAGE: Final = 1024
"""Characters of a condition's message; longer ones are cut."""

STALLED_REASONS: Final = frozenset(
    {
        Reason.ACCOUNT_CONFLICT,
        Reason.ADDRESS_NOT_ALLOWED,
        Reason.BIND_MODE_NOT_SUPPORTED,
        Reason.CLIENT_CERTIFICATE_REQUIRED,
        Reason.EXPIRED,
        Reason.GATEWAY_CANNOT_RECEIVE,
        Reason.INVALID_PASSWORD,
        Reason.INVALID_SPEC,
        Reason.INVALID_SYSTEM_ID,
        Reason.INVALID_SYSTEM_TYPE,
        Reason.KEY_MISMATCH,
        Reason.NAME_CONFLICT,
        Reason.NUMBER_CONFLICT,
        Reason.PARENT_CYCLE,
        Reason.PARSE_FAILED,
        Reason.ROUTE_NOT_OWNED,
        Reason.SHADOWED_BY,
        Reason.TIMEOUT_TOO_SHORT,
        Reason.TLS_VERIFICATION_FAILED,
        Reason.TOO_LARGE,
        Reason.TOO_MANY_RECORDS,
        Reason.UNKNOWN_TIME_ZONE,
        Reason.UNSUPPORTED_TYPE,
    }
)
"""Reasons that no waiting heals."""
_VOCABULARY: Final = frozenset(str(kind) for kind in ConditionType)


@dataclass(frozen=True, slots=True)
class Finding:
    """One condition before it has times: what was found, why, and what to do about it."""

    type: ConditionType
    status: str
    """`True`, `False` or `Unknown`."""
    reason: Reason
    message: str

    @property
    def holds(self) -> bool:
        return self.status == "True"


def yes(kind: ConditionType, reason: Reason, message: str) -> Finding:
    """The condition holds."""
    return Finding(kind, "True", reason, message)


def no(kind: ConditionType, reason: Reason, message: str) -> Finding:
    """The condition does not hold."""
    return Finding(kind, "False", reason, message)


def unknown(kind: ConditionType, reason: Reason, message: str) -> Finding:
    """Not known yet."""
    return Finding(kind, "Unknown", reason, message)


def summary(findings: Sequence[Finding]) -> Finding:
    """`Ready`: the last finding's reason when all hold, else the first that does not, False before Unknown."""
    for status in ("False", "Unknown"):
        for finding in findings:
            if finding.status == status:
                return Finding(ConditionType.READY, status, finding.reason, finding.message)
    return Finding(ConditionType.READY, "True", findings[-1].reason, findings[-1].message)


def fold(
    previous: Mapping[str, Any],
    generation: int,
    findings: Sequence[Finding],
    now: Moment,
    *,
    stalled: Finding | None = None,
    extra: Sequence[Finding] = (),
    fields: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The complete status that follows from findings.

    Args:
        previous: the status as stored; only its transition times are used.
        findings: one a condition, `Ready` included, in the order in which they are shown.
        stalled: overrides what the reason of `Ready` says about `Stalled`.
        extra: conditions that exist only while True.
        fields: the kind's other status fields; empty values are left out.
    """
    ready = next(finding for finding in findings if finding.type is ConditionType.READY)
    drafts = [*findings, *extra]
    if stalled is None and ready.status == "False" and ready.reason in STALLED_REASONS:
        stalled = yes(ConditionType.STALLED, ready.reason, ready.message)
    if stalled is not None:
        drafts.append(stalled)
    elif ready.status == "Unknown":
        drafts.append(yes(ConditionType.RECONCILING, ready.reason, ready.message))
    body: dict[str, Any] = {name: value for name, value in (fields or {}).items() if value not in (None, "", [], {})}
    body["observedGeneration"] = generation
    body["conditions"] = _stamped(drafts, _conditions(previous), generation, now)
    return body


def shows(stored: Mapping[str, Any], wished: Mapping[str, Any]) -> bool:
    """Whether a stored status says what is wished and nothing else in our words; conditions of others do not count."""
    if stored == wished:
        return True
    ours = {item["type"]: item for item in _conditions(stored) if item["type"] in _VOCABULARY}
    return ours == {item["type"]: item for item in _conditions(wished)} and _rest(stored) == _rest(wished)


def without_stranded(stored: Mapping[str, Any], wished: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """The stored conditions less those of our types that are not wished, which apply leaves; None: there are none."""
    types = {item["type"] for item in _conditions(wished)}
    kept = [item for item in _conditions(stored) if item["type"] in types or item["type"] not in _VOCABULARY]
    return kept if len(kept) < len(_conditions(stored)) else None


def condition(status: Mapping[str, Any], kind: ConditionType) -> Mapping[str, Any] | None:
    """A condition of a stored status."""
    return next((item for item in _conditions(status) if item.get("type") == kind), None)


def finding_of(status: Mapping[str, Any], kind: ConditionType) -> Finding | None:
    """A stored condition as a finding again; None when absent or with a reason this version does not know."""
    stored = condition(status, kind)
    try:
        return None if stored is None else Finding(kind, stored["status"], Reason(stored["reason"]), stored["message"])
    except ValueError:
        return None


def _conditions(status: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return status.get("conditions") or ()


def _rest(status: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in status.items() if name != "conditions"}


def _stamped(
    drafts: Iterable[Finding], previous: Iterable[Mapping[str, Any]], generation: int, now: Moment
) -> list[dict[str, Any]]:
    before = {item.get("type"): item for item in previous}
    present = now.stamp
    stamped: list[dict[str, Any]] = []
    for draft in drafts:
        old = before.get(draft.type)
        unchanged = old is not None and old.get("status") == draft.status
        since = old.get("lastTransitionTime", present) if old is not None and unchanged else present
        stamped.append(
            {
                "type": str(draft.type),
                "status": draft.status,
                "reason": str(draft.reason),
                "message": _capped(draft.message),
                "lastTransitionTime": since,
                "observedGeneration": generation,
            }
        )
    return stamped


def _capped(message: str) -> str:
    return message if len(message) <= MAX_MESSAGE else message[: MAX_MESSAGE - 1] + "…"

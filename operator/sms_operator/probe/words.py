"""A report in words and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sms_operator.api.conditions import Reason
from sms_operator.views import documents
from sms_operator.views.advice import advice

from .certificates import Shown
from .steps import Attempt, Outcome, Report, Step

SYMBOLS: Final = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.SKIPPED: "–"}
_WIDTH: Final = 12


def step_line(step: Step) -> str:
    """`✓ TCP            1.2 ms  192.0.2.1, from …`."""
    taken = "" if step.seconds is None else milliseconds(step.seconds)
    return f"{SYMBOLS[step.outcome]} {step.name.value:{_WIDTH}} {taken:>10}  {step.detail}".rstrip()


def note_lines(step: Step) -> Iterator[str]:
    """What is worth knowing of a step, indented below it."""
    for note in step.notes:
        yield f"{'':{_WIDTH + 15}}{note}"


def milliseconds(seconds: float) -> str:
    """Three digits at least where they say something."""
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def conclusion(report: Report) -> tuple[str, ...]:
    """What it means: a sentence, then what to do."""
    done = report.connected
    if done is not None:
        more = f"; {done.deliveries} messages from the SMSC were put off, it keeps them" if done.deliveries else ""
        smsc = f' The SMSC calls itself "{done.smsc}".' if done.smsc else ""
        return (f"Connection succeeded: {report.subject} binds at {done.endpoint} from here{more}.{smsc}",)
    failure = report.failure
    assert failure is not None, "without an attempt there is no report"
    known = advice(failure.reason.value)
    lines = [f"{failure.reason.value}: {failure.message}"]
    if known is not None:
        lines += [f"Cause: {known.cause}", *([f"Next:  {known.step}"] if known.step else [])]
    if report.untried:
        lines.append(f"Not tried, because the answer would be the same: {', '.join(report.untried)}")
    return tuple(lines)


def document(report: Report) -> dict[str, Any]:
    """The report as plain values; the password is nowhere in it."""
    failure = report.failure
    return {
        **documents.document("GatewayTest"),
        "subject": report.subject,
        "systemId": report.system_id,
        "bind": report.bind_type.value,
        "connected": report.connected is not None,
        "reason": Reason.CONNECTION_SUCCEEDED.value if failure is None else failure.reason.value,
        "message": "Connection succeeded" if failure is None else failure.message,
        "attempts": [_attempt(one) for one in report.attempts],
        "untried": list(report.untried),
    }


def _attempt(one: Attempt) -> dict[str, Any]:
    found: dict[str, Any] = {
        "endpoint": one.endpoint,
        "connected": one.failure is None,
        "smsc": one.smsc,
        "steps": [
            {
                "name": step.name.value,
                "outcome": step.outcome.value,
                "milliseconds": None if step.seconds is None else round(step.seconds * 1000, 3),
                "detail": step.detail,
                "notes": list(step.notes),
            }
            for step in one.steps
        ],
    }
    if one.failure is not None:
        found["failure"] = {
            "reason": one.failure.reason.value,
            "message": one.failure.message,
            "commandStatus": one.failure.command_status,
        }
    if one.tls is not None:
        found["tls"] = {
            "name": one.tls.name,
            "version": one.tls.version,
            "cipher": one.tls.cipher,
            "asksForCertificate": one.tls.asks_for_certificate,
            "authorities": list(one.tls.authorities),
            "chain": [None if shown is None else certificate(shown) for shown in one.tls.chain],
            "findings": [
                {"rule": item.rule.value, "message": item.message, "fix": item.fix, "refuses": item.refuses}
                for item in one.tls.findings
            ],
        }
    return found


def certificate(shown: Shown) -> dict[str, Any]:
    """What people compare of a certificate."""
    return {
        "subject": shown.subject,
        "issuer": shown.issuer,
        "names": list(shown.names),
        "serialNumber": shown.serial_number,
        "notBefore": shown.not_before.isoformat(),
        "notAfter": shown.not_after.isoformat(),
        "sha256Fingerprint": shown.sha256,
        "key": shown.key,
    }

"""ChannelExport: a task that runs once. Its outcome stands in its status and is not looked for again.

What the status says survives a restart; what is being written does not: without a fact from this process the runner is
asked again, and finds what an earlier one completed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final

from sms_operator.api.channel_export import MAX_PASSWORD, MAX_RECORDS, ChannelExportSpec
from sms_operator.api.conditions import ConditionType, Reason
from sms_operator.api.duration import format_duration

from .export_facts import (
    Absent,
    AtWork,
    Complete,
    ExportAction,
    ExportState,
    Failed,
    FindFiles,
    RemoveFiles,
    WriteFiles,
    counted,
)
from .keys import SECRET, SMS_CHANNEL, Key
from .materials import Loaded, Missing, Unreadable
from .moment import Moment, parse_stamp
from .outcome import Outcome
from .status import Finding, condition, finding_of, fold, no, summary, unknown, yes
from .world import Entry, World

RETRY: Final = 60.0
"""Seconds after which files that could not be stored are written again."""
LASTING: Final = frozenset({Reason.SUCCESS, Reason.TOO_MANY_RECORDS, Reason.INTERRUPTED})
"""Outcomes after which the task does not run again."""

ACCEPTED: Final = yes(ConditionType.ACCEPTED, Reason.ACCEPTED, "Accepted")
RUNNING: Final = unknown(ConditionType.SUCCEEDED, Reason.RUNNING, "The files are being written")


def decide(world: World, entry: Entry, now: Moment) -> Outcome:
    """What to say of an export, and what its runner has to do."""
    fact = world.exports.get(entry.key)
    state = fact.state if fact is not None and fact.uid == entry.uid else None
    stored = finding_of(entry.status, ConditionType.SUCCEEDED)
    if stored is not None and stored.status != "Unknown" and stored.reason in LASTING:
        return _over(entry, stored, state, now)
    accepted = _acceptable(world, entry)
    if accepted is None:
        return Outcome()
    if not accepted.holds and not isinstance(state, Complete):
        waiting = unknown(ConditionType.SUCCEEDED, Reason.PENDING, f"Waits: {accepted.message}")
        return _outcome(entry, [accepted, waiting], now)
    return _under_way(entry, stored, state, now)


def password(world: World, entry: Entry) -> tuple[str | None, Finding | None]:
    """The archive's password and what speaks against it; both None: none is wanted, or it is not read yet."""
    spec: ChannelExportSpec = entry.spec
    ref = spec.archive_password_secret_ref
    if ref is None:
        return None, None
    match world.materials.get(Key(SECRET, entry.key.namespace, ref.name)):
        case None:
            return None, None
        case Missing():
            return None, _refused(Reason.SECRET_NOT_FOUND, f'Secret "{ref.name}" not found')
        case Unreadable(why):
            message = f'Secret "{ref.name}" cannot be read: {why}'
            return None, unknown(ConditionType.ACCEPTED, Reason.SECRET_UNREADABLE, message)
        case Loaded(data):
            if ref.key not in data:
                return None, _refused(Reason.SECRET_KEY_MISSING, f'Secret "{ref.name}" has no key "{ref.key}"')
            return _as_password(data[ref.key], f'Secret "{ref.name}", key "{ref.key}"')


def selected(world: World, entry: Entry) -> tuple[list[Entry], list[str]]:
    """The channels that an export is of, in no order, and the names that it gives in vain."""
    spec: ChannelExportSpec = entry.spec
    if spec.channels:
        found = [world.live(Key(SMS_CHANNEL, entry.key.namespace, name)) for name in spec.channels]
        missing = [name for name, channel in zip(spec.channels, found, strict=True) if channel is None]
        return [channel for channel in found if channel is not None], missing
    labels: Mapping[str, str] = spec.selector.match_labels if spec.selector is not None else {}
    return [
        channel
        for channel in world.entries(SMS_CHANNEL)
        if channel.key.namespace == entry.key.namespace
        and not channel.deleting
        and channel.spec is not None
        and all(channel.metadata.labels.get(key) == value for key, value in labels.items())
    ], []


def too_many(found: int) -> Failed:
    """The outcome of an export of more channels than one may hold."""
    message = f"{found:,} channels match and {MAX_RECORDS:,} are allowed; choose fewer with selector or channels"
    return Failed(Reason.TOO_MANY_RECORDS, message, 0.0, lasting=True)


def _under_way(entry: Entry, stored: Finding | None, state: ExportState | None, now: Moment) -> Outcome:
    match state:
        case Complete(records, files, remark):
            done = yes(ConditionType.SUCCEEDED, Reason.SUCCESS, _success(records, len(files), remark))
            return _outcome(entry, [ACCEPTED, done], now, {"records": records, "files": list(map(asdict, files))})
        case Failed(reason, message, since, lasting):
            failed = no(ConditionType.SUCCEEDED, reason, message)
            if lasting:
                stalled = yes(ConditionType.STALLED, reason, message)
                return _outcome(entry, [ACCEPTED, failed], now, stalled=stalled)
            left = since + RETRY - now.monotonic
            action = WriteFiles() if left <= 0 else None
            return _outcome(entry, [ACCEPTED, failed], now, action=action, again_in=max(left, 0.0) or RETRY)
        case None | Absent() | AtWork():
            # A second attempt does not take back what is known of the first until it has an outcome of its own.
            shown = stored if stored is not None and stored.status == "False" else RUNNING
            return _outcome(entry, [ACCEPTED, shown], now, action=None if isinstance(state, AtWork) else WriteFiles())


def _over(entry: Entry, stored: Finding, state: ExportState | None, now: Moment) -> Outcome:
    """The task has its outcome; what changes yet is whether there are files."""
    accepted = finding_of(entry.status, ConditionType.ACCEPTED) or ACCEPTED
    findings = [accepted, stored]
    if stored.reason is not Reason.SUCCESS:
        return _outcome(entry, findings, now, stalled=yes(ConditionType.STALLED, stored.reason, stored.message))
    records: int = entry.status.get("records") or 0
    fields: dict[str, Any] = {"records": records}
    if not entry.status.get("files"):
        return _outcome(entry, findings, now, fields, action=RemoveFiles() if state is None else None)
    left = _left(entry, now)
    if left is not None and left <= 0:
        ttl = format_duration(_ttl(entry) or timedelta())
        gone = yes(ConditionType.SUCCEEDED, Reason.SUCCESS, f"{counted(records)}; the files were removed after {ttl}")
        return _outcome(entry, [accepted, gone], now, fields, action=RemoveFiles())
    if isinstance(state, Absent):
        text = f"{counted(records)}; the files are no longer in the operator's storage: create another export"
        return _outcome(entry, [accepted, yes(ConditionType.SUCCEEDED, Reason.SUCCESS, text)], now, fields)
    fields["files"] = entry.status["files"]
    return _outcome(entry, findings, now, fields, action=FindFiles() if state is None else None, again_in=left)


def _left(entry: Entry, now: Moment) -> float | None:
    """Seconds until the files are removed; None: never."""
    ttl, done = _ttl(entry), condition(entry.status, ConditionType.SUCCEEDED)
    if ttl is None or done is None:
        return None
    return (parse_stamp(done.get("lastTransitionTime", "")) - now.wall + ttl).total_seconds() if done else None


def _ttl(entry: Entry) -> timedelta | None:
    spec: ChannelExportSpec = entry.spec
    return spec.ttl_after_finished


def _acceptable(world: World, entry: Entry) -> Finding | None:
    """Accepted or not; None while the password has not been read."""
    secret, against = password(world, entry)
    if against is not None:
        return against
    spec: ChannelExportSpec = entry.spec
    return ACCEPTED if spec.archive_password_secret_ref is None or secret is not None else None


def _as_password(content: bytes, where: str) -> tuple[str | None, Finding | None]:
    """One trailing line end is not part of a password, as of a gateway's."""
    trimmed = content.removesuffix(b"\n").removesuffix(b"\r")
    try:
        text = trimmed.decode()
    except UnicodeDecodeError:
        return None, _refused(Reason.SECRET_KEY_MISSING, f"{where} is no text; a password is")
    if not text or len(trimmed) > MAX_PASSWORD:
        message = f"{where} has {len(trimmed)} octets; a password has 1 to {MAX_PASSWORD}"
        return None, _refused(Reason.SECRET_KEY_MISSING, message)
    return text, None


def _refused(reason: Reason, message: str) -> Finding:
    return no(ConditionType.ACCEPTED, reason, message)


def _success(records: int, files: int, remark: str) -> str:
    number = "1 file" if files == 1 else f"{files} files"
    return f"{counted(records)} in {number}{f'; {remark}' if remark else ''}"


def _outcome(
    entry: Entry,
    findings: list[Finding],
    now: Moment,
    fields: Mapping[str, Any] | None = None,
    *,
    stalled: Finding | None = None,
    action: ExportAction | None = None,
    again_in: float | None = None,
) -> Outcome:
    status = fold(
        entry.status, entry.metadata.generation, [*findings, summary(findings)], now, stalled=stalled, fields=fields
    )
    return Outcome(status=status, export=action, again_in=again_in)

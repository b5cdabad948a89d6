"""Certificate: is what it points at a usable certificate, and until when?"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from sms_operator.api.certificate import CertificateSpec, CertificateUsage
from sms_operator.api.conditions import ConditionType, Reason

from .keys import CONFIG_MAP, SECRET, Key
from .materials import Loaded, Missing, Unreadable
from .moment import Moment
from .outcome import Outcome
from .private_key import open_key
from .status import Finding, fold, no, summary, unknown, yes
from .world import Entry, World
from .x509 import Chain, TooLarge, UnsupportedStore, WrongKey, X509Error, parse_chain

EXPIRY_NOTICE: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class CertificateVerdict:
    """What a Certificate is worth to a gateway that names it."""

    resolved: Finding
    ready: Finding
    chain: Chain | None = None
    key_pem: str | None = field(default=None, repr=False)


class _NotRead(Exception):
    """A source was not read yet: nothing can be said."""


@dataclass(frozen=True, slots=True)
class _Unresolved(Exception):
    finding: Finding


def judge(world: World, entry: Entry, now: Moment) -> CertificateVerdict | None:
    """The verdict on a Certificate; None while one of its sources has not been read."""
    spec: CertificateSpec = entry.spec
    try:
        content, file_name = _content(world, entry.key.namespace, spec)
        key_pem_source = _private_key(world, entry.key.namespace, spec)
    except _NotRead:
        return None
    except _Unresolved as problem:
        return CertificateVerdict(problem.finding, _ready(problem.finding))
    resolved = yes(ConditionType.RESOLVED_REFS, Reason.RESOLVED_REFS, "Every source was read")
    try:
        chain = parse_chain(content, file_name)
        key_pem = None if key_pem_source is None else open_key(*key_pem_source, chain)
    except X509Error as problem:
        return CertificateVerdict(resolved, no(ConditionType.READY, _reason(problem), f"{_source(spec)}: {problem}"))
    if now.wall >= chain.not_after:
        ready = no(ConditionType.READY, Reason.EXPIRED, f"Expired at {_date(chain.not_after)}; provide a renewed one")
    elif now.wall < chain.not_before:
        ready = no(ConditionType.READY, Reason.NOT_YET_VALID, f"Not valid before {_date(chain.not_before)}")
    else:
        ready = yes(ConditionType.READY, Reason.VALID, f"Valid until {_date(chain.not_after)}")
    return CertificateVerdict(resolved, ready, chain, key_pem)


def decide(world: World, entry: Entry, now: Moment) -> Outcome:
    """Status of a Certificate, and the moment at which time alone changes it."""
    verdict = judge(world, entry, now)
    if verdict is None:
        return Outcome()
    accepted = yes(ConditionType.ACCEPTED, Reason.ACCEPTED, "Accepted")
    chain = verdict.chain
    extra: list[Finding] = []
    if chain is not None and verdict.ready.holds and chain.not_after - now.wall <= EXPIRY_NOTICE:
        extra.append(yes(ConditionType.EXPIRING_SOON, Reason.EXPIRING, f"Expires at {_date(chain.not_after)}"))
    status = fold(
        entry.status,
        entry.metadata.generation,
        [accepted, verdict.resolved, verdict.ready],
        now,
        extra=extra,
        fields=_fields(chain),
    )
    return Outcome(status=status, again_in=None if chain is None else next_date(chain, now))


def _fields(chain: Chain | None) -> Mapping[str, Any]:
    if chain is None:
        return {}
    return {
        "subject": chain.subject,
        "issuer": chain.issuer,
        "serialNumber": chain.serial_number,
        "notBefore": _date(chain.not_before),
        "notAfter": _date(chain.not_after),
        "sha256Fingerprint": chain.sha256_fingerprint,
        "chainLength": chain.length,
    }


def next_date(chain: Chain, now: Moment) -> float | None:
    """Seconds until time alone changes the verdict."""
    dates = (chain.not_before, chain.not_after - EXPIRY_NOTICE, chain.not_after)
    ahead = [(date - now.wall).total_seconds() for date in dates if date > now.wall]
    return min(ahead) + 1.0 if ahead else None


def _date(date: Any) -> str:
    return date.strftime("%Y-%m-%dT%H:%M:%SZ")


def _ready(finding: Finding) -> Finding:
    return summary([finding])


def _reason(problem: X509Error) -> Reason:
    match problem:
        case UnsupportedStore():
            return Reason.UNSUPPORTED_TYPE
        case TooLarge():
            return Reason.TOO_LARGE
        case WrongKey():
            return Reason.KEY_MISMATCH
        case _:
            return Reason.PARSE_FAILED


def _source(spec: CertificateSpec) -> str:
    if spec.config_map_key_ref is not None:
        return f'ConfigMap "{spec.config_map_key_ref.name}" key "{spec.config_map_key_ref.key}"'
    if spec.secret_key_ref is not None:
        return f'Secret "{spec.secret_key_ref.name}" key "{spec.secret_key_ref.key}"'
    return "spec.inline"


def _content(world: World, namespace: str, spec: CertificateSpec) -> tuple[bytes, str]:
    if spec.config_map_key_ref is not None:
        ref = spec.config_map_key_ref
        return _value(world, Key(CONFIG_MAP, namespace, ref.name), ref.key), ref.key
    if spec.secret_key_ref is not None:
        ref = spec.secret_key_ref
        return _value(world, Key(SECRET, namespace, ref.name), ref.key), ref.key
    inline = spec.inline
    if inline is None:
        return b"", ""
    if inline.pem is not None:
        return inline.pem.encode(), ""
    try:
        return base64.b64decode(inline.der_base64 or "", validate=False), ""
    except binascii.Error:
        return b"", ""


def _private_key(world: World, namespace: str, spec: CertificateSpec) -> tuple[bytes, bytes | None] | None:
    if spec.usage is not CertificateUsage.IDENTITY:
        return None
    ref = spec.private_key_secret_ref
    name, key = (
        (ref.name, ref.key) if ref is not None else (spec.secret_key_ref.name if spec.secret_key_ref else "", "tls.key")
    )
    content = _value(world, Key(SECRET, namespace, name), key)
    if spec.password_secret_ref is None:
        return content, None
    password = _value(world, Key(SECRET, namespace, spec.password_secret_ref.name), spec.password_secret_ref.key)
    return content, password.removesuffix(b"\n").removesuffix(b"\r")


def _value(world: World, source: Key, key: str) -> bytes:
    match world.materials.get(source):
        case Loaded(data):
            if key in data:
                return data[key]
            found = ", ".join(sorted(data)[:5]) or "none"
            message = f'{source.kind} "{source.name}" has no key "{key}" (it has: {found})'
        case Missing():
            message = f'{source.kind} "{source.name}" not found'
        case Unreadable(why):
            message = f'{source.kind} "{source.name}" cannot be read: {why}'
            raise _Unresolved(unknown(ConditionType.RESOLVED_REFS, Reason.SECRET_UNREADABLE, message))
        case None:
            raise _NotRead
    raise _Unresolved(no(ConditionType.RESOLVED_REFS, Reason.SOURCE_NOT_FOUND, message))

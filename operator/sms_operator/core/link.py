"""SmppGateway: which link follows from its spec, its Secret and its Certificates, or what is missing for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sms_operator.api.conditions import ConditionType, Reason
from sms_operator.api.smpp_gateway import (
    REBUILD_ANNOTATION,
    BindStyle,
    GatewayMode,
    GatewayTls,
    InterfaceVersion,
    SmppGatewaySpec,
)
from sms_operator.protocol.messages import BindType, Endpoint, TlsOptions, WantedLink

from . import certificate
from .keys import CERTIFICATE, ORGANIZATION_UNIT, SECRET, Key
from .materials import Loaded, Missing, Unreadable
from .message_options import message_options
from .moment import Moment
from .status import Finding, no, unknown, yes
from .world import Entry, World

INTERFACE_VERSIONS: Final = {InterfaceVersion.V3_3: 0x33, InterfaceVersion.V3_4: 0x34, InterfaceVersion.V5_0: 0x50}


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a gateway's references came to."""

    finding: Finding | None
    """ResolvedRefs; None while something has not been read yet."""
    link: WantedLink | None
    """The link to want; None when something is missing for it."""
    again_in: float | None = None
    """Seconds after which a certificate's dates may change this."""


def resolve(world: World, entry: Entry, now: Moment) -> Resolution:
    """Follow every reference of a gateway and put together the link it describes."""
    spec: SmppGatewaySpec = entry.spec
    problems: list[Finding] = []
    password = ""
    if spec.login is not None and spec.login.password_secret_ref is not None:
        ref = spec.login.password_secret_ref
        result = _password(world, Key(SECRET, entry.key.namespace, ref.name), ref.key)
        if result is None:
            return Resolution(None, None)
        if isinstance(result, Finding):
            problems.append(result)
        else:
            password = result
    tls: TlsOptions | None = None
    again_in: float | None = None
    if spec.tls is not None and spec.tls.enabled:
        outcome = _tls(world, entry, spec.tls, now)
        if outcome is None:
            return Resolution(None, None)
        tls, tls_problems, again_in = outcome
        problems += tls_problems
    link = None if problems else _link(entry, spec, password, tls)
    unit = spec.organization_unit_ref
    if unit is not None and world.live(Key(ORGANIZATION_UNIT, entry.key.namespace, unit.name)) is None:
        message = f'OrganizationUnit "{unit.name}" not found'
        problems.append(no(ConditionType.RESOLVED_REFS, Reason.ORGANIZATION_UNIT_NOT_FOUND, message))
    if problems:
        return Resolution(problems[0], link, again_in)
    return Resolution(
        yes(ConditionType.RESOLVED_REFS, Reason.RESOLVED_REFS, "Every reference was found"), link, again_in
    )


def bind_types(spec: SmppGatewaySpec) -> tuple[BindType, ...]:
    """The binds that a mode and a style ask for."""
    match spec.mode:
        case GatewayMode.RECEIVE:
            return (BindType.RECEIVER,)
        case GatewayMode.SEND:
            return (BindType.TRANSMITTER,)
        case _ if spec.bind.style is BindStyle.TRANSMITTER_RECEIVER:
            return (BindType.RECEIVER, BindType.TRANSMITTER)
        case _:
            return (BindType.TRANSCEIVER,)


def _link(entry: Entry, spec: SmppGatewaySpec, password: str, tls: TlsOptions | None) -> WantedLink:
    bind, session = spec.bind, spec.session
    return WantedLink(
        key=f"{entry.key.namespace}/{entry.key.name}",
        uid=entry.uid,
        revision="",
        endpoints=tuple(Endpoint(item.host, item.port, item.server_name) for item in spec.endpoints),
        bind_types=bind_types(spec),
        bind_count=bind.count,
        system_id=spec.login.system_id if spec.login else "",
        password=password,
        system_type=bind.system_type,
        address_range=bind.address_range,
        addr_ton=bind.ton,
        addr_npi=bind.npi,
        interface_version=INTERFACE_VERSIONS[bind.interface_version],
        tls=tls,
        enquire_link_interval=session.enquire_link_interval.total_seconds(),
        response_timeout=session.response_timeout.total_seconds(),
        window_size=session.window_size,
        throughput=float(session.throughput),
        reconnect_initial=session.reconnect.initial.total_seconds(),
        reconnect_max=session.reconnect.max.total_seconds(),
        rebuild=entry.metadata.annotations.get(REBUILD_ANNOTATION, ""),
        message=message_options(spec.message),
    )


def _password(world: World, secret: Key, key: str) -> str | Finding | None:
    match world.materials.get(secret):
        case None:
            return None
        case Missing():
            message = f'Secret "{secret.name}" not found; it holds the login password'
            return no(ConditionType.RESOLVED_REFS, Reason.SECRET_NOT_FOUND, message)
        case Unreadable(why):
            message = f'Secret "{secret.name}" cannot be read: {why}'
            return unknown(ConditionType.RESOLVED_REFS, Reason.SECRET_UNREADABLE, message)
        case Loaded(data) if key not in data:
            message = f'Secret "{secret.name}" has no key "{key}"'
            return no(ConditionType.RESOLVED_REFS, Reason.SECRET_KEY_MISSING, message)
        case Loaded(data):
            octets = data[key].removesuffix(b"\n").removesuffix(b"\r")
            if not octets or b"\0" in octets:
                flaw = "is empty" if not octets else "holds a NUL octet, which no SMPP password can"
                message = f'Secret "{secret.name}": key "{key}" {flaw}'
                return no(ConditionType.RESOLVED_REFS, Reason.SECRET_KEY_MISSING, message)
            return octets.decode("latin-1")


def _tls(
    world: World, entry: Entry, tls: GatewayTls, now: Moment
) -> tuple[TlsOptions | None, list[Finding], float | None] | None:
    problems: list[Finding] = []
    dates: list[float | None] = []
    parts: dict[str, certificate.CertificateVerdict] = {}
    for field, ref, usage in (
        ("trustCertificateRef", tls.trust_certificate_ref, certificate.CertificateUsage.TRUST),
        ("identityCertificateRef", tls.identity_certificate_ref, certificate.CertificateUsage.IDENTITY),
    ):
        if ref is None:
            continue
        target = world.live(Key(CERTIFICATE, entry.key.namespace, ref.name))
        if target is None:
            message = f'Certificate "{ref.name}" not found (spec.tls.{field})'
            problems.append(no(ConditionType.RESOLVED_REFS, Reason.CERTIFICATE_NOT_FOUND, message))
            continue
        if target.spec.usage is not usage:
            message = f'Certificate "{ref.name}" has usage {target.spec.usage}; spec.tls.{field} needs {usage}'
            problems.append(no(ConditionType.RESOLVED_REFS, Reason.CERTIFICATE_NOT_READY, message))
            continue
        verdict = certificate.judge(world, target, now)
        if verdict is None:
            return None
        if verdict.chain is not None:
            dates.append(certificate.next_date(verdict.chain, now))
        if not verdict.ready.holds:
            message = f'Certificate "{ref.name}" is not ready: {verdict.ready.message}'
            problems.append(no(ConditionType.RESOLVED_REFS, Reason.CERTIFICATE_NOT_READY, message))
            continue
        parts[field] = verdict
    again_in = min((date for date in dates if date is not None), default=None)
    if problems:
        return None, problems, again_in
    trust, identity = parts.get("trustCertificateRef"), parts.get("identityCertificateRef")
    options = TlsOptions(
        trust_pem=trust.chain.pem if trust and trust.chain else None,
        identity_pem=identity.chain.pem if identity and identity.chain else None,
        identity_key_pem=identity.key_pem if identity else None,
        server_name=tls.server_name,
        minimum_version=str(tls.min_version),
    )
    return options, [], again_in

"""Which link a gateway asks for in a World whose certificates are not read."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from sms_operator.api.certificate import CertificateUsage
from sms_operator.api.refs import ObjectRef
from sms_operator.api.smpp_gateway import SmppGatewaySpec
from sms_operator.core import certificate, gateway
from sms_operator.core.keys import CERTIFICATE, Key
from sms_operator.core.link import resolve
from sms_operator.core.materials import Loaded
from sms_operator.core.moment import Moment
from sms_operator.core.outcome import Drop
from sms_operator.core.world import Entry, World
from sms_operator.protocol.messages import TlsOptions, WantedLink

from .placeholder import PlaceHolder


@dataclass(frozen=True, slots=True)
class Wish:
    """What the control plane tells the data plane of a gateway."""

    link: WantedLink | None
    """None: no link, or, with `held`, whatever there is."""
    held: str = ""
    """Why the link is left as it is; empty: it is not."""


def wish_of(world: World, entry: Entry, now: Moment) -> Wish:
    """The wish that follows from the objects, if the contents that are not read are in order.

    The link's certificates and password are stand-ins that differ exactly when the objects naming them do.
    """
    verdict = gateway.judge(world, entry, now)
    if isinstance(verdict.link, Drop):
        return Wish(None)
    spec: SmppGatewaySpec = entry.spec
    tls: TlsOptions | None = None
    if spec.tls is not None and spec.tls.enabled:
        parts: dict[str, str | None] = {}
        for name, ref, usage in (
            ("trustCertificateRef", spec.tls.trust_certificate_ref, CertificateUsage.TRUST),
            ("identityCertificateRef", spec.tls.identity_certificate_ref, CertificateUsage.IDENTITY),
        ):
            flaw, parts[name] = _certificate(world, entry, ref, usage, now)
            if flaw:
                return Wish(None, flaw)
        tls = TlsOptions(
            trust_pem=parts["trustCertificateRef"],
            identity_pem=parts["identityCertificateRef"],
            server_name=spec.tls.server_name,
            minimum_version=str(spec.tls.min_version),
        )
    plain = spec.model_copy(update={"tls": None, "organization_unit_ref": None})
    resolution = resolve(world, replace(entry, spec=plain), now)
    if resolution.link is None:
        # The password's Secret also holds a certificate, and so has no stand-in of its own.
        alone = World(materials={key: _stand_in(key) for key in world.materials_behind(entry.key)})
        resolution = resolve(alone, replace(entry, spec=plain), now)
    link = resolution.link
    return Wish(None if link is None else replace(link, tls=tls))


def _stand_in(key: Key) -> Loaded:
    return Loaded(PlaceHolder(f"{key.namespace}/{key.name}"))


def _certificate(
    world: World, entry: Entry, ref: ObjectRef | None, usage: CertificateUsage, now: Moment
) -> tuple[str, str | None]:
    if ref is None:
        return "", None
    target = world.live(Key(CERTIFICATE, entry.key.namespace, ref.name))
    if target is None:
        return f'Certificate "{ref.name}" not found', None
    if target.spec.usage is not usage:
        return f'Certificate "{ref.name}" has usage {target.spec.usage}; {usage} is needed', None
    verdict = certificate.judge(world, target, now)
    if verdict is not None and verdict.ready.status == "False":
        return f'Certificate "{ref.name}" is not ready: {verdict.ready.message}', None
    return "", json.dumps(target.spec.to_body(), sort_keys=True)

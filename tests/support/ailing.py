"""A gateway that is ill and heals: what it must say, and the ways to make it so."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

from sms_operator.dev.smsc import Account, Simulator
from sms_operator.dev.smsc.background import Background, in_background
from support.pki import Pki
from support.tenant import Tenant

NOT_STALLED: Final = ("", "", "")
"""A condition that is absent."""


def assert_ill(tenant: Tenant, name: str, reason: str, *fragments: str, stalled: bool, status: str = "False") -> None:
    """The gateway says this, with these words, and is stalled or not."""
    message = tenant.until("SmppGateway", name, reason)
    missing = [fragment for fragment in fragments if fragment not in message]
    assert not missing, message
    assert tenant.condition("SmppGateway", name)[0] == status
    assert tenant.condition("SmppGateway", name, "Stalled") == (("True", reason, message) if stalled else NOT_STALLED)
    assert "Traceback" not in message


def assert_heals(tenant: Tenant, name: str) -> None:
    """It connects by itself, and nothing of the illness remains in its conditions."""
    tenant.until("SmppGateway", name, "ConnectionSucceeded")
    assert tenant.condition("SmppGateway", name, "Stalled") == NOT_STALLED


def port_of(smsc: Background) -> int:
    """The plain port."""
    return smsc.get(lambda simulator: simulator.port)


def tls_port_of(smsc: Background) -> int:
    """The TLS port."""
    return smsc.get(lambda simulator: simulator.tls_port)


def change(tenant: Tenant, name: str, **spec: Any) -> None:
    """Edit the gateway."""
    tenant.patch("SmppGateway", name, {"spec": spec})


def certificate(tenant: Tenant, name: str, pem: str) -> None:
    """A trusted authority, inline."""
    tenant.apply("Certificate", name, {"inline": {"pem": pem}})


def identity(tenant: Tenant, name: str, chain: str, key: str) -> None:
    """An identity in a Secret of the type's usual keys."""
    tenant.secret(name, **{"tls.crt": chain, "tls.key": key})
    tenant.apply("Certificate", name, {"usage": "Identity", "secretKeyRef": {"name": name}})


@contextmanager
def tls_smsc(pki: Pki, **options: Any) -> Generator[Background]:
    """A simulator with a plain and a TLS port."""
    context = pki.server_context(**options)
    with in_background(lambda: Simulator([Account("demo", "secret")], tls=context)) as smsc:
        yield smsc

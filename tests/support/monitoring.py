"""A namespace that looks like a busy operations room, statuses written as the operator would, and the page on it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sms_operator.dev.control_plane import Client
from sms_operator.dev.control_plane.client import EVENTS
from sms_operator.kube import client as kube
from sms_operator.kube.access import discover
from sms_operator.monitor.run import serve
from support.tenant import Body, Tenant, kind_of

MERGE: Final = "application/merge-patch+json"
CLOSING: Final = 0.25
"""Seconds in which TLS connections end that were cut while in use: aiohttp closes them and does not wait for them."""
SUCCEEDED: Final = ("True", "ConnectionSucceeded", "Connection succeeded")


def stamp(ago: timedelta = timedelta()) -> str:
    """A time as Kubernetes writes it."""
    return (datetime.now(UTC) - ago).strftime("%Y-%m-%dT%H:%M:%SZ")


def condition(kind: str, status: str, reason: str, message: str, ago: timedelta = timedelta(hours=3)) -> Body:
    """One condition of a status."""
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": stamp(ago),
        "observedGeneration": 1,
    }


def status_of(
    connected: tuple[str, str, str] = SUCCEEDED,
    *,
    ready: tuple[str, str, str] | None = None,
    ago: timedelta = timedelta(hours=3),
    binds: tuple[int, int] = (1, 1),
    endpoint: str | None = None,
    **more: Any,
) -> Body:
    """A gateway's status."""
    up, wanted = binds
    return {
        "observedGeneration": 1,
        "conditions": [
            condition("Accepted", "True", "Accepted", "Accepted", timedelta(days=12)),
            condition("ResolvedRefs", "True", "ResolvedRefs", "All references are resolved", timedelta(days=12)),
            condition("Connected", *connected, ago),
            condition("Ready", *(ready or connected), ago),
        ],
        "binds": {"desired": wanted, "connected": up, "summary": f"{up}/{wanted}"},
        **({"endpoint": endpoint} if endpoint else {}),
        **more,
    }


def write_status(tenant: Tenant, kind: str, name: str, status: Mapping[str, Any]) -> None:
    """As the operator does, without one."""
    path = kind_of(kind).path(tenant.namespace, name, "status")
    tenant.client.call("PATCH", path, {"status": dict(status)}, content=MERGE)


def simple_gateway(tenant: Tenant, name: str, **spec: Any) -> None:
    """A gateway that nobody dials."""
    base = {
        "endpoints": [{"host": "smsc.example.net", "port": 2775}],
        "login": {"systemId": "demo", "passwordSecretRef": {"name": "login"}},
    }
    tenant.apply("SmppGateway", name, {**base, **spec})


def event(
    tenant: Tenant, name: str, reason: str, message: str, ago: timedelta, *, warning: bool, count: int = 1
) -> None:
    """An Event about a gateway."""
    body: Body = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{name}."},
        "involvedObject": {
            "apiVersion": "sms-operator.dev/v1alpha1",
            "kind": "SmppGateway",
            "namespace": tenant.namespace,
            "name": name,
        },
        "reason": reason,
        "message": message,
        "type": "Warning" if warning else "Normal",
        "firstTimestamp": stamp(ago),
        "lastTimestamp": stamp(ago),
        "count": count,
    }
    tenant.client.create(EVENTS, body, tenant.namespace)


def crowd(tenant: Tenant, count: int, failing: int = 0) -> list[str]:
    """This many gateways, the first ones failing; returns their names."""
    names = [f"gw-{number:04}" for number in range(count)]

    def make(number: int) -> None:
        name = names[number]
        host = f"smsc-{number % 40:02}.example.net"
        simple_gateway(tenant, name, endpoints=[{"host": host, "port": 2775}], bind={"count": 2})
        down = ("False", "Unreachable", f'Nothing listens on {host}:2775 ("Connection refused")')
        is_down = number < failing
        told = status_of(down if is_down else SUCCEEDED, binds=(0 if is_down else 2, 2), endpoint=f"{host}:2775")
        write_status(tenant, "SmppGateway", name, told)

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(make, range(count)))
    return names


@dataclass
class Page:
    """The server of the page in a thread of its own."""

    entrances: list[str] = field(default_factory=list[str])
    """Addresses that let a browser in; the last one is good."""

    @property
    def origin(self) -> str:
        """http://host:port."""
        return self.entrances[0].partition("/enter")[0]


@contextmanager
def serving(kubeconfig: Path, namespace: str | None) -> Generator[Page]:
    """The page with the rights of this kubeconfig, until the block ends.

    Raises what `serve` raises at its start.
    """
    page, ready, stop = Page(), Future[None](), Future[None]()

    def tell(address: str) -> None:
        page.entrances.append(address)
        if not ready.done():
            ready.set_result(None)

    async def run() -> None:
        client = kube.Client(discover(str(kubeconfig)))
        try:
            work = asyncio.create_task(serve(client, namespace, "operations", 0, tell))
            await asyncio.wait({work, asyncio.wrap_future(stop)}, return_when=asyncio.FIRST_COMPLETED)
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            if not work.cancelled() and (error := work.exception()) is not None:
                raise error
        finally:
            await client.close()
            await asyncio.sleep(CLOSING)

    def thread() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:  # noqa: BLE001 - raised again where the page was asked for
            if not ready.done():
                ready.set_exception(error)

    running = threading.Thread(target=thread, name="page", daemon=True)
    running.start()
    try:
        ready.result(30)
        yield page
    finally:
        if not stop.done():
            stop.set_result(None)
        running.join()


def busy_room(client: Client, namespace: str) -> Tenant:
    """Eight gateways in every state there is, with organization units, certificates, channels, routes and Events."""
    tenant = Tenant(client, namespace)
    units = {"retail": "Retail Banking", "support": "Customer Support", "collections": "Collections"}
    for name, title in units.items():
        tenant.apply("OrganizationUnit", name, {"displayName": title, "code": name})
    for name, days in (("nordwind-root", 812), ("meridian-root", 19), ("own-identity", 143)):
        _certificate(tenant, name, days)

    def gateway(name: str, unit: str, hosts: list[str], told: Body, port: int = 2775, **spec: Any) -> None:
        endpoints = [{"host": host, "port": port} for host in hosts]
        simple_gateway(tenant, name, endpoints=endpoints, organizationUnitRef={"name": unit}, **spec)
        write_status(tenant, "SmppGateway", name, {"endpoint": f"{hosts[0]}:{port}", **told})

    hour, day = timedelta(hours=1), timedelta(days=1)
    tls = {"trustCertificateRef": {"name": "nordwind-root"}, "identityCertificateRef": {"name": "own-identity"}}
    two = {"count": 2}
    gateway("nordwind-tx", "retail", ["smsc1.nordwind.example", "smsc2.nordwind.example"],
            status_of(ago=12 * day, binds=(2, 2)), 3550, tls=tls, bind=two)  # fmt: skip
    wrong = 'The SMSC refused the password of login "acme_mkt"; put the right one into Secret "brightline-login"'
    error = {
        "reason": "InvalidPassword",
        "commandStatus": 14,
        "message": wrong,
        "time": stamp(14 * timedelta(minutes=1)),
    }
    gateway("brightline-promo", "retail", ["smpp.brightline.example"],
            status_of(("False", "InvalidPassword", wrong), ago=timedelta(minutes=14), binds=(0, 2), lastError=error),
            bind=two)  # fmt: skip
    gateway("meridian-otp", "support", ["otp.meridian.example"],
            status_of(("False", "PartiallyConnected", "2 of 4 binds are up: the SMSC closed the connection"),
                      ago=timedelta(minutes=3), binds=(2, 4)),
            3550, tls={"trustCertificateRef": {"name": "meridian-root"}}, bind={"count": 4})  # fmt: skip
    gateway("halden-alerts", "collections", ["10.40.2.17"],
            status_of(("Unknown", "Connecting", "Connecting"), ago=timedelta(seconds=9), binds=(0, 1)),
            mode="Send")  # fmt: skip
    off = ("False", "Disconnected", "Disconnected: ines@acme.example: maintenance of the SMSC until 18:00")
    gateway("castor-bulk", "collections", ["bulk.castor.example"],
            status_of(off, ready=("True", "Disconnected", off[2]), ago=2 * hour, binds=(0, 2)), bind=two)  # fmt: skip
    tenant.annotate("SmppGateway", "castor-bulk", disconnect="ines@acme.example: maintenance of the SMSC until 18:00")
    gateway("tessera-two-way", "support", ["a.tessera.example", "b.tessera.example", "c.tessera.example"],
            {**status_of(ago=5 * hour, binds=(2, 2)), "endpoint": "b.tessera.example:2775"}, bind=two)  # fmt: skip
    gateway("lumen-inbound", "support", ["mo.lumen.example"], status_of(ago=41 * day), mode="Receive")
    gateway("polaris-short", "retail", ["2001:db8:40::17"],
            {**status_of(ago=timedelta(minutes=47), binds=(1, 1)), "endpoint": "[2001:db8:40::17]:2775"})  # fmt: skip
    _channels(tenant)
    _events(tenant)
    return tenant


def _certificate(tenant: Tenant, name: str, days: int) -> None:
    identity = {"usage": "Identity", "secretKeyRef": {"name": name}}
    tenant.apply("Certificate", name, identity if name == "own-identity" else {"configMapKeyRef": {"name": name}})
    title = name.replace("-", " ").title()
    told = {
        "observedGeneration": 1,
        "subject": f"CN={title}",
        "issuer": f"CN={title}",
        "serialNumber": "5f1d3c0a9b",
        "notBefore": stamp(timedelta(days=400)),
        "notAfter": stamp(-timedelta(days=days, hours=2)),
        "sha256Fingerprint": ":".join(f"{number * 37 % 256:02X}" for number in range(32)),
        "chainLength": 1,
        "conditions": [condition("Ready", "True", "Valid", "Valid")],
    }
    write_status(tenant, "Certificate", name, told)


def _channels(tenant: Tenant) -> None:
    served = {"nordwind-tx": 6, "brightline-promo": 2, "meridian-otp": 3, "tessera-two-way": 4, "lumen-inbound": 1}
    for gateway, count in served.items():
        for number in range(count):
            name = f"{gateway}-{number + 1}"
            tenant.channel(name, gateway, numbers=[f"4930{number:05}"])
            is_up = gateway != "brightline-promo"
            words = SUCCEEDED if is_up else ("False", "GatewayNotConnected", "Its gateway is not connected")
            told = [condition("Ready", *words), condition("Accepted", "True", "Accepted", "Accepted")]
            write_status(tenant, "SmsChannel", name, {"observedGeneration": 1, "conditions": told})
            spec = {"type": "SMS", "gatewayRef": {"name": gateway}, "channelRef": {"name": name}, "origin": "Derived"}
            tenant.apply("NotificationRoute", name, spec)


def _events(tenant: Tenant) -> None:
    minute = timedelta(minutes=1)
    lost, up = "The SMSC stopped answering enquire_link within 10 s", "Connection succeeded"
    event(tenant, "meridian-otp", "EnquireLinkTimeout", lost, 31 * minute, warning=True, count=2)
    event(tenant, "meridian-otp", "ConnectionSucceeded", up, 30 * minute, warning=False, count=2)
    event(tenant, "meridian-otp", "PartiallyConnected", "2 of 4 binds are up", 3 * minute, warning=True)
    event(tenant, "brightline-promo", "InvalidPassword", "The SMSC refused the password", 14 * minute, warning=True)
    event(tenant, "polaris-short", "PeerUnbound", "The SMSC ended the session", 48 * minute, warning=True)
    event(tenant, "polaris-short", "ConnectionSucceeded", up, 47 * minute, warning=False)

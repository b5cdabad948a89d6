"""What `plan` predicts is what happens: the same change, applied to a real control plane and counted at a real SMSC."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from sms_operator.api.kinds import API_VERSION, KINDS
from sms_operator.dev.smsc import Account, Simulator
from sms_operator.dev.smsc.background import Background, in_background
from sms_operator.gitops.plan import Action, Disruption, Plan, plan, side
from sms_operator.protocol.change import Interruption
from support.ground import Ground
from support.tenant import Body, Tenant, eventually, kind_of

Objects = dict[tuple[str, str], Body]


@dataclass
class Case:
    """A gateway with a channel and an SMSC of its own."""

    tenant: Tenant
    smsc: Background
    name: str
    port: int
    lows: list[int] = field(default_factory=list[int])
    """Numbers of bound sessions, after everything that happened at the SMSC."""

    def spec(self, objects: Objects) -> Body:
        """Of the gateway, to change."""
        return objects["SmppGateway", self.name]["spec"]

    def channel(self, objects: Objects) -> Body:
        """Spec of the channel, to change."""
        return objects["SmsChannel", self.name]["spec"]

    def sessions(self) -> set[int]:
        """Numbers of the bound sessions."""
        return {session.number for session in self.smsc.get(lambda simulator: simulator.sessions())}

    def count(self) -> None:
        """Begin to take down how many are bound."""

        async def begin(simulator: Simulator) -> asyncio.Task[None]:
            def look() -> bool:
                self.lows.append(len(simulator.sessions()))
                return False

            return asyncio.create_task(simulator.state.until(look, None))

        self.task = self.smsc.call(begin)

    def end(self) -> None:
        """Take down no more."""

        async def cancel(_: Simulator) -> None:
            self.task.cancel()

        self.smsc.call(cancel)


Change = Callable[[Case, Objects], None]


@pytest.fixture
def case(ground: Ground) -> Iterator[Case]:
    """Connected and routed."""
    name = f"plan-{uuid4().hex[:6]}"
    with in_background(lambda: Simulator([Account("demo", "secret"), Account("other", "secret")])) as smsc:
        port = smsc.get(lambda simulator: simulator.port)
        made = Case(ground.tenant, smsc, name, port)
        ground.tenant.secret(f"{name}-second", password="second")
        ground.tenant.gateway(name, port)
        ground.tenant.channel(name, name)
        ground.tenant.until("SmsChannel", name, "ConnectionSucceeded")
        made.count()
        yield made
        made.end()
        for kind in ("SmsChannel", "SmppGateway"):
            for each in (name, f"{name}-b"):
                if ground.tenant.get(kind, each) is not None:
                    ground.tenant.delete(kind, each)
                    ground.tenant.until_gone(kind, each)
    ground.assert_undisturbed()


def listed(tenant: Tenant) -> list[Body]:
    """Everything of ours in the namespace, as `plan --against cluster` sees it."""
    return [
        {"apiVersion": API_VERSION, "kind": info.kind, **body}
        for info in KINDS
        for body in tenant.client.list(kind_of(info.kind), tenant.namespace)
    ]


def predicted(case: Case, change: Change) -> tuple[Plan, Objects]:
    """The plan of a change, and the objects as they shall be."""
    before = listed(case.tenant)
    wanted: Objects = {
        (body["kind"], body["metadata"]["name"]): copy.deepcopy(body)
        for body in before
        if body["kind"] != "NotificationRoute"
    }
    change(case, wanted)
    namespace = case.tenant.namespace
    made = plan(
        side(before, namespace, ages_known=True),
        side(wanted.values(), namespace),
        datetime.now(UTC),
        compared_with="the cluster",
    )
    return made, wanted


def carry_out(case: Case, made: Plan, wanted: Objects) -> None:
    """Apply what the plan names, and nothing else."""
    for item in made.objects:
        if item.action is Action.DELETE:
            case.tenant.delete(item.key.kind, item.key.name)
            continue
        body = wanted[item.key.kind, item.key.name]
        annotations: Body = body["metadata"].get("annotations") or {}
        case.tenant.apply(item.key.kind, item.key.name, body["spec"], annotations=annotations)


def window(case: Case, objects: Objects) -> None:
    case.spec(objects)["session"]["windowSize"] = 50


def password(case: Case, objects: Objects) -> None:
    case.smsc.get(lambda simulator: simulator.accounts.put(Account("demo", "second")))
    case.spec(objects)["login"]["passwordSecretRef"]["name"] = f"{case.name}-second"


def account(case: Case, objects: Objects) -> None:
    case.spec(objects)["login"]["systemId"] = "other"


def endpoint(case: Case, objects: Objects) -> None:
    case.spec(objects)["endpoints"][0]["host"] = "localhost"


def more_binds(case: Case, objects: Objects) -> None:
    case.spec(objects)["bind"]["count"] = 3


def receive_only(case: Case, objects: Objects) -> None:
    case.spec(objects)["mode"] = "Receive"


def send_only(case: Case, objects: Objects) -> None:
    case.spec(objects)["mode"] = "Send"


def disconnect(case: Case, objects: Objects) -> None:
    case.spec(objects)["connection"] = "Disconnected"


def rebuild(case: Case, objects: Objects) -> None:
    metadata = objects["SmppGateway", case.name]["metadata"]
    metadata["annotations"] = {**(metadata.get("annotations") or {}), "sms-operator.dev/rebuild": "now"}


def simulator(case: Case, objects: Objects) -> None:
    case.spec(objects)["simulator"] = True


def no_certificate(case: Case, objects: Objects) -> None:
    case.spec(objects)["tls"] = {"trustCertificateRef": {"name": "nowhere"}}


def delete_gateway(case: Case, objects: Objects) -> None:
    del objects["SmppGateway", case.name]


def delete_channel(case: Case, objects: Objects) -> None:
    del objects["SmsChannel", case.name]


def numbers(case: Case, objects: Objects) -> None:
    case.channel(objects)["numbers"] = ["4930123"]


def move_channel(case: Case, objects: Objects) -> None:
    case.channel(objects)["gatewayRef"]["name"] = "good"


def new_channel(case: Case, objects: Objects) -> None:
    name = f"{case.name}-b"
    spec = {**case.channel(objects), "channelName": name.replace("-", "_"), "numbers": ["4930999"]}
    objects["SmsChannel", name] = {
        "apiVersion": API_VERSION,
        "kind": "SmsChannel",
        "metadata": {"name": name},
        "spec": spec,
    }


def conflict(case: Case, objects: Objects) -> None:
    new_channel(case, objects)
    objects["SmsChannel", f"{case.name}-b"]["spec"].pop("numbers")


CASES: list[tuple[Change, Interruption | None]] = [
    (window, Interruption.HITLESS),
    (password, Interruption.MAKE_BEFORE_BREAK),
    (account, Interruption.MAKE_BEFORE_BREAK),
    (endpoint, Interruption.MAKE_BEFORE_BREAK),
    (more_binds, Interruption.HITLESS),
    (receive_only, Interruption.OUTAGE),
    (send_only, Interruption.OUTAGE),
    (disconnect, Interruption.OUTAGE),
    (rebuild, Interruption.BREAK_BEFORE_MAKE),
    (simulator, None),
    (no_certificate, Interruption.NONE),
    (delete_gateway, Interruption.OUTAGE),
    (delete_channel, None),
    (numbers, None),
    (move_channel, None),
    (new_channel, None),
    (conflict, None),
]


@pytest.mark.parametrize(("change", "interruption"), CASES, ids=[change.__name__ for change, _ in CASES])
def test_what_was_predicted_happens(case: Case, change: Change, interruption: Interruption | None) -> None:
    """Interruption, rebinds, moments without a bind, statuses and routes are as the plan said."""
    made, wanted = predicted(case, change)
    found = [item for item in made.disruptions if item.gateway.name == case.name]
    assert [item.interruption for item in found] == ([] if interruption is None else [interruption])
    assert len(found) == len(made.disruptions)
    routes = {item["metadata"]["name"]: item for item in listed(case.tenant) if item["kind"] == "NotificationRoute"}
    sessions = case.sessions()
    carry_out(case, made, wanted)
    binds_follow(case, sessions, found[0] if found else None)
    routes_follow(case, made, routes)
    for item in made.degraded:
        case.tenant.until(item.key.kind, item.key.name, item.reason, item.condition)
    if not made.degraded and ("SmsChannel", case.name) in wanted and interruption is not Interruption.OUTAGE:
        case.tenant.until("SmsChannel", case.name, "ConnectionSucceeded")
        again, _ = predicted(case, lambda _case, objects: objects.update(wanted))
        assert again.empty


def binds_follow(case: Case, sessions: set[int], expected: Disruption | None) -> None:
    """The sessions at the SMSC, and the lowest number there was on the way."""
    kind = Interruption.NONE if expected is None else expected.interruption
    rebinds = 0 if expected is None else expected.rebinds
    if expected is not None and expected.rebinds == 0 and kind is Interruption.OUTAGE:
        eventually(case.sessions, lambda seen: not seen, "no bind")
    elif kind in (Interruption.NONE, Interruption.HITLESS):
        gateway = case.tenant.get("SmppGateway", case.name)
        assert gateway is not None
        generation = gateway["metadata"]["generation"]
        eventually(
            lambda: (case.tenant.get("SmppGateway", case.name) or {})["status"]["observedGeneration"],
            lambda seen: seen == generation,
            "the gateway's status follows",
        )
        eventually(case.sessions, lambda seen: len(seen - sessions) == rebinds, f"{rebinds} more binds")
        assert sessions <= case.sessions()
        assert min(case.lows) == 1
    else:
        eventually(case.sessions, lambda seen: len(seen) == rebinds and not seen & sessions, f"{rebinds} new binds")
        assert (min(case.lows) == 0) is (kind is Interruption.BREAK_BEFORE_MAKE)


def routes_follow(case: Case, made: Plan, before: dict[str, Any]) -> None:
    """Routes by uid: what is changed keeps its own, and what is not named is as it was."""
    for item in made.routes:
        name = item.key.name
        if item.action is Action.DELETE:
            case.tenant.until_gone("NotificationRoute", name)
            continue
        target = (item.gateway_after, list(item.numbers_after))
        body = eventually(
            lambda name=name: case.tenant.route(name), lambda seen, t=target: _target(seen) == t, f"route {name}"
        )
        assert body is not None
        assert (name not in before) is (item.action is Action.CREATE)
        if item.action is Action.UPDATE:
            assert body["metadata"]["uid"] == before[name]["metadata"]["uid"]
    named = {item.key.name for item in made.routes}
    for name, body in before.items():
        present = case.tenant.route(name)
        if name not in named:
            assert present is not None
            assert (present["metadata"]["uid"], present["spec"]) == (body["metadata"]["uid"], body["spec"])


def _target(body: Body | None) -> tuple[str, list[str]] | None:
    return None if body is None else (body["spec"]["gatewayRef"]["name"], body["spec"].get("numbers") or [])

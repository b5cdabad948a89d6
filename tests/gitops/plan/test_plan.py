"""The plan as a function: empty for equals, the same for any order, and said in words that do not change by chance."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.api.kinds import API_VERSION
from sms_operator.gitops.plan import Plan, PlanError, faces, plan, side, words
from sms_operator.gitops.plan.model import Action
from sms_operator.protocol.change import Interruption
from support.closed_schema import fits, published

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
Body = dict[str, Any]


def body(kind: str, name: str, spec: Body) -> Body:
    """An object of ours."""
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}


def gateway(name: str, **spec: Any) -> Body:
    """One that connects as itself."""
    login = {"systemId": name, "passwordSecretRef": {"name": f"{name}-login"}}
    return body("SmppGateway", name, {"endpoints": [{"host": "192.0.2.1", "port": 2775}], "login": login, **spec})


def channel(name: str, target: str, **spec: Any) -> Body:
    """On a gateway, with the queue that all have."""
    named = {"channelName": name, "gatewayRef": {"name": target}, "calledRouteRef": {"name": "queue"}}
    return body("SmsChannel", name, {**named, **spec})


QUEUE = body("CalledRoute", "queue", {"accessCode": "100", "extensionCode": "1", "skillQueue": {"name": "support"}})
STAND = [QUEUE, gateway("a"), gateway("b"), channel("sales", "a")]


def compared(before: list[Body], after: list[Body], **options: Any) -> Plan:
    """The plan from one to the other, in one namespace."""
    return plan(side(before, "t"), side(after, "t"), NOW, compared_with="main", **options)


def with_spec(name: str, change: Callable[[Body], None]) -> list[Body]:
    """What stands, with one spec changed."""
    found = copy.deepcopy(STAND)
    change(next(item["spec"] for item in found if item["metadata"]["name"] == name))
    return found


@st.composite
def worlds(draw: st.DrawFn) -> list[Body]:
    """Small worlds, sound and broken."""
    gateways = draw(st.lists(st.sampled_from("abc"), unique=True))
    modes = st.sampled_from(["Send", "Receive", "SendAndReceive"])
    trusts = st.sampled_from([{}, {"tls": {"trustCertificateRef": {"name": "ca"}}}, {"tls": {"enabled": False}}])
    found = [gateway(name, mode=draw(modes), **draw(trusts)) for name in gateways]
    number = st.lists(st.sampled_from(["491", "492", "493"]), min_size=1, unique=True)
    for name in draw(st.lists(st.sampled_from("uvwxy"), unique=True)):
        spec = {"numbers": draw(number)} if draw(st.booleans()) else {}
        found.append(channel(name, draw(st.sampled_from("abc")), **spec))
    if draw(st.booleans()):
        found.append(QUEUE)
    if draw(st.booleans()):
        found.append(body("Certificate", "ca", {"secretKeyRef": {"name": "ca", "key": "ca.crt"}}))
    return found


@given(worlds())
def test_a_world_against_itself_is_no_change(world: list[Body]) -> None:
    """Nothing changes, degrades or collides, and the first word says so."""
    made = compared(world, copy.deepcopy(world))
    assert made.empty
    assert not made.degraded
    assert not made.conflicts
    assert words.headline(made).startswith("No changes. ")


@given(worlds(), worlds(), st.randoms(use_true_random=False))
def test_the_order_of_files_does_not_matter(before: list[Body], after: list[Body], chance: random.Random) -> None:
    """The same plan from shuffled lists."""
    made = compared(before, after)
    chance.shuffle(before)
    chance.shuffle(after)
    assert compared(before, after) == made


@given(worlds(), worlds())
def test_what_is_added_one_way_is_deleted_the_other(before: list[Body], after: list[Body]) -> None:
    """The way back has the same objects, before and after exchanged."""
    there, back = compared(before, after), compared(after, before)
    assert [item.key for item in there.objects] == [item.key for item in back.objects]
    assert [(item.before, item.after) for item in there.objects] == [(item.after, item.before) for item in back.objects]


@given(worlds(), worlds(), st.integers(1_000, 5_000))
def test_markdown_keeps_to_its_budget_and_says_what_it_cut(before: list[Body], after: list[Body], budget: int) -> None:
    """Never longer than asked, and never cut inside a folded block."""
    text = faces.markdown(compared(before, after), budget)
    assert text.startswith(faces.MARKER)
    assert len(text) <= budget
    assert text.count("<details>") == text.count("</details>")


def test_a_thousand_new_gateways_fit_into_a_comment() -> None:
    """What does not fit is counted."""
    many = [gateway(f"g{index}") for index in range(1_000)]
    text = faces.markdown(compared([], many))
    assert len(text) <= 60_000
    assert "more entries do not fit into a comment" in text


@pytest.mark.parametrize(
    ("change", "interruption", "path"),
    [
        ({"session": {"windowSize": 20}}, Interruption.HITLESS, "spec.session.windowSize"),
        ({"bind": {"count": 2}}, Interruption.HITLESS, "spec.bind.count"),
        ({"tls": {}}, Interruption.MAKE_BEFORE_BREAK, "spec.tls"),
        ({"bind": {"systemType": "x"}}, Interruption.MAKE_BEFORE_BREAK, "spec.bind.systemType"),
        ({"connection": "Disconnected"}, Interruption.OUTAGE, "spec.connection"),
    ],
)
def test_the_field_that_forces_it_is_named(change: Body, interruption: Interruption, path: str) -> None:
    """How a gateway takes the change, and because of which field."""
    (found,) = compared(STAND, with_spec("a", lambda spec: spec.update(change))).disruptions
    assert (found.interruption, found.fields) == (interruption, (path,))


def test_a_changed_certificate_makes_its_gateways_rebind() -> None:
    """The cause is another object, and is named with its kind."""
    tls = {"trustCertificateRef": {"name": "ca"}}
    first, second = ({"secretKeyRef": {"name": name, "key": "ca.crt"}} for name in ("one", "two"))
    before = [gateway("a", tls=tls), body("Certificate", "ca", first)]
    (found,) = compared(before, [before[0], body("Certificate", "ca", second)]).disruptions
    assert found.interruption is Interruption.MAKE_BEFORE_BREAK
    assert found.fields == ("Certificate/ca spec.secretKeyRef.name",)


def test_who_wins_is_left_open_where_ages_are_not_known() -> None:
    """Two that stand: unknown; one that is new: it loses."""
    before = [QUEUE, gateway("a"), channel("one", "a", numbers=["1234"]), channel("two", "a", numbers=["5678"])]
    after = [*before[:3], channel("two", "a", numbers=["1234"])]
    (found,) = compared(before, after).conflicts
    assert not found.certain
    new = [*before[:3], channel("zero", "a", numbers=["1234"])]
    (sure,) = compared(before[:3], new).conflicts
    assert (sure.certain, sure.winner.name) == (True, "one")


def test_the_headline() -> None:
    """Counts, then who suffers."""
    made = compared(STAND, [*STAND[:1], STAND[2], STAND[3]])
    assert words.headline(made) == (
        "Plan: 0 to add, 0 to change, 1 to delete; 1 gateway goes out of service; 1 object would not be well."
    )


def test_a_broken_object_is_an_error_of_one_line() -> None:
    """With object and field."""
    with pytest.raises(PlanError, match=r"SmppGateway t/a: spec\.mode"):
        compared(STAND, with_spec("a", lambda spec: spec.update(mode="Up")))


@given(worlds(), worlds())
def test_json_is_what_its_schema_says(before: list[Body], after: list[Body]) -> None:
    """Plain values only, each property known, and none missing."""
    made = faces.document(compared(before, after))
    assert json.loads(json.dumps(made)) == made
    fits("plan.v1", made)


def test_the_schema_knows_the_words() -> None:
    """Those of actions and of interruptions, in their order, and the version."""
    known = published("plan.v1")["properties"]
    assert known["disruptions"]["items"]["properties"]["interruption"]["enum"] == list(Interruption)
    assert known["changes"]["items"]["properties"]["actions"]["items"]["enum"] == list(Action)
    assert re.fullmatch(known["formatVersion"]["pattern"], faces.FORMAT_VERSION)

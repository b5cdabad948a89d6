"""What needs what, in both directions, whatever refers to whatever."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sms_operator.core.keys import Key
from sms_operator.views.graph import needs, origin
from sms_operator.views.trees import SIBLINGS, Node, forest, tree
from support.viewing import channel, gateway, key, ready, route, thing, world

BAD = ready("False", "GatewayNotConnected", "down")


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    yield node
    for child in (*node.needs, *node.needed_by):
        yield from walk(child)


def names(nodes: tuple[Node, ...]) -> list[str]:
    """Kind and name."""
    return [f"{node.item.kind}/{node.item.name}" for node in nodes]


def test_both_directions() -> None:
    """From a gateway down to its Secret, up to its channels and their routes."""
    tls = {"tls": {"trustCertificateRef": {"name": "root"}}}
    root = thing("Certificate", "root", {"secretKeyRef": {"name": "ca", "key": "ca.crt"}}, ready())
    objects = world(gateway("north", spec=tls), root, channel("a", "north"), route("a", "north"))
    shown = tree(objects, key("SmppGateway", "north"))
    assert names(shown.needs) == ["Certificate/root", "Secret/north-login"]
    assert names(shown.needs[0].needs) == ["Secret/ca"]
    assert names(shown.needed_by) == ["SmsChannel/a"]
    assert names(shown.needed_by[0].needs) == ["NotificationRoute/a"]


def test_what_is_missing_is_said() -> None:
    """A channel of a gateway that there is not."""
    shown = tree(world(channel("a", "gone")), key("SmsChannel", "a"))
    assert {node.item.name: node.item.health for node in shown.needs} == {
        "queue": "missing",
        "a": "missing",
        "gone": "missing",
    }
    assert not shown.is_well


def test_a_secret_of_which_the_operator_speaks() -> None:
    """Is as the operator says; others are not looked at."""
    said = {
        "type": "ResolvedRefs",
        "status": "False",
        "reason": "SecretNotFound",
        "message": 'Secret "north-login" not found',
    }
    shown = tree(world(gateway("north", said, ready("False", "SecretNotFound"))), key("SmppGateway", "north"))
    assert (shown.needs[0].item.health, shown.needs[0].item.reason) == ("not ready", "SecretNotFound")
    assert tree(world(gateway("north")), key("SmppGateway", "north")).needs[0].item.health == ""


def test_many_alike_are_counted() -> None:
    """Up to the limit by name; those that differ always; all by name when everything is asked for."""
    good = [channel(f"c{number}", "north") for number in range(SIBLINGS + 1)]
    objects = world(gateway("north"), *good, channel("bad", "north", BAD))
    shown = tree(objects, key("SmppGateway", "north")).needed_by
    assert sorted((node.count, node.item.name) for node in shown) == [(1, "bad"), (SIBLINGS + 1, "")]
    assert len(tree(objects, key("SmppGateway", "north"), everything=True).needed_by) == SIBLINGS + 2


def test_a_cycle_ends() -> None:
    """Units that are each other's parents are one tree."""
    units = [
        thing(
            "OrganizationUnit", one, {"displayName": one, "parentRef": {"name": other}}, ready("False", "ParentCycle")
        )
        for one, other in (("a", "b"), ("b", "a"))
    ]
    shown = forest(world(*units))
    assert {node.item.name for top in shown for node in walk(top)} == {"a", "b"}


def test_the_reason_begins_elsewhere() -> None:
    """A channel's at its gateway, that one's at its certificate."""
    tls = {"tls": {"trustCertificateRef": {"name": "root"}}}
    objects = world(
        channel("a", "north", BAD),
        gateway("north", ready("False", "CertificateNotReady"), spec=tls),
        thing("Certificate", "root", {"inline": {"pem": "x"}}, ready("False", "ParseFailed")),
    )
    assert origin(objects, key("SmsChannel", "a")) == key("Certificate", "root")
    assert origin(objects, key("Certificate", "root")) == key("Certificate", "root")


def test_a_spec_of_another_version_needs_nothing() -> None:
    """And is shown all the same."""
    odd = thing("SmsChannel", "odd", {"brandnew": True}, ready("False", "InvalidSpec"))
    assert needs(odd) == ()
    assert names(forest(world(odd))) == ["SmsChannel/odd"]


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("xyz"), st.booleans()), unique_by=lambda one: one[0]
    ),
    st.sets(st.sampled_from("xyz")),
)
def test_nothing_is_left_out(channels: list[tuple[str, str, bool]], gateways: set[str]) -> None:
    """Every object is somewhere by name when everything is asked for, and is counted in else."""
    bodies: list[dict[str, Any]] = [gateway(name) for name in sorted(gateways)]
    bodies += [channel(name, of, ready() if good else BAD) for name, of, good in channels]
    bodies += [route(name, of) for name, of, good in channels if good]
    objects = world(*bodies)
    shown = {
        Key(node.item.kind, "team", node.item.name) for top in forest(objects, everything=True) for node in walk(top)
    }
    assert objects.bodies.keys() <= shown
    for name in gateways:
        users = tree(objects, key("SmppGateway", name)).needed_by
        assert sum(node.count for node in users) == sum(of == name for _, of, _ in channels)

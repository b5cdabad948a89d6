"""Decisions about channels and their derived routes."""

from __future__ import annotations

from typing import Any

import pytest

from sms_operator.core.keys import NOTIFICATION_ROUTE, Key
from sms_operator.core.outcome import ApplyRoute, DeleteRoute
from sms_operator.protocol.messages import FailureReason
from support.worlds import NAMESPACE, Story, condition_types, told

SUCCEEDED = ("True", "ConnectionSucceeded", "Connection succeeded")
ROUTE = Key(NOTIFICATION_ROUTE, NAMESPACE, "ch")


@pytest.fixture
def story() -> Story:
    """A connected gateway and a channel on it that has not been looked at."""
    story = Story()
    story.connect(story.gateway())
    story.channel()
    return story


CHANNEL = Key("SmsChannel", NAMESPACE, "ch")
GATEWAY = Key("SmppGateway", NAMESPACE, "gw")


def test_a_channel_derives_its_route_and_is_ready(story: Story) -> None:
    """One route, owned by the channel's uid; one status that speaks of it as done."""
    outcome = story.settle(CHANNEL)
    assert isinstance(outcome.route, ApplyRoute)
    body = outcome.route.body
    channel = story.world.get(CHANNEL)
    assert channel is not None
    assert body["metadata"]["ownerReferences"][0]["uid"] == channel.uid
    assert body["metadata"]["ownerReferences"][0]["controller"] is True
    assert body["spec"] == {
        "type": "SMS",
        "origin": "Derived",
        "gatewayRef": {"name": "gw"},
        "channelRef": {"name": "ch"},
    }
    assert set(body["metadata"]) == {"name", "namespace", "labels", "ownerReferences"}
    for kind in ("Connected", "Ready"):
        assert told(outcome, kind) == SUCCEEDED
    assert told(outcome, "Routed")[:2] == ("True", "Routed")
    again = story.settle(CHANNEL)
    assert again.route is None
    assert again.status == outcome.status


def test_another_gateway_changes_the_route_in_place(story: Story) -> None:
    """The same route object is applied again; nothing is deleted."""
    story.settle(CHANNEL)
    before = story.world.get(ROUTE)
    story.connect(story.gateway("other", endpoints=[{"host": "other.example.com", "port": 2775}]))
    story.channel(gateway="other")
    outcome = story.settle(CHANNEL)
    assert isinstance(outcome.route, ApplyRoute)
    assert outcome.route.replaces is None
    after = story.world.get(ROUTE)
    assert before is not None
    assert after is not None
    assert after.uid == before.uid
    assert after.raw_spec["gatewayRef"] == {"name": "other"}


@pytest.mark.parametrize(
    ("edit", "replaced"),
    [
        ({"gatewayRef": {"name": "stolen"}}, False),
        ({"origin": "Manual"}, False),
        ({"numbers": ["123"]}, True),
    ],
)
def test_an_edited_route_is_put_back(story: Story, edit: dict[str, Any], replaced: bool) -> None:
    """A changed field is applied again; a field that must not be there needs a replacement."""
    story.settle(CHANNEL)
    route = story.world.get(ROUTE)
    assert route is not None
    owners = [owner.to_body() for owner in route.metadata.owner_references]
    labels = dict(route.metadata.labels)
    story.put(NOTIFICATION_ROUTE, "ch", {**route.raw_spec, **edit}, ownerReferences=owners, labels=labels)
    outcome = story.decide(CHANNEL)
    assert isinstance(outcome.route, ApplyRoute)
    assert (outcome.route.replaces is not None) is replaced
    assert CHANNEL in story.world.affected_by(ROUTE)


def test_a_deleted_route_is_created_again(story: Story) -> None:
    """Deleting a derived route by hand wakes its channel, which makes it anew."""
    story.settle(CHANNEL)
    assert CHANNEL in story.remove(ROUTE)
    assert isinstance(story.decide(CHANNEL).route, ApplyRoute)


def test_an_orphaned_route_is_owned_again(story: Story) -> None:
    """`--cascade=orphan` and a channel that comes back: the route is taken over."""
    story.settle(CHANNEL)
    route = story.world.get(ROUTE)
    assert route is not None
    story.put(NOTIFICATION_ROUTE, "ch", route.raw_spec, ownerReferences=[], labels=dict(route.metadata.labels))
    outcome = story.decide(CHANNEL)
    assert isinstance(outcome.route, ApplyRoute)
    assert outcome.route.why == "re-owned"


def test_an_orphaned_route_without_a_channel_is_deleted(story: Story) -> None:
    """Garbage collection does not know it, so we remove it, by uid."""
    story.settle(CHANNEL)
    route = story.world.get(ROUTE)
    assert route is not None
    story.put(NOTIFICATION_ROUTE, "ch", route.raw_spec, ownerReferences=[])
    assert story.decide(ROUTE).route is None
    assert ROUTE in story.remove(CHANNEL)
    assert story.decide(ROUTE).route == DeleteRoute(ROUTE, route.uid, "its channel is gone")


def test_a_route_owned_by_a_dead_channel_is_left_to_garbage_collection(story: Story) -> None:
    """With a controller ownerReference Kubernetes removes it."""
    story.settle(CHANNEL)
    story.remove(CHANNEL)
    assert story.decide(ROUTE).route is None


def test_a_manual_route_of_that_name_is_never_touched(story: Story) -> None:
    """The channel says RouteNotOwned and waits; it heals when the name is free."""
    spec = {"gatewayRef": {"name": "gw"}, "channelRef": {"name": "ch"}, "origin": "Manual"}
    story.put(NOTIFICATION_ROUTE, "ch", spec)
    outcome = story.settle(CHANNEL)
    assert outcome.route is None
    assert told(outcome)[:2] == ("False", "RouteNotOwned")
    assert "Stalled" in condition_types(outcome)
    story.remove(ROUTE)
    assert told(story.settle(CHANNEL)) == SUCCEEDED


def test_a_channel_in_deletion_derives_nothing(story: Story) -> None:
    """Foreground deletion must not see its route come back."""
    entry = story.world.get(CHANNEL)
    assert entry is not None
    story.put("SmsChannel", "ch", entry.raw_spec, deletionTimestamp=story.now.stamp)
    outcome = story.decide(CHANNEL)
    assert (outcome.route, outcome.status) == (None, None)


def test_the_older_of_two_channels_keeps_the_name(story: Story) -> None:
    """The loser names the winner, derives no route, and takes over when the winner goes."""
    story.settle(CHANNEL)
    loser = story.channel("late", channelName="ch", numbers=["100"])
    outcome = story.settle(loser)
    assert outcome.route is None
    assert told(outcome)[:2] == ("False", "NameConflict")
    assert '"ch"' in told(outcome)[2]
    assert told(outcome, "Routed")[1] == "NotAccepted"
    assert loser in story.remove(CHANNEL)
    assert told(story.settle(loser)) == SUCCEEDED


def test_an_orphaned_route_beside_a_loser_is_deleted(story: Story) -> None:
    """Its channel was deleted without it and made again, and lost its name: nobody would ever own it."""
    story.settle(CHANNEL)
    loser = story.channel("late", channelName="ch", numbers=["100"])
    present = story.world.get(ROUTE)
    assert present is not None
    orphan = story.put(NOTIFICATION_ROUTE, "late", present.raw_spec)
    outcome = story.decide(loser)
    assert isinstance(outcome.route, DeleteRoute)
    assert outcome.route.key == orphan


@pytest.mark.parametrize(
    ("mine", "theirs", "conflict"),
    [
        (["100"], ["100"], True),
        (["+100"], ["100"], True),
        (["100"], ["200"], False),
        ([], [], True),
        ([], ["200"], False),
    ],
)
def test_a_number_belongs_to_one_channel(mine: list[str], theirs: list[str], conflict: bool) -> None:
    """The same number, or two catch-alls, on one gateway conflict; a leading + means nothing."""
    story = Story()
    story.connect(story.gateway())
    story.channel("first", numbers=mine)
    second = story.channel("second", numbers=theirs)
    assert (told(story.settle(second), "Accepted")[1] == "NumberConflict") is conflict


def test_losing_its_acceptance_removes_the_route(story: Story) -> None:
    """A channel that becomes the younger claimant of a number has no route."""
    story.channel("elder", numbers=["7"])
    late = story.channel("late", numbers=["8"])
    story.settle(late)
    story.channel("late", numbers=["7"])
    outcome = story.settle(late)
    assert isinstance(outcome.route, DeleteRoute)


def test_a_sending_gateway_cannot_carry_a_channel(story: Story) -> None:
    """Mode Send receives nothing: stalled, with the modes that would do."""
    story.settle(CHANNEL)
    story.gateway(mode="Send")
    outcome = story.settle(CHANNEL)
    assert told(outcome)[1:] == (
        "GatewayCannotReceive",
        'SmppGateway "gw" has mode Send; a channel needs SendAndReceive or Receive',
    )


def test_the_customers_timeout_must_exceed_the_queues(story: Story) -> None:
    """A session would end while the customer still waits for an agent."""
    queue = {"name": "support", "maxWaitingTime": "10m"}
    story.put("CalledRoute", "queue", {"accessCode": "100", "extensionCode": "1", "skillQueue": queue})
    entry = story.world.get(CHANNEL)
    assert entry is not None
    story.put("SmsChannel", "ch", {**entry.raw_spec, "sessionEnd": {"noCustomerReply": "10m"}})
    status, reason, message = told(story.settle(CHANNEL))
    assert (status, reason) == ("False", "TimeoutTooShort")
    assert "is 10m; it must be longer than" in message


@pytest.mark.parametrize(
    ("spec", "reason", "message"),
    [
        ({"gatewayRef": {"name": "no"}}, "GatewayNotFound", 'SmppGateway "no" not found'),
        ({"calledRouteRef": {"name": "no"}}, "CalledRouteNotFound", 'CalledRoute "no" not found'),
        ({"organizationUnitRef": {"name": "no"}}, "OrganizationUnitNotFound", 'OrganizationUnit "no" not found'),
        ({"serviceTimeRef": {"name": "no"}}, "ServiceTimeNotFound", 'ServiceTime "no" not found'),
        (
            {"robot": {"chatbotRef": {"name": "no"}}, "transferKeywords": ["agent"]},
            "ChatbotNotFound",
            'Chatbot "no" not found',
        ),
    ],
)
def test_missing_references_are_named_and_not_stalled(
    story: Story, spec: dict[str, Any], reason: str, message: str
) -> None:
    """What is missing may still come; the route is derived all the same."""
    key = story.channel(**spec)
    outcome = story.settle(key)
    assert told(outcome) == ("False", reason, message)
    assert "Stalled" not in condition_types(outcome)
    assert told(outcome, "Routed")[0] == "True"


def test_wrong_kinds_of_called_route_and_robot(story: Story) -> None:
    """They exist but cannot serve an SMS channel; the message says what would."""
    story.put(
        "CalledRoute", "queue", {"accessCode": "1", "extensionCode": "1", "media": "Voice", "skillQueue": {"name": "q"}}
    )
    assert told(story.settle(CHANNEL))[1] == "CalledRouteNotMultimedia"
    story.put("Chatbot", "bot", {"accessCode": "1", "dialogType": "IvrFlow"})
    key = story.channel(robot={"chatbotRef": {"name": "bot"}}, transferKeywords=["agent"])
    assert told(story.settle(key))[1] == "ChatbotWrongDialogType"


def test_a_channel_follows_its_gateways_loss_after_five_seconds(story: Story) -> None:
    """A thousand channels stay calm while a gateway blinks."""
    story.settle(CHANNEL)
    story.fails(GATEWAY, FailureReason.PEER_UNBOUND, age=0.0, message="the SMSC unbound")
    story.wait(3.0)
    assert told(story.settle(GATEWAY))[0] == "False"
    before = story.world.get(CHANNEL)
    outcome = story.settle(CHANNEL)
    assert before is not None
    assert outcome.status == before.status
    assert outcome.again_in == pytest.approx(2.0, abs=0.1)
    story.wait(2.1)
    assert told(story.settle(CHANNEL)) == ("False", "GatewayNotConnected", 'SmppGateway "gw": the SMSC unbound')


def test_one_receiving_bind_is_enough(story: Story) -> None:
    """Partial connection shows in the message, not in the verdict."""
    story.gateway(bind={"count": 2})
    story.settle(GATEWAY)
    story.fails(GATEWAY, FailureReason.ALREADY_BOUND, connected=1)
    assert told(story.settle(CHANNEL)) == ("True", "ConnectionSucceeded", "Connection succeeded (1 of 2 binds)")


def test_the_channels_of_a_disconnected_gateway_are_not_ready(story: Story) -> None:
    """Disconnecting is healthy for the gateway and an outage for its channels."""
    story.gateway(connection="Disconnected")
    status, reason, message = told(story.settle(CHANNEL))
    assert (status, reason) == ("False", "GatewayNotConnected")
    assert message == 'SmppGateway "gw": Disconnected by spec.connection'


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"gatewayRef": {"name": "gw"}, "channelRef": {"name": "ch"}, "numbers": ["5"]}, "Valid"),
        ({"gatewayRef": {"name": "no"}, "channelRef": {"name": "ch"}}, "GatewayNotFound"),
        ({"gatewayRef": {"name": "gw"}, "channelRef": {"name": "no"}}, "ChannelNotFound"),
        ({"gatewayRef": {"name": "gw"}, "channelRef": {"name": "ch"}}, "ShadowedBy"),
    ],
)
def test_manual_routes(story: Story, spec: dict[str, Any], reason: str) -> None:
    """A manual route says what it lacks, or which channel takes its numbers already."""
    route = story.put(NOTIFICATION_ROUTE, "by-hand", spec)
    assert told(story.settle(route))[1] == reason

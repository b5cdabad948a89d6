"""Decisions about gateways: references, conflicts, and what may be said of a link and when."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sms_operator.core.keys import SECRET, Key
from sms_operator.core.materials import Missing, Unreadable
from sms_operator.core.outcome import Drop, KeepAsIs, Want
from sms_operator.protocol.messages import BindType, FailureReason, LongText, MessageOptions
from support.worlds import NAMESPACE, Story, condition_types, told

SUCCEEDED = ("True", "ConnectionSucceeded", "Connection succeeded")


@pytest.fixture
def story() -> Story:
    return Story()


def test_nothing_is_said_before_the_secret_was_read(story: Story) -> None:
    """Half a world gives no status and leaves whatever link there is alone."""
    key = story.put(
        "SmppGateway",
        "gw",
        {
            "endpoints": [{"host": "h.example", "port": 1}],
            "login": {"systemId": "a", "passwordSecretRef": {"name": "login"}},
        },
    )
    outcome = story.decide(key)
    assert outcome.status is None
    assert outcome.link == KeepAsIs()


def test_a_bound_gateway_is_ready(story: Story) -> None:
    """The words of the manual, on Connected and Ready, once the data plane confirms the present wish."""
    key = story.gateway()
    first = story.settle(key)
    assert isinstance(first.link, Want)
    assert first.status is None
    story.fact(key)
    outcome = story.settle(key)
    assert told(outcome, "Connected") == SUCCEEDED
    assert told(outcome) == SUCCEEDED
    assert condition_types(outcome) == {"Accepted", "ResolvedRefs", "Connected", "Ready"}
    assert outcome.status is not None
    assert outcome.status["binds"] == {"desired": 1, "connected": 1, "summary": "1/1"}


def test_the_same_world_gives_the_same_status(story: Story) -> None:
    """Time alone changes nothing about a gateway that is up."""
    key = story.gateway()
    story.connect(key)
    before = story.settle(key).status
    story.wait(3600)
    assert story.settle(key).status == before


def test_the_link_carries_everything_the_spec_says(story: Story) -> None:
    """Mode, style, count and login become binds and credentials."""
    key = story.gateway(bind={"style": "TransmitterReceiver", "count": 2, "interfaceVersion": "5.0"})
    link = story.settle(key).link
    assert isinstance(link, Want)
    assert link.link.binds == (BindType.RECEIVER, BindType.RECEIVER, BindType.TRANSMITTER, BindType.TRANSMITTER)
    assert (link.link.system_id, link.link.password, link.link.interface_version) == ("demo", "pw", 0x50)
    assert "pw" not in repr(link)


def test_message_defaults_travel_with_the_link(story: Story) -> None:
    """And are all of it that changes when they do, so that the data plane need not bind anew for them."""
    before = story.settle(story.gateway()).link
    key = story.gateway(message={"longMessages": "Udh16", "gsm7Packing": "Packed", "validityPeriod": "1h"})
    after = story.settle(key).link
    assert isinstance(before, Want)
    assert isinstance(after, Want)
    assert before.link.message == MessageOptions()
    message = MessageOptions(long_messages=LongText.UDH16, packed=True, validity_period="000000010000000R")
    assert after.link.message == message
    assert replace(before.link, message=message) == after.link


@pytest.mark.parametrize(
    ("stored", "wanted"), [(b"pw\n", "pw"), (b"pw\r\n", "pw"), (b"pw\n\n", "pw\n"), (b"p\xe9w", "p\xe9w")]
)
def test_one_trailing_newline_of_a_password_is_stripped(story: Story, stored: bytes, wanted: str) -> None:
    """`echo secret | kubectl create secret --from-file` adds one; octets beyond ASCII pass as they are."""
    key = story.gateway()
    story.secret(password=stored)
    link = story.decide(key).link
    assert isinstance(link, Want)
    assert link.link.password == wanted


@pytest.mark.parametrize(
    ("data", "reason", "message"),
    [
        ({"other": b"x"}, "SecretKeyMissing", 'Secret "login" has no key "password"'),
        ({"password": b""}, "SecretKeyMissing", 'Secret "login": key "password" is empty'),
        ({"password": b"a\0b"}, "SecretKeyMissing", 'Secret "login": key "password" holds a NUL octet'),
    ],
)
def test_an_unusable_secret_is_named(story: Story, data: dict[str, bytes], reason: str, message: str) -> None:
    """The message says which Secret, which key and what is wrong with it."""
    key = story.gateway()
    story.secret("login", **data)
    status, why, text = told(story.settle(key), "ResolvedRefs")
    assert (status, why) == ("False", reason)
    assert text.startswith(message)


def test_a_missing_secret_never_drops_a_live_bind(story: Story) -> None:
    """The gateway says what is missing, its link is left as it is, and it is still connected."""
    key = story.gateway()
    story.connect(key)
    story.world.put_material(Key(SECRET, NAMESPACE, "login"), Missing())
    outcome = story.settle(key)
    assert outcome.link == KeepAsIs()
    assert told(outcome)[:2] == ("False", "SecretNotFound")
    assert told(outcome, "Connected") == SUCCEEDED
    assert "Stalled" not in condition_types(outcome)


def test_unreadable_is_not_missing(story: Story) -> None:
    """A Secret that was read once stays known when reading it is refused later."""
    key = story.gateway()
    story.connect(key)
    story.world.put_material(Key(SECRET, NAMESPACE, "login"), Unreadable("no right"))
    assert told(story.settle(key)) == SUCCEEDED


def test_a_first_failure_is_said_with_its_message(story: Story) -> None:
    """A refused login stalls: only a person can repair it."""
    key = story.gateway()
    story.settle(key)
    story.fails(key, FailureReason.INVALID_PASSWORD, message="The SMSC refuses the password", command_status=0x0E)
    outcome = story.settle(key)
    assert told(outcome) == ("False", "InvalidPassword", "The SMSC refuses the password")
    assert told(outcome, "Stalled")[0] == "True"
    assert outcome.status is not None
    assert outcome.status["lastError"]["commandStatus"] == 0x0E


def test_a_short_loss_is_not_worth_a_word(story: Story) -> None:
    """A link that is back within half a second leaves the status untouched."""
    key = story.gateway()
    story.connect(key)
    story.fails(key, FailureReason.PEER_UNBOUND, age=0.1)
    outcome = story.settle(key)
    assert outcome.status is None
    assert outcome.again_in == pytest.approx(0.4, abs=0.05)
    story.wait(0.2)
    story.fact(key)
    entry = story.world.get(key)
    assert entry is not None
    assert story.settle(key).status == entry.status


def test_a_longer_loss_is_said(story: Story) -> None:
    """After half a second it is said why the link is down."""
    key = story.gateway()
    story.connect(key)
    story.fails(key, FailureReason.PEER_UNBOUND, age=0.0)
    story.wait(0.6)
    assert told(story.settle(key))[:2] == ("False", "PeerUnbound")


def test_after_a_start_the_last_status_stands_for_15_seconds(story: Story) -> None:
    """A data plane that has just started has had no time to bind."""
    key = story.gateway()
    story.connect(key)
    story.world.facts.clear()
    story.world.data_plane.settled_at = story.now.monotonic + 15.0
    story.fails(key, FailureReason.ALREADY_BOUND, age=2.0)
    assert story.settle(key).status is None
    story.fact(key, 0, age=3.0)
    assert story.settle(key).status is None
    story.wait(15.1)
    assert told(story.settle(key))[:2] == ("Unknown", "Connecting")


def test_a_silent_data_plane_is_said_after_15_seconds(story: Story) -> None:
    """Nobody knows the state of a link while the data plane does not answer."""
    key = story.gateway()
    story.connect(key)
    story.world.data_plane.connected = False
    story.world.data_plane.settled_at = story.now.monotonic + 15.0
    outcome = story.settle(key)
    assert outcome.status is None
    assert outcome.again_in is not None
    story.wait(outcome.again_in)
    assert told(story.settle(key))[:2] == ("Unknown", "Connecting")


def test_a_changed_spec_is_not_called_connected_before_the_data_plane_says_so(story: Story) -> None:
    """The fact of a former wish is not the state of the present one."""
    key = story.gateway()
    story.connect(key)
    story.gateway(endpoints=[{"host": "other.example.com", "port": 2775}])
    assert story.settle(key).status is None
    story.fails(key, FailureReason.UNREACHABLE)
    outcome = story.settle(key)
    assert told(outcome)[:2] == ("False", "Unreachable")
    assert outcome.status is not None
    assert outcome.status["observedGeneration"] == 2


def test_a_kept_former_bind_is_mentioned(story: Story) -> None:
    """When the new password is refused the old bind stays, and the status says both."""
    key = story.gateway()
    story.connect(key)
    story.secret(password=b"new")
    story.settle(key)
    story.fails(key, FailureReason.INVALID_PASSWORD, former_connected=1, receivers_connected=1)
    outcome = story.settle(key)
    assert told(outcome)[:2] == ("False", "InvalidPassword")
    assert told(outcome)[2].endswith("what was bound before this change is kept")
    assert outcome.status is not None
    assert outcome.status["binds"]["summary"] == "1/1"


def test_some_of_several_binds(story: Story) -> None:
    """One of two binds is up: partially connected, with the reason for the other."""
    key = story.gateway(bind={"count": 2})
    story.settle(key)
    story.fails(key, FailureReason.ALREADY_BOUND, connected=1, message="only one session is allowed")
    assert told(story.settle(key)) == (
        "False",
        "PartiallyConnected",
        "1 of 2 binds are up: only one session is allowed",
    )


def test_five_minutes_down_is_stalled(story: Story) -> None:
    """Argo CD shows Degraded then, and time alone brings it about."""
    key = story.gateway()
    story.settle(key)
    story.fails(key, FailureReason.UNREACHABLE)
    outcome = story.settle(key)
    assert "Stalled" not in condition_types(outcome)
    assert outcome.again_in == pytest.approx(300, abs=1)
    story.wait(301)
    outcome = story.settle(key)
    assert told(outcome, "Stalled")[1] == "NotConnected"
    assert story.settle(key).status == outcome.status


def test_last_error_keeps_the_time_of_the_first(story: Story) -> None:
    """The same failure again changes nothing; recovery leaves it as history."""
    key = story.gateway()
    story.settle(key)
    story.fails(key, FailureReason.UNREACHABLE)
    first = story.settle(key).status
    story.wait(120)
    story.fails(key, FailureReason.UNREACHABLE)
    assert story.settle(key).status == first
    story.fact(key)
    status = story.settle(key).status
    assert first is not None
    assert status is not None
    assert status["lastError"] == first["lastError"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"connection": "Disconnected"}, "Disconnected by spec.connection"),
        ({"annotation": "ada: SMSC maintenance\n"}, "Disconnected: ada: SMSC maintenance"),
        ({"annotation": ""}, "Disconnected by annotation"),
    ],
)
def test_disconnected_on_purpose_is_healthy(story: Story, changes: dict[str, str], message: str) -> None:
    """The link goes, Connected says who asked for it, Ready stays True."""
    story.secret()
    annotation = changes.get("annotation")
    metadata = {} if annotation is None else {"annotations": {"sms-operator.dev/disconnect": annotation}}
    spec = {name: value for name, value in changes.items() if name != "annotation"}
    key = story.gateway()
    story.put("SmppGateway", "gw", {**_spec(story, key), **spec}, **metadata)
    outcome = story.settle(key)
    assert outcome.link == Drop()
    assert told(outcome, "Connected") == ("False", "Disconnected", message)
    assert told(outcome) == ("True", "Disconnected", message)


def test_the_older_of_two_gateways_on_one_account_wins(story: Story) -> None:
    """The younger waits with a message that names the winner, and takes over when it goes."""
    older, younger = (
        story.gateway("older"),
        story.gateway("younger", endpoints=[{"host": "SMSC.example.com", "port": 2775}]),
    )
    assert isinstance(story.settle(older).link, Want)
    outcome = story.settle(younger)
    assert outcome.link == Drop()
    assert told(outcome)[:2] == ("False", "AccountConflict")
    assert '"older"' in told(outcome)[2]
    assert "Stalled" in condition_types(outcome)
    assert younger in story.remove(older)
    assert isinstance(story.settle(younger).link, Want)


@pytest.mark.parametrize(
    ("one", "other", "conflict"), [("Send", "Receive", False), ("Send", "SendAndReceive", True), ("Send", "Send", True)]
)
def test_gateways_conflict_only_in_a_common_direction(story: Story, one: str, other: str, conflict: bool) -> None:
    """A sender and a receiver may share an account."""
    story.gateway("older", mode=one)
    younger = story.gateway("younger", mode=other)
    assert (told_reason(story, younger) == "AccountConflict") is conflict


def test_a_gateway_in_deletion_competes_for_nothing(story: Story) -> None:
    """Its link goes at once and the other takes over before it is gone."""
    older, younger = story.gateway("older"), story.gateway("younger")
    story.put("SmppGateway", "older", _spec(story, older), deletionTimestamp=story.now.stamp)
    assert story.decide(older).link == Drop()
    assert isinstance(story.decide(younger).link, Want)


def test_a_refused_address_is_not_accepted(story: Story) -> None:
    """The data plane checks what it dials; the object says that it cannot be accepted."""
    key = story.gateway()
    story.settle(key)
    story.fails(key, FailureReason.ADDRESS_NOT_ALLOWED, message="127.0.0.1 is a loopback address")
    outcome = story.settle(key)
    assert told(outcome, "Accepted") == ("False", "AddressNotAllowed", "127.0.0.1 is a loopback address")
    assert told(outcome)[1] == "AddressNotAllowed"
    assert isinstance(outcome.link, Want)


def test_a_missing_certificate_and_unit_are_named(story: Story) -> None:
    """References that do not exist yet are said, and heal when they appear."""
    key = story.gateway(tls={"trustCertificateRef": {"name": "ca"}}, organizationUnitRef={"name": "sales"})
    assert told(story.settle(key))[1:] == (
        "CertificateNotFound",
        'Certificate "ca" not found (spec.tls.trustCertificateRef)',
    )
    story.gateway(organizationUnitRef={"name": "sales"})
    story.settle(key)
    story.fact(key)
    assert told(story.settle(key))[1:] == ("OrganizationUnitNotFound", 'OrganizationUnit "sales" not found')
    unit = story.put("OrganizationUnit", "sales", {"displayName": "Sales", "code": "s"})
    assert key in story.world.affected_by(unit)
    assert told(story.settle(key)) == SUCCEEDED


def told_reason(story: Story, key: Key) -> str:
    """The reason of Accepted after one pass and, where a link is wanted, its success."""
    outcome = story.settle(key)
    if isinstance(outcome.link, Want):
        story.fact(key)
        outcome = story.settle(key)
    return told(outcome, "Accepted")[1]


def _spec(story: Story, key: Key) -> dict[str, object]:
    entry = story.world.get(key)
    assert entry is not None
    return dict(entry.raw_spec)


def test_one_in_deletion_whose_spec_cannot_be_read_has_no_link(story: Story) -> None:
    """Deletion comes before everything that a spec could say."""
    key = story.put("SmppGateway", "odd", {"endpoints": "none"}, deletionTimestamp=story.now.stamp)
    assert story.decide(key).link == Drop()
    assert story.decide(key).status is None

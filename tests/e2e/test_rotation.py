"""Rotated passwords and certificates take effect by themselves, and no bind is lost on the way."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sms_operator.dev.control_plane import Client, ControlPlane
from sms_operator.dev.smsc import Account, Simulator
from sms_operator.dev.smsc.background import Background, in_background
from support.ground import GOOD, Ground, derived_role, grant, new_ground, sessions
from support.linkbench import Watch
from support.pki import Pki
from support.tenant import Tenant, eventually

KEPT = "what was bound before this change is kept"
WATCHING = "sms-operator-watching-secrets"
BLIND = "sms-operator-without-secrets"


@pytest.fixture(scope="module")
def ground(rights: ControlPlane, api: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """An operator that may only get Secrets, and reads them every two seconds."""
    with new_ground(rights, api, tmp_path_factory.mktemp("rotation")) as ground:
        yield ground


@pytest.fixture(scope="module")
def watching(rights: ControlPlane, api: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """An operator that may watch Secrets, and otherwise reads them once an hour."""
    environment = {"SMS_OPERATOR_WATCH_SECRETS": "true", "SMS_OPERATOR_SECRET_INTERVAL": "3600"}
    directory = tmp_path_factory.mktemp("watching")
    with (
        derived_role(api, WATCHING, ["get", "list", "watch"]) as role,
        new_ground(rights, api, directory, environment=environment, role=role) as ground,
    ):
        yield ground


@pytest.fixture(scope="module")
def seldom(rights: ControlPlane, api: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """An operator that may only get Secrets, and reads them once an hour."""
    environment = {"SMS_OPERATOR_SECRET_INTERVAL": "3600"}
    with new_ground(rights, api, tmp_path_factory.mktemp("seldom"), environment=environment) as ground:
        yield ground


@pytest.fixture
def tenant(ground: Ground) -> Iterator[Tenant]:
    """The namespace; after the test the neighbour must be as it was."""
    yield ground.tenant
    ground.assert_undisturbed()


class Scene:
    """An SMSC that knows how many sessions it ever had at least, and the gateway bound to it."""

    def __init__(self, tenant: Tenant, name: str, smsc: Background, watch: Watch) -> None:
        self.tenant = tenant
        self.name = name
        self.smsc = smsc
        self._watch = watch

    def begin(self) -> int:
        """Wait for the bind, watch from now on, and return its session."""
        self.until("ConnectionSucceeded")
        self.smsc.get(lambda simulator: self._watch.start(simulator))
        return sessions(self.smsc)[0]

    def until(self, reason: str) -> str:
        """Wait for what the gateway says."""
        return self.tenant.until("SmppGateway", self.name, reason)

    def rotated(self, former: int) -> int:
        """Wait until a new session stands alone, without a moment in which there was none."""
        found = eventually(
            lambda: sessions(self.smsc), lambda seen: len(seen) == 1 and seen[0] != former, "a new session alone"
        )
        assert self.least >= 1
        self.until("ConnectionSucceeded")
        assert self.tenant.condition("SmppGateway", self.name, "Stalled") == ("", "", "")
        return found[0]

    def password_at_smsc(self, password: str) -> None:
        """It holds from the next bind on."""
        self.smsc.get(lambda simulator: simulator.accounts.set_password("demo", password))

    def password_in_secret(self, password: str) -> None:
        """What the gateway shall use."""
        self.tenant.secret(f"{self.name}-login", password=password)

    @property
    def least(self) -> int:
        """The least number of sessions at a time."""
        return self.smsc.get(lambda simulator: self._watch.least)

    @property
    def attempts(self) -> list[int]:
        """The command_status of every bind so far."""
        return self.smsc.get(lambda simulator: [attempt.status for attempt in simulator.state.attempts])


@contextmanager
def plain_scene(tenant: Tenant, name: str, **spec: Any) -> Generator[Scene]:
    """A gateway on a plain port, with a channel."""
    watch = Watch()
    with in_background(lambda: Simulator([Account("demo", "secret")], log=watch)) as smsc:
        tenant.gateway(name, smsc.get(lambda simulator: simulator.port), **spec)
        tenant.channel(name, name)
        yield Scene(tenant, name, smsc, watch)


@contextmanager
def tls_scene(tenant: Tenant, name: str, pki: Pki, **server: Any) -> Generator[Scene]:
    """A gateway on a TLS port that trusts what is in a ConfigMap and shows what is in a Secret."""
    watch, context = Watch(), pki.server_context(**server)
    with in_background(lambda: Simulator([Account("demo", "secret")], tls=context, log=watch)) as smsc:
        tenant.config_map(f"{name}-ca", **{"ca.pem": pki.authority.pem.encode()})
        tenant.apply("Certificate", f"{name}-ca", {"configMapKeyRef": {"name": f"{name}-ca", "key": "ca.pem"}})
        tenant.secret(f"{name}-id", **{"tls.crt": pki.client.pem, "tls.key": pki.client.key_pem})
        tenant.apply("Certificate", f"{name}-id", {"usage": "Identity", "secretKeyRef": {"name": f"{name}-id"}})
        tls = {"trustCertificateRef": {"name": f"{name}-ca"}, "identityCertificateRef": {"name": f"{name}-id"}}
        tenant.gateway(name, smsc.get(lambda simulator: simulator.tls_port), tls=tls)
        tenant.channel(name, name)
        yield Scene(tenant, name, smsc, watch)


def identities(smsc: Background) -> list[str | None]:
    """The certificates that the bound sessions have shown."""
    return smsc.get(lambda simulator: [session.line.certificate for session in simulator.sessions("demo")])


def test_a_rotated_password(tenant: Tenant, name: str) -> None:
    """First at the SMSC, then in the Secret: the new bind stands before the old one goes."""
    with plain_scene(tenant, name) as scene:
        former = scene.begin()
        scene.password_at_smsc("rotated")
        scene.password_in_secret("rotated")
        scene.rotated(former)
        assert scene.attempts == [0, 0]
        assert tenant.condition("SmsChannel", name)[1] == "ConnectionSucceeded"


def test_a_rebuild_takes_what_the_secret_holds_now(seldom: Ground, name: str) -> None:
    """Who rotates a password and rebuilds at once means the new one; no bind with the old one is tried."""
    with plain_scene(seldom.tenant, name) as scene:
        former = scene.begin()
        scene.password_at_smsc("rotated")
        scene.password_in_secret("rotated")
        seldom.tenant.annotate("SmppGateway", name, rebuild="now")
        scene.rotated(former)
        assert scene.attempts == [0, 0]
        seldom.tenant.annotate("SmppGateway", name, rebuild="again")
        eventually(lambda: scene.attempts, lambda seen: seen == [0, 0, 0], "a rebuild with the same password")


def test_a_pair_with_a_rotated_password(tenant: Tenant, name: str) -> None:
    """Receiver and transmitter: never fewer than two sessions."""
    with plain_scene(tenant, name, bind={"style": "TransmitterReceiver"}) as scene:
        scene.begin()
        former = set(sessions(scene.smsc))
        scene.password_at_smsc("rotated")
        scene.password_in_secret("rotated")
        eventually(
            lambda: sessions(scene.smsc),
            lambda seen: len(seen) == 2 and not former & set(seen),
            "two new sessions and no old one",
        )
        assert scene.least >= 2


def test_a_mistyped_password(tenant: Tenant, name: str) -> None:
    """The old bind is kept and serves its channel, the gateway says so, and the right password heals."""
    with plain_scene(tenant, name) as scene:
        tenant.until("SmsChannel", name, "ConnectionSucceeded")
        former = scene.begin()
        scene.password_at_smsc("rotated")
        scene.password_in_secret("mistyped")
        message = scene.until("InvalidPassword")
        assert message.endswith(KEPT)
        assert "mistyped" not in message
        assert tenant.condition("SmppGateway", name, "Stalled")[0] == "True"
        assert tenant.condition("SmsChannel", name)[:2] == ("True", "ConnectionSucceeded")
        assert scene.smsc.call(lambda simulator: simulator.inject("demo", "49170", "100", "hello")) is not None
        assert sessions(scene.smsc) == [former]
        scene.password_in_secret("rotated")
        scene.rotated(former)
        assert tenant.condition("SmsChannel", name)[:2] == ("True", "ConnectionSucceeded")


def test_a_mistake_taken_back(tenant: Tenant, name: str) -> None:
    """A wrong password, then the former one again: healed without losing what stands."""
    with plain_scene(tenant, name) as scene:
        scene.begin()
        scene.password_in_secret("mistyped")
        scene.until("InvalidPassword")
        scene.password_in_secret("secret")
        scene.until("ConnectionSucceeded")
        assert scene.least >= 1
        assert tenant.condition("SmppGateway", name, "Stalled") == ("", "", "")


def test_a_deleted_secret(tenant: Tenant, name: str) -> None:
    """It is said and drops nothing; the Secret's return heals without another bind."""
    with plain_scene(tenant, name) as scene:
        former = scene.begin()
        tenant.delete_secret(f"{name}-login")
        assert f'"{name}-login" not found' in scene.until("SecretNotFound")
        assert tenant.condition("SmppGateway", name)[0] == "False"
        assert tenant.condition("SmppGateway", name, "Connected")[:2] == ("True", "ConnectionSucceeded")
        assert tenant.condition("SmsChannel", name)[:2] == ("True", "ConnectionSucceeded")
        assert tenant.condition("SmppGateway", name, "Stalled") == ("", "", "")
        scene.password_in_secret("secret")
        scene.until("ConnectionSucceeded")
        assert sessions(scene.smsc) == [former]
        assert scene.attempts == [0]


def test_a_secret_that_loses_its_key(tenant: Tenant, name: str) -> None:
    """The same for a key that goes."""
    with plain_scene(tenant, name) as scene:
        former = scene.begin()
        tenant.delete_secret(f"{name}-login")
        tenant.secret(f"{name}-login", other="secret")
        scene.until("SecretKeyMissing")
        assert sessions(scene.smsc) == [former]
        scene.password_in_secret("secret")
        scene.until("ConnectionSucceeded")
        assert scene.attempts == [0]


def test_a_rotated_authority(tenant: Tenant, name: str, pki: Pki) -> None:
    """SMSC and ConfigMap change to another authority: a new handshake, and the bind is never lost."""
    with tls_scene(tenant, name, pki) as scene:
        former = scene.begin()
        moved = pki.server_context(pki.stranger.server())
        scene.smsc.get(lambda simulator: simulator.set_tls(moved))
        tenant.config_map(f"{name}-ca", **{"ca.pem": pki.stranger.pem.encode()})
        scene.rotated(former)
        status = (tenant.get("Certificate", f"{name}-ca") or {})["status"]
        assert "Stranger CA" in status["subject"]


def test_an_authority_too_early(tenant: Tenant, name: str, pki: Pki) -> None:
    """Trust moves before the SMSC does: refused, the old bind kept; the former trust heals."""
    with tls_scene(tenant, name, pki) as scene:
        former = scene.begin()
        tenant.config_map(f"{name}-ca", **{"ca.pem": pki.stranger.pem.encode()})
        assert scene.until("TlsVerificationFailed").endswith(KEPT)
        assert sessions(scene.smsc) == [former]
        tenant.config_map(f"{name}-ca", **{"ca.pem": pki.authority.pem.encode()})
        scene.until("ConnectionSucceeded")
        assert scene.least >= 1


def test_a_certificate_that_becomes_unusable(tenant: Tenant, name: str, pki: Pki) -> None:
    """Rubbish in the ConfigMap is said by both objects and drops nothing; the right content heals."""
    with tls_scene(tenant, name, pki) as scene:
        former = scene.begin()
        tenant.config_map(f"{name}-ca", **{"ca.pem": b"rubbish"})
        tenant.until("Certificate", f"{name}-ca", "ParseFailed")
        scene.until("CertificateNotReady")
        assert tenant.condition("SmppGateway", name, "Connected")[0] == "True"
        tenant.config_map(f"{name}-ca", **{"ca.pem": pki.authority.pem.encode()})
        scene.until("ConnectionSucceeded")
        assert sessions(scene.smsc) == [former]


def test_a_rotated_identity(tenant: Tenant, name: str, pki: Pki) -> None:
    """Another client certificate and key in the Secret are shown to the SMSC, and the bind is never lost."""
    with tls_scene(tenant, name, pki, mutual=True) as scene:
        former = scene.begin()
        before = identities(scene.smsc)
        renewed = pki.authority.client("esme-renewed")
        tenant.secret(f"{name}-id", **{"tls.crt": renewed.pem, "tls.key": renewed.key_pem})
        scene.rotated(former)
        assert before == ["esme"]
        assert identities(scene.smsc) == ["esme-renewed"]


def test_watched_secrets(watching: Ground, pki: Pki) -> None:
    """Though the interval is an hour: password, authority and identity take effect as soon as they are written."""
    tenant = watching.tenant
    with plain_scene(tenant, "watched") as scene:
        former = scene.begin()
        scene.password_at_smsc("rotated")
        scene.password_in_secret("rotated")
        scene.rotated(former)
        tenant.delete_secret("watched-login")
        scene.until("SecretNotFound")
        scene.password_in_secret("rotated")
        scene.until("ConnectionSucceeded")
        tenant.delete("SmppGateway", "watched")
    with tls_scene(tenant, "watched-tls", pki, mutual=True) as scene:
        former = scene.begin()
        moved = pki.server_context(pki.stranger.server(), mutual=True)
        scene.smsc.get(lambda simulator: simulator.set_tls(moved))
        tenant.config_map("watched-tls-ca", **{"ca.pem": pki.stranger.pem.encode()})
        second = scene.rotated(former)
        renewed = pki.authority.client("esme-renewed")
        tenant.secret("watched-tls-id", **{"tls.crt": renewed.pem, "tls.key": renewed.key_pem})
        scene.rotated(second)
        assert identities(scene.smsc) == ["esme-renewed"]
        tenant.delete("SmppGateway", "watched-tls")
    watching.assert_undisturbed()


def test_without_any_right_on_secrets(
    rights: ControlPlane, api: Client, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Unreadable is not absent: Unknown, never SecretNotFound; what was read before still counts; the right heals."""
    with (
        derived_role(api, BLIND, None),
        new_ground(rights, api, tmp_path_factory.mktemp("blind")) as ground,
    ):
        tenant = ground.tenant
        api.call("DELETE", _binding(tenant.namespace, "sms-operator"), {})
        grant(api, tenant.namespace, BLIND)
        with plain_scene(tenant, "late") as scene:
            message = scene.until("SecretUnreadable")
            assert "grant `get`" in message
            assert tenant.condition("SmppGateway", "late")[0] == "Unknown"
            ground.assert_undisturbed()
            grant(api, tenant.namespace, "sms-operator")
            scene.until("ConnectionSucceeded")
            reasons = {event["reason"] for name in ("late", GOOD) for event in tenant.events(name)}
            assert "SecretNotFound" not in reasons
        ground.assert_undisturbed()


def _binding(namespace: str, name: str) -> str:
    return f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings/{name}"

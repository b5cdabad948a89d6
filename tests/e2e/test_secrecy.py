"""No password and no key in anything the operator writes, at DEBUG, through a story with many of them."""

from __future__ import annotations

import base64
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import yaml

from sms_operator.dev.control_plane import Client, ControlPlane
from sms_operator.dev.control_plane.client import SECRETS
from sms_operator.dev.smsc import Account, Simulator
from sms_operator.dev.smsc.background import Background, in_background
from support.faults.security_canaries import PIECE, Vault, as_json, encodings, everything_written, found_in
from support.ground import new_ground, sessions
from support.pki import Pki
from support.tenant import Tenant, eventually

LONG = 40
"""Octets of a password that no SMPP field has room for by the standard."""


def tell_the_story(tenant: Tenant, vault: Vault, smsc: Background, pki: Pki) -> None:
    """Right, wrong, long, rotated and broken secrets, each seen by the operator."""
    plain, tls = smsc.get(lambda simulator: (simulator.port, simulator.tls_port))
    first, long = vault.password("first password"), vault.password("long password", LONG)
    for account, password in (("demo", first), ("long", long)):
        smsc.get(lambda simulator, known=Account(account, password): simulator.accounts.put(known))
    tenant.gateway("rotating", plain, password=first)
    tenant.channel("ch", "rotating")
    tenant.gateway("long", plain, system_id="long", password=long)
    tenant.gateway("wrong", plain, system_id="long", mode="Send", password=vault.password("wrong password"))
    tenant.patch("SmppGateway", "wrong", {"spec": {"endpoints": [{"host": "localhost", "port": plain}]}})
    tenant.gateway("wrong-long", plain, system_id="nobody", password=vault.password("wrong long password", LONG))
    tenant.until("SmppGateway", "rotating", "ConnectionSucceeded")
    tenant.until("SmppGateway", "long", "ConnectionSucceeded")
    tenant.until("SmppGateway", "wrong", "InvalidPassword")
    tenant.until("SmppGateway", "wrong-long", "InvalidSystemId")

    _rotate(tenant, vault, smsc)
    tenant.secret("long-login", password=vault.password("password with a NUL") + "\0")
    tenant.until("SmppGateway", "long", "SecretKeyMissing")
    tenant.secret("wrong-login", other=vault.password("password under another key"))
    tenant.delete_secret("wrong-long-login")
    tenant.until("SmppGateway", "wrong-long", "SecretNotFound")

    key_password = vault.password("password of a key")
    locked = pki.client.encrypted_key_pem(key_password)
    tenant.apply("Certificate", "ca", {"inline": {"pem": pki.authority.pem}})
    tenant.secret("id", **{"tls.crt": pki.client.pem, "tls.key": locked})
    tenant.secret("id-key", password=vault.password("wrong password of a key"))
    spec = {"usage": "Identity", "secretKeyRef": {"name": "id"}, "passwordSecretRef": {"name": "id-key"}}
    tenant.apply("Certificate", "id", spec)
    refs = {"trustCertificateRef": {"name": "ca"}, "identityCertificateRef": {"name": "id"}}
    tenant.gateway("mutual", tls, password=tenant_password(tenant, "rotating-login"), tls=refs)
    eventually(lambda: tenant.condition("Certificate", "id")[0], lambda seen: seen == "False", "the wrong password")
    tenant.secret("id-key", password=key_password)
    tenant.until("SmppGateway", "mutual", "ConnectionSucceeded")
    vault.key("client's key", pki.client.key_pem)
    stranger = pki.foreign_client
    tenant.secret("id", **{"tls.crt": pki.client.pem, "tls.key": vault.key("stranger's key", stranger.key_pem)})
    tenant.until("Certificate", "id", "KeyMismatch")
    tenant.secret("id", **{"tls.crt": vault.key("key as certificate", pki.elsewhere.key_pem), "tls.key": "rubbish"})
    tenant.until("Certificate", "id", "ParseFailed")


def _rotate(tenant: Tenant, vault: Vault, smsc: Background) -> None:
    for turn in ("second", "third"):
        former, password = sessions(smsc), vault.password(f"{turn} password")
        smsc.get(lambda simulator, new=password: simulator.accounts.set_password("demo", new))
        tenant.secret("rotating-login", password=vault.password(f"mistyped {turn} password"))
        tenant.until("SmppGateway", "rotating", "InvalidPassword")
        tenant.secret("rotating-login", password=password)
        eventually(
            lambda: sessions(smsc),
            lambda seen, old=former: len(seen) == 1 and seen != old,
            f"the {turn} password in use",
        )


def tenant_password(tenant: Tenant, secret: str) -> str:
    """What a Secret holds."""
    body = tenant.client.get(SECRETS, secret, tenant.namespace)
    return base64.b64decode(body["data"]["password"]).decode()


@contextmanager
def mutual_smsc(pki: Pki) -> Generator[Background]:
    """A plain port, and one with mutual TLS."""
    with in_background(lambda: Simulator([], tls=pki.server_context(mutual=True))) as smsc:
        yield smsc


def test_no_secret_is_written_anywhere(rights: ControlPlane, api: Client, tmp_path: Path, pki: Pki) -> None:
    """Logs, Events, objects, metrics, command lines, environments: no password, no key, in five encodings."""
    vault = Vault()
    with new_ground(rights, api, tmp_path) as ground, mutual_smsc(pki) as smsc:
        token = yaml.safe_load((tmp_path / "operator.kubeconfig").read_text())["users"][0]["user"]["token"]
        vault.values["signature of the operator's token"] = token[-2 * PIECE : -PIECE].encode()
        tell_the_story(ground.tenant, vault, smsc, pki)
        texts = everything_written(ground.planes, ground.tenant, tmp_path)
        ground.assert_undisturbed()

        # The search can find: in the Secrets themselves stands what the story used last.
        bodies = api.list(SECRETS, ground.tenant.namespace)
        contents = [base64.b64decode(value) for body in bodies for value in body.get("data", {}).values()]
        kubeconfig = (tmp_path / "operator.kubeconfig").read_bytes()
        stored = {"Secrets": as_json(bodies), "contents": b" ".join(contents), "kubeconfig": kubeconfig}
        hits = found_in(stored, vault)
        assert any(hit.startswith("third password (base64)") for hit in hits), hits
        assert any(hit.startswith("password under another key (base64)") for hit in hits), hits
        assert "key as certificate, text (raw) in contents" in hits, hits
        assert "signature of the operator's token (raw) in kubeconfig" in hits
        # And all that was searched has something in it.
        assert [place for place, text in texts.items() if len(text) < 2] == []
        assert b"DEBUG" in texts["environ of links"]
        assert b"rotating" in texts["log 01-links.log"]
        assert b"rotating" in texts["log 02-controller.log"]
        assert b"InvalidPassword" in texts["objects events"]

        ground.planes.stop()
        texts |= {f"log {path.name}": path.read_bytes() for path in tmp_path.glob("*.log")}
    assert found_in(texts, vault) == []


def test_the_search_finds_every_encoding() -> None:
    """Each of the five, hidden in text, is found, and named."""
    vault = Vault()
    value = vault.password("password").encode()
    for encoding, needle in encodings(value).items():
        assert any(f"({encoding})" in hit for hit in found_in({"place": b"before " + needle + b" after"}, vault))
    assert found_in({"place": b"nothing of the kind"}, vault) == []

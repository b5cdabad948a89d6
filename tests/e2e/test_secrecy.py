"""No password and no key in anything the operator writes, at DEBUG, through a story with many of them."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from sms_operator.api.kinds import KIND_BY_NAME
from sms_operator.dev.control_plane import Client, ControlPlane
from sms_operator.dev.control_plane.client import EVENTS, SECRETS
from sms_operator.dev.smsc import Account, Simulator
from sms_operator.dev.smsc.background import Background, in_background
from support.ground import Ground, new_ground, sessions
from support.pki import Pki
from support.tenant import Tenant, eventually, kind_of

LONG = 40
"""Octets of a password that no SMPP field has room for by the standard."""
PIECE = 24
"""Octets of a key's body that count as the key."""


class Vault:
    """Everything that must not be seen, by what it is."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    def password(self, what: str, octets: int = 8) -> str:
        """A new one, of characters that the encodings below change."""
        value = (secrets.token_urlsafe(octets).replace("_", "/").replace("-", "+"))[: octets - 1] + "%"
        self.values[what] = value.encode()
        return value

    def key(self, what: str, pem: str) -> str:
        """A private key: what stands between the lines of its PEM, in pieces, and the same as octets."""
        body = "".join(line for line in pem.splitlines() if not line.startswith("-----"))
        octets = base64.b64decode(body)
        # In PKCS#8 of a P-256 key the secret number is octets 36 to 67; the second line of PEM begins within it.
        self.values[f"{what}, text"] = body[64 : 64 + PIECE].encode()
        self.values[f"{what}, octets"] = octets[36 : 36 + PIECE]
        return pem


def encodings(value: bytes) -> dict[str, bytes]:
    """A value as careless code might write it."""
    return {
        "raw": value,
        "base64": base64.b64encode(value).rstrip(b"="),
        "hex": value.hex().encode(),
        "urlencoded": quote(value, safe="").encode(),
        "reversed": value[::-1],
    }


def found_in(texts: Mapping[str, bytes], vault: Vault) -> list[str]:
    """Every place where a value of the vault stands, in any encoding."""
    return [
        f"{what} ({encoding}) in {place}"
        for what, value in vault.values.items()
        for encoding, needle in encodings(value).items()
        for place, text in texts.items()
        if needle in text or (encoding == "hex" and needle in text.lower())
    ]


def everything_written(ground: Ground, directory: Path) -> dict[str, bytes]:
    """Logs, Events, objects, metrics, command lines and environments; by where it stands."""
    client, namespace = ground.tenant.client, ground.tenant.namespace
    texts = {f"log {path.name}": path.read_bytes() for path in sorted(directory.glob("*.log"))}
    texts["Events"] = _json(client.list(EVENTS, namespace))
    for kind in KIND_BY_NAME:
        texts[f"objects {kind}"] = _json(client.list(kind_of(kind), namespace))
    for plane in ("controller", "links"):
        texts[f"metrics of {plane}"] = ground.planes.get(plane, "/metrics")[1].encode()
        process = Path("/proc") / str(ground.planes.pid(plane))
        for part in ("cmdline", "environ"):
            texts[f"{part} of {plane}"] = (process / part).read_bytes()
    return texts


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
        texts = everything_written(ground, tmp_path)
        ground.assert_undisturbed()

        # The search can find: in the Secrets themselves stands what the story used last.
        bodies = api.list(SECRETS, ground.tenant.namespace)
        contents = [base64.b64decode(value) for body in bodies for value in body.get("data", {}).values()]
        kubeconfig = (tmp_path / "operator.kubeconfig").read_bytes()
        stored = {"Secrets": _json(bodies), "contents": b" ".join(contents), "kubeconfig": kubeconfig}
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
        assert b"InvalidPassword" in texts["Events"]

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


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()

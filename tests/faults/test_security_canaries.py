"""No password, key, token or text of a message in anything the operator writes, whatever goes wrong around it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from sms_operator.dev.control_plane import ControlPlane
from sms_operator.dev.control_plane.client import SECRETS
from sms_operator.dev.smsc import Account, Simulator
from sms_operator.dev.smsc.background import Background, in_background
from sms_operator.dev.smsc.mobile import LongMessages, Poison
from support.faults.proxy import ApiFaultProxy
from support.faults.security_bugs import NAME, PORT, bugs
from support.faults.security_canaries import PIECE, Vault, as_json, everything_written, found_in
from support.faults.security_evil import evil_smsc
from support.faults.security_ground import operator_in
from support.ground import install_rights
from support.pki import Pki
from support.planes import Planes
from support.tenant import Tenant, eventually

WRITES: Final = frozenset(("POST", "PUT", "PATCH", "DELETE"))
PHONE: Final = "4915112345678"


@dataclass
class Story:
    """Everything that takes part."""

    tenant: Tenant
    planes: Planes
    proxy: ApiFaultProxy
    smsc: Background
    pki: Pki
    vault: Vault

    @property
    def ports(self) -> tuple[int, int]:
        """Plain, and with mutual TLS."""
        return self.smsc.get(lambda simulator: (simulator.port, simulator.tls_port))

    def account(self, name: str) -> str:
        """A login at the SMSC; its password."""
        password = self.vault.password(f"password of {name}")
        self.smsc.get(lambda simulator: simulator.accounts.put(Account(name, password)))
        return password

    def begin(self) -> None:
        """A plain and a mutual gateway, connected."""
        plain, tls = self.ports
        self.tenant.gateway("plain", plain, system_id="plain", password=self.account("plain"))
        self.tenant.channel("plain", "plain")
        self.tenant.apply("Certificate", "ca", {"inline": {"pem": self.pki.authority.pem}})
        word = self.vault.password("word of the key")
        self.vault.key("our key", self.pki.client.key_pem)
        self.tenant.secret("id", **{"tls.crt": self.pki.client.pem, "tls.key": self.pki.client.encrypted_key_pem(word)})
        self.tenant.secret("word", password=word)
        spec = {"usage": "Identity", "secretKeyRef": {"name": "id"}, "passwordSecretRef": {"name": "word"}}
        self.tenant.apply("Certificate", "id", spec)
        refs = {"trustCertificateRef": {"name": "ca"}, "identityCertificateRef": {"name": "id"}}
        self.tenant.gateway("mutual", tls, system_id="mutual", password=self.account("mutual"), tls=refs)
        for name in ("plain", "mutual"):
            self.tenant.until("SmppGateway", name, "ConnectionSucceeded")

    def talk(self) -> None:
        """Messages: short, long, in UCS-2, binary forms, receipts of nothing, and what cannot be read."""
        text, number = self.vault.text("text", "Your code is"), self.vault.text("long text", "Every word " * 30)
        greek = self.vault.text("Greek text", "ο κωδικός σας")
        for words, form in ((text, LongMessages.PAYLOAD), (number, LongMessages.UDH), (greek, LongMessages.SAR)):
            self.smsc.call(
                lambda one, words=words, form=form: one.inject("plain", PHONE, "100", words, long_messages=form)
            )
        for how in Poison:
            poison = self.vault.text(f"poison {how}", "poison")
            self.smsc.call(lambda one, how=how, poison=poison: one.poison("plain", how, poison))

    def api_fails(self) -> None:
        """Refusals of writes and of Secrets while passwords change."""
        for status in (400, 403, 409, 422, 429, 500, 503):
            self.proxy.fail(status, only=_fails)
            self.tenant.secret("plain-login", password=self.vault.password(f"password at {status}"))
            self.tenant.annotate("SmppGateway", "plain", rebuild=str(status))
            seen = len(self.proxy.requests)
            eventually(
                lambda seen=seen: [
                    one for one in self.proxy.requests[seen:] if one[0] in WRITES or "/secrets/" in one[1]
                ],
                bool,
                f"requests that end with {status}",
            )
        self.proxy.heal()
        self.tenant.secret("plain-login", password=self.account("plain"))
        self.tenant.until("SmppGateway", "plain", "ConnectionSucceeded")

    def _failed(self, seen: int) -> list[tuple[str, str]]:
        return [(method, path) for method, path in self.proxy.requests[seen:] if _fails(method, path)]

    def smscs_fail(self) -> None:
        """Refused logins, rubbish instead of SMPP and of TLS, and a session that ends."""
        plain, _ = self.ports
        self.tenant.gateway("refused", plain, system_id="mutual", mode="Send", password=self.vault.password("refused"))
        with evil_smsc() as evil:
            self.tenant.gateway("evil", evil, system_id="evil", password=self.vault.password("password for evil"))
            tls = {"identityCertificateRef": {"name": "id"}}
            self.tenant.gateway("evil-tls", evil, password=self.vault.password("password for evil TLS"), tls=tls)
            self.tenant.until("SmppGateway", "refused", "InvalidPassword")
            self.tenant.until("SmppGateway", "evil", "ConnectionSucceeded")
            self.tenant.until("SmppGateway", "evil-tls", "TlsHandshakeFailed")
            for name in ("evil", "evil-tls"):
                self.tenant.delete("SmppGateway", name)
        self.smsc.get(lambda simulator: simulator.end_sessions())

    def planes_fail(self) -> None:
        """Each is killed and comes back; a key is exchanged meanwhile."""
        for plane in ("links", "controller"):
            self.planes.kill(plane)
            stranger = self.pki.foreign_client
            self.tenant.secret("id", **{"tls.crt": stranger.pem, "tls.key": stranger.key_pem})
            self.planes.start(plane)
        self.vault.key("stranger's key", self.pki.foreign_client.key_pem)
        self.tenant.until("SmppGateway", "plain", "ConnectionSucceeded")

    def bugs_bite(self) -> None:
        """Tracebacks in both planes, with everything in them that the code at that place knows."""
        plain, _ = self.ports
        tls = {"trustCertificateRef": {"name": "ca"}, "identityCertificateRef": {"name": "id"}}
        self.tenant.gateway(NAME, plain, system_id=NAME, password=self.vault.password("password in a bug"), tls=tls)
        self.tenant.gateway(
            "dialled", PORT, system_id="bug", password=self.vault.password("password, dialled"), tls=tls
        )
        for plane in ("controller", "links"):
            eventually(
                lambda plane=plane: self.planes.log(plane), lambda log: "RuntimeError: " in log, f"a bug in {plane}"
            )


def _fails(method: str, path: str) -> bool:
    return method in WRITES or "/secrets/" in path


@contextmanager
def told(control_plane: ControlPlane, directory: Path, pki: Pki, vault: Vault) -> Generator[Story]:
    """The story, told to its end; the operator still runs."""
    install_rights(control_plane)
    simulator = in_background(lambda: Simulator([], tls=pki.server_context(mutual=True)))
    with ApiFaultProxy(control_plane.url, control_plane.ca_pem) as proxy, simulator as smsc:
        environment = bugs(directory / "bugs")
        with operator_in(control_plane, directory, server=proxy.url, environment=environment) as (planes, [tenant]):
            story = Story(tenant, planes, proxy, smsc, pki, vault)
            story.begin()
            story.talk()
            story.smscs_fail()
            story.api_fails()
            story.planes_fail()
            story.bugs_bite()
            yield story


def test_nothing_is_told_by_failures(control_plane: ControlPlane, tmp_path: Path) -> None:
    """Five encodings of each, through refusals, rubbish, kills and bugs; and no process may leave a core file."""
    vault = Vault()
    with told(control_plane, tmp_path, Pki(tmp_path / "pki"), vault) as story:
        token = yaml.safe_load((tmp_path / "operator.kubeconfig").read_text())["users"][0]["user"]["token"]
        vault.values["signature of the operator's token"] = token[-2 * PIECE : -PIECE].encode()
        vault.values["number of a phone"] = PHONE.encode()
        texts = everything_written(story.planes, story.tenant, tmp_path)
        for plane in ("controller", "links"):
            limits = Path(f"/proc/{story.planes.pid(plane)}/limits").read_text()
            line = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
            assert line.split()[4:6] == ["0", "0"], line
        stored = as_json(story.tenant.client.list(SECRETS, story.tenant.namespace))
    texts |= {f"log {path.name}": path.read_bytes() for path in tmp_path.glob("*.log")}
    assert any("password in a bug (base64)" in hit for hit in found_in({"Secrets": stored}, vault))
    logs = b"".join(text for place, text in texts.items() if place.startswith("log "))
    for word in (b"Traceback", b"WantedLink(", b"TlsOptions(", b"Loaded(", b"not written yet", b"InvalidPassword"):
        assert word in logs, word
    assert len(texts) > 20
    assert found_in(texts, vault) == []

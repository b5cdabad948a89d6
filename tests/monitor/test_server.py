"""The server on a socket and a real API server: who gets in, what changes, what shows when the cluster is away."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sms_operator.dev.control_plane import Client, ControlPlane, Resource
from sms_operator.dev.control_plane.client import SERVICE_ACCOUNTS
from sms_operator.kube.errors import Forbidden
from sms_operator.monitor.guard import HEADERS
from sms_operator.monitor.run import CannotListen, listen
from support.faults.proxy import ApiFaultProxy, Outage
from support.ground import ROLE_BINDINGS
from support.monitoring import Page, serving, simple_gateway, status_of, write_status
from support.tenant import Tenant, eventually

ROLES = Resource("rbac.authorization.k8s.io", "v1", "roles")
Serve = Callable[[str | None], AbstractContextManager[Page]]


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass
class Visitor:
    """Somebody with a socket and, once in, the cookie."""

    page: Page
    cookie: str = ""
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])

    def ask(self, path: str, method: str = "GET", body: str | None = None, **headers: str) -> Answer:
        """One request; `Sec_Fetch_Site="…"` is a header."""
        address = self.page.origin.removeprefix("http://")
        sent = {"Host": address, **({"Cookie": self.cookie} if self.cookie else {}), **self.headers}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(http.client.HTTPConnection(address, timeout=10)) as connection:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.headers), answer.read().decode())

    def enter(self) -> None:
        """By the address of the terminal."""
        answer = self.ask(self.page.entrances[-1].removeprefix(self.page.origin))
        assert answer.status == 200, answer.text
        self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
        found = re.search(r'<meta name="token" content="([^"]+)">', self.ask("/").text)
        assert found is not None
        self.token = found[1]

    def act(self, action: str, *gateways: str, **headers: str) -> Answer:
        """Post an action as the page would."""
        body = json.dumps({"action": action, "gateways": gateways, "reason": "why"})
        own = {
            "Origin": self.page.origin,
            "Sec-Fetch-Site": "same-origin",
            "Content-Type": "application/json",
            "X-Monitor-Token": self.token,
        }
        return self.ask("/actions", "POST", body, **{**{k.replace("-", "_"): v for k, v in own.items()}, **headers})

    def rows(self) -> dict[str, Any]:
        """The JSON twin, by name."""
        return {row["name"]: row for row in json.loads(self.ask("/gateways.json").text)["gateways"]}


def test_entering(room: Tenant, serve: Serve) -> None:
    """Nothing without the cookie; the token is good once; every answer carries the policy."""
    with serve(room.namespace) as page:
        stranger, visitor = Visitor(page), Visitor(page)
        for path in ("/", "/gateways.json", "/gateways.txt", "/events", "/static/main.js", "/rights", "/nothing"):
            answer = stranger.ask(path)
            assert (answer.status, "nordwind" in answer.text) == (403, False), path
            assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert stranger.ask("/enter?token=wrong").status == 403
        visitor.enter()
        assert len(page.entrances) == 2
        used = stranger.ask(page.entrances[0].removeprefix(page.origin))
        assert used.status == 403
        assert "Set-Cookie" not in used.headers
        set_cookie = Visitor(page).ask(page.entrances[-1].removeprefix(page.origin)).headers["Set-Cookie"]
        assert {"HttpOnly", "Path=/", "SameSite=Strict"} <= set(set_cookie.split("; "))
        for path in ("/", "/gateways.json", "/gateways.txt", "/static/main.js", "/nothing"):
            answer = visitor.ask(path)
            assert {name: answer.headers[name] for name in HEADERS} == HEADERS
            assert "Access-Control-Allow-Origin" not in answer.headers
        assert visitor.ask("/", Host="evil.example").status == 421
        assert visitor.ask("/static/..%2f..%2frun.py").status == 404


def test_only_the_page_changes_something(room: Tenant, serve: Serve) -> None:
    """A post from elsewhere, one without the token, and every GET leave the objects as they are."""
    with serve(room.namespace) as page:
        visitor = Visitor(page)
        visitor.enter()
        target = f"{room.namespace}/nordwind-tx"
        before = room.get("SmppGateway", "nordwind-tx")
        for headers in (
            {"Origin": "https://evil.example"},
            {"Sec_Fetch_Site": "cross-site"},
            {"X_Monitor_Token": ""},
            {"Content_Type": "text/plain"},
            {"Cookie": "sms-monitor-1=x"},
        ):
            assert visitor.act("disconnect", target, **headers).status in {403, 415}, headers
        for path in ("/actions", "/actions?action=disconnect", f"/panel/{target}", "/", "/gateways.json", "/rights"):
            visitor.ask(path)
        assert room.get("SmppGateway", "nordwind-tx") == before
        for bad in (
            "",
            "[]",
            "{",
            '{"action":"drop","gateways":["a/b"]}',
            '{"action":"rebuild","gateways":[]}',
            "[" * 9999,
        ):
            own = {"Origin": page.origin, "Sec_Fetch_Site": "same-origin", "Content_Type": "application/json"}
            assert visitor.ask("/actions", "POST", bad, X_Monitor_Token=visitor.token, **own).status == 400, bad[:40]
        answer = json.loads(
            visitor.act("disconnect", target, f"{room.namespace}/castor-bulk", f"{room.namespace}/no").text
        )
        assert [result["taken"] for result in answer["results"]] == [True, False, False]
        after = room.get("SmppGateway", "nordwind-tx")
        assert after is not None
        assert after["metadata"]["annotations"] == {"sms-operator.dev/disconnect": "admin: why"}


def test_twins(room: Tenant, serve: Serve) -> None:
    """Text and JSON say what the page says, through the same filters."""
    with serve(room.namespace) as page:
        visitor = Visitor(page)
        visitor.enter()
        rows = visitor.rows()
        assert {row["state"] for row in rows.values()} == {
            "Failing", "Partly", "Connecting", "Disconnected", "Connected",
        }  # fmt: skip
        assert rows["nordwind-tx"]["channels_ready"] == 6
        assert rows["tessera-two-way"]["standby"] == "2 of 3"
        assert rows["meridian-otp"]["certificate_days"] == 19
        text = visitor.ask("/gateways.txt?state=Failing").text
        assert "brightline-promo" in text
        assert "nordwind-tx" not in text
        shown = re.findall(
            r'<tr data-id="[^"]+/([^"]+)" data-state="\w+"(?: data-level="\w+")?>', visitor.ask("/?ou=Collections").text
        )
        assert shown == ["halden-alerts", "castor-bulk"]


def test_the_data_outlives_the_cluster(
    control_plane: ControlPlane, api: Client, namespace: str, tmp_path: Path
) -> None:
    """Lost: what was seen stays, called old. Back: what changed meanwhile shows. History lost (410): listed anew."""
    tenant = Tenant(api, namespace)
    simple_gateway(tenant, "gw")
    write_status(tenant, "SmppGateway", "gw", status_of())
    with ApiFaultProxy(control_plane.url, control_plane.ca_pem) as proxy:
        kubeconfig = control_plane.write_kubeconfig(tmp_path / "kubeconfig", url=proxy.url)
        with serving(kubeconfig, namespace) as page:
            visitor = Visitor(page)
            visitor.enter()

            def health() -> dict[str, Any]:
                return json.loads(visitor.ask("/gateways.json").text)["health"]

            def state() -> str:
                return visitor.rows()["gw"]["state"]

            proxy.fail(Outage.REFUSE)
            seen = eventually(health, lambda told: not told["alive"], "the loss")
            assert seen["trouble"]
            assert state() == "Connected"
            write_status(tenant, "SmppGateway", "gw", status_of(("False", "Unreachable", "gone")))
            proxy.heal()
            eventually(state, lambda now: now == "Failing", "what changed meanwhile")
            eventually(health, lambda told: told["alive"], "the return")
            proxy.fail(410, only=lambda _, path: "watch=1" in path)
            write_status(tenant, "SmppGateway", "gw", status_of())
            tenant.client.delete(Resource("sms-operator.dev", "v1alpha1", "smppgateways"), "gw", namespace)
            eventually(visitor.rows, lambda rows: not rows, "the deletion", 30)
            proxy.heal()


def test_rights_of_the_caller(control_plane: ControlPlane, api: Client, room: Tenant, tmp_path: Path) -> None:
    """Who may only look is told which right is missing; who may not even look gets no page."""
    namespace = room.namespace
    api.create(SERVICE_ACCOUNTS, {"metadata": {"name": "viewer"}}, namespace)
    token = control_plane.service_account_token(namespace, "viewer")
    kubeconfig = control_plane.write_kubeconfig(tmp_path / "viewer", token=token, namespace=namespace)
    with pytest.raises(Forbidden, match="smppgateways"), serving(kubeconfig, namespace):
        pass
    rules = [
        {
            "apiGroups": ["sms-operator.dev"],
            "resources": ["smppgateways", "smschannels"],
            "verbs": ["list", "watch", "get"],
        }
    ]
    api.create(ROLES, {"metadata": {"name": "viewer"}, "rules": rules}, namespace)
    subject = {"kind": "ServiceAccount", "name": "viewer", "namespace": namespace}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "viewer"}
    api.create(ROLE_BINDINGS, {"metadata": {"name": "viewer"}, "roleRef": reference, "subjects": [subject]}, namespace)
    missing = f'you may not patch smppgateways.sms-operator.dev in namespace "{namespace}"'
    with serving(kubeconfig, namespace) as page:
        visitor = Visitor(page)
        visitor.enter()
        assert json.loads(visitor.ask("/rights").text) == {namespace: {"allowed": False, "missing": missing}}
        result = json.loads(visitor.act("rebuild", f"{namespace}/nordwind-tx").text)["results"][0]
        assert (result["taken"], result["words"]) == (False, missing)
        assert f"system:serviceaccount:{namespace}:viewer" in visitor.ask("/").text
        health = json.loads(visitor.ask("/gateways.json").text)["health"]
        assert health["alive"]
        assert health["denied"] == ["Certificate", "Event", "NotificationRoute", "OrganizationUnit"]
        assert visitor.rows()["nordwind-tx"]["channels"] == 6


def test_a_taken_port() -> None:
    """Named, with the way out."""
    sockets = listen(0)
    try:
        with pytest.raises(CannotListen, match="--port"):
            listen(sockets[0].getsockname()[1])
    finally:
        for one in sockets:
            one.close()

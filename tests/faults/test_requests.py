"""What a request asks for, read from paths as clients send them."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.faults.faults import Which
from support.faults.requests import WRITES, Request, read_request

GROUP: Final = "/apis/sms-operator.dev/v1alpha1"
TABLE: Final = (
    ("GET", f"{GROUP}/smppgateways", Request("list", "smppgateways")),
    ("GET", f"{GROUP}/smppgateways?limit=500", Request("list", "smppgateways")),
    ("GET", f"{GROUP}/smppgateways?watch=true&resourceVersion=7", Request("watch", "smppgateways")),
    ("GET", f"{GROUP}/namespaces/one/smschannels?watch=1", Request("watch", "smschannels", "one")),
    ("GET", f"{GROUP}/namespaces/one/smschannels?watch=false", Request("list", "smschannels", "one")),
    ("GET", f"{GROUP}/namespaces/one/smschannels?watch=0", Request("list", "smschannels", "one")),
    ("GET", f"{GROUP}/namespaces/one/smschannels", Request("list", "smschannels", "one")),
    ("GET", f"{GROUP}/namespaces/one/smschannels/ch", Request("get", "smschannels", "one", "ch")),
    ("GET", f"{GROUP}/namespaces/one/smschannels/ch/status", Request("get", "smschannels/status", "one", "ch")),
    ("PUT", f"{GROUP}/namespaces/one/notificationroutes/ch", Request("update", "notificationroutes", "one", "ch")),
    (
        "PATCH",
        f"{GROUP}/namespaces/one/smschannels/ch/status?fieldManager=sms-operator&force=true",
        Request("patch", "smschannels/status", "one", "ch"),
    ),
    ("DELETE", f"{GROUP}/namespaces/one/notificationroutes/ch", Request("delete", "notificationroutes", "one", "ch")),
    ("DELETE", f"{GROUP}/namespaces/one/smschannels", Request("delete", "smschannels", "one")),
    ("GET", "/api/v1/namespaces/one/secrets/gw-login", Request("get", "secrets", "one", "gw-login")),
    ("GET", "/api/v1/namespaces/one/secrets", Request("list", "secrets", "one")),
    ("GET", "/api/v1/secrets?watch=true", Request("watch", "secrets")),
    ("PATCH", "/api/v1/namespaces/one/events/ch.17f", Request("patch", "events", "one", "ch.17f")),
    ("GET", "/api/v1/namespaces", Request("list", "namespaces")),
    ("GET", "/api/v1/namespaces/one", Request("get", "namespaces", "", "one")),
    ("DELETE", "/api/v1/namespaces/one", Request("delete", "namespaces", "", "one")),
    ("GET", "/apis/coordination.k8s.io/v1/namespaces/one/leases/a", Request("get", "leases", "one", "a")),
    ("GET", "/readyz", Request("get", "/readyz")),
    ("GET", "/version", Request("get", "/version")),
    ("GET", "/apis", Request("get", "/apis")),
    ("GET", GROUP, Request("get", GROUP)),
)


@pytest.mark.parametrize(("method", "target", "expected"), TABLE)
def test_what_is_asked_for(method: str, target: str, expected: Request) -> None:
    """Collections, objects, subresources, watches, the core group, and what is no resource."""
    assert read_request(method, target) == expected


@pytest.mark.parametrize(
    ("target", "resource"),
    [(f"{GROUP}/namespaces/one/notificationroutes", "notificationroutes"), ("/api/v1/namespaces/one/events", "events")],
)
def test_a_creation_has_its_name_in_the_body(target: str, resource: str) -> None:
    """The path of a POST names the collection only."""
    assert read_request("POST", target, "ch") == Request("create", resource, "one", "ch")


NAMES: Final = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)


@given(NAMES, NAMES, NAMES, st.sampled_from(["", "/status", "/scale"]), st.sampled_from(sorted(WRITES)))
def test_every_object_of_every_group(group: str, namespace: str, name: str, part: str, method: str) -> None:
    """Whatever the names are, `namespaces` and `status` among them: what is asked for is read by its place."""
    for start in ("/api/v1", f"/apis/{group}/v1"):
        found = read_request(method, f"{start}/namespaces/{namespace}/things/{name}{part}", "another")
        assert found == Request(WRITES[method], "things" + part, namespace, name)
        assert found.writes
        assert not read_request("GET", f"{start}/namespaces/{namespace}/things/{name}{part}").writes


def test_what_a_plan_means() -> None:
    """What is left empty fits everything, except that without a verb only writes are meant."""
    write = Request("patch", "smschannels/status", "one", "ch")
    read = Request("get", "secrets", "one", "gw-login")
    event = Request("create", "events", "one", "ch.17f2")
    assert Which().fits(write)
    assert not Which().fits(read)
    assert Which(verb="get").fits(read)
    assert Which(verb="get", resource="secrets", name="gw-login").fits(read)
    assert Which(resource="smschannels/status").fits(write)
    assert not Which(resource="smschannels").fits(write)
    assert not Which(verb="update").fits(write)
    assert not Which(name="other").fits(write)
    assert Which(resource="events", name="ch").fits(event)
    assert not Which(resource="events", name="ch.17f2").fits(event)

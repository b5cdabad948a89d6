"""The audit log as tests read it."""

from __future__ import annotations

import pytest

from sms_operator.dev.control_plane import Client, ControlPlane
from sms_operator.dev.control_plane.client import CONFIG_MAPS, SERVICE_ACCOUNTS
from support.audit import Audit


@pytest.fixture
def audit(control_plane: ControlPlane) -> Audit:
    """Of the shared control plane."""
    return Audit(control_plane)


def test_writes_are_counted(audit: Audit, api: Client, namespace: str) -> None:
    """Each write counts once, under its verb and resource; reads do not."""
    api.create(CONFIG_MAPS, {"metadata": {"name": "a"}}, namespace)
    api.get(CONFIG_MAPS, "a", namespace)
    api.patch(CONFIG_MAPS, "a", {"data": {"x": "1"}}, namespace)
    api.patch(CONFIG_MAPS, "a", {"data": {"x": "2"}}, namespace)
    assert audit.count(user="admin", namespace=namespace) == {"create configmaps": 1, "patch configmaps": 2}


def test_a_point_in_time_hides_what_was_before(audit: Audit, api: Client, namespace: str) -> None:
    """Only what lies between two points is seen, and the lines of what was answered are there."""
    for number in range(20):
        start = audit.now()
        api.create(CONFIG_MAPS, {"metadata": {"name": f"a{number}"}}, namespace)
        end = audit.now()
        api.delete(CONFIG_MAPS, f"a{number}", namespace)
        (seen,) = audit.writes(since=start, until=end, namespace=namespace, user="admin")
        assert (seen.verb, seen.resource, seen.user, seen.code) == ("create", "configmaps", "admin", 201)


def test_users_and_refusals_are_told_apart(
    audit: Audit, control_plane: ControlPlane, api: Client, namespace: str
) -> None:
    """A ServiceAccount's refused write is seen under its name, with the code; getting its token is no write."""
    api.create(SERVICE_ACCOUNTS, {"metadata": {"name": "nobody"}}, namespace)
    with control_plane.client(control_plane.service_account_token(namespace, "nobody")) as nobody:
        nobody.send("POST", CONFIG_MAPS.path(namespace), {"metadata": {"name": "refused"}})
    user = f"system:serviceaccount:{namespace}:nobody"
    assert [(one.verb, one.resource, one.code) for one in audit.writes(user=user)] == [("create", "configmaps", 403)]
    assert audit.count(user="admin", namespace=namespace) == {"create serviceaccounts": 1}

"""Finding the API server, and its answers as errors."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
import yaml

from sms_operator.kube.access import AccessError, discover
from sms_operator.kube.errors import Conflict, Forbidden, KubeError, NotFound, Rejected, Unavailable, from_answer


def write(directory: Path, **user: object) -> str:
    """A kubeconfig with two contexts."""
    path = directory / "config"
    clusters = [{"name": "c", "cluster": {"server": "https://api.example:6443/", "certificate-authority": "ca.pem"}}]
    document = {
        "current-context": "one",
        "clusters": clusters,
        "users": [{"name": "u", "user": user}],
        "contexts": [
            {"name": "one", "context": {"cluster": "c", "user": "u", "namespace": "tenant"}},
            {"name": "two", "context": {"cluster": "c", "user": "u"}},
        ],
    }
    path.write_text(yaml.safe_dump(document))
    (directory / "ca.pem").write_text("authority")
    return str(path)


def test_a_kubeconfig_with_a_token(tmp_path: Path) -> None:
    """Server, namespace and authority come from the current context; the token does not show."""
    access = discover(write(tmp_path, token="t0ken"))
    assert (access.server, access.namespace, access.ca_pem) == ("https://api.example:6443", "tenant", "authority")
    assert access.current_token() == "t0ken"
    assert "t0ken" not in repr(access)
    assert discover(write(tmp_path, token="t"), "two").namespace == "default"


def test_a_token_file_is_read_each_time(tmp_path: Path) -> None:
    """Projected tokens are replaced while we run."""
    (tmp_path / "token").write_text("first\n")
    access = discover(write(tmp_path, tokenFile="token"))
    assert access.current_token() == "first"
    (tmp_path / "token").write_text("second\n")
    assert access.current_token() == "second"


def test_client_certificates(tmp_path: Path) -> None:
    """Inline, as kubeadm writes them."""
    data = base64.b64encode(b"pem").decode()
    access = discover(write(tmp_path, **{"client-certificate-data": data, "client-key-data": data}))
    assert (access.client_certificate_pem, access.client_key_pem) == ("pem", "pem")


@pytest.mark.parametrize("content", [None, "a: [", "contexts: []", "[]"])
def test_unusable_kubeconfigs(tmp_path: Path, content: str | None) -> None:
    """The error names the file."""
    path = tmp_path / "config"
    if content is not None:
        path.write_text(content)
    with pytest.raises(AccessError, match=str(path)):
        discover(str(path))


def test_logins_by_helper_programs_are_said_to_be_out_of_reach(tmp_path: Path) -> None:
    """Nothing is run on behalf of a kubeconfig."""
    with pytest.raises(AccessError, match="helper program"):
        discover(write(tmp_path, exec={"command": "login"}))


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (404, "no", NotFound),
        (409, "no", Conflict),
        (401, "no", Forbidden),
        (403, "no", Forbidden),
        (422, "no", Rejected),
        (400, "no", Rejected),
        (429, "no", Unavailable),
        (500, "etcd leader changed", Unavailable),
        (503, "no", Unavailable),
        (500, "field not declared in schema", Rejected),
    ],
)
def test_answers_as_errors(status: int, text: str, kind: type[KubeError]) -> None:
    """What may be repeated is told from what may not."""
    error = from_answer("apply x", status, text, None)
    assert type(error) is kind
    assert str(error).startswith(f"apply x: {status} {text}")


def test_retry_after_is_kept() -> None:
    """Seconds; a date or nonsense is passed over."""
    found = [from_answer("get x", 429, "", header) for header in ("7", "soon", None)]
    assert [error.retry_after for error in found if isinstance(error, Unavailable)] == [7.0, None, None]

"""The API server as the tests of this room see it: send a request, get the code and the words."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from sms_operator.dev.control_plane import ControlPlane

Send = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def send(control_plane: ControlPlane) -> Iterator[Send]:
    """Send a request as an administrator over one connection: `send(method, path, body, accept)`, code and answer."""
    address = urlsplit(control_plane.url)
    context = ssl.create_default_context(cadata=control_plane.ca_pem)
    connection = http.client.HTTPSConnection(address.hostname or "", address.port, context=context, timeout=30)

    def request(
        method: str, path: str, body: Any = None, accept: str = "application/json"
    ) -> tuple[int, dict[str, Any]]:
        headers = {
            "Accept": accept,
            "Authorization": f"Bearer {control_plane.admin_token}",
            "Content-Type": "application/json",
        }
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    yield request
    connection.close()

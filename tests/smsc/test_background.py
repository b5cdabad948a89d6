"""The simulator in a thread, used without an event loop."""

from __future__ import annotations

import socket
from typing import Any

import pytest
import smpplib.client

from sms_operator.dev.smsc import Account, Simulator
from sms_operator.dev.smsc.background import in_background


def test_a_blocking_client_binds() -> None:
    """Ports, sessions and scripts are reached through the thread."""
    with in_background(lambda: Simulator([Account("demo", "secret")])) as smsc:
        port = smsc.get(lambda simulator: simulator.port)
        client: Any = smpplib.client.Client("127.0.0.1", port, allow_unknown_opt_params=True)
        client.connect()
        client.bind_transceiver(system_id="demo", password="secret")
        assert len(smsc.call(lambda simulator: simulator.until_bound("demo"))) == 1
        smsc.call(lambda simulator: simulator.behave("refuse"))
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        client.unbind()
        client.disconnect()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_a_taken_port_is_an_error_here() -> None:
    """Not one in a thread that nobody looks at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"), in_background(lambda: Simulator(port=taken.getsockname()[1])):
            pass

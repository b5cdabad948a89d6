"""Settings of both planes from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from sms_operator.controller.settings import Settings
from sms_operator.links.settings import LinkSettings
from sms_operator.protocol.environment import SettingError


def test_the_defaults_serve_every_namespace() -> None:
    """An empty environment is enough."""
    settings = Settings.from_environment({})
    assert settings.namespaces == ()
    assert settings.watch_secrets is False
    assert settings.material_interval < 60
    assert LinkSettings.from_environment({}).allowed_networks == ()


def test_what_is_said_counts() -> None:
    """Lists are split, flags read, both planes agree on the socket."""
    environment = {
        "SMS_OPERATOR_SOCKET": "/run/x.sock",
        "SMS_OPERATOR_NAMESPACES": "a, b,",
        "SMS_OPERATOR_WATCH_SECRETS": "true",
        "SMS_OPERATOR_ALLOWED_NETWORKS": "127.0.0.0/8, ::1/128",
    }
    settings = Settings.from_environment(environment)
    assert (settings.namespaces, settings.watch_secrets) == (("a", "b"), True)
    links = LinkSettings.from_environment(environment)
    assert settings.socket == links.socket == Path("/run/x.sock")
    assert [str(network) for network in links.allowed_networks] == ["127.0.0.0/8", "::1/128"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMS_OPERATOR_WATCH_SECRETS", "maybe"),
        ("SMS_OPERATOR_SECRET_INTERVAL", "soon"),
        ("SMS_OPERATOR_SECRET_INTERVAL", "0"),
        ("SMS_OPERATOR_SWEEP_INTERVAL", "-1"),
        ("SMS_OPERATOR_HTTP", "8080"),
    ],
)
def test_unusable_settings_of_the_control_plane(name: str, value: str) -> None:
    """The error names the variable and the value."""
    with pytest.raises(SettingError, match=f"{name} is '{value}'"):
        Settings.from_environment({name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("SMS_OPERATOR_ALLOWED_NETWORKS", "10.0.0.0/99"), ("SMS_OPERATOR_CONNECT_TIMEOUT", "x")]
)
def test_unusable_settings_of_the_data_plane(name: str, value: str) -> None:
    """The error names the variable and the value."""
    with pytest.raises(SettingError, match=name) as caught:
        LinkSettings.from_environment({name: value})
    assert value in str(caught.value)

"""A large tenant as manifests: gateways, queues, and channels with everything that a channel can have."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_CHANNELS_PER_GATEWAY: Final = 100
_CHANNELS_PER_FILE: Final = 500
_HEAD: Final = "apiVersion: sms-operator.dev/v1alpha1\n"


def write(directory: Path, channels: int) -> int:
    """Write the files of a tenant with this many channels.

    Returns:
        The number of objects.
    """
    gateways = -(-channels // _CHANNELS_PER_GATEWAY)
    (directory / "gateways.yaml").write_text("---\n".join(_gateway(index) for index in range(gateways)), "utf-8")
    (directory / "queue.yaml").write_text(_QUEUE, "utf-8")
    for first in range(0, channels, _CHANNELS_PER_FILE):
        part = range(first, min(first + _CHANNELS_PER_FILE, channels))
        text = "---\n".join(_channel(index) for index in part)
        (directory / f"channels-{first:06}.yaml").write_text(text, "utf-8")
    return gateways + channels + 1


def _gateway(index: int) -> str:
    return f"""{_HEAD}kind: SmppGateway
metadata:
  name: gateway-{index}
  namespace: tenant
spec:
  endpoints:
    - host: smsc-{index}.example.com
      port: 2775
  login:
    systemId: account-{index}
    passwordSecretRef:
      name: gateway-{index}-login
"""


def _channel(index: int) -> str:
    return f"""{_HEAD}kind: SmsChannel
metadata:
  name: channel-{index}
  namespace: tenant
  labels:
    app.kubernetes.io/part-of: desk
spec:
  channelName: channel_{index}
  gatewayRef:
    name: gateway-{index // _CHANNELS_PER_GATEWAY}
  numbers: ["+4930{index:08}"]
  calledRouteRef:
    name: queue
  transferKeywords: [agent, person, help]
  agentWorkTime:
    workdays:
      - start: "08:00"
        end: "12:00"
      - start: "13:00"
        end: "18:00"
    nonWorkdays: []
  sessionEnd:
    noCustomerReply: 20m
  offlineMessages:
    routingTimeLimit: 30m
  autoReply:
    text: Thank you for your message.
"""


_QUEUE: Final = f"""{_HEAD}kind: CalledRoute
metadata:
  name: queue
  namespace: tenant
spec:
  accessCode: "1069"
  extensionCode: "01"
  skillQueue:
    name: Queue
"""

"""The clients that are compared.

A client is a program with these arguments; CA is a PEM file, or `-` for no TLS:

    load PORT CA COUNT WARM-UP WINDOW ACCOUNT
        Sends WARM-UP and then COUNT messages of 160 characters, never more than WINDOW without a response. With the
        account `receipts` it waits for a receipt of each and answers it. Prints a line of JSON: messages, seconds and
        cpu (seconds of the process) of the COUNT.
    idle PORT CA BINDS SECONDS
        Prints {"ready": true}, reads a line, opens BINDS binds that send enquire_link every SECONDS, and prints
        {"bound": BINDS}.

Then it waits until its standard input ends, so that its memory can be looked at.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from .programs import HERE, PEERS, c_program, cloudhopper, gosmpp, node_smpp, python_peers

OURS: Final = "sms-operator"


@dataclass(frozen=True)
class Client:
    """A program to compare. The rates are about what it does in a second: they say how many messages a run has."""

    name: str
    command: Callable[[], list[str]]
    """Builds or installs it. Raises NotAvailable."""
    rate: int
    """Messages a second at window 10, without receipts."""
    with_receipts: int
    """The same with receipts."""
    growth: int = 1
    """How many times faster it is at window 100."""
    growth_with_receipts: int = 1
    """The same with receipts; 10 for one that waits for the network once for each window."""
    warm_up: int = 5_000
    tls: bool = False
    idle: bool = False
    peer: bool = True
    """Whether it is one to be compared with, and not ours nor the floor."""
    environment: Callable[[], Mapping[str, str]] = field(default=dict[str, str])


def _python(name: str, *options: str) -> Callable[[], list[str]]:
    return lambda: [sys.executable, str(PEERS / "python" / f"{name}.py"), *options]


def _java(*options: str) -> Callable[[], list[str]]:
    return lambda: [*cloudhopper(), *options, "Client"]


def _packages() -> Mapping[str, str]:
    return {"PYTHONPATH": str(python_peers())}


def _ours() -> list[str]:
    return [sys.executable, str(HERE / "ours.py")]


def _floor() -> list[str]:
    return [str(c_program("floor", tls=True))]


CLIENTS: Final = (
    Client(OURS, _ours, 60_000, 30_000, growth=2, tls=True, idle=True, peer=False),
    Client("floor (C)", _floor, 160_000, 140_000, growth=10, growth_with_receipts=8, tls=True, peer=False),
    Client("gosmpp 0.3.0", gosmpp, 90_000, 50_000, tls=True, idle=True),
    Client("cloudhopper 5.0.9", _java(), 30_000, 230, growth_with_receipts=10, warm_up=40_000, idle=True),
    Client("cloudhopper, TCP_NODELAY", _java("-Dnodelay=true"), 30_000, 25_000, warm_up=40_000),
    Client("node-smpp 0.5.1", node_smpp, 50_000, 250, growth_with_receipts=10, tls=True, idle=True),
    Client("node-smpp, TCP_NODELAY", lambda: [*node_smpp(), "--no-delay"], 35_000, 15_000),
    Client(
        "smpp34 1.5.0",
        _python("smpp34_client"),
        40_000,
        230,
        growth_with_receipts=10,
        idle=True,
        environment=_packages,
    ),
    Client(
        "smpplib 2.2.4",
        _python("smpplib_client"),
        16_000,
        250,
        growth_with_receipts=10,
        warm_up=2_000,
        idle=True,
        environment=_packages,
    ),
    Client(
        "smpplib, TCP_NODELAY",
        _python("smpplib_client", "--no-delay"),
        16_000,
        8_000,
        warm_up=2_000,
        tls=True,
        environment=_packages,
    ),
    Client(
        "aiosmpplib 0.7.4",
        _python("aiosmpplib_client"),
        18_000,
        6_000,
        warm_up=2_000,
        idle=True,
        environment=_packages,
    ),
)

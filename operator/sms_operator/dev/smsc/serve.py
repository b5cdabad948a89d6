"""Runs a simulator with its control interface until a signal ends it: what `smsctl dev smsc` does."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .accounts import Account
from .control import control
from .presets import behaviour
from .simulator import Simulator
from .tls import TlsSettings, server_context


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """A simulator to run; ports may be 0 for free ones."""

    accounts: Sequence[Account]
    host: str = "127.0.0.1"
    port: int = 2775
    control_port: int = 2776
    tls: TlsSettings | None = None
    behaviour: str = "normal"


async def serve(settings: ServeSettings, say: Callable[[str], None]) -> None:
    """Until SIGINT or SIGTERM.

    Raises:
        OSError: a port is taken or a file cannot be read (ssl.SSLError: it holds no certificate or key).
        ValueError: no such behaviour, or TLS settings that contradict each other.
    """
    behaviour(settings.behaviour)
    tls = server_context(settings.tls) if settings.tls else None
    simulator = Simulator(
        settings.accounts,
        host=settings.host,
        port=settings.port,
        tls=tls,
        tls_port=settings.tls.port if settings.tls else 0,
        log=say,
    )
    async with simulator, control(simulator, settings.control_port) as control_port:
        if settings.behaviour != "normal":
            await simulator.behave(settings.behaviour)
        secure = f", TLS on {settings.host}:{simulator.tls_port}" if settings.tls else ""
        logins = ", ".join(account.system_id or "(anonymous)" for account in settings.accounts)
        say(f"SMSC on {settings.host}:{simulator.port}{secure}; logins: {logins}")
        say(f"control on http://127.0.0.1:{control_port}")
        await _signal()
    say("ended")


async def _signal() -> None:
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    await asked.wait()

"""The control plane's end of the link protocol: states what is wanted, takes in facts, comes back after a break."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog

from sms_operator.core.keys import SMPP_GATEWAY, Key
from sms_operator.core.outcome import Drop, LinkDecision, Want
from sms_operator.core.world import START_GRACE, Wish, World
from sms_operator.protocol import messages
from sms_operator.protocol.messages import PROTOCOL_VERSION, Facts, Hello, LinkFact, Message
from sms_operator.protocol.wire import MAX_LINE, WireError, decode, encode

RETRY: Final = 0.3
"""Seconds between attempts to reach the data plane."""
GREETING: Final = 10.0
"""Seconds a data plane has for its Hello."""
PATIENCE: Final = 2 * START_GRACE
"""Seconds for which the last status stands at most, however often the data plane starts."""

Wake = Callable[[Iterable[Key]], None]


class LinkClient:
    """Owns the connection to the data plane and what `world` says of it."""

    def __init__(self, socket: Path, world: World, wake: Wake, refused: Callable[[Key], None]) -> None:
        """`refused` is told of a gateway whose login or certificate the SMSC did not take."""
        self._socket = socket
        self._world = world
        self._wake = wake
        self._refused = refused
        self._instance = secrets.token_hex(4)
        self._serial = 0
        self._kept: dict[Key, str] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._decided = asyncio.Event()
        self._patience_ends = 0.0
        self._settles_in = 0.0
        self._log = structlog.get_logger("links")

    @property
    def connected(self) -> bool:
        return self._writer is not None

    def decide(self, key: Key, uid: str, decision: LinkDecision) -> None:
        """Carry out what was decided of a gateway's link; repetition costs nothing."""
        wish = self._world.wishes.get(key)
        match decision:
            case Want(link):
                self._kept.pop(key, None)
                if wish is not None and replace(wish.link, revision="") == replace(link, revision=""):
                    return
                self._serial += 1
                link = replace(link, revision=f"{self._instance}-{self._serial}")
                self._world.wishes[key] = Wish(link, uid)
                self._send(messages.Want(link))
            case Drop():
                self._forget(key)
            case _ if wish is None:
                self._kept[key] = uid
            case _ if wish.uid != uid:  # re-created: what there is belongs to the former one of this name
                self._forget(key)
            case _:
                pass

    def _forget(self, key: Key) -> None:
        known = (self._kept.pop(key, None), self._world.wishes.pop(key, None), self._world.facts.get(key))
        if any(one is not None for one in known):
            self._send(messages.Remove(link_key(key)))
            self._world.drop_fact(key)

    def begin(self) -> None:
        """Every gateway has been decided once: from now on the data plane may be told what is wanted."""
        self._grant(START_GRACE)
        self._decided.set()

    async def run(self) -> None:
        """Stay connected until cancelled."""
        await self._decided.wait()
        while True:
            with contextlib.suppress(OSError, WireError, asyncio.IncompleteReadError, ValueError):
                await self._converse()
            await asyncio.sleep(RETRY)

    async def _converse(self) -> None:
        reader, writer = await asyncio.open_unix_connection(str(self._socket), limit=MAX_LINE)
        try:
            writer.write(encode(Hello(PROTOCOL_VERSION, self._instance)))
            async with asyncio.timeout(GREETING):
                greeting = decode(await reader.readline())
            if not isinstance(greeting, Hello) or greeting.version != PROTOCOL_VERSION:
                self._log.error("the data plane speaks another version", expected=PROTOCOL_VERSION)
                await asyncio.sleep(5.0)
                return
            self._connected(greeting, writer)
            while line := await reader.readline():
                self._receive(decode(line))
        finally:
            self._disconnected()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _connected(self, greeting: Hello, writer: asyncio.StreamWriter) -> None:
        self._log.info("connected to the data plane", instance=greeting.instance)
        self._settles_in = max(START_GRACE - greeting.uptime, 0.0)
        self._writer = writer
        self._send(messages.SnapshotBegin())
        for key, uid in self._kept.items():
            self._send(messages.Keep(link_key(key), uid))
        for wish in self._world.wishes.values():
            self._send(messages.Want(wish.link))
        self._send(messages.SnapshotEnd())

    def _disconnected(self) -> None:
        if self._writer is None:
            return
        self._log.warning("the data plane does not answer")
        self._writer = None
        self._world.data_plane.connected = False
        self._grant(START_GRACE)
        self._wake_gateways()

    def _grant(self, seconds: float) -> None:
        """Let the last status stand for a while. A data plane that keeps ending before it settled gets no more time."""
        now, plane = time.monotonic(), self._world.data_plane
        if now >= plane.settled_at:
            self._patience_ends = now + PATIENCE
        plane.settled_at = min(now + seconds, self._patience_ends)

    def _receive(self, message: Message) -> None:
        if not isinstance(message, Facts):
            return
        now = time.monotonic()
        for fact in message.facts:
            key = _object_key(fact)
            if key not in self._world.wishes and key not in self._kept:
                continue  # said before it heard that the link shall go
            self._wake(self._world.put_fact(key, fact, now))
            if fact.failure is not None and fact.failure.reason in REFUSALS:
                self._refused(key)
        if message.complete:
            named = {_object_key(fact) for fact in message.facts}
            for key in [key for key in self._world.facts if key not in named]:
                self._wake(self._world.drop_fact(key))
            # Not before: until now the facts were those of before the break, or none.
            self._world.data_plane.connected = True
            self._grant(self._settles_in)
            self._wake_gateways()

    def _wake_gateways(self) -> None:
        for entry in self._world.entries(SMPP_GATEWAY):
            self._wake(self._world.affected_by(entry.key))

    def _send(self, message: Message) -> None:
        if self._writer is not None:
            self._writer.write(encode(message))


REFUSALS: Final = frozenset(
    {
        messages.FailureReason.INVALID_PASSWORD,
        messages.FailureReason.INVALID_SYSTEM_ID,
        messages.FailureReason.TLS_VERIFICATION_FAILED,
        messages.FailureReason.CLIENT_CERTIFICATE_REQUIRED,
        messages.FailureReason.BIND_REJECTED,
    }
)
"""Failures that a Secret or certificate rotated meanwhile would explain."""


def link_key(key: Key) -> str:
    """The name of a gateway in the link protocol."""
    return f"{key.namespace}/{key.name}"


def _object_key(fact: LinkFact) -> Key:
    namespace, _, name = fact.key.partition("/")
    return Key(SMPP_GATEWAY, namespace, name)

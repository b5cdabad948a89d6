"""The simulator itself: its ports, its sessions, and everything a test or a person can do with it while it runs."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Final, Self

from sms_operator.smpp.command_status import describe

from . import faults
from .accounts import Account, Accounts
from .behaviour import Behaviour, Fault, Stage
from .bodies import ShortMessage, encode_text
from .listener import Listener, address
from .session import ENDING, Session, SessionGone
from .state import State
from .stream import reset_on_close

DELIVERY_DEADLINE: Final = 10.0
"""Seconds an ESME may take to answer a deliver_sm."""


class NobodyBound(Exception):
    """The account has no session that receives, so there is nobody to deliver to."""


class Simulator:
    """An SMSC for one event loop, as an async context manager: it listens from enter to exit.

    Live changes: `behave`, `end_sessions`, `set_tls`, and everything on `accounts`.
    """

    def __init__(
        self,
        accounts: Iterable[Account] = (),
        *,
        host: str = "127.0.0.1",
        port: int | None = 0,
        tls: ssl.SSLContext | None = None,
        tls_port: int = 0,
        receipt_delay: float = 0.1,
        log: Callable[[str], None] = lambda line: None,
    ) -> None:
        """Takes the ports at once, 0 for free ones, None for no plain port; TLS listens only with a context.

        Raises:
            OSError: a port is taken.
        """
        self.state: Final = State(log, Accounts(accounts), receipt_delay)
        self._tasks: set[asyncio.Task[None]] = set()
        self._plain = Listener(host, port) if port is not None else None
        self._secure = Listener(host, tls_port, tls) if tls is not None else None

    @property
    def port(self) -> int:
        """The plain port in use.

        Raises:
            RuntimeError: the simulator was made without one.
        """
        return _port(self._plain)

    @property
    def tls_port(self) -> int:
        """The TLS port in use.

        Raises:
            RuntimeError: the simulator was made without one.
        """
        return _port(self._secure)

    @property
    def accounts(self) -> Accounts:
        """The logins, to read and to change."""
        return self.state.accounts

    async def __aenter__(self) -> Self:
        for listener in self._listeners():
            listener.listen(self._admit)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        async with AsyncExitStack() as stack:
            for listener in self._listeners():
                stack.push_async_callback(listener.close)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def behave(self, behaviour: Behaviour | str, account: str | None = None) -> None:
        """From now on this behaviour (or preset), for everybody or for one system_id.

        For everybody also means: no account has one of its own any more.

        Raises:
            ValueError: no such preset, or it cannot be limited to one account.
        """
        wanted = Behaviour.parse(behaviour) if isinstance(behaviour, str) else behaviour
        wanted.check_scope(account)
        if account is not None:
            self.state.account_behaviours[account] = wanted
        else:
            self.state.account_behaviours.clear()
            self.state.behaviour = wanted
            for listener in self._listeners():
                if wanted.refuse:
                    await listener.refuse()
                else:
                    listener.listen(self._admit)
        self.state.say(f"behaviour of {account or 'everybody'}: {wanted}")

    def set_tls(self, tls: ssl.SSLContext) -> None:
        """Another certificate from the next handshake on. Raises RuntimeError without a TLS port."""
        _port(self._secure)
        if self._secure is not None:
            self._secure.tls = tls

    def sessions(self, system_id: str | None = None) -> list[Session]:
        """Bound sessions, of this account or all."""
        return self.state.bound(system_id)

    def end_sessions(self, fault: Fault = Fault.CLOSE, system_id: str | None = None) -> int:
        """Does this to all bound sessions (of the account) and returns how many there were."""
        found = self.sessions(system_id)
        for session in found:
            session.end(fault)
        return len(found)

    async def inject(
        self, system_id: str, source: str, destination: str, text: str, deadline: float = DELIVERY_DEADLINE
    ) -> int:
        """Delivers a message from a phone to the account and returns the command_status it was answered with.

        Raises:
            NobodyBound: no session of the account receives.
            SessionGone: the session ended before it answered.
            TimeoutError: there was no answer in time.
        """
        session = self.state.receiver(system_id)
        if session is None:
            raise NobodyBound(f'"{system_id}" has no transceiver or receiver session: nobody to deliver to')
        data_coding, content = encode_text(text)
        message = ShortMessage(source, destination, content, data_coding=data_coding)
        try:
            status = await session.deliver(message, deadline)
        except (SessionGone, TimeoutError) as error:
            self.state.say(f"deliver_sm not answered: {error}")
            raise
        self.state.say(f"{session.label}: deliver_sm answered, {describe(status)}")
        return status

    async def until(self, happened: Callable[[], bool], deadline: float = 10.0, what: str = "it") -> None:
        """Waits for something about this simulator to become true.

        Raises:
            TimeoutError: it did not within `deadline` seconds.
        """
        await self.state.until(happened, deadline, what)

    async def until_bound(self, system_id: str, count: int = 1, deadline: float = 10.0) -> list[Session]:
        """Waits for exactly so many bound sessions of the account (0: none left) and returns them.

        Raises:
            TimeoutError: there were not within `deadline` seconds.
        """
        what = f"{count} bound sessions of {system_id!r}"
        await self.until(lambda: len(self.sessions(system_id)) == count, deadline, what)
        return self.sessions(system_id)

    def _listeners(self) -> list[Listener]:
        return [listener for listener in (self._plain, self._secure) if listener is not None]

    def _admit(self, raw: socket.socket, listener: Listener) -> None:
        self.state.connections += 1
        self.state.changed()
        task = asyncio.create_task(self._serve(raw, listener))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, raw: socket.socket, listener: Listener) -> None:
        peer = "somebody"
        try:
            peer = address(raw)
            if await self._spoil_connection(raw, peer):
                return
            line = await listener.upgrade(raw)
        except OSError as error:
            self.state.say(f"{peer}: {'TLS handshake failed' if listener.tls else 'lost'}: {error.strerror or error}")
            raw.close()
            return
        try:
            await Session(next(self.state.numbers), line, self.state).run()
        finally:
            await line.close()

    async def _spoil_connection(self, raw: socket.socket, peer: str) -> bool:
        """True: the connection met its fault before anything was read or any TLS began, and is over."""
        behaviour = self.state.behaviour
        fault = behaviour.faults.get(Stage.CONNECT)
        if fault is None and behaviour.silent_from is not Stage.CONNECT:
            return False
        loop = asyncio.get_running_loop()
        with raw:
            self.state.say(f"{peer}: fault: {fault or 'silence'}")
            if fault is not None:
                await loop.sock_sendall(raw, faults.octets(fault, 1))
            if fault is Fault.RESET:
                reset_on_close(raw)
            elif fault not in ENDING:
                while await loop.sock_recv(raw, 4096):
                    pass
        return True


def _port(listener: Listener | None) -> int:
    if listener is None:
        raise RuntimeError("the simulator was made without this kind of port")
    return listener.port

"""The simulator itself: its ports, its sessions, and everything a test or a person can do with it while it runs."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Final, Self

from sms_operator.smpp import codec
from sms_operator.smpp.command_status import ESME_ROK
from sms_operator.smpp.commands import Command
from sms_operator.smpp.operations import AlertNotification
from sms_operator.smpp.pdus import ShortMessage
from sms_operator.smpp.text.encoding import Encoding
from sms_operator.smpp.text.splitting import LongMessages

from . import faults
from .accounts import Account, Accounts
from .behaviour import Behaviour
from .courier import DEADLINE, NobodyBound
from .faults import ENDING, IN_SESSION, Fault, Stage
from .ledger import Kind, Ledger
from .listener import Listener, address
from .mobile import Poison, Text
from .mobile import address as number
from .presets import behaviour as read_behaviour
from .presets import named
from .session import Session
from .state import State
from .stream import reset_on_close


class Simulator:
    """An SMSC for one event loop, as an async context manager: it listens from enter to exit.

    Live changes: `behave`, `end_sessions`, `restart`, `set_tls`, and everything on `accounts`. To the ESME: `inject`,
    `deliver`, `flood`, `poison`, `alert`, `send_octets`. What happened: `ledger`, `state`.
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

    @property
    def ledger(self) -> Ledger:
        """Every message in both directions, with its answer."""
        return self.state.ledger

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
        await self.state.chores.end()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def behave(self, behaviour: Behaviour | str, account: str | None = None) -> None:
        """From now on this behaviour (or preset), for everybody or for one system_id.

        For everybody also means: no account has one of its own any more.

        Raises:
            ValueError: no such preset, or it cannot be limited to one account.
        """
        wanted = read_behaviour(behaviour) if isinstance(behaviour, str) else behaviour
        wanted.check_scope(account)
        self.state.behave(wanted, account)
        if account is None:
            await self._listen_or_not(wanted)
        self.state.say(f"behaviour of {account or 'everybody'}: {named(wanted)}")

    async def restart(self, down: float = 0.0) -> None:
        """Resets all connections and refuses new ones for so many seconds, as an SMSC does that is started anew."""
        for listener in self._listeners():
            await listener.refuse()
        for task in tuple(self._tasks):
            task.cancel()
        for session in tuple(self.state.sessions.values()):
            session.line.reset()
        self.state.say(f"down for {down:g} s")
        await asyncio.sleep(down)
        await self._listen_or_not(self.state.behaviour)
        self.state.say("up again")

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
        self,
        system_id: str,
        source: str,
        destination: str,
        text: str,
        deadline: float = DEADLINE,
        *,
        encoding: Encoding = Encoding.AUTO,
        long_messages: LongMessages = LongMessages.PAYLOAD,
        reference: int = 1,
        parts: Sequence[int] = (),
    ) -> int:
        """Delivers a message from a phone to the account and returns the command_status it was answered with.

        Of several parts (see `mobile.Text`) it is the first status that is not ESME_ROK.

        Raises:
            ValueError: the encoding lacks a character of the text, or there is no such part.
            NobodyBound: no session of the account receives.
            SessionGone: the session ended before it answered.
            TimeoutError: there was no answer in time.
        """
        one = Text(source, destination, text, encoding, long_messages, reference, parts)
        statuses = await self.deliver(system_id, one.messages(), deadline)
        return next((status for status in statuses if status != ESME_ROK), ESME_ROK)

    async def deliver(
        self, system_id: str, messages: Iterable[ShortMessage], deadline: float = DEADLINE, kind: Kind = Kind.MESSAGE
    ) -> list[int]:
        """Delivers these messages in order, without waiting in between, and returns the answers.

        Raises:
            NobodyBound, SessionGone, TimeoutError: see `inject`; the others are delivered all the same.
        """
        courier = self.state.courier
        parcels = [courier.parcel(system_id, kind, message) for message in messages]
        return await _all(courier.deliver(parcel, deadline) for parcel in parcels)

    async def flood(
        self, system_id: str, count: int, text: str = "flood", *, window: int = 0, deadline: float = DEADLINE
    ) -> Counter[int]:
        """Delivers `count` messages, the text of each with its number, at most `window` unanswered (0: no limit).

        Returns the answers by command_status. Raises what `inject` raises.
        """
        room = asyncio.Semaphore(window or count)
        courier = self.state.courier

        async def one(position: int) -> int:
            (message,) = Text("+31600000000", "12345", f"{text} {position}").messages()
            async with room:
                return await courier.deliver(courier.parcel(system_id, Kind.MESSAGE, message), deadline)

        return Counter(await _all(one(position) for position in range(1, count + 1)))

    async def poison(self, system_id: str, how: Poison, text: str = "poison", deadline: float = DEADLINE) -> int:
        """Delivers a message that cannot be read and returns the first answer.

        Whether it comes again is for the behaviour to say (`Deliveries`). Raises what `inject` raises.
        """
        (message,) = Text("+31600000000", "12345", text).messages()
        courier = self.state.courier
        return await courier.deliver(courier.parcel(system_id, Kind.POISON, message, how.body(message)), deadline)

    async def alert(self, system_id: str, source: str, esme: str) -> None:
        """Tells the account that a phone can be reached again (section 4.12). Raises NobodyBound."""
        notification = AlertNotification(source=number(source), esme=number(esme))
        session = self._receiver(system_id)
        await session.send(
            codec.encode(Command.ALERT_NOTIFICATION, session.next_sequence(), body=notification.encode())
        )

    async def send_octets(self, system_id: str, octets: bytes) -> None:
        """Sends anything at all to a session of the account. Raises NobodyBound."""
        await self._receiver(system_id).send(octets)

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

    def _receiver(self, system_id: str) -> Session:
        session = self.state.receiver(system_id)
        if session is None:
            raise NobodyBound(f'"{system_id}" has no transceiver or receiver session')
        return session

    async def _listen_or_not(self, behaviour: Behaviour) -> None:
        for listener in self._listeners():
            if behaviour.blackhole:
                await listener.swallow()
            elif behaviour.refuse:
                await listener.refuse()
            else:
                listener.listen(self._admit)

    def _listeners(self) -> list[Listener]:
        return [listener for listener in (self._plain, self._secure) if listener is not None]

    def _admit(self, raw: socket.socket, listener: Listener) -> None:
        self.state.connections += 1
        self.state.changed()
        task = asyncio.create_task(self._serve(raw, listener))
        self._tasks.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            raw.close()  # one that was cancelled before its first step has closed nothing

        task.add_done_callback(ended)

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
        if behaviour.silent_from is not Stage.CONNECT and (fault is None or fault in IN_SESSION):
            return False
        loop = asyncio.get_running_loop()
        with raw:
            self.state.say(f"{peer}: fault: {fault or 'silence'}")
            if fault is not None:
                await loop.sock_sendall(raw, faults.octets(fault, 1, scripted=behaviour.octets))
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


async def _all(deliveries: Iterable[Coroutine[object, object, int]]) -> list[int]:
    # All begin in order; the first failure is told when the last one has ended.
    done = await asyncio.gather(*deliveries, return_exceptions=True)
    statuses: list[int] = []
    for status in done:
        if isinstance(status, BaseException):
            raise status
        statuses.append(status)
    return statuses

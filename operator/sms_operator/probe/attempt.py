"""One endpoint step by step: the connection that a link would make, with a stop-watch at every step.

The parts are those of the operator's links (its resolver, TLS context, SMPP session and words for failures), so that
what is found here is what the gateway would show. Only the order of the steps is written anew, because a link does not
stop between them; a test holds the two against each other, peer by peer.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sms_operator.links.addresses import forbidden
from sms_operator.links.dial import DialError, name_of, open_socket, resolve
from sms_operator.links.failures import (
    Failure,
    handshake,
    no_address,
    system_words,
    unreached,
    unsendable,
    unusable_tls,
)
from sms_operator.links.resolver import Found
from sms_operator.links.tls import check_name, client_context, expected_name
from sms_operator.protocol.messages import BindType, Endpoint, TlsOptions, WantedLink
from sms_operator.smpp.codec import EncodingError

from .certificates import Shown, name_list, read
from .conversation import Conversation
from .explain import explain
from .overheard import Overheard, listen
from .steps import Attempt, Outcome, Step, StepName, TlsSeen

OnStep = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Terms:
    """How a test is made."""

    timeout: float = 10.0
    """Seconds for the name, for each address, and for the TLS handshake."""
    trust: Sequence[Shown] = ()
    """What the link trusts, to explain with; the verdict is OpenSSL's."""
    pinned: bool = True
    """Whether that comes from spec.tls.trustCertificateRef."""
    on_step: OnStep = lambda step: None
    """Told of each step as it ends."""


class _Log:
    """The steps of an attempt."""

    def __init__(self, on_step: OnStep, *, tls: bool) -> None:
        self.steps: list[Step] = []
        self._on_step = on_step
        self._expected = [name for name in StepName if tls or name is not StepName.TLS]
        self._started = time.monotonic()

    def start(self) -> None:
        self._started = time.monotonic()

    def passed(self, name: StepName, detail: str, seconds: float | None = None, notes: Sequence[str] = ()) -> None:
        self._add(name, Outcome.PASSED, detail, seconds, notes)

    def failed(self, name: StepName, detail: str, seconds: float | None = None, notes: Sequence[str] = ()) -> None:
        self._add(name, Outcome.FAILED, detail, seconds, notes)

    def finish(self) -> tuple[Step, ...]:
        """What was not reached is skipped."""
        reached = {step.name for step in self.steps}
        for name in self._expected:
            if name not in reached:
                self._keep(Step(name, Outcome.SKIPPED))
        return tuple(sorted(self.steps, key=lambda step: list(StepName).index(step.name)))

    def _add(self, name: StepName, outcome: Outcome, detail: str, seconds: float | None, notes: Sequence[str]) -> None:
        taken = time.monotonic() - self._started if seconds is None else seconds
        self._keep(Step(name, outcome, detail, taken, tuple(notes)))

    def _keep(self, step: Step) -> None:
        self.steps.append(step)
        self._on_step(step)


async def attempt(endpoint: Endpoint, link: WantedLink, kind: BindType, terms: Terms) -> Attempt:
    """Resolve, connect, do TLS, bind once, ask, unbind; stops at the first step that fails."""
    log, where = _Log(terms.on_step, tls=link.tls is not None), name_of(endpoint)
    seen: TlsSeen | None = None
    conversation: Conversation | None = None
    failure: Failure | None = None
    try:
        conversation = Conversation(link, kind, where)
        prepared = None if link.tls is None else _prepare(endpoint, link.tls, where, log)
        connection = await _connect(endpoint, terms, where, log)
        if link.tls is None or prepared is None:
            await conversation.open(connection)
        else:
            seen = await _handshake(conversation, connection, prepared, link.tls, terms, where, log)
        failure = await _talk(conversation, log)
    except DialError as error:
        failure = error.failure
        seen = error.seen if isinstance(error, _TlsFailed) else seen
    except EncodingError as error:
        failure = unsendable(error, link.key)
        log.failed(StepName.BIND, failure.message)
    finally:
        if conversation is not None:
            conversation.close()
    steps = log.finish()
    if conversation is None:
        return Attempt(where, steps, failure, seen)
    return Attempt(where, steps, failure, seen, conversation.smsc, conversation.deliveries)


class _TlsFailed(DialError):
    """The handshake failed after this was seen."""

    def __init__(self, failure: Failure, seen: TlsSeen) -> None:
        super().__init__(failure)
        self.seen = seen


@dataclass(frozen=True, slots=True)
class _Prepared:
    """TLS of one attempt."""

    context: ssl.SSLContext
    heard: Overheard
    name: str


def _prepare(endpoint: Endpoint, tls: TlsOptions, where: str, log: _Log) -> _Prepared:
    log.start()
    name = expected_name(endpoint, tls)
    try:
        context = client_context(tls)
        check_name(context, name)
    except (OSError, ValueError, TypeError) as error:
        failure = unusable_tls(error, where)
        log.failed(StepName.TLS, failure.message)
        raise DialError(failure) from None
    return _Prepared(context, listen(context), name)


async def _connect(endpoint: Endpoint, terms: Terms, where: str, log: _Log) -> socket.socket:
    addresses = await _resolve(endpoint, terms, log)
    failure: Failure | None = None
    for family, address in addresses:
        log.start()
        try:
            connection = await open_socket(family, address, terms.timeout)
        except OSError as error:
            failure = unreached(error, where, endpoint.host, address[0], terms.timeout)
            late = isinstance(error, TimeoutError)
            words = f"no answer within {terms.timeout:g} s" if late else system_words(error)
            log.failed(StepName.TCP, f"{address[0]}: {words}")
        else:
            host, port = connection.getsockname()[:2]
            log.passed(StepName.TCP, f"{address[0]}, from {host}:{port}")
            return connection
    if failure is None:
        failure = no_address(endpoint.host)
        log.failed(StepName.DNS, failure.message)
    raise DialError(failure)


async def _resolve(endpoint: Endpoint, terms: Terms, log: _Log) -> list[Found]:
    log.start()
    try:
        found = await resolve(endpoint, terms.timeout)
    except DialError as error:
        log.failed(StepName.DNS, error.failure.message)
        raise
    if found:
        texts = [str(address[0]) for _, address in found]
        notes = [f"the operator's pod: {reason}" for text in texts if (reason := forbidden(text, ()))]
        literal = texts == [endpoint.host]
        log.passed(StepName.DNS, "is an address" if literal else name_list(texts), notes=notes)
    return found


async def _handshake(
    conversation: Conversation,
    connection: socket.socket,
    prepared: _Prepared,
    tls: TlsOptions,
    terms: Terms,
    where: str,
    log: _Log,
) -> TlsSeen:
    log.start()
    try:
        shaken = await conversation.open(connection, prepared.context, prepared.name, terms.timeout)
    except OSError as error:
        failure = handshake(error, where, prepared.name, identity=tls.identity_pem is not None)
        seen = _seen(prepared, terms, accepted=False)
        refusing = [one for one in seen.findings if one.refuses]
        notes = [f"{one.rule}: {one.message}; {one.fix}" for one in refusing]
        log.failed(StepName.TLS, failure.message.removeprefix(f"{where}: "), notes=[*notes, *_asked(seen)])
        raise _TlsFailed(failure, seen) from None
    seen = _seen(prepared, terms, accepted=True, version=shaken.version, cipher=shaken.cipher)
    notes = [f"{one.rule}: {one.message}; {one.fix}" for one in seen.findings]
    detail = f'{seen.version}, {seen.cipher}, certificate for "{prepared.name}"'
    log.passed(StepName.TLS, detail, notes=[*notes, *_asked(seen)])
    return seen


def _seen(prepared: _Prepared, terms: Terms, *, accepted: bool, version: str = "", cipher: str = "") -> TlsSeen:
    heard = prepared.heard
    told = explain(heard.chain, prepared.name, terms.trust, datetime.now(UTC), pinned=terms.pinned)
    findings = told.findings if heard.chain else ()
    return TlsSeen(
        name=prepared.name,
        chain=tuple(read(der) for der in heard.chain),
        # Never more severe than OpenSSL, which has just decided.
        findings=tuple(one for one in findings if not (accepted and one.refuses)),
        version=version,
        cipher=cipher,
        asks_for_certificate=heard.asks_for_certificate,
        authorities=heard.authorities,
    )


def _asked(seen: TlsSeen) -> list[str]:
    if not seen.asks_for_certificate:
        return []
    whose = f" of {name_list(seen.authorities)}" if seen.authorities else ""
    return [f"the server asks for a client certificate{whose}"]


async def _talk(conversation: Conversation, log: _Log) -> Failure | None:
    answer = await conversation.bound()
    if isinstance(answer, Failure):
        log.failed(StepName.BIND, answer.message, conversation.seconds)
        return answer
    log.passed(StepName.BIND, answer, conversation.seconds)
    log.start()
    alive = await conversation.enquire()
    if isinstance(alive, Failure):
        log.failed(StepName.ENQUIRE_LINK, alive.message)
        return alive
    log.passed(StepName.ENQUIRE_LINK, "answered", alive)
    log.start()
    complaint = await conversation.unbind()
    if complaint:
        log.failed(StepName.UNBIND, complaint)
    else:
        log.passed(StepName.UNBIND, "answered")
    return None

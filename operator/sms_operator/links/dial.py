"""From an endpoint to a connection on which the bind has been sent, each step with its own failure."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sms_operator.protocol.messages import Endpoint, FailureReason, TlsOptions
from sms_operator.smpp.transport import SessionProtocol

from .addresses import Network, forbidden
from .failures import Failure, handshake, no_address, unreached, unresolved, unusable_tls
from .resolver import Found, lookup
from .tls import TlsContexts, expected_name


class DialError(Exception):
    """No connection; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class DialLimits:
    """What all dialling shares: networks allowed beyond the usual ones, seconds for connecting to an address, TLS
    contexts, and networks that are denied."""

    allowed: tuple[Network, ...] = ()
    connect_timeout: float = 10.0
    contexts: TlsContexts = field(default_factory=TlsContexts)
    denied: tuple[Network, ...] = ()


def name_of(endpoint: Endpoint) -> str:
    """`host:port`, an IPv6 address in brackets."""
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    return f"{host}:{endpoint.port}"


async def dial(
    endpoint: Endpoint, tls: TlsOptions | None, limits: DialLimits, factory: Callable[[], SessionProtocol]
) -> SessionProtocol:
    """Connect to the first address of the endpoint that answers, and hand it to a session.

    The name is resolved at each call, so that a moved SMSC is found.

    Raises:
        DialError: for every reason why there is no connection.
    """
    where = name_of(endpoint)
    loop = asyncio.get_running_loop()
    if tls is None:
        connection = await _connect(endpoint, limits, where)
        _, protocol = await loop.create_connection(factory, sock=connection)
        return protocol
    name = expected_name(endpoint, tls)
    try:
        context = await limits.contexts.of(tls, name)
    except (OSError, ValueError, TypeError) as error:
        raise DialError(unusable_tls(error, where)) from None
    connection = await _connect(endpoint, limits, where)
    try:
        # From here on the transport owns the socket, and closes it whatever happens.
        _, protocol = await loop.create_connection(
            factory,
            sock=connection,
            ssl=context,
            server_hostname=name,
            ssl_handshake_timeout=limits.connect_timeout,
            ssl_shutdown_timeout=1.0,
        )
        return protocol
    except OSError as error:
        raise DialError(handshake(error, where, name, identity=tls.identity_pem is not None)) from error


async def _connect(endpoint: Endpoint, limits: DialLimits, where: str) -> socket.socket:
    failure: Failure | None = None
    for family, address in await resolve(endpoint, limits.connect_timeout):
        if reason := forbidden(address[0], limits.allowed, limits.denied):
            text = f"{where}: {reason}" if address[0] != endpoint.host else reason
            failure = failure or Failure(FailureReason.ADDRESS_NOT_ALLOWED, text)
            continue
        try:
            return await open_socket(family, address, limits.connect_timeout)
        except OSError as error:
            failure = unreached(error, where, endpoint.host, address[0], limits.connect_timeout)
    raise DialError(failure or no_address(endpoint.host))


async def open_socket(family: int, address: tuple[Any, ...], timeout: float) -> socket.socket:
    """A connection to one address, within so many seconds. Raises OSError."""
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        async with asyncio.timeout(timeout):
            await asyncio.get_running_loop().sock_connect(connection, address)
    except BaseException:
        connection.close()
        raise
    return connection


async def resolve(endpoint: Endpoint, timeout: float) -> list[Found]:
    """The addresses of an endpoint, within so many seconds.

    Raises:
        DialError: there is no answer, or the name cannot be looked up.
    """
    try:
        async with asyncio.timeout(timeout):
            return await lookup(endpoint.host, endpoint.port)
    except (OSError, UnicodeError) as error:
        raise DialError(unresolved(error, endpoint.host, timeout)) from None

"""From an endpoint to a connection on which the bind has been sent, each step with its own failure."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sms_operator.protocol.messages import Endpoint, FailureReason, TlsOptions
from sms_operator.smpp.transport import SessionProtocol

from .addresses import Network, forbidden
from .failures import Failure, handshake, unusable_tls
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
    for family, address in await _resolve(endpoint, limits):
        if reason := forbidden(address[0], limits.allowed, limits.denied):
            text = f"{where}: {reason}" if address[0] != endpoint.host else reason
            failure = failure or Failure(FailureReason.ADDRESS_NOT_ALLOWED, text)
            continue
        try:
            return await _open(family, address, limits.connect_timeout)
        except TimeoutError:
            message = f"{where} ({address[0]}) did not answer within {limits.connect_timeout:g} s"
            failure = Failure(FailureReason.CONNECT_TIMEOUT, message)
        except OSError as error:
            words = os.strerror(error.errno).lower() if error.errno else type(error).__name__
            at = where if address[0] == endpoint.host else f"{where} ({address[0]})"
            failure = Failure(FailureReason.UNREACHABLE, f"{at}: {words}")
    raise DialError(failure or Failure(FailureReason.DNS_FAILED, f'"{endpoint.host}" has no address'))


async def _open(family: int, address: tuple[Any, ...], timeout: float) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        async with asyncio.timeout(timeout):
            await asyncio.get_running_loop().sock_connect(connection, address)
    except BaseException:
        connection.close()
        raise
    return connection


async def _resolve(endpoint: Endpoint, limits: DialLimits) -> list[Found]:
    try:
        async with asyncio.timeout(limits.connect_timeout):
            return await lookup(endpoint.host, endpoint.port)
    except TimeoutError:
        message = f'"{endpoint.host}" was not resolved within {limits.connect_timeout:g} s'
        raise DialError(Failure(FailureReason.DNS_FAILED, message)) from None
    except (OSError, UnicodeError) as error:
        words = getattr(error, "strerror", None) or "not a name that can be looked up"
        raise DialError(Failure(FailureReason.DNS_FAILED, f'"{endpoint.host}": {words.lower()}')) from None

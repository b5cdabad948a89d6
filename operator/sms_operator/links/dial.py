"""From an endpoint to a connection on which the bind has been sent, each step with its own failure."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from sms_operator.protocol.messages import Endpoint, FailureReason, TlsOptions
from sms_operator.smpp.transport import SessionProtocol

from .addresses import Network, forbidden
from .failures import Failure, handshake
from .resolver import Found, lookup
from .tls import client_context, expected_name


class DialError(Exception):
    """No connection; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class DialLimits:
    """What the process allows: networks beyond the public ones, and seconds for connecting to one address."""

    allowed: tuple[Network, ...] = ()
    connect_timeout: float = 10.0


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
    context = None if tls is None else _context(tls, where)
    connection = await _connect(endpoint, limits, where)
    loop = asyncio.get_running_loop()
    try:
        if tls is None:
            _, protocol = await loop.create_connection(factory, sock=connection)
            return protocol
        name = expected_name(endpoint, tls)
        _, protocol = await loop.create_connection(
            factory,
            sock=connection,
            ssl=context,
            server_hostname=name,
            ssl_handshake_timeout=limits.connect_timeout,
            ssl_shutdown_timeout=1.0,
        )
        return protocol
    except (OSError, EOFError, ValueError) as error:
        connection.close()
        identity = tls is not None and tls.identity_pem is not None
        name = "" if tls is None else expected_name(endpoint, tls)
        raise DialError(handshake(error, where, name, identity=identity)) from error
    except BaseException:
        connection.close()
        raise


def _context(tls: TlsOptions, where: str) -> ssl.SSLContext:
    try:
        return client_context(tls)
    except (ssl.SSLError, ValueError) as error:
        words = getattr(error, "reason", None) or str(error)
        message = f"{where} was not dialled: the certificates of spec.tls cannot be used ({words})"
        raise DialError(Failure(FailureReason.TLS_HANDSHAKE_FAILED, message)) from None


async def _connect(endpoint: Endpoint, limits: DialLimits, where: str) -> socket.socket:
    failure: Failure | None = None
    for family, address in await _resolve(endpoint, limits):
        if reason := forbidden(address[0], limits.allowed):
            text = f"{where}: {reason}" if address[0] != endpoint.host else reason
            failure = failure or Failure(FailureReason.ADDRESS_NOT_ALLOWED, text)
            continue
        connection = socket.socket(family, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            async with asyncio.timeout(limits.connect_timeout):
                await asyncio.get_running_loop().sock_connect(connection, address)
            return connection
        except TimeoutError:
            message = f"{where} ({address[0]}) did not answer within {limits.connect_timeout:g} s"
            failure = Failure(FailureReason.CONNECT_TIMEOUT, message)
        except OSError as error:
            words = os.strerror(error.errno).lower() if error.errno else type(error).__name__
            at = where if address[0] == endpoint.host else f"{where} ({address[0]})"
            failure = Failure(FailureReason.UNREACHABLE, f"{at}: {words}")
        except BaseException:
            connection.close()
            raise
        connection.close()
    raise DialError(failure or Failure(FailureReason.DNS_FAILED, f'"{endpoint.host}" has no address'))


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

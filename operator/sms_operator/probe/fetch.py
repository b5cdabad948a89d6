"""The certificates that a server shows to anybody who asks: nothing is verified, and nothing is sent."""

from __future__ import annotations

import asyncio
import os
import ssl
from dataclasses import dataclass

from sms_operator.links.dial import name_of
from sms_operator.links.failures import handshake
from sms_operator.protocol.messages import Endpoint

from .certificates import is_address
from .overheard import listen
from .wanted import CannotTest


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was shown."""

    host: str
    """The name or address that was asked."""
    name: str
    """What the server was asked for (SNI), and what its certificate should carry."""
    port: int
    chain: tuple[bytes, ...]
    """DER, in the server's order; not empty."""
    asks_for_certificate: bool
    """Whether it wants one from its clients, too."""


async def fetch(host: str, port: int, name: str, timeout: float) -> Fetched:
    """Begin a TLS handshake and keep what the server showed, however it goes on.

    Args:
        host: to connect to.
        port: of TLS.
        name: to ask for; the host, where nothing else is known.
        timeout: seconds for name, connection and handshake together.

    Raises:
        CannotTest: it cannot be reached, or does not speak TLS.
    """
    where = name_of(Endpoint(host, port))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Who it is, is what is to be found out: people compare the fingerprint.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    heard = listen(context)
    try:
        async with asyncio.timeout(timeout):
            _, writer = await asyncio.open_connection(
                host, port, ssl=context, server_hostname=name, ssl_handshake_timeout=timeout
            )
            writer.transport.abort()
    except TimeoutError:
        if not heard.chain:
            raise CannotTest(f"{where} did not answer within {timeout:g} s") from None
    except (OSError, ValueError) as error:
        if not heard.chain:
            raise CannotTest(_words(error, where, name)) from None
    if not heard.chain:
        raise CannotTest(f"{where} shows no certificate")
    return Fetched(host, name, port, heard.chain, heard.asks_for_certificate)


def _words(error: OSError | ValueError, where: str, name: str) -> str:
    if isinstance(error, ssl.SSLError | ConnectionResetError):
        return handshake(error, where, name, identity=False).message
    if isinstance(error, UnicodeError):
        return f"{where}: not a name that can be looked up"
    if not isinstance(error, OSError):
        return f'"{name}" is not a name that a certificate can have' if is_address(name) else f"{where}: {error}"
    number = error.errno or 0
    return f"{where}: {(os.strerror(number) if number > 0 else error.strerror or str(error)).lower()}"

"""TLS contexts from what a link brings along. Verification is always on, and the same on every Python version."""

from __future__ import annotations

import asyncio
import os
import ssl
from typing import Final
from weakref import WeakValueDictionary

from sms_operator.protocol.messages import Endpoint, TlsOptions

_NO_QUESTION: Final = b""
"""Given as the password of a key, so that OpenSSL never asks a terminal for one."""
_MINIMUM: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def client_context(options: TlsOptions) -> ssl.SSLContext:
    """A context that trusts what `options` name, or the system's authorities.

    Any certificate named as trusted may end the chain, an intermediate or the server's own included, as Python 3.13 and
    Go do it; RFC 5280 strictness is off, because SMSCs' own authorities rarely meet it.

    Raises:
        ssl.SSLError: a certificate or key that OpenSSL does not take.
        ValueError: no certificate where there should be one, or an unknown version.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if options.trust_pem is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        context.load_verify_locations(cadata=options.trust_pem)
    if options.minimum_version not in _MINIMUM:
        raise ValueError(f"minimum TLS version {options.minimum_version} is not one of {', '.join(_MINIMUM)}")
    context.minimum_version = _MINIMUM[options.minimum_version]
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_STRICT
    if options.identity_pem and options.identity_key_pem:
        _load_identity(context, options.identity_pem + "\n" + options.identity_key_pem)
    return context


class TlsContexts:
    """The contexts in use, each made once and off the event loop: the system's authorities take long to load."""

    def __init__(self) -> None:
        self._live: WeakValueDictionary[TlsOptions, ssl.SSLContext] = WeakValueDictionary()

    async def of(self, options: TlsOptions, name: str) -> ssl.SSLContext:
        """A context for these options that takes this name of a server.

        Raises:
            OSError, ValueError, TypeError: as `client_context`, or a name that no server can have.
        """
        context = self._live.get(options)
        if context is None:
            context = self._live[options] = await asyncio.to_thread(client_context, options)
        check_name(context, name)
        return context


def check_name(context: ssl.SSLContext, name: str) -> None:
    """Whether a server can have this name.

    Raises:
        ValueError, TypeError: none can.
    """
    try:
        context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=name)
    except ValueError:
        raise ValueError(f'"{name}" is not a name that a certificate can have') from None


def expected_name(endpoint: Endpoint, options: TlsOptions) -> str:
    """The name for SNI that the SMSC's certificate must carry."""
    return endpoint.server_name or options.server_name or endpoint.host


def _load_identity(context: ssl.SSLContext, pem: str) -> None:
    """OpenSSL wants a file; this one is in memory and has no name."""
    descriptor = os.memfd_create("identity", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, pem.encode())
        context.load_cert_chain(f"/proc/self/fd/{descriptor}", password=_NO_QUESTION)
    finally:
        os.close(descriptor)

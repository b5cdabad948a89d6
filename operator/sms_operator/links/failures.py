"""What went wrong with a bind, from the exceptions and codes of five libraries into one vocabulary. Pure."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from sms_operator.protocol.messages import FailureReason
from sms_operator.smpp import command_status
from sms_operator.smpp.codec import EncodingError
from sms_operator.smpp.command_status import describe
from sms_operator.smpp.errors import PeerStoppedReading
from sms_operator.smpp.events import EndCause, Ended


class Disposition(Enum):
    """How soon another attempt makes sense (docs/explanation of the reconnect policy)."""

    PERMANENT = auto()
    """Only a change of spec, Secret or certificate helps; a probe every quarter of an hour at most."""
    SLOW = auto()
    """The SMSC said no without saying why: trying often may lock the account."""
    CLASH = auto()
    """Another session holds the account: wait for the SMSC to notice that it is dead."""
    TRANSIENT = auto()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed or a bind was lost."""

    reason: FailureReason
    message: str
    command_status: int | None = None

    @property
    def disposition(self) -> Disposition:
        if self.reason is FailureReason.BIND_REJECTED and self.command_status in _PASSING:
            return Disposition.TRANSIENT
        return _DISPOSITIONS.get(self.reason, Disposition.TRANSIENT)

    @property
    def of_network(self) -> bool:
        """Whether another endpoint may do better: a login refused here is refused everywhere."""
        return self.reason in _NETWORK


_DISPOSITIONS: Final = {
    FailureReason.ADDRESS_NOT_ALLOWED: Disposition.SLOW,
    FailureReason.ALREADY_BOUND: Disposition.CLASH,
    FailureReason.BIND_MODE_NOT_SUPPORTED: Disposition.PERMANENT,
    FailureReason.BIND_REJECTED: Disposition.SLOW,
    FailureReason.CLIENT_CERTIFICATE_REQUIRED: Disposition.PERMANENT,
    FailureReason.INVALID_PASSWORD: Disposition.PERMANENT,
    FailureReason.INVALID_SYSTEM_ID: Disposition.PERMANENT,
    FailureReason.INVALID_SYSTEM_TYPE: Disposition.PERMANENT,
    FailureReason.TLS_VERIFICATION_FAILED: Disposition.PERMANENT,
}

_NETWORK: Final = frozenset(
    {
        FailureReason.ADDRESS_NOT_ALLOWED,
        FailureReason.BIND_TIMEOUT,
        FailureReason.CONNECT_TIMEOUT,
        FailureReason.DNS_FAILED,
        FailureReason.ENQUIRE_LINK_TIMEOUT,
        FailureReason.PEER_UNBOUND,
        FailureReason.PROTOCOL_ERROR,
        FailureReason.TLS_HANDSHAKE_FAILED,
        FailureReason.TLS_VERIFICATION_FAILED,
        FailureReason.UNREACHABLE,
    }
)

_BY_STATUS: Final = {
    command_status.ESME_RINVPASWD: FailureReason.INVALID_PASSWORD,
    command_status.ESME_RINVSYSID: FailureReason.INVALID_SYSTEM_ID,
    command_status.ESME_RINVSYSTYP: FailureReason.INVALID_SYSTEM_TYPE,
    command_status.ESME_RINVCMDID: FailureReason.BIND_MODE_NOT_SUPPORTED,
    command_status.ESME_RALYBND: FailureReason.ALREADY_BOUND,
}

THROTTLING: Final = frozenset({command_status.ESME_RTHROTTLED, command_status.ESME_RMSGQFUL})
_PASSING: Final = THROTTLING | {command_status.ESME_RSYSERR}
"""Refusals that say nothing about the login."""
STANDARD_PASSWORD: Final = 8
"""Octets a password has at most by the standard (SMPP 3.4, section 5.2.2)."""


def refused(status: int, bind_name: str, where: str, password: str) -> Failure:
    """The SMSC answered the bind with a command_status other than 0."""
    reason = _BY_STATUS.get(status, FailureReason.BIND_REJECTED)
    message = f"{where} refuses {bind_name}: {describe(status)}"
    if reason is FailureReason.ALREADY_BOUND:
        message += "; another session holds this system_id, or as many as it allows"
    elif reason is FailureReason.BIND_MODE_NOT_SUPPORTED:
        message += "; try spec.bind.style TransmitterReceiver or another spec.mode"
    elif reason in (FailureReason.INVALID_PASSWORD, FailureReason.BIND_REJECTED) and len(password) > STANDARD_PASSWORD:
        message += f"; the password has {len(password)} octets, the standard allows {STANDARD_PASSWORD}"
    return Failure(reason, message, status)


def unsendable(error: EncodingError, link_key: str) -> Failure:
    """A field of the bind cannot be written in SMPP; nothing was dialled."""
    reason = {
        "password": FailureReason.INVALID_PASSWORD,
        "system_id": FailureReason.INVALID_SYSTEM_ID,
        "system_type": FailureReason.INVALID_SYSTEM_TYPE,
    }.get(error.field_name, FailureReason.PROTOCOL_ERROR)
    return Failure(reason, f"{link_key} cannot bind: {error}")


def unresolved(error: Exception, host: str, timeout: float) -> Failure:
    """The name could not be looked up; `timeout` in seconds."""
    if isinstance(error, TimeoutError):
        return Failure(FailureReason.DNS_FAILED, f'"{host}" was not resolved within {timeout:g} s')
    words = getattr(error, "strerror", None) or "not a name that can be looked up"
    return Failure(FailureReason.DNS_FAILED, f'"{host}": {words.lower()}')


def no_address(host: str) -> Failure:
    """The name was looked up, and leads nowhere."""
    return Failure(FailureReason.DNS_FAILED, f'"{host}" has no address')


def unreached(error: OSError, where: str, host: str, address: str, timeout: float) -> Failure:
    """No connection to one address of a host; `timeout` in seconds."""
    if isinstance(error, TimeoutError):
        return Failure(FailureReason.CONNECT_TIMEOUT, f"{where} ({address}) did not answer within {timeout:g} s")
    at = where if address == host else f"{where} ({address})"
    return Failure(FailureReason.UNREACHABLE, f"{at}: {system_words(error)}")


def system_words(error: OSError) -> str:
    """What the operating system says, such as `connection refused`."""
    return os.strerror(error.errno).lower() if error.errno else type(error).__name__


def unusable_tls(error: Exception, where: str) -> Failure:
    """Certificates or a server name of spec.tls that OpenSSL does not take; nothing was dialled."""
    words = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error) or type(error).__name__
    text = f"{where} was not dialled: spec.tls cannot be used ({str(words).lower().replace('_', ' ')[:80]})"
    return Failure(FailureReason.TLS_HANDSHAKE_FAILED, text)


def ended(event: Ended, where: str) -> Failure:
    """The session ended by itself."""
    reason = {
        EndCause.BIND_TIMEOUT: FailureReason.BIND_TIMEOUT,
        EndCause.ENQUIRE_LINK_TIMEOUT: FailureReason.ENQUIRE_LINK_TIMEOUT,
        EndCause.PEER_UNBOUND: FailureReason.PEER_UNBOUND,
        EndCause.UNBOUND: FailureReason.PEER_UNBOUND,
        EndCause.PROTOCOL_ERROR: FailureReason.PROTOCOL_ERROR,
    }[event.cause]
    detail = event.detail or (
        "we ended the bind" if event.cause is EndCause.UNBOUND else "the SMSC ended the bind (unbind)"
    )
    return Failure(reason, f"{where}: {detail}")


def lost(error: Exception | None, where: str, *, bound: bool, tls: bool, identity: bool) -> Failure:
    """The connection went without a word of SMPP. With TLS 1.3 a missing client certificate is told only now."""
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError) and not bound:
        return handshake(error, where, "", identity=identity)
    if isinstance(error, PeerStoppedReading):
        return Failure(FailureReason.UNREACHABLE, f"{where}: the SMSC stopped reading, so the connection was dropped")
    how = "reset" if isinstance(error, ConnectionResetError) else "closed"
    if bound:
        return Failure(FailureReason.UNREACHABLE, f"{where}: the connection was {how}")
    if tls and not identity:
        hint = "it may require a client certificate (spec.tls.identityCertificateRef)"
    elif tls:
        hint = "it may not accept our certificate or address"
    else:
        hint = "it may expect TLS, or not know our address"
    message = f"{where}: the connection was {how} before the bind was answered; {hint}"
    return Failure(FailureReason.UNREACHABLE, message)


def handshake(error: Exception, where: str, expected_name: str, *, identity: bool) -> Failure:
    """The TLS handshake failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Failure(FailureReason.TLS_VERIFICATION_FAILED, f"{where}: {_verification(error, expected_name)}")
    text = str(getattr(error, "reason", "") or error).upper().replace(" ", "_")
    if any(
        mark in text
        for mark in ("CERTIFICATE_REQUIRED", "ALERT_BAD_CERTIFICATE", "ALERT_UNKNOWN_CA", "ALERT_CERTIFICATE")
    ):
        what = "does not accept our client certificate" if identity else "requires a client certificate"
        fix = "check the Certificate in" if identity else "name one in"
        message = f"{where} {what}; {fix} spec.tls.identityCertificateRef"
        return Failure(FailureReason.CLIENT_CERTIFICATE_REQUIRED, message)
    if "HANDSHAKE_FAILURE" in text and not identity:
        message = (
            f"{where} refuses the TLS handshake; it may require a client certificate (spec.tls.identityCertificateRef)"
        )
        return Failure(FailureReason.CLIENT_CERTIFICATE_REQUIRED, message)
    if any(mark in text for mark in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH", "HTTP_REQUEST")):
        message = f"{where} does not speak TLS; the port seems to be a plain one"
        return Failure(FailureReason.TLS_HANDSHAKE_FAILED, message)
    if "PROTOCOL_VERSION" in text or "UNSUPPORTED_PROTOCOL" in text:
        message = f"{where} offers no TLS version that spec.tls.minVersion allows"
        return Failure(FailureReason.TLS_HANDSHAKE_FAILED, message)
    if isinstance(error, TimeoutError | ConnectionAbortedError):
        return Failure(FailureReason.TLS_HANDSHAKE_FAILED, f"{where}: no answer to the TLS handshake in time")
    if isinstance(error, ConnectionResetError | EOFError | BrokenPipeError):
        message = f"{where} closed the connection in the TLS handshake; the port may be a plain one"
        return Failure(FailureReason.TLS_HANDSHAKE_FAILED, message)
    code = text.strip("_()").lower().replace("_", " ")[:80] or type(error).__name__
    return Failure(FailureReason.TLS_HANDSHAKE_FAILED, f"{where}: the TLS handshake failed ({code})")


def _verification(error: ssl.SSLCertVerificationError, expected_name: str) -> str:
    match error.verify_code:
        case 10:
            return "the SMSC's certificate has expired"
        case 9:
            return "the SMSC's certificate is not valid yet"
        case 18 | 19 | 20 | 21 | 2:
            return (
                "the SMSC's certificate is not signed by a trusted authority; "
                "put its authority's certificate in spec.tls.trustCertificateRef (found: "
                f"{error.verify_message})"
            )
        case 62 | 63 | 64:
            return (
                f'the SMSC\'s certificate is not for "{expected_name}"; '
                "set serverName to a name in the certificate if that is the right server"
            )
        case _:
            return f"the SMSC's certificate is refused: {error.verify_message}"

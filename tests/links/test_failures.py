"""Errors of many libraries in one vocabulary."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from sms_operator.links import failures
from sms_operator.links.failures import Disposition
from sms_operator.protocol.messages import FailureReason
from sms_operator.smpp.codec import EncodingError
from sms_operator.smpp.errors import PeerStoppedReading
from sms_operator.smpp.events import EndCause, Ended

WHERE = "smsc.example:2776"


def ssl_error(reason: str, kind: type[ssl.SSLError] = ssl.SSLError) -> ssl.SSLError:
    """An error as the ssl module makes it."""
    error = kind(1, f"[SSL: {reason}] {reason.lower().replace('_', ' ')} (_ssl.c:1006)")
    error.reason = reason
    return error


def unverified(code: int, words: str = "words of OpenSSL") -> ssl.SSLCertVerificationError:
    """A refused certificate as the ssl module tells it."""
    error: Any = ssl.SSLCertVerificationError(1, f"certificate verify failed: {words}")
    error.reason, error.verify_code, error.verify_message = "CERTIFICATE_VERIFY_FAILED", code, words
    return error


class TestHandshake:
    """What a failed handshake says."""

    @pytest.mark.parametrize(
        ("code", "words"),
        [
            (10, "has expired"),
            (9, "not valid yet"),
            (18, "spec.tls.trustCertificateRef"),
            (19, "spec.tls.trustCertificateRef"),
            (20, "spec.tls.trustCertificateRef"),
            (21, "spec.tls.trustCertificateRef"),
            (2, "spec.tls.trustCertificateRef"),
            (62, 'not for "name.example"; set serverName'),
            (64, 'not for "name.example"; set serverName'),
            (23, "is refused: words of OpenSSL"),
        ],
    )
    def test_the_smscs_certificate(self, code: int, words: str) -> None:
        """A refused certificate is told by its cause and what to do, and does not pass by waiting."""
        failure = failures.handshake(unverified(code), WHERE, "name.example", identity=False)
        assert failure.reason is FailureReason.TLS_VERIFICATION_FAILED
        assert words in failure.message
        assert failure.disposition is Disposition.PERMANENT

    @pytest.mark.parametrize(
        "reason",
        [
            "TLSV13_ALERT_CERTIFICATE_REQUIRED",
            "SSLV3_ALERT_BAD_CERTIFICATE",
            "TLSV1_ALERT_UNKNOWN_CA",
            "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
            "SSLV3_ALERT_CERTIFICATE_EXPIRED",
            "SSLV3_ALERT_CERTIFICATE_REVOKED",
        ],
    )
    @pytest.mark.parametrize("identity", [False, True])
    def test_our_certificate(self, reason: str, identity: bool) -> None:
        """An alert about a certificate is about ours: none shown, or one that is not accepted."""
        failure = failures.handshake(ssl_error(reason), WHERE, "", identity=identity)
        assert failure.reason is FailureReason.CLIENT_CERTIFICATE_REQUIRED
        assert ("does not accept our client certificate" if identity else "requires a client certificate") in (
            failure.message
        )
        assert "spec.tls.identityCertificateRef" in failure.message

    def test_handshake_failure(self) -> None:
        """Without an identity it may be what is missing; with one it is something else."""
        error = ssl_error("SSLV3_ALERT_HANDSHAKE_FAILURE")
        assert failures.handshake(error, WHERE, "", identity=False).reason is FailureReason.CLIENT_CERTIFICATE_REQUIRED
        other = failures.handshake(error, WHERE, "", identity=True)
        assert other.reason is FailureReason.TLS_HANDSHAKE_FAILED
        assert "sslv3 alert handshake failure" in other.message

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (ssl_error("WRONG_VERSION_NUMBER"), "does not speak TLS"),
            (ssl_error("RECORD_LAYER_FAILURE"), "does not speak TLS"),
            (ssl_error("PACKET_LENGTH_TOO_LONG"), "does not speak TLS"),
            (ssl_error("HTTP_REQUEST"), "does not speak TLS"),
            (ssl_error("TLSV1_ALERT_PROTOCOL_VERSION"), "spec.tls.minVersion"),
            (ssl_error("UNSUPPORTED_PROTOCOL"), "spec.tls.minVersion"),
            (ConnectionAbortedError("SSL handshake is taking longer than 2 seconds"), "in time"),
            (TimeoutError(), "in time"),
            (ConnectionResetError(104, "Connection reset by peer"), "closed the connection in the TLS handshake"),
            (BrokenPipeError(32, "Broken pipe"), "closed the connection in the TLS handshake"),
            (ssl_error("TLSV1_UNRECOGNIZED_NAME"), "(tlsv1 unrecognized name)"),
            (ssl.SSLError(), "SSLError"),
        ],
    )
    def test_other_causes(self, error: Exception, words: str) -> None:
        """Everything else is a failed handshake, in words that help."""
        failure = failures.handshake(error, WHERE, "", identity=False)
        assert failure.reason is FailureReason.TLS_HANDSHAKE_FAILED
        assert words in failure.message
        assert failure.message.startswith(WHERE)


class TestRefused:
    """What a command_status says."""

    @pytest.mark.parametrize(
        ("status", "reason", "disposition"),
        [
            (0x0E, FailureReason.INVALID_PASSWORD, Disposition.PERMANENT),
            (0x0F, FailureReason.INVALID_SYSTEM_ID, Disposition.PERMANENT),
            (0x53, FailureReason.INVALID_SYSTEM_TYPE, Disposition.PERMANENT),
            (0x03, FailureReason.BIND_MODE_NOT_SUPPORTED, Disposition.PERMANENT),
            (0x05, FailureReason.ALREADY_BOUND, Disposition.CLASH),
            (0x0D, FailureReason.BIND_REJECTED, Disposition.SLOW),
            (0x04, FailureReason.BIND_REJECTED, Disposition.SLOW),
            (0x455, FailureReason.BIND_REJECTED, Disposition.SLOW),
            (0x08, FailureReason.BIND_REJECTED, Disposition.TRANSIENT),
            (0x14, FailureReason.BIND_REJECTED, Disposition.TRANSIENT),
            (0x58, FailureReason.BIND_REJECTED, Disposition.TRANSIENT),
        ],
    )
    def test_status(self, status: int, reason: FailureReason, disposition: Disposition) -> None:
        """Each has its reason, keeps its number, and its own patience; another endpoint would not help."""
        failure = failures.refused(status, "bind_transceiver", WHERE, "secret")
        assert (failure.reason, failure.command_status, failure.disposition) == (reason, status, disposition)
        assert not failure.of_network
        assert f"{WHERE} refuses bind_transceiver" in failure.message
        assert f"0x{status:08x}" in failure.message
        assert "secret" not in failure.message

    @pytest.mark.parametrize("status", [0x0E, 0x0D])
    def test_a_long_password_is_mentioned(self, status: int) -> None:
        """Its length, never itself, and only where it may be the cause."""
        long = failures.refused(status, "bind_receiver", WHERE, "correct horse")
        assert "the password has 13 octets, the standard allows 8" in long.message
        assert "horse" not in long.message
        assert "octets" not in failures.refused(status, "bind_receiver", WHERE, "12345678").message
        assert "octets" not in failures.refused(0x0F, "bind_receiver", WHERE, "correct horse").message


class TestLost:
    """Connections that went without a word of SMPP."""

    @pytest.mark.parametrize(
        ("tls", "identity", "hint"),
        [
            (False, False, "may expect TLS"),
            (True, False, "require a client certificate"),
            (True, True, "our certificate"),
        ],
    )
    def test_before_the_answer(self, tls: bool, identity: bool, hint: str) -> None:
        """The hint fits the way of connecting."""
        closed = failures.lost(None, WHERE, bound=False, tls=tls, identity=identity)
        assert closed.reason is FailureReason.UNREACHABLE
        assert "closed before the bind was answered" in closed.message
        assert hint in closed.message

    @pytest.mark.parametrize(
        ("error", "how"),
        [(None, "closed"), (ConnectionResetError(), "reset"), (PeerStoppedReading(), "stopped reading")],
    )
    def test_while_bound(self, error: Exception | None, how: str) -> None:
        """Closed, reset, or dropped by us because the SMSC took nothing any more."""
        failure = failures.lost(error, WHERE, bound=True, tls=False, identity=False)
        assert failure.reason is FailureReason.UNREACHABLE
        assert how in failure.message

    @pytest.mark.parametrize("error", [ssl_error("DECRYPTION_FAILED"), ssl_error("EOF", ssl.SSLEOFError)])
    def test_tls_that_breaks_while_bound(self, error: ssl.SSLError) -> None:
        """A bind that stood was not ended by a handshake."""
        assert failures.lost(error, WHERE, bound=True, tls=True, identity=False).reason is FailureReason.UNREACHABLE

    def test_the_late_alert_of_tls_1_3(self) -> None:
        """The missing client certificate is told only after the handshake."""
        error = ssl_error("TLSV13_ALERT_CERTIFICATE_REQUIRED")
        failure = failures.lost(error, WHERE, bound=False, tls=True, identity=False)
        assert failure.reason is FailureReason.CLIENT_CERTIFICATE_REQUIRED

    def test_tls_that_just_ends_before_the_answer(self) -> None:
        """An end without close_notify is an end, not a failed handshake."""
        error = ssl_error("UNEXPECTED_EOF_WHILE_READING", ssl.SSLEOFError)
        failure = failures.lost(error, WHERE, bound=False, tls=True, identity=False)
        assert failure.reason is FailureReason.UNREACHABLE


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (EndCause.BIND_TIMEOUT, FailureReason.BIND_TIMEOUT),
        (EndCause.ENQUIRE_LINK_TIMEOUT, FailureReason.ENQUIRE_LINK_TIMEOUT),
        (EndCause.PEER_UNBOUND, FailureReason.PEER_UNBOUND),
        (EndCause.UNBOUND, FailureReason.PEER_UNBOUND),
        (EndCause.PROTOCOL_ERROR, FailureReason.PROTOCOL_ERROR),
    ],
)
@pytest.mark.parametrize("detail", ["", "words of the session"])
def test_sessions_that_end(cause: EndCause, reason: FailureReason, detail: str) -> None:
    """Each cause has its reason, and words even where the session has none."""
    failure = failures.ended(Ended(cause, detail), WHERE)
    assert failure.reason is reason
    assert failure.message.startswith(f"{WHERE}: ")
    assert len(failure.message) > len(WHERE) + 5
    assert detail in failure.message


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("password", FailureReason.INVALID_PASSWORD),
        ("system_id", FailureReason.INVALID_SYSTEM_ID),
        ("system_type", FailureReason.INVALID_SYSTEM_TYPE),
        ("address_range", FailureReason.PROTOCOL_ERROR),
    ],
)
def test_what_cannot_be_sent(name: str, reason: FailureReason) -> None:
    """A field that SMPP cannot carry is named, with its gateway."""
    failure = failures.unsendable(EncodingError(name, "has characters"), "ns/gw")
    assert failure.reason is reason
    assert failure.message == f"ns/gw cannot bind: {name} has characters"


def test_every_reason_of_the_network_tries_the_next_endpoint() -> None:
    """A refused login or certificate of ours would be refused elsewhere as well; everything else may not."""
    stays = {reason for reason in FailureReason if not failures.Failure(reason, "").of_network}
    assert stays == {
        FailureReason.ALREADY_BOUND,
        FailureReason.BIND_MODE_NOT_SUPPORTED,
        FailureReason.BIND_REJECTED,
        FailureReason.CLIENT_CERTIFICATE_REQUIRED,
        FailureReason.INVALID_PASSWORD,
        FailureReason.INVALID_SYSTEM_ID,
        FailureReason.INVALID_SYSTEM_TYPE,
    }

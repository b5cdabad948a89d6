"""Every reason in words for whoever has to act: what it means, and what to do next. Pure.

The same words are in docs/conditions.md; a test compares the two.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sms_operator.api.conditions import Reason
from sms_operator.core.keys import SMPP_GATEWAY, Key

PAGE: Final = "docs/troubleshooting.md"
"""Where each reason has a heading of its own."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What a reason means and asks for."""

    cause: str
    step: str
    """Empty where nothing is to be done."""
    page: str


def advice(reason: str) -> Advice | None:
    """About a reason; None for one that this version does not know."""
    try:
        known = Reason(reason)
    except ValueError:
        return None
    return Advice(known.meaning, NEXT_STEP[known], f"{PAGE}#{known.lower()}")


def commands(key: Key, reason: str, secrets: Sequence[Key] = ()) -> tuple[str, ...]:
    """What to type next, ready to be copied. `secrets`: the Secrets and ConfigMaps that the object refers to."""
    name, place = shlex.quote(key.name), f"-n {shlex.quote(key.namespace)}"
    match key.kind:
        case kind if kind == SMPP_GATEWAY and reason == str(Reason.DISCONNECTED):
            return (f"smsctl gateway connect {name} {place} --wait",)
        case kind if kind == SMPP_GATEWAY and reason in AT_THE_SMSC:
            return (f"smsctl gateway test {name} {place}", f"smsctl gateway rebuild {name} {place} --wait")
        case _ if reason in IN_A_SECRET and secrets:
            return tuple(f"kubectl describe {one.kind.lower()} {shlex.quote(one.name)} {place}" for one in secrets)
        case _ if reason == str(Reason.PENDING):
            return (f"smsctl check {place}",)
        case _:
            return (f"kubectl get {key.kind.lower()} {name} {place} -o yaml",)


IN_A_SECRET: Final = frozenset(
    {
        Reason.KEY_MISMATCH,
        Reason.PARSE_FAILED,
        Reason.SECRET_KEY_MISSING,
        Reason.SECRET_NOT_FOUND,
        Reason.SECRET_UNREADABLE,
        Reason.SOURCE_NOT_FOUND,
    }
)
"""Reasons that the keys of a Secret or ConfigMap explain; `kubectl describe` shows them, and no value."""

AT_THE_SMSC: Final = frozenset(
    {
        Reason.ALREADY_BOUND,
        Reason.BIND_MODE_NOT_SUPPORTED,
        Reason.BIND_REJECTED,
        Reason.BIND_TIMEOUT,
        Reason.CLIENT_CERTIFICATE_REQUIRED,
        Reason.CONNECT_TIMEOUT,
        Reason.CONNECTING,
        Reason.DNS_FAILED,
        Reason.ENQUIRE_LINK_TIMEOUT,
        Reason.INVALID_PASSWORD,
        Reason.INVALID_SYSTEM_ID,
        Reason.INVALID_SYSTEM_TYPE,
        Reason.NOT_CONNECTED,
        Reason.PARTIALLY_CONNECTED,
        Reason.PEER_UNBOUND,
        Reason.PROTOCOL_ERROR,
        Reason.TLS_HANDSHAKE_FAILED,
        Reason.TLS_VERIFICATION_FAILED,
        Reason.UNREACHABLE,
    }
)
"""Reasons that a bind from here can explain further."""

NEXT_STEP: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.ACCEPTED: "",
        Reason.RESOLVED_REFS: "",
        Reason.ROUTED: "",
        Reason.VALID: "",
        Reason.CONNECTION_SUCCEEDED: "",
        Reason.SUCCESS: "",
        Reason.PENDING: "Wait; where it lasts, look at the object that the message names.",
        Reason.CONNECTING: "Wait for the first answer of the SMSC.",
        Reason.RUNNING: "Wait.",
        Reason.SECRET_UNREADABLE: (
            "Check the operator's rights in this namespace. The last value that was read stays in use."
        ),
        Reason.INVALID_SPEC: "Apply the object again as this version wants it; the message names the field.",
        Reason.NAME_CONFLICT: (
            "Rename this channel, or remove the one that the message names; this one then takes over."
        ),
        Reason.NUMBER_CONFLICT: (
            "Give the number to one of the two channels, or list numbers in one of two catch-alls."
        ),
        Reason.ACCOUNT_CONFLICT: "Use one gateway for the account, or split the directions with mode.",
        Reason.ADDRESS_NOT_ALLOWED: "Correct the host, or start the operator with SMS_OPERATOR_ALLOWED_NETWORKS.",
        Reason.GATEWAY_CANNOT_RECEIVE: "Choose a gateway with mode SendAndReceive or Receive.",
        Reason.TIMEOUT_TOO_SHORT: "Lengthen sessionEnd.noCustomerReply, or shorten the queue's maxWaitingTime.",
        Reason.NOT_ACCEPTED: "Read the condition Accepted.",
        Reason.SECRET_NOT_FOUND: "Create the Secret, or correct its name. Binds that are up stay up.",
        Reason.SECRET_KEY_MISSING: "Add the key, or name the right one in key.",
        Reason.CERTIFICATE_NOT_FOUND: "Create the Certificate, or correct the reference.",
        Reason.CERTIFICATE_NOT_READY: "Read the Certificate's own Ready condition.",
        Reason.ORGANIZATION_UNIT_NOT_FOUND: "Create it, or correct the reference.",
        Reason.GATEWAY_NOT_FOUND: "Create it, or correct the reference.",
        Reason.CHANNEL_NOT_FOUND: "Create it, or correct the reference.",
        Reason.CALLED_ROUTE_NOT_FOUND: "Create it, or correct the reference.",
        Reason.CALLED_ROUTE_NOT_MULTIMEDIA: "Refer to a CalledRoute with media: Multimedia.",
        Reason.SERVICE_TIME_NOT_FOUND: "Create it, or correct the reference.",
        Reason.CHATBOT_NOT_FOUND: "Create it, or correct the reference.",
        Reason.CHATBOT_WRONG_DIALOG_TYPE: "Refer to a Chatbot with dialogType: Chatbot.",
        Reason.ROUTE_NOT_OWNED: (
            "Rename the channel, or remove the route that somebody made by hand; it is never touched."
        ),
        Reason.SHADOWED_BY: "Remove the number from one of the two routes.",
        Reason.SOURCE_NOT_FOUND: "Create the Secret or ConfigMap, or correct name and key.",
        Reason.PARSE_FAILED: "Check that the content is PEM or DER and whole, and that the password fits the key.",
        Reason.UNSUPPORTED_TYPE: "Convert it; the message holds the command.",
        Reason.EXPIRED: "Put a new certificate into the source; it takes effect by itself.",
        Reason.NOT_YET_VALID: "Check the certificate's dates and the clocks.",
        Reason.KEY_MISMATCH: "Put certificate and key of one pair into the source.",
        Reason.TOO_LARGE: (
            "Keep the chain that is needed and drop the rest. A key: at most 16 KiB, RSA with 8,192 bits, a "
            "million rounds of PBKDF2."
        ),
        Reason.EXPIRING: "Put a new certificate into the source in time.",
        Reason.GATEWAY_NOT_CONNECTED: "Read the gateway's conditions; the message quotes them.",
        Reason.PARTIALLY_CONNECTED: (
            "The message says what the missing binds met; perhaps bind.count is more than the SMSC allows."
        ),
        Reason.NOT_CONNECTED: "Read the condition Connected for the cause.",
        Reason.DISCONNECTED: "Set connection: Connected and remove the annotation sms-operator.dev/disconnect.",
        Reason.DNS_FAILED: "Correct the host, or the cluster's DNS.",
        Reason.UNREACHABLE: "Check host, port and the provider's allow-list.",
        Reason.CONNECT_TIMEOUT: "Check host and port, firewalls, and the NetworkPolicy (docs/install.md).",
        Reason.TLS_VERIFICATION_FAILED: (
            "Refer to the right trust certificate, or name the host as its certificate does (serverName)."
        ),
        Reason.TLS_HANDSHAKE_FAILED: (
            "Check the port: it may be the plain one. Else compare TLS versions with the provider."
        ),
        Reason.CLIENT_CERTIFICATE_REQUIRED: (
            "Set tls.identityCertificateRef, with a certificate that the provider accepts."
        ),
        Reason.BIND_TIMEOUT: "Check the port; ask the provider whether the account is open.",
        Reason.INVALID_PASSWORD: "Correct the Secret; the operator tries again at once when it changes.",
        Reason.INVALID_SYSTEM_ID: "Correct login.systemId.",
        Reason.INVALID_SYSTEM_TYPE: "Set bind.systemType as the provider says.",
        Reason.BIND_MODE_NOT_SUPPORTED: "Change mode or bind.style to what the provider offers.",
        Reason.ALREADY_BOUND: (
            "Another program uses the account, or the SMSC has not noticed the end of an old session yet; the "
            "operator tries again."
        ),
        Reason.BIND_REJECTED: "The message has the code and its name: ask the provider.",
        Reason.ENQUIRE_LINK_TIMEOUT: (
            "The operator reconnects. If it recurs, check firewalls that forget idle connections."
        ),
        Reason.PEER_UNBOUND: "The operator reconnects.",
        Reason.PROTOCOL_ERROR: "Check the port; the message says what the peer seems to be.",
        Reason.THROTTLED: "Lower session.throughput to what the contract says.",
        Reason.PARENT_CYCLE: "Correct parentRef of one unit of the cycle that the message shows.",
        Reason.PARENT_NOT_FOUND: "Create it, or correct parentRef.",
        Reason.UNKNOWN_TIME_ZONE: "Use a name such as Europe/Berlin.",
        Reason.TOO_MANY_RECORDS: "Narrow the export with channels or selector.",
        Reason.STORAGE_FAILED: "Check the operator's storage, then create the export anew.",
        Reason.INTERRUPTED: "Create the export anew.",
    }
)
"""What to do, for every reason; empty for those that are good."""

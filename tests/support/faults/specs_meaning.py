"""What fields mean: names of what stands in every lane and of what does not, addresses that may be dialled, and the
rules over several fields. Values that differ from run to run are placeholders here; `Lane.concrete` knows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from hypothesis import strategies as st

from .specs_schema import Path, milliseconds, spec_schemas, values

Spec = dict[str, Any]

PLAIN: Final = 2775
"""Stands for the SMSC's plain port."""
SECURE: Final = 3550
"""Stands for its TLS port."""
DEAD: Final = 2776
"""Stands for a port at which nothing listens."""
AUTHORITY_PEM: Final = "the authority"
EXPIRED_PEM: Final = "a certificate out of date"
AUTHORITY_DER: Final = "theAuthority"

ACCOUNT: Final = "demo"
"""The login of generated gateways; what stands in the lane has others."""
MISSING: Final = "missing"
ODD_NAMES: Final = ("0", "a.b-c.0", "x" * 253)
STANDING: Final[Mapping[str, tuple[str, ...]]] = {
    "SmppGateway": ("gw", "gw", "gw", "spare", "send", "down"),
    "CalledRoute": ("queue", "queue", "queue", "voice"),
    "OrganizationUnit": ("unit",),
    "ServiceTime": ("hours",),
    "Chatbot": ("bot", "bot", "ivr"),
    "Certificate": ("trust", "trust", "identity", "expired", "garbage"),
    "SmsChannel": ("standing",),
    "Secret": ("login", "login", "wrong", "identity"),
    "ConfigMap": ("authority",),
}
"""Names of what stands in every lane; a name that is there more often is drawn more often."""
REFERENCES: Final = {
    "gatewayRef": "SmppGateway",
    "calledRouteRef": "CalledRoute",
    "organizationUnitRef": "OrganizationUnit",
    "parentRef": "OrganizationUnit",
    "serviceTimeRef": "ServiceTime",
    "chatbotRef": "Chatbot",
    "trustCertificateRef": "Certificate",
    "identityCertificateRef": "Certificate",
    "channelRef": "SmsChannel",
    "passwordSecretRef": "Secret",
    "archivePasswordSecretRef": "Secret",
    "privateKeySecretRef": "Secret",
    "secretKeyRef": "Secret",
    "secretRef": "Secret",
    "configMapKeyRef": "ConfigMap",
}
"""Which kind a field refers to."""
ZONES: Final = ("UTC", "Europe/Berlin", "Etc/GMT+5", "Mars/Olympus", "Europe", "/", "-", "z" * 64)


def _names(kind: str) -> st.SearchStrategy[str]:
    return st.sampled_from(STANDING[kind] * 3 + (MISSING, *ODD_NAMES))


def _segments() -> st.SearchStrategy[list[Spec]]:
    def pairs(minutes: list[int]) -> list[Spec]:
        times = [f"{one // 60:02}:{one % 60:02}" for one in sorted(minutes)]
        return [{"start": start, "end": end} for start, end in zip(times[::2], times[1::2], strict=False)]

    return st.lists(st.integers(0, 24 * 60), max_size=8, unique=True).map(pairs)


_LOCAL: Final = ("127.0.0.1",) * 8
_HOSTS: Final = st.sampled_from(
    (*_LOCAL, "localhost", "::1", "127.0.0.9", "0.0.0.0", "169.254.169.254", "smsc.nowhere.invalid", "x" * 63)
)
_PORTS: Final = st.sampled_from((PLAIN, PLAIN, PLAIN, PLAIN, SECURE, SECURE, DEAD, 1, 65535))
_SERVER_NAMES: Final = st.sampled_from(("localhost", "127.0.0.1", "smsc.elsewhere.example"))
_PLACE: Final[Mapping[str, st.SearchStrategy[Any]]] = {"host": _HOSTS, "port": _PORTS}
_ENDPOINT: Final[st.SearchStrategy[Spec]] = st.fixed_dictionaries(dict(_PLACE), optional={"serverName": _SERVER_NAMES})
_ENDPOINTS: Final[st.SearchStrategy[Any]] = st.lists(_ENDPOINT, min_size=1, max_size=3) | st.just(
    [{"host": "127.0.0.1", "port": DEAD}] * 7 + [{"host": "127.0.0.1", "port": PLAIN}]
)
_KEYS: Final = st.sampled_from(("password", "tls.crt", "tls.key", "ca.crt", "nothing", "-", "store.p12"))

MEANINGS: Final[dict[Path, st.SearchStrategy[Any]]] = {
    **{(field, "name"): _names(kind) for field, kind in REFERENCES.items()},
    **{(field, "key"): _KEYS for field, kind in REFERENCES.items() if kind in ("Secret", "ConfigMap")},
    ("endpoints",): _ENDPOINTS,
    ("tls", "serverName"): _SERVER_NAMES,
    ("tls", "enabled"): st.sampled_from((True, True, True, False)),
    ("login", "systemId"): st.sampled_from((ACCOUNT,) * 8 + ("standing", "nobody", " ~", "x" * 15)),
    ("bind", "count"): st.sampled_from((1, 1, 1, 2, 3, 16)),
    ("session", "enquireLinkInterval"): st.sampled_from(("1s", "30s", "1m30s", "1h")),
    # Bounds that a busy machine cannot keep would test the machine.
    ("session", "responseTimeout"): st.sampled_from(("5s", "10000ms", "1m", "5m")),
    ("reconnect", "initial"): st.sampled_from(("100ms", "0s500ms", "1s")),
    ("reconnect", "max"): st.sampled_from(("1s", "1m", "1h")),
    ("connection",): st.sampled_from(("Connected", "Connected", "Connected", "Disconnected")),
    ("inline", "pem"): st.sampled_from((AUTHORITY_PEM, AUTHORITY_PEM, EXPIRED_PEM, "no certificate", "\0", "ü" * 65)),
    ("inline", "derBase64"): st.sampled_from((AUTHORITY_DER, AUTHORITY_DER, "AAAA", "A", "MIIB")),
    ("deliverTo", "url"): st.from_regex(
        r"https?://([A-Za-z0-9._-]{1,9}|\[[0-9a-f:]{1,9}\])(:[0-9]{1,5})?([/?#][!-~]{0,20})?",
        fullmatch=True,
        alphabet=st.characters(max_codepoint=126),
    ),
    ("timeZone",): st.sampled_from(ZONES),
    ("workdays",): _segments(),
    ("nonWorkdays",): _segments(),
    ("numbers",): st.lists(st.from_regex(r"\+?[0-9]{1,20}", fullmatch=True), max_size=4)
    | st.just([str(number) for number in range(1000)]),
}
"""By the end of a field's path."""


def valid_specs(kind: str) -> st.SearchStrategy[Spec]:
    """Specs that the API server takes."""
    mend = _MENDS.get(kind, lambda spec: spec)
    return values(spec_schemas()[kind], MEANINGS).map(mend)


def _mend_called_route(spec: Spec) -> Spec:
    if spec.get("deviceType") == "IVR":
        spec.pop("skillQueue", None)
    else:
        spec.setdefault("skillQueue", {"name": "support"})
    return spec


def _mend_certificate(spec: Spec) -> Spec:
    sources = [name for name in ("inline", "configMapKeyRef", "secretKeyRef") if name in spec]
    for name in sources[1:]:
        del spec[name]
    inline = spec.setdefault("inline", {"pem": AUTHORITY_PEM}) if not sources else spec.get("inline")
    if inline is not None:
        if not inline:
            inline["pem"] = AUTHORITY_PEM
        elif len(inline) == 2:
            del inline["derBase64"]
    if spec.get("usage") != "Identity":
        spec.pop("privateKeySecretRef", None)
        spec.pop("passwordSecretRef", None)
    elif "secretKeyRef" not in spec:
        spec.setdefault("privateKeySecretRef", {"name": "identity"})
    return spec


def _mend_export(spec: Spec) -> Spec:
    if "selector" in spec:
        spec.pop("channels", None)
    return spec


def _mend_gateway(spec: Spec) -> Spec:
    if not spec.get("simulator"):
        login = spec.setdefault("login", {"systemId": ACCOUNT})
        login.setdefault("passwordSecretRef", {"name": "login"})
    if spec.get("mode", "SendAndReceive") != "SendAndReceive" and "bind" in spec:
        spec["bind"].pop("style", None)
    return spec


def _mend_channel(spec: Spec) -> Spec:
    offline, end = spec.get("offlineMessages", {}), spec.get("sessionEnd", {})
    if offline.get("enabled", True):
        if offline.get("routingMode") == "LastAgent":
            spec.setdefault("lastAgent", {})["enabled"] = True
        if offline.get("routingMode") == "Chatbot":
            spec.setdefault("robot", {"chatbotRef": {"name": "bot"}})["enabled"] = True
    waits = milliseconds(offline.get("calledCustomerReplyTimeout", "3m"))
    if offline is not None and waits >= milliseconds(end.get("noCustomerReply", "20m")):
        end["noCustomerReply"] = "20m"
    if spec.get("robot", {}).get("enabled", "robot" in spec) and not spec.get("transferKeywords"):
        spec["transferKeywords"] = ["agent"]
    return spec


_MENDS: Final[Mapping[str, Callable[[Spec], Spec]]] = {
    "CalledRoute": _mend_called_route,
    "Certificate": _mend_certificate,
    "ChannelExport": _mend_export,
    "SmppGateway": _mend_gateway,
    "SmsChannel": _mend_channel,
}
"""Make a spec keep the rules over several of its fields."""


def _gateway(field: str, value: Any) -> Callable[[Spec], Spec]:
    def change(spec: Spec) -> Spec:
        login = {"systemId": ACCOUNT, "passwordSecretRef": {"name": "login"}}
        here: Spec = {"endpoints": [{"host": "127.0.0.1", "port": PLAIN}], "login": login, "simulator": False}
        kept = {name: value for name, value in spec.items() if name not in ("connection", "tls")}
        return {**kept, **here, field: value}

    return change


def _other(**fields: Any) -> Callable[[Spec], Spec]:
    return lambda spec: {**spec, **fields}


WRONGS: Final[Mapping[str, tuple[Callable[[Spec], Spec], ...]]] = {
    "SmppGateway": (
        _gateway("login", {"systemId": ACCOUNT, "passwordSecretRef": {"name": MISSING}}),
        _gateway("login", {"systemId": ACCOUNT, "passwordSecretRef": {"name": "login", "key": "nothing"}}),
        _gateway("login", {"systemId": ACCOUNT, "passwordSecretRef": {"name": "wrong"}}),
        _gateway("login", {"systemId": "nobody", "passwordSecretRef": {"name": "login"}}),
        _gateway("login", {"systemId": "standing", "passwordSecretRef": {"name": "login"}}),
        _gateway("endpoints", [{"host": "127.0.0.1", "port": DEAD}]),
        _gateway("endpoints", [{"host": "smsc.nowhere.invalid", "port": PLAIN}]),
        _gateway("endpoints", [{"host": "169.254.169.254", "port": PLAIN}]),
        _gateway("tls", {"trustCertificateRef": {"name": MISSING}}),
        _gateway("tls", {"trustCertificateRef": {"name": "garbage"}}),
        _gateway("tls", {"identityCertificateRef": {"name": "trust"}}),
        _gateway("organizationUnitRef", {"name": MISSING}),
    ),
    "SmsChannel": (
        _other(gatewayRef={"name": MISSING}),
        _other(gatewayRef={"name": "send"}),
        _other(gatewayRef={"name": "down"}),
        _other(calledRouteRef={"name": MISSING}),
        _other(calledRouteRef={"name": "voice"}),
        _other(organizationUnitRef={"name": ODD_NAMES[1]}),
        _other(serviceTimeRef={"name": ODD_NAMES[2]}),
        _other(robot={"chatbotRef": {"name": "ivr"}, "enabled": True}, transferKeywords=["agent"]),
        _other(channelName="standing"),
    ),
    "Certificate": (
        lambda _: {"inline": {"pem": "no certificate"}},
        lambda _: {"inline": {"pem": EXPIRED_PEM}},
        lambda _: {"configMapKeyRef": {"name": MISSING}},
        lambda _: {"secretKeyRef": {"name": "login", "key": "store.p12"}},
        lambda _: {"usage": "Identity", "secretKeyRef": {"name": MISSING}},
    ),
    "NotificationRoute": (
        _other(gatewayRef={"name": MISSING}, origin="Manual"),
        _other(channelRef={"name": MISSING}, origin="Manual"),
    ),
    "OrganizationUnit": (_other(parentRef={"name": MISSING}), _other(parentRef={"name": "fuzz"})),
    "ServiceTime": (_other(timeZone="Mars/Olympus"), _other(timeZone="Europe")),
    "CalledRoute": (_other(deliverTo={"url": "https://desk.example/", "secretRef": {"name": MISSING}}),),
    "Chatbot": (_other(deliverTo={"url": "https://desk.example/", "secretRef": {"name": MISSING}}),),
}
"""Changes that the API server takes and that make an object not ready. An object of the fuzzer is named `fuzz`."""

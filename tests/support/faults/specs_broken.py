"""Specs that break exactly one rule of their schema, made from a spec that breaks none."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, cast

from .specs_meaning import AUTHORITY_PEM, Spec
from .specs_schema import Rule, Schema, nodes, rules, spec_schemas, written

Node = Any
Place = tuple[str | int, ...]
"""Of a node inside a spec."""

_WRONG_TYPES: Final[Mapping[str, tuple[Any, ...]]] = {
    "object": ("text", 1, ["text"]),
    "array": ("text", {"a": 1}, True),
    "integer": ("1", 1.5, {"a": 1}, True),
    "boolean": ("true", 1),
    "string": (1, True, {"a": 1}, ["text"]),
}
_BAD_TEXTS: Final = ("", " ", "-a-", "a b", "ä", "a\n", "\x7f", "http://a/", "a..b", "12:60", "!", "00:00:00", "0")


@dataclass(frozen=True)
class Broken:
    """One broken rule. Its identity is `what`; `word` has to be in the API server's refusal."""

    what: str
    word: str
    spec: Spec


@dataclass(frozen=True)
class Breach:
    """How a rule over several fields is broken: the rule's message begins with `message`."""

    message: str
    apply: Callable[[Spec], None]
    """Changes a valid spec in place."""


def broken(kind: str, spec: Spec) -> list[Broken]:
    """Every way to break one rule of this spec that we know, in a fixed order."""
    found = list(_below(spec_schemas()[kind], spec, (), spec))
    for breach in BREACHES.get(kind, ()):
        changed = copy.deepcopy(spec)
        breach.apply(changed)
        found.append(Broken(f"rule: {breach.message}", breach.message, changed))
    return found


def crossing_rules(kind: str) -> list[str]:
    """Messages of the rules over several fields or items, which need a Breach."""
    return [
        rule.message
        for _, schema in nodes(spec_schemas()[kind])
        if schema["type"] in ("object", "array")
        for rule in rules(schema)
    ]


def _below(schema: Schema, node: Node, place: Place, whole: Spec) -> Iterator[Broken]:
    for what, word, value in _breaks(schema, node, place):
        yield Broken(f"{what}: {'.'.join(map(str, place)) or 'spec'}", word, _with(whole, place, value))
    if isinstance(node, dict):
        fields = cast("Spec", node)
        for name, below in schema.get("properties", {}).items():
            if name in fields:
                yield from _below(below, fields[name], (*place, name), whole)
    elif isinstance(node, list) and node:
        items = cast("list[Any]", node)
        yield from _below(schema["items"], items[-1], (*place, len(items) - 1), whole)


def _breaks(schema: Schema, node: Node, place: Place) -> Iterator[tuple[str, str, Any]]:
    """What is broken, a word of the refusal, and the new value."""
    name = str(next((part for part in reversed(place) if isinstance(part, str)), "spec"))
    for value in _WRONG_TYPES[schema["type"]] if place else ():
        yield f"type {type(value).__name__}", name, value
    match schema["type"]:
        case "object":
            if "properties" in schema:
                yield "unknown field", "unknownField", {**node, "unknownField": 1}
                for required in schema.get("required", ()):
                    yield f"without {required}", required, {key: node[key] for key in node if key != required}
        case "array":
            yield from _lists(schema, node, name)
        case "integer":
            if "enum" in schema:
                yield "enum", name, max(schema["enum"]) + 1
            else:
                yield "below minimum", name, schema["minimum"] - 1
                yield "above maximum", name, schema["maximum"] + 1
        case "string":
            yield from _strings(schema, name)
        case _:
            pass


def _lists(schema: Schema, node: list[Any], name: str) -> Iterator[tuple[str, str, Any]]:
    if schema.get("minItems"):
        yield "too few items", name, []
    if not node:
        return
    if schema.get("x-kubernetes-list-type") == "set":
        yield "the same item twice", name, [*node, node[0]]
    elif not rules(schema):
        yield "too many items", name, [node[0]] * (schema["maxItems"] + 1)


def _strings(schema: Schema, name: str) -> Iterator[tuple[str, str, Any]]:
    if "enum" in schema:
        yield "enum", name, "Nonsense"
        return
    if schema.get("format") == "date":
        for text in ("soon", "2023-02-30", "2023-2-3", ""):
            yield "format", name, text
        for day in (date(1999, 12, 31), date(2200, 1, 1)):
            yield "bound", "must be a date from", day.isoformat()
        return
    if schema.get("minLength"):
        yield "too short", name, ""
    found = rules(schema)
    if not found:
        yield "too long", name, "ü" * (schema["maxLength"] + 1)
    for rule in found:
        yield from _texts(schema, rule, name)


def _texts(schema: Schema, rule: Rule, name: str) -> Iterator[tuple[str, str, Any]]:
    most, least = schema["maxLength"], schema.get("minLength", 0)
    if rule.bounds is not None:
        low, high = rule.bounds
        beyond = [written(high + 1), *([written(low - 1)] if low else [])]
        for text in ("soon", "", "1", "1.5m", "-1m", "1m1h", "٣m", *beyond):
            yield "duration", rule.message, text
    elif rule.pattern is not None:
        for text in _BAD_TEXTS:
            if least <= len(text) <= most and not re.fullmatch(rule.pattern, text):
                yield "pattern", rule.message, text
        if re.fullmatch(rule.pattern, "a" * (most + 1)):
            yield "too long", name, "a" * (most + 1)


def _with(whole: Spec, place: Place, value: Any) -> Spec:
    if not place:
        return value
    changed: Any = copy.deepcopy(whole)
    node = changed
    for part in place[:-1]:
        node = node[part]
    node[place[-1]] = value
    return changed


def _set(**fields: Any) -> Callable[[Spec], None]:
    """Set fields; None removes one."""

    def apply(spec: Spec) -> None:
        for name, value in fields.items():
            if value is None:
                spec.pop(name, None)
            else:
                spec[name] = value

    return apply


_OVERLAP: Final = [{"start": "08:00", "end": "12:00"}, {"start": "11:59", "end": "13:00"}]
_URL: Final = "must be an http or https address without user name"
_NOTHING: Final[Spec] = {
    "usage": "Trust",
    **dict.fromkeys(("inline", "configMapKeyRef", "secretKeyRef", "privateKeySecretRef", "passwordSecretRef")),
}
"""A certificate without a source."""

BREACHES: Final[Mapping[str, tuple[Breach, ...]]] = {
    "CalledRoute": (
        Breach("skillQueue is required with", _set(deviceType="SkillQueue", skillQueue=None)),
        Breach("skillQueue is for deviceType SkillQueue", _set(deviceType="IVR", skillQueue={"name": "support"})),
        Breach(_URL, _set(deliverTo={"url": "https://user:word@desk.example/"})),
        Breach(_URL, _set(deliverTo={"url": "ftp://desk.example/"})),
    ),
    "Chatbot": (Breach(_URL, _set(deliverTo={"url": "//desk.example/"})),),
    "Certificate": (
        Breach("give exactly one of inline", _set(**_NOTHING)),
        Breach(
            "give exactly one of inline",
            _set(**{**_NOTHING, "secretKeyRef": {"name": "identity"}, "configMapKeyRef": {"name": "authority"}}),
        ),
        Breach(
            "privateKeySecretRef is for usage Identity",
            _set(usage="Trust", privateKeySecretRef={"name": "identity"}, passwordSecretRef=None),
        ),
        Breach(
            "passwordSecretRef is for usage Identity",
            _set(usage="Trust", passwordSecretRef={"name": "login"}, privateKeySecretRef=None),
        ),
        Breach(
            "usage Identity needs a private key",
            _set(**{**_NOTHING, "usage": "Identity", "inline": {"pem": AUTHORITY_PEM}}),
        ),
        Breach(
            "give exactly one of pem and derBase64",
            _set(**{**_NOTHING, "inline": {"pem": "a", "derBase64": "AAAA"}}),
        ),
        Breach("give exactly one of pem and derBase64", _set(**{**_NOTHING, "inline": {}})),
        Breach(
            "must not hold a private key",
            _set(**{**_NOTHING, "inline": {"pem": "-----BEGIN PRIVATE KEY-----"}}),
        ),
        Breach("must be base64", _set(**{**_NOTHING, "inline": {"derBase64": "A=A="}})),
    ),
    "ChannelExport": (
        Breach("give channels or selector", _set(channels=["a"], selector={"matchLabels": {"a": "b"}})),
        Breach("must be labels as Kubernetes writes them", _set(channels=None, selector={"matchLabels": {"a b": "c"}})),
        Breach("must be labels as Kubernetes writes them", _set(channels=None, selector={"matchLabels": {"a": "-"}})),
    ),
    "SmppGateway": (
        Breach("login is required unless simulator", _set(simulator=False, login=None)),
        Breach("login.passwordSecretRef is required", _set(simulator=False, login={"systemId": "demo"})),
        Breach("style ", _set(mode="Send", bind={"style": "TransmitterReceiver"})),
        Breach("max must not be shorter", _set(session={"reconnect": {"initial": "5s", "max": "4999ms"}})),
        Breach("max must not be shorter", _set(session={"reconnect": {"initial": "2m"}})),
    ),
    "SmsChannel": (
        Breach(
            "transferKeywords needs at least one word",
            _set(robot={"chatbotRef": {"name": "bot"}}, transferKeywords=None),
        ),
        Breach(
            "calledCustomerReplyTimeout ",
            _set(offlineMessages={"calledCustomerReplyTimeout": "5m"}, sessionEnd={"noCustomerReply": "5m"}),
        ),
        Breach(
            "routingMode LastAgent needs",
            _set(offlineMessages={"routingMode": "LastAgent"}, lastAgent=None, sessionEnd=None),
        ),
        Breach(
            "routingMode Chatbot needs", _set(offlineMessages={"routingMode": "Chatbot"}, robot=None, sessionEnd=None)
        ),
        Breach("segments must not overlap", _set(agentWorkTime={"workdays": _OVERLAP})),
        Breach("segments must not overlap", _set(agentWorkTime={"nonWorkdays": [_OVERLAP[0]] * 2})),
        Breach("end ", _set(agentWorkTime={"workdays": [{"start": "12:00", "end": "12:00"}]})),
        Breach("end ", _set(agentWorkTime={"nonWorkdays": [{"start": "24:00", "end": "00:00"}]})),
    ),
}
"""For rules over several fields, by kind."""

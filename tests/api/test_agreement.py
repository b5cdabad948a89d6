"""Objects that nobody thought of: the models and the real API server must still agree."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

import pytest
import yaml
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from sms_operator.api.kinds import API_VERSION, KIND_BY_NAME
from sms_operator.api.validation import validate_object
from sms_operator.gitops.lint.server import refusals

EXAMPLES: Final = int(os.environ.get("SMS_OPERATOR_EXAMPLES", "60"))
"""Objects of each test; raise it for a thorough run."""
Spec = dict[str, Any]
Send = Callable[..., tuple[int, dict[str, Any]]]

bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="SMS_OPERATOR_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

GATEWAY: Final[Spec] = {"simulator": True, "endpoints": [{"host": "a", "port": 1}]}
CHANNEL: Final[Spec] = {"channelName": "a", "gatewayRef": {"name": "a"}, "calledRouteRef": {"name": "a"}}
CALLED: Final[Spec] = {"accessCode": "1", "extensionCode": "1", "skillQueue": {"name": "a"}}

FIELDS: Final[dict[str, tuple[str, Callable[[str], Spec], str]]] = {
    "host": ("SmppGateway", lambda text: GATEWAY | {"endpoints": [{"host": text, "port": 1}]}, "0125:.af-_gz"),
    "duration": ("SmppGateway", lambda text: GATEWAY | {"session": {"responseTimeout": text}}, "012359hms .-d"),
    "object name": ("SmsChannel", lambda text: CHANNEL | {"gatewayRef": {"name": text}}, "az09-._A \n"),
    "channel name": ("SmsChannel", lambda text: CHANNEL | {"channelName": text}, "aZ_09-ü\n٣ "),
    "time of day": (
        "SmsChannel",
        lambda text: CHANNEL | {"agentWorkTime": {"workdays": [{"start": "00:00", "end": text}]}},
        "0123459:",
    ),
    "number": ("SmsChannel", lambda text: CHANNEL | {"numbers": [text]}, "+0159 ٣\n"),
    "keyword": ("SmsChannel", lambda text: CHANNEL | {"transferKeywords": [text, "a"]}, "a😀ü\n "),
    "date": ("ServiceTime", lambda text: {"restDates": [text]}, "0123-"),
    "url": ("CalledRoute", lambda text: CALLED | {"deliverTo": {"url": "http://" + text}}, "a0.:/[]@?#ü \n"),
    "base64": ("Certificate", lambda text: {"inline": {"derBase64": text}}, "Az0+/=\n- "),
    "label": ("ChannelExport", lambda text: {"selector": {"matchLabels": {text: text}}}, "aZ0-_./ ü"),
}
"""A text field of each form, an object around it, and the characters to try it with."""

SHAPES: Final = {
    "host": (
        r"([0-9a-f]{0,4}:){0,7}:?([0-9a-f]{0,4}:){0,7}[0-9a-f]{0,4}|[0-9]{1,3}(\.[0-9]{1,3}){2,4}"
        r"|([a-z0-9-]{1,3}\.)*[a-z0-9]+\.?"
    ),
    "duration": r"([0-9]{1,5}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?([0-9]{1,7}ms)?",
    "time of day": r"[0-2][0-9]:[0-6][0-9]",
    "date": r"[0-9]{4}-[01][0-9]-[0-3][0-9]",
    "label": r"([a-z0-9.-]{0,4}/)?[A-Za-z0-9._-]{0,5}",
}
"""Near misses and near hits of the forms that random characters seldom meet."""


def verdicts(send: Send, kind: str, spec: dict[str, Any]) -> tuple[list[str], int, str]:
    body = {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": "row"}, "spec": spec}
    path = f"/apis/{API_VERSION}/namespaces/default/{KIND_BY_NAME[kind].plural}?fieldValidation=Strict&dryRun=All"
    code, answer = send("POST", path, body)
    return [str(problem) for problem in validate_object(body)], code, answer.get("message", "")


@pytest.mark.parametrize("field", FIELDS)
@bounded
@given(data=st.data())
def test_texts(field: str, data: st.DataObject, send: Send) -> None:
    """A text is taken by both or refused by both."""
    kind, build, alphabet = FIELDS[field]
    texts = st.text(alphabet, max_size=24)
    if field in SHAPES:
        texts |= st.from_regex(SHAPES[field], fullmatch=True, alphabet=st.characters(max_codepoint=126))
    offline, code, message = verdicts(send, kind, build(data.draw(texts)))
    assert (code == 201) == (not offline), (offline, message)


def pools() -> dict[str, tuple[Spec, dict[str, list[Any]]]]:
    """Per kind the smallest good spec, and per field every value of the table of good and bad objects."""
    found: dict[str, tuple[Spec, dict[str, list[Any]]]] = {}
    for file in (Path(__file__).parent / "objects").glob("*.yaml"):
        content: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
        for table in cast("list[dict[str, Any]]", content if isinstance(content, list) else [content]):
            _, fields = found.setdefault(table["kind"], (table["base"], {}))
            for spec in (table["base"], *(row.get("spec", {}) for row in table["rows"])):
                for name, value in spec.items():
                    fields.setdefault(name, []).append(value)
    return found


POOLS: Final = pools()


@pytest.mark.parametrize("kind", POOLS)
@bounded
@given(data=st.data())
def test_mixtures(kind: str, data: st.DataObject, send: Send) -> None:
    """Rules that meet in one object are judged alike."""
    base, fields = POOLS[kind]
    spec = dict(base)
    for name in data.draw(st.sets(st.sampled_from(sorted(fields)), max_size=4)):
        spec[name] = data.draw(st.sampled_from(fields[name]))
    offline, code, message = verdicts(send, kind, spec)
    event("refused" if offline else "taken")
    assert (code == 201) == (not offline), (offline, message)


def whole(send: Send, body: dict[str, Any]) -> tuple[list[str], int, str]:
    """The verdicts on a complete object, as `smsctl validate` and the API server give them."""
    path = f"/apis/{API_VERSION}/namespaces/default/{KIND_BY_NAME['SmppGateway'].plural}"
    code, answer = send("POST", f"{path}?fieldValidation=Strict&dryRun=All", body)
    return [str(problem) for problem in refusals(body)], code, answer.get("message", "")


LABELS: Final = st.dictionaries(
    st.from_regex(r"([a-z0-9.A-Z-]{0,4}/)?[A-Za-z0-9._-]{0,5}", fullmatch=True) | st.text("aA-_./é", max_size=70),
    st.from_regex(r"[A-Za-z0-9._-]{0,5}", fullmatch=True) | st.text("aA-_./é ", max_size=70),
    max_size=2,
)
METADATA: Final = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["row", "Row", "a.b", "-a", "", "a" * 254]),
        "generateName": st.sampled_from(["row-", "Row-", "", "a" * 250]),
        "namespace": st.sampled_from(["default"]),
        "labels": LABELS,
        "annotations": LABELS,
        "label": st.just({}),
        "finalizers": st.just(["example.com/x"]),
        "generation": st.sampled_from([1, 7]),
    },
)


@bounded
@given(metadata=METADATA)
def test_metadata(metadata: dict[str, Any], send: Send) -> None:
    """Names, labels, annotations and unknown fields of the metadata are judged alike."""
    body = {"apiVersion": API_VERSION, "kind": "SmppGateway", "metadata": metadata, "spec": GATEWAY}
    offline, code, message = whole(send, body)
    event("refused" if offline else "taken")
    assert (code == 201) == (not offline), (offline, message)


EXTRAS: Final[list[dict[str, Any]]] = [
    {"unknown": 1},
    {"status": {}},
    {"status": {"binds": {"desired": "many"}}},
    {"status": None},
    {"spec": None},
    {"spec": []},
    {"spec": GATEWAY | {"unknown": 1}},
    {"spec": GATEWAY | {"tls": None}},
    {"spec": GATEWAY | {"tls": {}}},
    {"spec": GATEWAY | {"tls": {"unknown": None}}},
    {"spec": GATEWAY | {"unknown": None}},
    {"spec": GATEWAY | {"endpoints": [{"host": "a", "port": 1, "unknown": 1}]}},
    {"spec": GATEWAY | {"endpoints": [None]}},
    {"spec": GATEWAY | {"session": {"reconnect": {}}}},
    {"spec": GATEWAY | {"session": {"reconnect": {"initial": "61s"}}}},
    {"spec": GATEWAY | {"session": {"reconnect": {"max": "500ms"}}}},
    {"metadata": {"name": "row", "labels": {"a": 1}}},
    {"metadata": {"name": "row", "labels": None}},
    {"metadata": {"name": "row", "annotations": {"a": "x" * (256 * 1024)}}},
    {"metadata": {"name": "row", "annotations": {"a": "x" * (256 * 1024 - 1)}}},
    {"metadata": {"name": "row", "annotations": {"A/b": ""}}},
    {"metadata": {"name": "row", "labels": {"A/b": ""}}},
]
"""What is laid over a good object."""


@pytest.mark.parametrize("extra", EXTRAS, ids=lambda extra: str(extra)[:60])
def test_whole_objects(extra: dict[str, Any], send: Send) -> None:
    """Unknown fields at every depth, nulls, defaults that rules see, and a status that nobody asked for."""
    body = {"apiVersion": API_VERSION, "kind": "SmppGateway", "metadata": {"name": "row"}, "spec": GATEWAY} | extra
    offline, code, message = whole(send, body)
    assert (code == 201) == (not offline), (offline, message)

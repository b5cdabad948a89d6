"""What an unquoted scalar is: our reading against that of the real kubectl."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sms_operator.api.kinds import API_VERSION
from sms_operator.dev.control_plane import ControlPlane
from sms_operator.gitops.manifests.scalars import of_kubectl, of_kustomize, others

_SPOKEN: Final = (
    "yes Yes YES y Y no No n N on On ON off true True TRUE tRue false ~ null Null nULL nil none "
    "12:30 1:30 01:30 08:00 12:30:45 190:20:30 2026-12-24 2026-2-4 2026-13-01 2026-02-30 2026-12-24T10:00:00Z "
    "0 00 1 -1 +1 +49301234 007 0777 08 0123456789 0o17 0O17 0x1F 0X1f 0b101 0b2 1_000 1__0 _1 1_ 0x_1F "
    "9223372036854775807 9223372036854775808 18446744073709551615 18446744073709551616 -9223372036854775808 "
    "1.0 1. .5 -.5 +.5 1e3 1E3 1e+3 1.5e-3 1e400 1e 1.2.3 1_0.5 ._5 . - -- + = << 5s 10m 1,000 0.1 -0 -0.0 1e21 1e20 "
    "v1 1.2.3.4 ::1 a:b 0x 0b 0o 0o8 -0777 -0x1F +0b1 -0o7"
)
SCALARS: Final = _SPOKEN.split()


def plain(text: str) -> bool:
    """Whether YAML reads exactly this text as a plain scalar of a list."""
    try:
        events = list(yaml.parse(f"- {text}\n", Loader=yaml.CSafeLoader))
    except yaml.YAMLError:
        return False
    return len(events) == 7 and isinstance(events[3], yaml.ScalarEvent) and events[3].value == text


def finite(text: str) -> bool:
    """Whether kubectl reads it at all."""
    try:
        of_kubectl(text)
    except ValueError:
        return False
    return True


class Reader:
    """The real kubectl: scalars in a file or in a kustomization, and the values that it would send."""

    def __init__(self, plane: ControlPlane, directory: Path) -> None:
        self._plane = plane
        self._file = directory / "scalars.yaml"
        (directory / "kustomization.yaml").write_text("resources: [scalars.yaml]\n", encoding="utf-8")

    def plainly(self, texts: list[str]) -> list[Any]:
        """As `kubectl apply -f`."""
        self._write("\n".join(f"  - {text}" for text in texts))
        return self._sent(self._file)

    def kustomized(self, texts: list[str]) -> list[Any]:
        """As `kubectl apply -k`."""
        self._write("\n".join(f"  - {text}" for text in texts))
        done = self._plane.kubectl("kustomize", str(self._file.parent))
        assert done.returncode == 0, done.stderr
        built = self._file.parent / "built"
        built.write_text(done.stdout, encoding="utf-8")
        return self._sent(built)

    def _write(self, items: str) -> None:
        head = f"apiVersion: {API_VERSION}\nkind: SmppGateway\nmetadata: {{name: x}}\nspec:\n  items:\n"
        self._file.write_text(f"{head}{items}\n", encoding="utf-8")

    def _sent(self, file: Path) -> list[Any]:
        done = self._plane.kubectl("create", "--dry-run=client", "--validate=false", "-o", "json", "-f", str(file))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["spec"]["items"]


@pytest.fixture
def reader(control_plane: ControlPlane, tmp_path: Path) -> Reader:
    """kubectl and a directory."""
    return Reader(control_plane, tmp_path)


def same(ours: Any, theirs: Any) -> bool:
    """Equal, with true apart from 1."""
    return ours == theirs and isinstance(ours, bool) == isinstance(theirs, bool)


def test_kubectl(reader: Reader) -> None:
    """Every scalar that one program or another reads otherwise than it looks."""
    texts = [text for text in SCALARS if plain(text)]
    assert len(texts) > len(SCALARS) - 10
    wrong = {
        text: (of_kubectl(text), sent)
        for text, sent in zip(texts, reader.plainly(texts), strict=True)
        if not same(of_kubectl(text), sent)
    }
    assert not wrong


def test_kustomize(reader: Reader) -> None:
    """The same scalars with `-k`."""
    texts = [text for text in SCALARS if plain(text)]
    wrong = {
        text: (of_kustomize(text), sent)
        for text, sent in zip(texts, reader.kustomized(texts), strict=True)
        if not same(of_kustomize(text), sent)
    }
    assert not wrong


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    st.lists(
        st.text("0123456789_+-.:eExXbo", min_size=1, max_size=8).filter(lambda text: plain(text) and finite(text)),
        min_size=80,
        max_size=120,
        unique=True,
    )
)
def test_any_number(reader: Reader, texts: list[str]) -> None:
    """Whatever looks like a number, a time or a date."""
    wrong = {
        text: (of_kubectl(text), sent)
        for text, sent in zip(texts, reader.plainly(texts), strict=True)
        if not same(of_kubectl(text), sent)
    }
    assert not wrong


@pytest.mark.parametrize("text", [".inf", "-.Inf", ".nan"])
def test_what_json_cannot_say(control_plane: ControlPlane, tmp_path: Path, text: str) -> None:
    """Refused by both."""
    file = tmp_path / "a.yaml"
    file.write_text(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x}}\nx: {text}\n", encoding="utf-8")
    done = control_plane.kubectl("create", "--dry-run=client", "--validate=false", "-f", str(file))
    assert done.returncode != 0
    with pytest.raises(ValueError, match="JSON"):
        of_kubectl(text)


@pytest.mark.parametrize("text", ["hotline", "1", "-5", "0", "true", "false", "null", "1.5", "08:00", "30s", "v1"])
def test_what_all_agree_on(text: str) -> None:
    """No finding for what is plain to everybody."""
    assert others(text) == []


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("12:30", ["YAML 1.1"]),
        ("yes", ["kustomize", "YAML 1.2"]),
        ("2026-12-24", ["kustomize"]),
        ("0123", ["YAML 1.2"]),
        ("1_000", ["YAML 1.2"]),
    ],
)
def test_who_disagrees(text: str, who: list[str]) -> None:
    """Named, so that a person can tell which tool reads it wrong."""
    assert [name for name, _ in others(text)] == who

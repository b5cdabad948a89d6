"""Whole documents: what we read is what the real kubectl would send, and what we refuse it refuses."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any, Final

import pytest

from sms_operator.api.kinds import API_VERSION
from sms_operator.dev.control_plane import ControlPlane
from sms_operator.gitops.manifests import read

HEAD: Final = f"apiVersion: {API_VERSION}\nkind: SmppGateway\nmetadata: {{name: x}}\n"

SPECS: Final = {
    "merge": "d: &d {a: 1, b: 2}\nm:\n  a: 0\n  <<: *d\n  b: 3\n",
    "merge of a list": "m:\n  <<: [{a: 1}, {a: 2, b: 2}]\n  c: 3\n",
    "merge over a key": "m:\n  a: 1\n  <<: {a: 2}\n",
    "anchors": "a: &x [1, {b: 2}]\nb: *x\nc: &y text\nd: *y\n",
    "anchor given anew": "a: &x 1\nb: &x 2\nc: *x\n",
    "duplicate": "a: 1\nb: 2\na: 3\n",
    "duplicate block": "a: {x: 1}\na: {y: 2}\n",
    "texts": "a: |\n  one\n  two\nb: >-\n  folded\n  text\nc: 'it''s'\nd: \"tab\\tü\\u00e9\"\n",
    "keys": "1: a\ntrue: b\n1.5: c\n'yes': d\n",
    "tags": "a: !!str 1\nb: !!int '2'\nc: !!binary aGk=\nd: !vault x\ne: !!float 1\n",
    "nothing": "a:\nb: ~\nc: ''\nd: []\ne: {}\n",
    "comments": "a: 1 # one\n# two\nb: x#y\n",
    "indented list": "a:\n- 1\n-\n  - 2\n",
    "complex scalar": "? a\n: 1\n",
}

REFUSED: Final = {
    "indentation": "spec:\n  a: 1\n b: 2\n",
    "tab": "spec:\n\ta: 1\n",
    "quote": 'spec: "x\n',
    "flow": "spec: [1\n",
    "unknown alias": "spec: *x\n",
    "alias of itself": "spec: &x [*x]\n",
    "list as key": "spec: {[1]: 2}\n",
    "merge of a number": "spec: {<<: 1}\n",
    "infinity": "spec: .inf\n",
    "directive": "spec: 1\n--- spec\n",
    "control character": 'spec: "\x01"\n',
    "template": "spec: {{ .Values.x }}\n",
}


def sent(plane: ControlPlane, file: Path) -> list[Any]:
    """The objects that kubectl would create."""
    done = plane.kubectl("create", "--dry-run=client", "--validate=false", "-o", "json", "-f", str(file))
    assert done.returncode == 0, done.stderr
    decoder, rest, found = json.JSONDecoder(), done.stdout.strip(), list[Any]()
    while rest:
        body, end = decoder.raw_decode(rest)
        found.append(body)
        rest = rest[end:].strip()
    return found


def specs(bodies: list[Any]) -> str:
    """Their specs as text, so that true is not 1."""
    return json.dumps([body.get("spec") for body in bodies], sort_keys=True, indent=1)


def test_values(control_plane: ControlPlane, tmp_path: Path) -> None:
    """Everything that YAML offers, one document each."""
    file = tmp_path / "all.yaml"
    parts = [f"{HEAD}spec:\n{textwrap.indent(text, '  ')}" for text in SPECS.values()]
    file.write_text("---\n".join(parts), encoding="utf-8")
    reading = read([str(file)])
    assert not reading.complaints
    assert specs([manifest.body for manifest in reading.objects]) == specs(sent(control_plane, file))


JSON: Final = json.dumps({"apiVersion": API_VERSION, "kind": "SmppGateway", "metadata": {"name": "x"}, "spec": "ü😀"})


@pytest.mark.parametrize(
    "text",
    [
        f"{JSON}\n{JSON} {JSON}\n",
        f"{HEAD}spec: {{a: 1}}\n...\nkind: Secret\n",
        f"---\n# a comment\n---\n{HEAD}spec: 1\n--- # two\n{HEAD}spec: 2\n---\n",
        f"{HEAD}spec: |\n  text\n  --- no separator\n",
        f"\ufeff{HEAD}spec: 1\n".replace("\n", "\r\n"),
    ],
    ids=["json", "end", "many", "block", "windows"],
)
def test_documents(control_plane: ControlPlane, tmp_path: Path, text: str) -> None:
    """Where a document begins and ends, and what is dropped."""
    file = tmp_path / "a.yaml"
    file.write_bytes(text.encode())
    reading = read([str(file)])
    assert not reading.complaints
    assert specs([manifest.body for manifest in reading.objects]) == specs(sent(control_plane, file))


@pytest.mark.parametrize("case", REFUSED)
def test_refusals(control_plane: ControlPlane, tmp_path: Path, case: str) -> None:
    """What we call broken, kubectl refuses."""
    file = tmp_path / "a.yaml"
    file.write_text(HEAD + REFUSED[case], encoding="utf-8")
    assert read([str(file)]).complaints
    done = control_plane.kubectl("create", "--dry-run=client", "--validate=false", "-o", "json", "-f", str(file))
    assert done.returncode != 0, done.stdout


def test_kustomize_refuses_duplicates(control_plane: ControlPlane, tmp_path: Path) -> None:
    """Which kubectl takes without a word: the reason for the remark."""
    (tmp_path / "kustomization.yaml").write_text("resources: [a.yaml]\n", encoding="utf-8")
    (tmp_path / "a.yaml").write_text(HEAD + "spec: {a: 1, a: 2}\n", encoding="utf-8")
    assert sent(control_plane, tmp_path / "a.yaml")[0]["spec"] == {"a": 2}
    done = control_plane.kubectl("kustomize", str(tmp_path))
    assert done.returncode != 0
    assert "already" in done.stderr

"""What a shell offers, against the real API server: names that live, and silence where there is no answer."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from sms_operator.api.kinds import KINDS
from sms_operator.cli.candidates import WORDS
from sms_operator.cli.completion import answer
from sms_operator.cli.smsctl import main
from sms_operator.dev.control_plane import Client, ControlPlane
from sms_operator.views.kinds import kind_named
from support.tenant import Tenant

BIN = Path(sys.executable).parent


@pytest.fixture
def offered(api: Client, namespace: str, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """`offered("describe", "ou", "nor")`: the candidates, in a namespace with three units."""
    for name in ("north", "northwest", "south"):
        Tenant(api, namespace).apply("OrganizationUnit", name, {"displayName": name})
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    def ask(*words: str) -> list[str]:
        *lines, directive = answer(main, list(words)).splitlines()
        assert directive == ":4"
        return [line.partition("\t")[0] for line in lines if not line.startswith("-")]

    return ask


def test_names_of_objects(offered: Callable[..., list[str]], namespace: str) -> None:
    """Of the kind that was said by whatever name, in the namespace that was said; none twice."""
    assert offered("describe", "-n", namespace, "ou", "nor") == ["north", "northwest"]
    assert offered("get", "-n", namespace, "organizationunits", "north", "") == ["northwest", "south"]
    assert offered("tree", "--namespace", namespace, "smsou", "s") == ["south"]
    assert offered("events", "-n", namespace, "ou/so") == ["ou/south"]
    assert offered("describe", "-n", namespace, "gateway", "") == []
    assert offered("describe", "-n", namespace, "nonsense", "") == []
    assert offered("get", "-A", "ou", "north") == ["north", "northwest"]


def test_gateways_channels_and_exports(offered: Callable[..., list[str]], api: Client, namespace: str) -> None:
    """Where the command says the kind."""
    tenant = Tenant(api, namespace)
    tenant.gateway("gate", 1)
    tenant.channel("desk", "gate")
    tenant.apply("ChannelExport", "backup", {})
    assert offered("gateway", "rebuild", "-n", namespace, "") == ["gate"]
    assert offered("gateway", "test", "-n", namespace, "g") == ["gate"]
    assert offered("export", "-n", namespace, "d") == ["desk"]
    assert offered("export", "run", "-n", namespace, "") == ["desk"]
    assert offered("export", "download", "-n", namespace, "b") == ["backup"]


def test_kinds_namespaces_and_contexts(offered: Callable[..., list[str]], namespace: str) -> None:
    """A word for each kind; what the cluster has; what the kubeconfig has."""
    assert offered("describe", "") == list(WORDS)
    assert offered("get", "a") == ["all"]
    assert offered("get", "-n", namespace[:-1]) == [namespace]
    assert offered("get", "--context", "") == ["local"]
    assert offered("get", "--kubeconfig", "/nowhere", "--context", "") == []


def test_every_kind_has_its_word() -> None:
    """And it means what it means when it is typed."""
    found = {word: kind_named(word) for word in WORDS}
    assert {word: info.plural for word, info in found.items() if info} == {
        word: plural for word, (plural, _) in WORDS.items()
    }
    assert {plural for plural, _ in WORDS.values()} == {info.plural for info in KINDS}


def test_silence(
    offered: Callable[..., list[str]], control_plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    """A server that is gone or never answers, a login that is not taken, a broken file: nothing, and no message."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{deaf.getsockname()[1]}"
        dead = control_plane.write_kubeconfig(tmp_path / "dead", url=url)
        assert offered("describe", "--kubeconfig", str(dead), "ou", "") == []
        deaf.listen()
        assert offered("describe", "--kubeconfig", str(dead), "ou", "") == []
    stranger = control_plane.write_kubeconfig(tmp_path / "stranger", token="nobody")
    assert offered("describe", "--kubeconfig", str(stranger), "-n", namespace, "ou", "") == []
    (tmp_path / "broken").write_text("[")
    assert offered("describe", "--kubeconfig", str(tmp_path / "broken"), "ou", "") == []
    assert offered("get", "--kubeconfig", str(tmp_path / "broken"), "--context", "") == []
    (tmp_path / "empty").write_text(yaml.safe_dump({}))
    assert offered("describe", "--kubeconfig", str(tmp_path / "empty"), "ou", "") == []


def test_the_way_bash_asks(offered: Callable[..., list[str]], kubeconfig: Path, namespace: str) -> None:
    """Through the program, with nothing on stderr."""
    assert offered
    asked = {"COMP_WORDS": f"smsctl describe -n {namespace} ou no", "COMP_CWORD": "5"}
    done = subprocess.run(
        [BIN / "smsctl"],
        env={**os.environ, **asked, "_SMSCTL_COMPLETE": "bash_complete", "KUBECONFIG": str(kubeconfig)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout.split(), done.stderr) == (["plain,north", "plain,northwest"], "")

"""ChannelExport on the real control plane: written once, whole or not at all, given to nobody without the key."""

from __future__ import annotations

import csv
import hashlib
import io
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
import pyzipper

from sms_operator.api.channel_export import DOWNLOAD_KEY_ANNOTATION as ANNOTATION
from sms_operator.api.channel_export import DOWNLOAD_KEY_HEADER as HEADER
from support.ground import Ground
from support.planes import Planes
from support.tenant import Tenant, eventually

RIGHT = "the-right-key-of-forty-characters-in-all"


def download(planes: Planes, namespace: str, name: str, file: str, key: str) -> tuple[int, bytes]:
    """Status and content."""
    url = f"http://{planes.address('controller')}/exports/{namespace}/{name}/{file}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers={HEADER: key}), timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def keyed(key: str) -> dict[str, Any]:
    """Metadata by which the key opens the files."""
    return {"annotations": {ANNOTATION: hashlib.sha256(key.encode()).hexdigest()}}


def stored(ground: Ground) -> list[str]:
    """Everything in the operator's storage."""
    root = ground.planes.directory / "exports"
    return sorted(str(path.relative_to(root)) for path in root.glob("*/*"))


@pytest.fixture
def export(ground: Ground) -> Iterator[str]:
    """The name of an export of the test's own."""
    name = f"export-{uuid4().hex[:6]}"
    yield name
    if ground.tenant.get("ChannelExport", name) is not None:
        ground.tenant.delete("ChannelExport", name)


@pytest.fixture(scope="module")
def tenant(ground: Ground) -> Tenant:
    """With three channels, one of them labelled."""
    ground.tenant.channel("north", "good", numbers=["+49301"], autoReply={"text": "=HYPERLINK(1)"})
    ground.tenant.apply(
        "SmsChannel",
        "south",
        {
            "channelName": "south",
            "gatewayRef": {"name": "good"},
            "calledRouteRef": {"name": "queue"},
            "numbers": ["0302"],
        },
        labels={"region": "south"},
    )
    ground.tenant.channel("west", "good", numbers=["303"])
    for name in ("north", "south", "west"):
        ground.tenant.until("SmsChannel", name, "ConnectionSucceeded")
    return ground.tenant


def test_all_channels_as_csv(ground: Ground, tenant: Tenant, export: str) -> None:
    """Success is said when the files are there; they hold what was declared and their sums are right."""
    key = secrets.token_urlsafe(32)
    tenant.apply("ChannelExport", export, {}, **keyed(key))
    message = tenant.until("ChannelExport", export, "Success", of="Succeeded")
    assert message == "3 channels in 1 file"
    status = (tenant.get("ChannelExport", export) or {})["status"]
    assert (status["records"], [file["name"] for file in status["files"]]) == (3, ["channels-001.csv"])
    code, content = download(ground.planes, tenant.namespace, export, "channels-001.csv", key)
    assert code == 200
    assert hashlib.sha256(content).hexdigest() == status["files"][0]["sha256"]
    found = {row["name"]: row for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")))}
    assert sorted(found) == ["north", "south", "west"]
    assert found["north"]["autoReply.text"] == "'=HYPERLINK(1)"
    assert found["south"]["labels"] == "region=south"
    ground.assert_undisturbed()


@pytest.mark.parametrize("key", ["", "wrong", "ä", RIGHT + "-", RIGHT[:-1]])
def test_nobody_gets_the_files_without_the_key(ground: Ground, tenant: Tenant, export: str, key: str) -> None:
    """An object without the annotation opens to nobody, one with it to the key alone; both say the same."""
    tenant.apply("ChannelExport", export, {})
    tenant.until("ChannelExport", export, "Success", of="Succeeded")
    closed = download(ground.planes, tenant.namespace, export, "channels-001.csv", key.encode().decode("latin-1"))
    tenant.annotate("ChannelExport", export, **{"download-key": hashlib.sha256(RIGHT.encode()).hexdigest()})
    eventually(
        lambda: download(ground.planes, tenant.namespace, export, "channels-001.csv", RIGHT)[0],
        lambda code: code == 200,
        "the key to be known",
    )
    refused = download(ground.planes, tenant.namespace, export, "channels-001.csv", key.encode().decode("latin-1"))
    absent = download(ground.planes, tenant.namespace, "no-such", "channels-001.csv", RIGHT)
    assert closed == refused == absent
    assert closed[0] == 403
    for file in ("export.index", "..%2Fexport.index", "%2e%2e"):
        assert download(ground.planes, tenant.namespace, export, file, RIGHT)[0] == 404


def test_an_archive_opens_with_the_password_alone(ground: Ground, tenant: Tenant, export: str, tmp_path: Path) -> None:
    """AES-256, read by another implementation; the password is nowhere else."""
    password = f"pw-{secrets.token_hex(12)}"
    spec = {"format": "Yaml", "selector": {"matchLabels": {"region": "south"}}}
    tenant.apply(
        "ChannelExport", export, {**spec, "archivePasswordSecretRef": {"name": f"{export}-zip"}}, **keyed(RIGHT)
    )
    assert tenant.until("ChannelExport", export, "SecretNotFound", of="Accepted")
    assert tenant.condition("ChannelExport", export, "Succeeded")[1] == "Pending"
    tenant.secret(f"{export}-zip", password=f"{password}\n")
    assert tenant.until("ChannelExport", export, "Success", of="Succeeded") == "1 channel in 1 file"
    code, content = download(ground.planes, tenant.namespace, export, "channels.zip", RIGHT)
    assert code == 200
    with cast("Any", pyzipper).AESZipFile(io.BytesIO(content)) as archive:
        [member] = archive.infolist()
        with pytest.raises(RuntimeError, match="password"):
            archive.read(member)
        text = archive.read(member, pwd=password.encode()).decode()
    assert member.filename == "channels-001.yaml"
    assert "name: south" in text
    assert "name: north" not in text
    assert password not in ground.planes.log()
    assert password not in str(tenant.get("ChannelExport", export))


def test_a_name_that_is_not_there_is_said(ground: Ground, tenant: Tenant, export: str) -> None:
    """What is there is exported; the rest is named."""
    tenant.apply("ChannelExport", export, {"channels": ["west", "nobody"], "format": "Xlsx"})
    message = tenant.until("ChannelExport", export, "Success", of="Succeeded")
    assert message == '1 channel in 1 file; not found: "nobody"'
    ground.assert_undisturbed()


def test_files_go_after_their_time_and_with_their_object(ground: Ground, tenant: Tenant, export: str) -> None:
    """The time to live takes the files and leaves the object; deletion takes both."""
    tenant.apply("ChannelExport", export, {"ttlAfterFinished": "8760h"})
    tenant.until("ChannelExport", export, "Success", of="Succeeded")
    uid = (tenant.get("ChannelExport", export) or {})["metadata"]["uid"]
    place = f"{tenant.namespace}/{uid}"
    assert place in stored(ground)
    tenant.delete("ChannelExport", export)
    eventually(lambda: stored(ground), lambda names: place not in names, "the files to go")


def test_the_spec_cannot_be_changed(tenant: Tenant, export: str) -> None:
    """Nor can it name a Secret of another namespace: there is no field for one."""
    tenant.apply("ChannelExport", export, {"format": "Csv"})
    refused = tenant.try_patch("ChannelExport", export, {"spec": {"format": "Yaml"}})
    assert refused is not None
    assert "create another ChannelExport" in str(refused)
    foreign = {"archivePasswordSecretRef": {"name": "zip", "namespace": "kube-system"}}
    other = tenant.apply("ChannelExport", f"{export}-other", {})["metadata"]["name"]
    refused = tenant.try_patch("ChannelExport", other, {"spec": foreign})
    assert refused is not None
    tenant.delete("ChannelExport", other)

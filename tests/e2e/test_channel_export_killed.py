"""A ChannelExport whose operator is killed while it writes."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from support.planes import Planes
from support.tenant import DEADLINE, Tenant

CHANNELS = 160
TRIES = 5
"""Exports of which one has to be caught in the middle; on a busy machine one may be done before anybody looks."""


def half_written(home: Path, uid: str) -> bool:
    """Whether an attempt has begun and not ended."""
    return any(home.glob(f".{uid}.*/.xlsx-*"))


def killed(planes: Planes, home: Path, uid: str) -> bool:
    """Kill the controller while it writes an export; False when it was complete before that."""
    end = time.monotonic() + DEADLINE
    while not half_written(home, uid):
        if (home / uid).exists():
            return False
        assert time.monotonic() < end, planes.log("controller")[-3000:]
    planes.kill("controller")
    return not (home / uid).exists()


def test_killed_in_the_middle(tenant: Tenant, stopped_planes: Planes) -> None:
    """No file is seen that is not whole: the next process leaves nothing of the attempt and writes the export."""
    refs = {"gatewayRef": {"name": "absent"}, "calledRouteRef": {"name": "absent"}}
    for number in range(CHANNELS):
        tenant.apply("SmsChannel", f"c{number}", {"channelName": f"c{number}", "numbers": [f"{number}"], **refs})
    stopped_planes.start()
    home = stopped_planes.directory / "exports" / tenant.namespace
    for number in range(TRIES):
        name = f"killed-{number}"
        uid = tenant.apply("ChannelExport", name, {"format": "Xlsx"})["metadata"]["uid"]
        if killed(stopped_planes, home, uid):
            break
        tenant.delete("ChannelExport", name)
        if not stopped_planes.alive("controller"):
            stopped_planes.start("controller")
    else:
        raise AssertionError(f"none of {TRIES} exports was caught in the middle")
    assert half_written(home, uid)
    assert not (tenant.get("ChannelExport", name) or {}).get("status", {}).get("files")
    stopped_planes.start("controller")
    message = tenant.until("ChannelExport", name, "Success", of="Succeeded")
    assert message == f"{CHANNELS} channels in 1 file"
    [file] = (tenant.get("ChannelExport", name) or {})["status"]["files"]
    assert hashlib.sha256((home / uid / file["name"]).read_bytes()).hexdigest() == file["sha256"]
    assert not half_written(home, uid)
    assert sorted(path.name for path in (home / uid).iterdir()) == ["channels-001.xlsx", "export.index"]

"""Bugs for both planes: code that fails with all it knows in its error, as code does that was written in a hurry."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from support.planes import ROOT

NAME: Final = "bug"
"""Gateways of this name meet the bug of the control plane."""
PORT: Final = 9
"""Endpoints with this port meet the bug of the data plane."""
PROGRAM: Final = f'''
import sms_operator.core.certificate, sms_operator.core.reconcile, sms_operator.links.dial

reconcile, dial = sms_operator.core.reconcile.reconcile, sms_operator.links.dial.dial

def broken_reconcile(world, key, now):
    outcome = reconcile(world, key, now)
    if key.name == "{NAME}" and outcome.link is not None:
        certificates = list(world.entries("Certificate"))
        verdicts = [sms_operator.core.certificate.judge(world, entry, now) for entry in certificates]
        raise RuntimeError(f"{{key!r}} {{outcome!r}} {{world.materials!r}} {{verdicts!r}} {{world.get(key)!r}}")
    return outcome

async def broken_dial(endpoint, tls, limits, factory):
    if endpoint.port == {PORT}:
        session = factory()
        raise RuntimeError(f"{{endpoint!r}} {{tls!r}} {{limits!r}} {{session!r}} {{vars(factory)!r}}")
    return await dial(endpoint, tls, limits, factory)

sms_operator.core.reconcile.reconcile = broken_reconcile
sms_operator.links.dial.dial = broken_dial
'''


def bugs(directory: Path) -> dict[str, str]:
    """The environment of an operator that has them."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "sitecustomize.py").write_text(PROGRAM)
    return {"PYTHONPATH": f"{directory}:{ROOT / 'operator'}"}

"""The Gateway Monitoring page with 1,000 gateways in Chromium: when is it painted, and when is an update seen?

    PYTHONPATH=operator:tests .venv/bin/python benchmarks/monitor/paint.py [--gateways 1000] [--rounds 7]

Ends with 1 when a bar is missed. See README.md beside this file.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from sms_operator.dev.control_plane import ControlPlane, Lines
from sms_operator.dev.control_plane.client import NAMESPACES
from support.chromium import browser, find_chromium
from support.monitoring import Page, crowd, serving, status_of, write_status
from support.tenant import Tenant

ROOT: Final = Path(__file__).resolve().parents[2]
PAINT_BAR: Final = 500.0
"""Milliseconds to the first paint of the rows."""
UPDATE_BAR: Final = 1000.0
"""Milliseconds from the write of a status until the row shows it."""
NAMESPACE: Final = "crowd"
PAINTED: Final = (
    "() => performance.getEntriesByType('paint').find((entry) => entry.name === 'first-contentful-paint')?.startTime"
)
SEE: Final = """(ids) => {
  window.seen = {};
  new MutationObserver((changes) => requestAnimationFrame(() => {
    for (const { target } of changes) window.seen[target.dataset.id] ??= Date.now();
  })).observe(document.getElementById("rows"), { subtree: true, attributes: true, attributeFilter: ["data-state"] });
}"""


def main(arguments: Sequence[str]) -> int:
    """Measure, print, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--gateways", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    chosen = parser.parse_args(arguments)
    lines = Lines()
    chromium = find_chromium(lines)
    with (
        tempfile.TemporaryDirectory() as directory,
        ControlPlane.start(crds=[ROOT / "crds"], progress=lines) as plane,
        plane.client() as client,
    ):
        client.create(NAMESPACES, {"metadata": {"name": NAMESPACE}})
        tenant = Tenant(client, NAMESPACE)
        print(f"making {chosen.gateways} gateways …", flush=True)
        names = crowd(tenant, chosen.gateways, failing=chosen.gateways // 100)
        kubeconfig = plane.write_kubeconfig(Path(directory) / "kubeconfig")
        with serving(kubeconfig, NAMESPACE) as page, browser(chromium) as chrome:
            paints = [_paint(chrome, page, chosen.gateways) for _ in range(chosen.rounds + 1)][1:]
            updates = _updates(chrome, page, tenant, names[-chosen.rounds :])
    good = _tell("first paint", paints, PAINT_BAR)
    return 0 if _tell("update visible", updates, UPDATE_BAR) and good else 1


def _open(chrome: Browser, page: Page) -> Tab:
    tab = chrome.new_page(viewport={"width": 1440, "height": 900})
    tab.goto(page.entrances[-1])
    tab.wait_for_url(f"{page.origin}/")
    tab.locator("body[data-health=live]").wait_for()
    return tab


def _paint(chrome: Browser, page: Page, gateways: int) -> float:
    """First contentful paint of a fresh load, in milliseconds since the navigation began; the rows are in the HTML."""
    tab = _open(chrome, page)
    tab.goto(f"{page.origin}/")
    tab.locator("body[data-health=live]").wait_for()
    assert tab.locator("#rows tr").count() == gateways
    painted = float(tab.evaluate(PAINTED))
    tab.close()
    return painted


def _updates(chrome: Browser, page: Page, tenant: Tenant, names: Sequence[str]) -> list[float]:
    """From just before the write of a status until the frame in which the row shows it, in milliseconds."""
    tab = _open(chrome, page)
    tab.evaluate(SEE)
    took: list[float] = []
    for name in names:
        started = time.time() * 1000
        write_status(tenant, "SmppGateway", name, status_of(("False", "Unreachable", "gone"), binds=(0, 2)))
        tab.locator(f"tr[data-id='{NAMESPACE}/{name}'][data-state=Failing]").wait_for()
        tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        took.append(float(tab.evaluate("(id) => window.seen[id]", f"{NAMESPACE}/{name}")) - started)
    tab.close()
    return took


def _tell(what: str, took: Sequence[float], bar: float) -> bool:
    ordered = sorted(took)
    print(f"{what}: median {median(ordered):.0f} ms, {ordered[0]:.0f} to {ordered[-1]:.0f} ms (bar {bar:.0f} ms)")
    return median(ordered) <= bar


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

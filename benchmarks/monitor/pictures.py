"""The pictures of the Gateway Monitoring page in `docs/images/`: light, dark, and the panel of one gateway.

PYTHONPATH=operator:tests .venv/bin/python benchmarks/monitor/pictures.py [DIRECTORY]
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser

from sms_operator.dev.control_plane import ControlPlane, Lines
from sms_operator.dev.control_plane.client import NAMESPACES
from support.chromium import browser, find_chromium, with_fonts
from support.monitoring import Page, busy_room, serving

ROOT: Final = Path(__file__).resolve().parents[2]
WIDTH: Final = 1440
NAMESPACE: Final = "acme"
Scheme = Literal["light", "dark"]


def main(directory: Path) -> None:
    """Make all of them."""
    lines = Lines()
    chromium = with_fonts(find_chromium(lines), lines)
    directory.mkdir(parents=True, exist_ok=True)
    with ControlPlane.start(crds=[ROOT / "crds"], progress=lines) as plane, plane.client() as client:
        client.create(NAMESPACES, {"metadata": {"name": NAMESPACE}})
        busy_room(client, NAMESPACE)
        with serving(Path(plane.kubeconfig), NAMESPACE) as page, browser(chromium) as chrome:
            for scheme in ("light", "dark"):
                _shoot(chrome, page, directory / f"monitor-{scheme}.png", scheme)
            _shoot(
                chrome,
                page,
                directory / "monitor-panel.png",
                "light",
                opened="brightline-promo",
                width=1100,
                height=820,
            )


def _shoot(
    chrome: Browser, page: Page, path: Path, scheme: Scheme, *, opened: str = "", height: int = 800, width: int = WIDTH
) -> None:
    with chrome.new_context(color_scheme=scheme, viewport={"width": width, "height": height}) as context:
        tab = context.new_page()
        tab.goto(page.entrances[-1])
        tab.locator("body[data-health=live] #lamp-age", has_text="ago").wait_for()
        if opened:
            tab.get_by_role("button", name=opened, exact=True).click()
            tab.locator("#panel h3").first.wait_for()
        tab.screenshot(path=path)
    print(f"{path}: {path.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")

"""The page in Chromium, over a real operator and SMSC: what a person sees, does and hears."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from uuid import uuid4

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from sms_operator.dev.control_plane import Client, ControlPlane, Lines
from sms_operator.dev.control_plane.client import NAMESPACES
from support.chromium import find_axe
from support.ground import GOOD, Ground, sessions
from support.monitoring import Page, busy_room, serving, simple_gateway, status_of, write_status
from support.tenant import Tenant, eventually

Serve = Callable[[str | None], AbstractContextManager[Page]]


def look(tab: Tab, page: Page, query: str = "") -> None:
    """Open the page and wait until it is live."""
    tab.goto(page.entrances[-1])
    tab.wait_for_url(f"{page.origin}/")
    if query:
        tab.goto(f"{page.origin}/{query}")
    tab.locator("body[data-health=live]").wait_for()


@pytest.fixture(scope="module")
def still(control_plane: ControlPlane, api: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The page over a room of eight gateways that no test changes."""
    name = f"test-{uuid4().hex[:10]}"
    api.create(NAMESPACES, {"metadata": {"name": name}})
    busy_room(api, name)
    kubeconfig = control_plane.write_kubeconfig(tmp_path_factory.mktemp("still") / "kubeconfig")
    with serving(kubeconfig, name) as page:
        yield page
    api.delete(NAMESPACES, name)


@pytest.fixture
def sight(tab: Tab, still: Page) -> Tab:
    """That page, live."""
    look(tab, still)
    return tab


@pytest.fixture
def wall(tab: Tab, room: Tenant, serve: Serve) -> Iterator[tuple[Tab, Tenant]]:
    """The page over the room of eight gateways, live."""
    with serve(room.namespace) as page:
        look(tab, page)
        yield tab, room


def shown(tab: Tab) -> list[str]:
    """Names of the rows that can be seen, in order."""
    return tab.locator("#rows tr:not([hidden]) .open").all_inner_texts()


def test_actions_end_when_the_status_says_so(tab: Tab, ground: Ground, serve: Serve) -> None:
    """Rebuild, Disconnect with a reason, Connect: by the real operator, at the real SMSC."""
    with serve(ground.tenant.namespace) as page:
        look(tab, page)
        row = tab.locator("#rows tr", has_text=GOOD)
        expect(row).to_have_attribute("data-state", "Connected")
        before = sessions(ground.smsc)
        row.get_by_role("button", name=f"Rebuild {GOOD}").click()
        dialog = tab.get_by_role("dialog", name=f"Rebuild {GOOD}?")
        expect(dialog).to_contain_text("1/1 binds")
        dialog.get_by_role("button", name="Rebuild").click()
        expect(tab.locator(".note[data-kind=done]")).to_contain_text("1 gateway rebuilt")
        eventually(lambda: sessions(ground.smsc), lambda now: len(now) == 1 and now != before, "a new session")
        row.get_by_role("button", name=f"Disconnect {GOOD}").click()
        dialog = tab.get_by_role("dialog", name=f"Disconnect {GOOD}?")
        dialog.get_by_role("button", name="Disconnect").click()
        assert dialog.is_visible(), "a reason is required"
        dialog.get_by_label("Reason").fill("maintenance <b>tonight</b>")
        dialog.get_by_role("button", name="Disconnect").click()
        expect(row).to_have_attribute("data-state", "Disconnected")
        expect(row).to_contain_text("admin: maintenance <b>tonight</b>")
        eventually(lambda: sessions(ground.smsc), lambda now: now == [], "no session")
        row.get_by_role("button", name=f"Connect {GOOD}").click()
        tab.get_by_role("dialog").get_by_role("button", name="Connect", exact=True).click()
        expect(row).to_have_attribute("data-state", "Connected")
        assert ground.tenant.condition("SmppGateway", GOOD)[1] == "ConnectionSucceeded"


def test_taken_is_not_done(wall: tuple[Tab, Tenant]) -> None:
    """Without an operator an action is asked for and stays so, until the status names this very rebuild."""
    tab, room = wall
    tab.get_by_role("button", name="Rebuild nordwind-tx").click()
    tab.get_by_role("dialog").get_by_role("button", name="Rebuild").click()
    row = tab.locator("tr[data-id$='/nordwind-tx']")
    expect(row).to_contain_text("Rebuild asked for")
    note = tab.locator(".note")
    expect(note).to_have_attribute("data-kind", "open")
    write_status(room, "SmppGateway", "nordwind-tx", {"observedRebuild": "an older one"})
    write_status(room, "SmppGateway", "nordwind-tx", status_of(("False", "Unreachable", "gone")))
    expect(row).to_have_attribute("data-state", "Failing")
    expect(note).to_have_attribute("data-kind", "open")
    gateway = room.get("SmppGateway", "nordwind-tx")
    assert gateway is not None
    asked = gateway["metadata"]["annotations"]["sms-operator.dev/rebuild"]
    write_status(room, "SmppGateway", "nordwind-tx", {"observedRebuild": asked})
    expect(note).to_contain_text("1 gateway rebuilt")
    expect(row).not_to_contain_text("asked for")


def test_live_rows(wall: tuple[Tab, Tenant]) -> None:
    """A change, a new gateway and a deletion show by themselves; focus stays, new failures are spoken of."""
    tab, room = wall
    tab.get_by_role("button", name="lumen-inbound", exact=True).focus()
    write_status(
        room, "SmppGateway", "nordwind-tx", status_of(("False", "Unreachable", "Nothing listens"), binds=(0, 2))
    )
    row = tab.locator("tr[data-id$='/nordwind-tx']")
    expect(row).to_have_attribute("data-state", "Failing")
    expect(row).to_contain_text("Nothing listens")
    expect(tab.locator("[data-count=Failing]")).to_have_text("2")
    expect(tab).to_have_title(re.compile("^▲ 2 failing"))
    expect(tab.locator("#live")).to_have_text("1 gateway changed, 1 failing: nordwind-tx.")
    assert tab.evaluate("document.activeElement.textContent") == "lumen-inbound"
    simple_gateway(room, "added")
    expect(tab.locator("tr[data-id$='/added']")).to_contain_text("The operator has not looked at it yet")
    room.delete("SmppGateway", "added")
    expect(tab.locator("tr[data-id$='/added']")).to_have_count(0)
    tab.get_by_role("button", name="Pause").click()
    room.delete("SmppGateway", "polaris-short")
    expect(tab.locator("#lamp-age")).to_have_text("1 change held")
    expect(tab.locator("tr[data-id$='/polaris-short']")).to_have_count(1)
    tab.get_by_role("button", name="Go on").click()
    expect(tab.locator("tr[data-id$='/polaris-short']")).to_have_count(0)


def test_filters_and_order_live_in_the_address(sight: Tab) -> None:
    """Chips, text, unit and columns; a copied address shows the same, before any script."""
    tab = sight
    tab.locator(".chip[data-state=Connected]").click()
    tab.get_by_role("button", name="Gateway", exact=True).click()
    tab.get_by_role("button", name="Gateway", exact=True).click()
    expect(tab.locator("th[aria-sort]")).to_have_text("Gateway")
    assert tab.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
    assert shown(tab) == ["tessera-two-way", "polaris-short", "nordwind-tx", "lumen-inbound"]
    tab.get_by_label("Organization unit").select_option("Retail Banking")
    expect(tab.locator("#shown")).to_have_text("2 of 8 gateways")
    assert tab.url.endswith("?ou=Retail+Banking&state=Connected&sort=-name")
    assert tab.locator("#as-text").get_attribute("href") == "/gateways.txt?ou=Retail+Banking&state=Connected&sort=-name"
    served = tab.request.get(tab.url).text()
    assert re.findall(r'<tr data-id="[^"]+/([^"]+)" data-state="\w+">', served) == ["polaris-short", "nordwind-tx"]
    tab.reload()
    assert shown(tab) == ["polaris-short", "nordwind-tx"]
    tab.get_by_role("button", name="Clear filters").click()
    tab.keyboard.type("ESME nothing")
    expect(tab.locator("#empty")).to_be_visible()


def test_keyboard(sight: Tab) -> None:
    """All without a mouse."""
    tab = sight
    tab.keyboard.press("/")
    tab.keyboard.type("nord")
    tab.keyboard.press("Escape")
    assert shown(tab) == ["nordwind-tx"]
    tab.keyboard.press("j")
    tab.keyboard.press("Enter")
    panel = tab.get_by_role("complementary", name="nordwind-tx")
    expect(panel).to_contain_text("CN=Nordwind Root")
    expect(panel).to_contain_text("6 of 6 ready")
    expect(panel).to_contain_text("smsctl gateway rebuild nordwind-tx")
    expect(tab.get_by_role("heading", name="nordwind-tx")).to_be_focused()
    tab.keyboard.press("r")
    expect(tab.get_by_role("dialog", name="Rebuild nordwind-tx?")).to_be_visible()
    tab.keyboard.press("Escape")
    tab.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert tab.evaluate("document.activeElement.textContent") == "nordwind-tx"
    tab.keyboard.press("x")
    expect(tab.locator("#batch-count")).to_have_text("1 chosen")
    tab.keyboard.press("?")
    expect(tab.get_by_role("dialog", name="Keyboard")).to_be_visible()


EVIL = "<script>document.title='owned'</script><img src=x onerror=alert(1)>\" onmouseover=\"x"


def test_text_stays_text(wall: tuple[Tab, Tenant]) -> None:
    """What others write into a status, an Event or a unit's name is shown, and never becomes markup."""
    tab, room = wall
    room.apply("OrganizationUnit", "retail", {"displayName": EVIL[:60], "code": "retail"})
    told = status_of(("False", "BindRejected", EVIL), lastError={"reason": "BindRejected", "message": EVIL})
    write_status(room, "SmppGateway", "nordwind-tx", told)
    row = tab.locator("tr[data-id$='/nordwind-tx']")
    expect(row).to_contain_text(EVIL)
    tab.reload()
    tab.locator("body[data-health=live]").wait_for()
    expect(row).to_contain_text(EVIL)
    tab.get_by_role("button", name="nordwind-tx", exact=True).click()
    expect(tab.locator("#panel")).to_contain_text(EVIL)
    assert tab.locator("main img, main script, #panel img, #panel script").count() == 0
    assert "owned" not in tab.title()


def test_the_policy_holds(sight: Tab, complaints: list[str]) -> None:
    """Not even a script of ours could put in markup, run text, or speak to somebody else."""
    tab = sight
    for attempt in (
        "document.body.innerHTML = '<b>x</b>'",
        "trustedTypes.createPolicy('any', {createHTML: (text) => text})",
        "document.body.setAttribute('onclick', 'document.title = 1')",
        "fetch('https://example.com/').then(() => 'reached')",
    ):
        refused = tab.evaluate(
            f"async () => {{ try {{ return await ({attempt}) && 'done'; }} catch (error) {{ return error.name; }} }}"
        )
        assert refused in {"TypeError"}, (attempt, refused)
    assert any("connect-src" in complaint for complaint in complaints)
    assert any("TrustedHTML" in complaint for complaint in complaints)
    complaints.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessibility(sight: Tab, scheme: str) -> None:
    """axe-core finds nothing, contrast included: list, panel, dialog."""
    tab = sight
    axe = find_axe(Lines())
    tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")

    def violations() -> list[str]:
        if not tab.evaluate("() => 'axe' in window"):
            tab.evaluate(axe)
        found = tab.evaluate("async () => (await axe.run()).violations")
        return [
            f"{item['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
            for item in found
            for node in item["nodes"]
        ]

    assert violations() == []
    tab.get_by_role("button", name="brightline-promo", exact=True).click()
    tab.locator("#panel h3").first.wait_for()
    assert violations() == []
    tab.locator("#panel").get_by_role("button", name="Disconnect", exact=True).click()
    assert violations() == []


def test_zoom_and_narrow_windows(sight: Tab) -> None:
    """Nothing needs to be scrolled sideways: at 200 % of 1280, and on a phone."""
    tab = sight
    for width in (1280, 1100, 900, 640, 390):
        tab.set_viewport_size({"width": width, "height": 800})
        assert tab.evaluate("() => document.documentElement.scrollWidth") <= width, width
        expect(tab.get_by_text("Failing", exact=True).last).to_be_visible()


def test_the_server_goes(tab: Tab, room: Tenant, serve: Serve, complaints: list[str]) -> None:
    """The page says that it is old, and keeps what it had."""
    with serve(room.namespace) as page:
        look(tab, page)
    expect(tab.locator("body")).to_have_attribute("data-health", "lost")
    expect(tab.locator("#trouble")).to_contain_text("smsctl monitor does not answer")
    assert len(shown(tab)) == 8
    assert all("ERR_" in complaint for complaint in complaints)
    complaints.clear()

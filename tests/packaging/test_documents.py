"""The documents say what the program does: variables, reasons, links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sms_operator.api.conditions import ConditionType, Reason
from sms_operator.views.advice import advice
from support.kubectl import ROOT

DOCUMENTS = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*.md"))
    if path.is_file()
)


def test_every_setting_is_documented() -> None:
    """The table of settings names exactly the environment variables that the two planes read."""
    rooms = ("controller", "links")
    sources = [path for room in rooms for path in (ROOT / "operator" / "sms_operator" / room).rglob("*.py")]
    read = {name for path in sources for name in re.findall(r'"(SMS_OPERATOR_[A-Z_]+)', path.read_text())}
    table = re.findall(r"^\| `(SMS_OPERATOR_[A-Z_]+)`", (ROOT / "docs" / "install.md").read_text(), re.M)
    assert sorted(table) == sorted(read)


def test_every_reason_is_documented() -> None:
    """Each reason has one row, with the meaning that the code gives it."""
    text = (ROOT / "docs" / "conditions.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| .*\|$", text, re.M)
    assert [reason.value for reason in Reason if (reason.value, reason.meaning) not in rows] == []


def test_every_condition_is_documented() -> None:
    """Each type of condition has a row."""
    text = (ROOT / "docs" / "conditions.md").read_text()
    assert [kind.value for kind in ConditionType if f"| `{kind.value}` |" not in text] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    """Every relative link of a document leads to a file, and to a heading where it names one."""
    broken: list[str] = []
    for target in re.findall(r"\]\(([^)#\s]*(?:#[^)\s]*)?)\)", document.read_text()):
        name, _, heading = target.partition("#")
        if "://" in name or name.startswith("mailto:"):
            continue
        path = (document.parent / name).resolve() if name else document
        if not path.exists() or (heading and heading not in _headings(path)):
            broken.append(target)
    assert broken == []


def test_every_page_is_reached_from_the_index() -> None:
    """No page of docs/ is an orphan: from docs/README.md, by links."""
    pages = {path for path in DOCUMENTS if (ROOT / "docs") in path.parents}
    seen: set[Path] = set()
    waiting = {ROOT / "docs" / "README.md"}
    while waiting:
        page = waiting.pop()
        seen.add(page)
        linked = {(page.parent / target).resolve() for target in re.findall(r"\]\(([^)#\s]+)", page.read_text())}
        waiting |= (linked & pages) - seen
    assert sorted(str(page.relative_to(ROOT)) for page in pages - seen) == []


@pytest.mark.parametrize("reason", Reason)
def test_troubleshooting_by_reason(reason: Reason) -> None:
    """Each reason has a heading, where `smsctl` leads; meaning and next step are the program's."""
    text = (ROOT / "docs" / "troubleshooting.md").read_text()
    found = re.search(rf"^### {reason.value}\n(.*?)(?=^##|\Z)", text, re.M | re.S)
    assert found is not None
    known = advice(reason.value)
    assert known is not None
    assert known.page == f"docs/troubleshooting.md#{reason.value.lower()}"
    section = found[1]
    assert section.startswith(f"{reason.meaning}\n")
    if known.step:
        assert f"- **Fix.** {known.step}" in section
        assert "- **Causes.** " in section
        assert "- **How to look.** " in section


def test_troubleshooting_knows_no_other_reason() -> None:
    """A reason that is gone takes its heading with it."""
    text = (ROOT / "docs" / "troubleshooting.md").read_text()
    assert set(re.findall(r"^### (.+)$", text, re.M)) == {reason.value for reason in Reason}


def _headings(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", path.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}

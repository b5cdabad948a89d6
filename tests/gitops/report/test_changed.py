"""The lines that a diff changes."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sms_operator.gitops.manifests import Span
from sms_operator.gitops.report.changed import changed

LINES = st.lists(st.sampled_from(["a", "b", "--- a", "+++ x", "@@ -1 +1 @@", "+c", "-d"]), max_size=12)


def at(line: int) -> Span:
    """A place within one line."""
    return Span(line, 1, line, 2)


@settings(max_examples=60, deadline=None)
@given(before=LINES, after=LINES)
def test_what_git_says(before: list[str], after: list[str]) -> None:
    """A line that the old file has not is touched, whatever it looks like; of an equal file none is."""
    found = changed(differing(before, after), {"file": "shown"})
    touched = {number for number in range(1, len(after) + 1) if found.touches("shown", at(number))}
    assert touched >= {number for number, line in enumerate(after, 1) if line not in before}
    if before == after:
        assert touched == set()
    assert not found.touches("file", at(1))


def differing(before: list[str], after: list[str]) -> str:
    """What git prints between two texts."""
    with tempfile.TemporaryDirectory() as name:
        for file, lines in (("old", before), ("file", after)):
            (Path(name) / file).write_text("".join(f"{line}\n" for line in lines))
        command = ["git", "diff", "--no-index", "--unified=0", "--no-prefix", "--no-color", "old", "file"]
        return subprocess.run(command, cwd=name, capture_output=True, text=True, check=False).stdout

"""Where the time of `smsctl plan` goes, for a tenant in which nothing changes and one in which every channel does.

    PYTHONPATH=operator .venv/bin/python benchmarks/gitops/plan.py [CHANNELS]

Each case: reading both sides, the plan, and its three faces. The garbage collector is off, as in the command.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from stopwatch import timed
from tenant import write

from sms_operator.cli.garbage import uncollected
from sms_operator.gitops.manifests import read
from sms_operator.gitops.plan import Side, faces, plan, side


def sides(before: Path, after: Path) -> tuple[Side, Side]:
    """Both directories."""
    found = [side((item.body for item in read([str(path)]).objects), "tenant") for path in (before, after)]
    return found[0], found[1]


def run(title: str, before: Path, after: Path) -> None:
    """One case."""
    print(title)
    with uncollected():
        old, new = timed("read twice", lambda: sides(before, after))
        made = timed("plan", lambda: plan(old, new, datetime.now(UTC), compared_with="before"))
        timed("text", lambda: faces.text(made, fields=True))
        timed("json", lambda: faces.document(made))
        timed("markdown", lambda: faces.markdown(made))
    print(f"changes: {len(made.objects)}")


def main() -> None:
    """Measure a tenant of the size that is asked for."""
    channels = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as name:
        before, after = Path(name, "before"), Path(name, "after")
        for directory in (before, after):
            directory.mkdir()
            objects = write(directory, channels)
        print(f"{objects} objects")
        run("nothing changes", before, after)
        for file in after.glob("channels-*.yaml"):
            file.write_text(file.read_text().replace("noCustomerReply: 20m", "noCustomerReply: 31m"))
        run("every channel changes", before, after)


if __name__ == "__main__":
    main()

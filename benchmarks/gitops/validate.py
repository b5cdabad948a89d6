"""Where the time of `smsctl validate` goes.

    PYTHONPATH=operator .venv/bin/python benchmarks/gitops/validate.py [CHANNELS]

Each step is run alone, on what the step before gave; the last line is everything, as the command does it.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from stopwatch import timed
from tenant import write

from sms_operator.gitops.lint.check import check
from sms_operator.gitops.lint.conditions import conditions
from sms_operator.gitops.lint.conflicts import conflicts
from sms_operator.gitops.lint.live import Live
from sms_operator.gitops.lint.schema import schema
from sms_operator.gitops.lint.world import moment, world_of
from sms_operator.gitops.manifests import read


def main() -> None:
    """Measure a tenant of the size that is asked for."""
    channels = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as name:
        print(f"{write(Path(name), channels)} objects")
        verdict = timed("everything", lambda: check(read([name])))
        print(f"findings: {len(verdict.findings)}")
        print("of which")
        reading = timed("read", lambda: read([name]))
        subjects = [Live({}, "").placed(manifest) for manifest in reading.objects]
        timed("schema", lambda: [list(schema(subject)) for subject in subjects])
        world = timed("world", lambda: world_of(subjects, subjects, now))
        by_key = {subject.key: subject for subject in subjects}
        timed("conditions", lambda: [list(conditions(subject, world, moment(now))) for subject in subjects])
        timed("conflicts", lambda: [list(conflicts(subject, world, by_key)) for subject in subjects])


if __name__ == "__main__":
    main()

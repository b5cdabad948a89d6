"""Where the time of `smsctl validate` goes.

    PYTHONPATH=operator .venv/bin/python benchmarks/gitops/validate.py [CHANNELS]

Each step is run alone, on what the step before gave; the last line is everything, as the command does it.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from tenant import write

from sms_operator.gitops.lint.check import check
from sms_operator.gitops.lint.conditions import conditions
from sms_operator.gitops.lint.conflicts import conflicts
from sms_operator.gitops.lint.live import Live
from sms_operator.gitops.lint.schema import schema
from sms_operator.gitops.lint.world import moment, world_of
from sms_operator.gitops.manifests import read

Result = TypeVar("Result")


def timed(name: str, step: Callable[[], Result]) -> Result:
    """The step's result. Printed: its time, the time on a processor, and the most memory that the process has had."""
    began, worked = time.perf_counter(), time.process_time()
    result = step()
    seconds, busy = time.perf_counter() - began, time.process_time() - worked
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:<12} {seconds:7.2f} s, busy {busy:6.2f} s {megabytes:7.0f} MiB")
    return result


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

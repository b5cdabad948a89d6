"""How long a step took, and how much memory the process has had by then."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def timed(name: str, step: Callable[[], Result]) -> Result:
    """The step's result. Printed: its time, the time on a processor, and the most memory that the process has had."""
    began, worked = time.perf_counter(), time.process_time()
    result = step()
    seconds, busy = time.perf_counter() - began, time.process_time() - worked
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:<12} {seconds:7.2f} s, busy {busy:6.2f} s {megabytes:7.0f} MiB")
    return result

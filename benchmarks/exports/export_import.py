"""Seconds and peak memory of exporting channels in each format, and of importing them again.

    python benchmarks/exports/export_import.py [CHANNELS…]

Each step runs in a process of its own: the peak is the kernel's (ru_maxrss) and is of this step alone. With several
numbers of channels (default: 10,000 and 100,000) one sees whether memory grows with them. The channels use every field.
"""

from __future__ import annotations

import multiprocessing
import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from sms_operator.exports.formats import Format
from sms_operator.exports.local import appearing
from sms_operator.exports.reading import Import
from sms_operator.exports.records import Record, record_of
from sms_operator.exports.writing import Wish, write

COUNTS: Final = (10_000, 100_000)
NOW: Final = datetime(2026, 11, 23, tzinfo=UTC)


def body(number: int) -> dict[str, Any]:
    """A channel as the API server shows it, with everything that one can have."""
    work = [{"start": "08:00", "end": "12:00"}, {"start": "13:00", "end": "18:00"}]
    return {
        "metadata": {"name": f"channel-{number}", "namespace": "tenant", "labels": {"team": f"team-{number % 50}"}},
        "spec": {
            "channelName": f"channel_{number}",
            "gatewayRef": {"name": f"gateway-{number // 100}"},
            "numbers": [f"+4930{number:08}", f"+4940{number:08}"],
            "organizationUnitRef": {"name": f"unit-{number % 20}"},
            "calledRouteRef": {"name": "queue"},
            "transferKeywords": ["agent", "person", "help"],
            "agentWorkTime": {"workdays": work, "nonWorkdays": []},
            "serviceTimeRef": {"name": "berlin"},
            "lastAgent": {"window": "48h"},
            "sessionEnd": {"noCustomerReply": "20m"},
            "sessionTransfer": {"noAgentReply": "5m", "allowed": True},
            "offlineMessages": {"agentOutboundLimit": "48h", "routingMode": "LastAgent"},
            "autoReply": {"text": f"=Thank you for your message number {number}; write AGENT to reach a person."},
            "nonWorkingDayReply": {"text": "We are back on the next workday at 8. Your message is kept."},
            "robot": {"chatbotRef": {"name": "robot"}},
        },
    }


def records(count: int) -> Iterator[Record]:
    """Made one by one, parsed as from an API server's answer."""
    return (record_of(body(number)) for number in range(count))


def exported(count: int, wish: Wish, target: Path) -> None:
    """One export."""
    with appearing(target) as sink:
        written = write(records(count), wish, sink, NOW)
    if written.records != count:
        raise SystemExit(f"{written.records:,} of {count:,} channels were written")


def imported(count: int, source: Path, target: Path) -> None:
    """One import of all files of an export, to manifests."""
    reading = Import(sorted(source.glob("channels-*")))
    with appearing(target) as sink:
        written = write(reading.records(), Wish(Format.YAML, index=False), sink, NOW)
    if written.records != count:
        raise SystemExit(f"{written.records:,} of {count:,} channels were imported")


def same(count: int, source: Path) -> None:
    """What comes back is what was written, channel by channel."""
    for before, after in zip(records(count), Import(sorted(source.glob("channels-*"))).records(), strict=True):
        if before != after:
            raise SystemExit(f"{before.name} came back as another")


def measured(step: Callable[..., None], *arguments: Any) -> tuple[float, float]:
    """Seconds and MB of a step in a new process."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_timed, args=(there, step, arguments))
    process.start()
    there.close()
    try:
        answer: tuple[float, float] = here.recv()
    except EOFError:
        raise SystemExit("a step failed; what it said stands above") from None
    process.join()
    return answer


def _timed(out: Connection, step: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    start = time.perf_counter()
    step(*arguments)
    out.send((time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000))


def run(count: int, directory: Path) -> None:
    """All steps for one number of channels."""
    steps: list[tuple[str, Callable[..., None], tuple[Any, ...], Path | None]] = []
    for form in Format:
        out = directory / f"{form}-{count}"
        steps.append((f"export {form}", exported, (count, Wish(form), out), out))
    archive = directory / f"zip-{count}"
    steps.append(("export csv, archive", exported, (count, Wish(Format.CSV, "a password"), archive), archive))
    for form in (Format.CSV, Format.XLSX):
        source, target = directory / f"{form}-{count}", directory / f"in-{form}-{count}"
        steps.append((f"import {form}", imported, (count, source, target), target))
        steps.append((f"round trip {form}, compared", same, (count, source), None))
    for name, step, arguments, made in steps:
        seconds, peak = measured(step, *arguments)
        size = sum(path.stat().st_size for path in made.iterdir()) / 1e6 if made is not None else 0.0
        print(f"{count:>9,}  {name:<26} {seconds:>8.1f} s {peak:>8.0f} MB {size:>8.1f} MB of files", flush=True)


def main() -> None:
    """Print one line a step."""
    counts = [int(argument.replace(",", "")) for argument in sys.argv[1:]] or list(COUNTS)
    print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs, parsing of the channels included")
    with tempfile.TemporaryDirectory() as directory:
        for count in counts:
            run(count, Path(directory))


if __name__ == "__main__":
    main()

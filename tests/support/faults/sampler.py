"""The truth sampler: ten times a second, what every gateway's status says and what its SMSC confirms; and the judge.

The judge is pure: samples in, false ones out. What is false is said once, in `false_samples`.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Self

from sms_operator.dev.control_plane import ApiError, Client
from support.tenant import kind_of

INTERVAL: Final = 0.1
"""Seconds between samples."""
PATIENCE: Final = 2.0
"""Seconds for which a status may say that a link stands when it does not."""
SUCCEEDED: Final = "ConnectionSucceeded"
STATUS: Final = "status"


@dataclass(frozen=True, slots=True)
class Said:
    """What the API server shows of a gateway."""

    status: str = ""
    """Of the condition Connected; empty: there is none."""
    reason: str = ""
    ready: str = ""
    """Reason of the condition Ready, while that is True."""
    desired: int = 1
    """Binds that the spec asks for."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What the SMSC knows of a gateway's binds."""

    binds: int
    """Those that stand."""
    made: int
    """Those that it ever accepted, so that one is seen that came and went between two samples."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Both at one moment."""

    gateway: str
    at: float
    """Seconds on the monotonic clock, when both had been read."""
    said: Said
    confirmed: Confirmed
    reading: float = 0.0
    """Seconds that the reading of the status took: it is what it was at some moment of these."""

    @property
    def asked(self) -> float:
        """When the status was asked for."""
        return self.at - self.reading

    @property
    def claims(self) -> bool:
        """Whether the status claims that the link stands."""
        return SUCCEEDED in (self.said.ready, self.said.reason if self.said.status == "True" else "")

    @property
    def stands(self) -> bool:
        """Whether the SMSC confirms every bind."""
        return self.confirmed.binds >= self.said.desired

    @property
    def healthy(self) -> bool:
        """Whether it is claimed, and so, with no bind too many."""
        return self.claims and self.confirmed.binds == self.said.desired

    @property
    def denies(self) -> bool:
        """Whether the status says that the link is down."""
        return self.said.status == "False" and not self.claims


@dataclass(frozen=True, slots=True)
class Window:
    """A time in which nothing is held against a status: the API server is away, or the operator has just started."""

    begin: float
    end: float

    def __contains__(self, moment: float) -> bool:
        return self.begin <= moment <= self.end


def false_samples(
    samples: Iterable[Sample], excused: Sequence[Window] = (), patience: float = PATIENCE
) -> list[Sample]:
    """The samples that claim a link without the SMSC's confirmation, after that has been so for `patience` seconds.

    Time is counted from the first such sample to when the status of a later one was asked for, anew after each sample
    in which the SMSC confirmed the binds, the status did not claim them, or a bind had come and gone, and after each
    excused window. Samples of one gateway come in the order of their time.
    """
    since: dict[str, float] = {}
    made: dict[str, int] = {}
    found: list[Sample] = []
    for sample in samples:
        name, known = sample.gateway, made.get(sample.gateway)
        made[name] = sample.confirmed.made
        if any(sample.at in window for window in excused) or sample.stands or not sample.claims:
            since.pop(name, None)
        elif known is not None and sample.confirmed.made != known:
            since[name] = sample.at
        elif sample.asked - since.setdefault(name, sample.at) > patience:
            found.append(sample)
    return found


def late(samples: Iterable[Sample], begin: float, bar: float, end: Sample, holds: Callable[[Sample], bool]) -> bool:
    """Whether a status was asked for later than `bar` seconds after `begin`, before the `end`, and was not yet so.

    A pause between two samples is held against nobody.
    """
    return any(begin + bar < sample.asked and sample.at < end.at and not holds(sample) for sample in samples)


def first(samples: Iterable[Sample], since: float, holds: Callable[[Sample], bool]) -> Sample | None:
    """The first sample taken at or after `since` that is so."""
    return next((sample for sample in samples if sample.at >= since and holds(sample)), None)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share (0..1) of all reach; nan of none."""
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)] if values else math.nan


Confirm = Callable[[], Confirmed]


class Sampler:
    """Samples the gateways of a namespace from `async with` to its end, each as long as it is watched."""

    def __init__(self, client: Client, namespace: str) -> None:
        self._client = client
        self._namespace = namespace
        self._confirm: dict[str, Confirm] = {}
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.samples: defaultdict[str, list[Sample]] = defaultdict(list)
        """By gateway, in the order of time."""
        self.missed: list[str] = []
        """Why rounds gave no sample."""
        self.rounds: list[float] = []
        """When each round was over, monotonic seconds."""

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="sampler")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def watch(self, gateway: str, confirm: Confirm) -> None:
        """From now on; `confirm` asks its SMSC, in this loop."""
        self._confirm[gateway] = confirm

    def forget(self, gateway: str) -> None:
        """No more samples of it; those that were taken stay."""
        self._confirm.pop(gateway, None)

    def last(self, gateway: str) -> Sample | None:
        """The newest sample."""
        samples = self.samples[gateway]
        return samples[-1] if samples else None

    async def until(
        self,
        gateway: str,
        holds: Callable[[Sample], bool],
        what: str,
        *,
        since: float = 0.0,
        deadline: float = 30.0,
    ) -> Sample:
        """The first sample at or after `since` (monotonic seconds) that is so, waited for if there is none yet.

        Raises:
            AssertionError: there was none within `deadline` seconds.
        """
        seen = 0
        try:
            async with asyncio.timeout(deadline):
                while True:
                    samples = self.samples[gateway]
                    found = first(samples[seen:], since, holds)
                    if found is not None:
                        return found
                    seen = len(samples)
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"{gateway}: not within {deadline:g} s: {what}; last: {self.last(gateway)}") from None

    async def _run(self) -> None:
        while True:
            begin = time.monotonic()
            try:
                said = await asyncio.to_thread(self._read)
            except (ApiError, OSError) as error:
                self.missed.append(str(error))
            else:
                self._take(said, begin)
            await asyncio.sleep(max(begin + INTERVAL - time.monotonic(), 0.0))

    def _take(self, said: Mapping[str, Said], begin: float) -> None:
        # What the SMSC knows is read after the status: a bind that ended in between is held against the status only
        # if it is still claimed PATIENCE later.
        now = time.monotonic()
        for gateway, confirm in self._confirm.items():
            self.samples[gateway].append(Sample(gateway, now, said.get(gateway, Said()), confirm(), now - begin))
        self.rounds.append(now)
        self._news.set()
        self._news = asyncio.Event()

    def _read(self) -> dict[str, Said]:
        items = self._client.list(kind_of("SmppGateway"), self._namespace)
        return {item["metadata"]["name"]: said(item) for item in items}


def said(gateway: Mapping[str, Any]) -> Said:
    """What a gateway's body says, of whatever generation."""
    conditions = {item["type"]: item for item in gateway.get(STATUS, {}).get("conditions", [])}
    connected, ready = conditions.get("Connected", {}), conditions.get("Ready", {})
    return Said(
        status=connected.get(STATUS, ""),
        reason=connected.get("reason", ""),
        ready=ready.get("reason", "") if ready.get(STATUS) == "True" else "",
        desired=gateway.get("spec", {}).get("bind", {}).get("count", 1),
    )

"""The truth sampler for stages, whose tests are threads: what each gateway's status says beside what its SMSC knows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from sms_operator.dev.control_plane import ApiError, Client
from sms_operator.dev.smsc.background import Background
from support.tenant import kind_of

from .sampler import INTERVAL, Confirmed, Sample, Window, false_samples, said


class Truth:
    """The samples of one plan, and when nothing was held against a status."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self.excused: list[Window] = []

    def false(self) -> list[Sample]:
        """The samples in which a status claimed what was not so."""
        return false_samples(self.samples, self.excused)


@contextmanager
def sampled(
    control_plane_client: Callable[[], Client], namespace: str, smsc: Background, binds: Sequence[str]
) -> Generator[Truth]:
    """Sample until the end of `with`. `binds` are the SMSC's words about each bind that it ever accepted."""
    truth, end = Truth(), threading.Event()

    def look(client: Client) -> None:
        bodies = client.list(kind_of("SmppGateway"), namespace)
        standing = smsc.get(lambda simulator: [session.system_id for session in simulator.sessions()])
        now = time.monotonic()
        for body in bodies:
            account = _account(body)
            made = sum(f" {account}: " in line for line in list(binds))
            confirmed = Confirmed(standing.count(account), made)
            truth.samples.append(Sample(body["metadata"]["name"], now, said(body), confirmed))

    def work() -> None:
        with control_plane_client() as client:
            while not end.wait(INTERVAL):
                with suppress(ApiError, OSError):
                    look(client)

    thread = threading.Thread(target=work, name=f"truth of {namespace}")
    thread.start()
    try:
        yield truth
    finally:
        end.set()
        thread.join()


def _account(gateway: Mapping[str, Any]) -> str:
    return gateway["spec"]["login"]["systemId"]

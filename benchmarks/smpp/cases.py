"""What is measured in each mode, and the bars for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from .clients import CLIENTS, OURS, Client
from .load import Job
from .report import Bar, fastest_peer, ratio_bar
from .rounds import Case, Results

WINDOWS: Final = (10, 100)
YARDSTICK: Final = "gosmpp 0.3.0"
REFERENCE: Final = {10: 31_100, 100: 54_900}
"""What the yardstick did without receipts, by window, in the run that the bar with receipts comes from."""
RECEIPTS_BAR: Final = 20_000
OVER_PEERS: Final = 1.25
OVER_PEERS_WITH_RECEIPTS: Final = 2.0
OPEN: Final = (0, 10_000, 100_000)
FLAT: Final = 0.9
"""Rate with open receipts by that without any, from which on it counts as flat."""


def throughput(clients: Sequence[Client], seconds: float) -> list[Case]:
    """Messages without receipts, plain and over TLS."""
    return [
        Case(_title("submit_sm", tls, window), client, job(client, seconds, window, tls=tls))
        for tls in (False, True)
        for window in WINDOWS
        for client in clients
        if client.tls or not tls
    ]


def receipts(clients: Sequence[Client], seconds: float) -> list[Case]:
    """Messages with a receipt each, and the yardstick without."""
    with_receipts = [
        Case(_title("submit_sm and receipt", False, window), client, job(client, seconds, window, with_receipts=True))
        for window in WINDOWS
        for client in clients
    ]
    yardstick = [
        Case(f"yardstick, window {window}", client, job(client, seconds, window))
        for window in WINDOWS
        for client in clients
        if client.name == YARDSTICK
    ]
    return with_receipts + yardstick


def open_receipts(clients: Sequence[Client], seconds: float) -> list[Case]:
    """Ours with a receipt each, while others are open."""
    return [
        Case(
            f"submit_sm and receipt with others open, window {window}",
            client,
            job(client, seconds, window, with_receipts=True, opened=opened),
            f"{opened:,} open",
        )
        for window in WINDOWS
        for opened in OPEN
        for client in clients
        if client.name == OURS
    ]


def job(
    client: Client, seconds: float, window: int, *, tls: bool = False, with_receipts: bool = False, opened: int = 0
) -> Job:
    """So many messages that the client needs about so many seconds for them."""
    rate = client.with_receipts if with_receipts else client.rate
    growth = client.growth_with_receipts if with_receipts else client.growth
    count = int(rate * (growth if window == WINDOWS[-1] else 1) * seconds)
    return Job(window, count, min(client.warm_up, count), tls, with_receipts, opened)


def throughput_bars(results: Results) -> list[Bar]:
    """Against the fastest peer of each table."""
    titles = [_title("submit_sm", tls, window) for tls in (False, True) for window in WINDOWS]
    return [bar for title in titles for bar in _over_fastest(results, title, OVER_PEERS)]


def receipts_bars(results: Results) -> list[Bar]:
    """Against the fastest peer, and in messages a second on the scale of the reference run."""
    bars: list[Bar] = []
    for window in WINDOWS:
        title = _title("submit_sm and receipt", False, window)
        bars += _over_fastest(results, title, OVER_PEERS_WITH_RECEIPTS)
        ours, yardstick = _case(results, title, OURS), _case(results, f"yardstick, window {window}", YARDSTICK)
        if ours and yardstick:
            scale = results.median(yardstick, "rate") / REFERENCE[window]
            what = f"{title}: msg/s (scale {scale:.2f}: {YARDSTICK} without receipts by that of the reference run)"
            bars.append(Bar(what, results.median(ours, "rate"), RECEIPTS_BAR * scale))
    return bars


def open_receipts_bars(results: Results) -> list[Bar]:
    """Against no open receipts."""
    bars: list[Bar] = []
    for window in WINDOWS:
        title = f"submit_sm and receipt with others open, window {window}"
        none = next((case for case in results.measured if case.title == title and not case.job.opened), None)
        bars += [
            ratio_bar(results, f"{title}: rate with {case.name} by that with none", case, none, FLAT)
            for case in results.measured
            if none and case.title == title and case.job.opened
        ]
    return bars


Mode = tuple[Callable[[Sequence[Client], float], list[Case]], Callable[[Results], list[Bar]]]
MODES: Final[dict[str, Mode]] = {
    "throughput": (throughput, throughput_bars),
    "receipts": (receipts, receipts_bars),
    "open-receipts": (open_receipts, open_receipts_bars),
}


def choose(names: Sequence[str]) -> list[Client]:
    """The clients whose names begin with one of these; all without any."""
    return [one for one in CLIENTS if not names or any(one.name.startswith(name) for name in names)]


def _title(what: str, tls: bool, window: int) -> str:
    return f"{what}, {'TLS' if tls else 'plain'}, window {window}"


def _case(results: Results, title: str, name: str) -> Case | None:
    return next((case for case in results.measured if case.title == title and case.client.name == name), None)


def _over_fastest(results: Results, title: str, wanted: float) -> list[Bar]:
    ours, best = _case(results, title, OURS), fastest_peer(results, title)
    if ours is None or best is None:
        return []
    return [ratio_bar(results, f"{title}: rate by that of {best.name}", ours, best, wanted)]

"""Channels without a cluster."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from sms_operator.exports.records import Record, record_of

SPEC: Mapping[str, Any] = {"gatewayRef": {"name": "north"}, "calledRouteRef": {"name": "queue"}}


def channel(
    name: str,
    spec: Mapping[str, Any] | None = None,
    *,
    namespace: str = "team",
    labels: Mapping[str, str] | None = None,
) -> Record:
    """A channel with these fields beside what it must have."""
    metadata: dict[str, Any] = {"name": name, "namespace": namespace, "labels": dict(labels or {})}
    return record_of({"metadata": metadata, "spec": {"channelName": name.replace("-", "_"), **SPEC, **(spec or {})}})


def channels(count: int) -> Iterator[Record]:
    """Many of them, cheaply: they are one specification under many names."""
    like = channel("one", {"numbers": ["+4930"]})
    for number in range(count):
        name = f"c{number:06}"
        spec = like.spec.model_copy(update={"channel_name": name})
        yield Record(like.namespace, name, spec, like.labels, {**like.raw, "channelName": name})


class Memory:
    """A sink that keeps the files."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    @property
    def scratch(self) -> Path | None:
        """None of its own."""
        return None

    @contextmanager
    def create(self, name: str) -> Generator[BinaryIO]:
        """A file, kept when it is complete."""
        assert name not in self.files
        out = BytesIO()
        yield out
        self.files[name] = out.getvalue()

"""`smsctl get --watch`: objects as they are, then each change, across everything that can end a watch."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from sms_operator.views.texts import one_line

from .output import echo, print_as, table, width
from .rows import cells_of, tidy, written

if TYPE_CHECKING:
    from sms_operator.api.kinds import KindInfo
    from sms_operator.kube.client import Client

    from .cluster import Cluster
    from .rows import Look, Query

Body = dict[str, Any]

WATCH: Final = 300
"""Seconds that one watch lasts; the next goes on where it ended."""
PAUSES: Final = (0.5, 15.0)
"""Seconds before trying again when the API server is away: at first, and at most."""
GONE: Final = 410


class _ReaderGone(Exception):
    """Nobody reads any more. No OSError, which a watch would take for one of its own."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


class _Follower:
    """One kind: what was shown last, by UID, so that nothing is shown twice and nothing is missed."""

    def __init__(self, client: Client, scope: str | None, query: Query, info: KindInfo, look: Look) -> None:
        self._client, self._scope, self._query, self._info, self._look = client, scope, query, info, look
        self._fields = f"metadata.name={query.names[0]}" if len(query.names) == 1 else ""
        self._shown: dict[str, tuple[str, Body]] = {}
        self._widths: list[int] = []

    async def run(self) -> None:
        """Until cancelled, or until something that repeating does not mend."""
        from sms_operator.kube.errors import Unavailable

        version, pause = await self._list(), PAUSES[0]
        while True:
            try:
                version = version or await self._list()
                version = await self._watch(version)
                pause = PAUSES[0]
            except Unavailable as error:
                echo(f"The API server does not answer; again in {pause:g} s: {one_line(str(error))}", err=True)
                await asyncio.sleep(pause)
                pause = min(pause * 2, PAUSES[1])

    async def _list(self) -> str:
        from .objects import resource

        items, version = await self._client.list(
            resource(self._info), self._scope, labels=self._query.labels, fields=self._fields
        )
        here = {item["metadata"]["uid"] for item in items}
        for uid in self._shown.keys() - here:
            self._show([self._shown.pop(uid)[1]], deleted=True)
        self._show(sorted(items, key=lambda item: (item["metadata"]["namespace"], item["metadata"]["name"])))
        return version

    async def _watch(self, version: str) -> str:
        """The version to go on with; empty: begin anew with a list."""
        from sms_operator.kube.errors import Rejected

        from .objects import resource

        try:
            async with self._client.watch(
                resource(self._info),
                self._scope,
                version,
                seconds=WATCH,
                labels=self._query.labels,
                fields=self._fields,
            ) as changes:
                async for change in changes:
                    item = change["object"]
                    if change["type"] == "ERROR":
                        return ""
                    version = item["metadata"]["resourceVersion"]
                    if change["type"] == "DELETED":
                        self._shown.pop(item["metadata"]["uid"], None)
                        self._show([item], deleted=True)
                    elif change["type"] != "BOOKMARK":
                        self._show([item])
        except Rejected as error:
            if error.status != GONE:
                raise
            return ""
        return version

    def _show(self, items: Sequence[Body], *, deleted: bool = False) -> None:
        news: list[Body] = []
        for item in items:
            uid, version = item["metadata"]["uid"], item["metadata"]["resourceVersion"]
            if self._shown.get(uid, ("",))[0] != version and self._query.means(item):
                news.append(tidy(item, self._info))
                if not deleted:
                    self._shown[uid] = (version, item)
        try:
            self._print(news, deleted=deleted)
        except OSError as error:
            raise _ReaderGone(error) from None

    def _print(self, items: Sequence[Body], *, deleted: bool) -> None:
        if self._look.output in {"json", "yaml"}:
            for item in items:
                if self._look.output == "yaml":
                    echo("---")
                print_as(self._look.output, item)
        elif items and self._look.output == "name":
            echo(written(self._info, items, self._look))
        elif items:
            lines = self._aligned(items)
            echo("\n".join(f"{line}   (deleted)" if deleted else line for line in lines), coloured=self._look.coloured)

    def _aligned(self, items: Sequence[Body]) -> list[str]:
        """Rows in the columns of those before them; the first time with the headings."""
        heads, rows = cells_of(self._info, items, self._look)
        before = self._widths or [0] * len(heads)
        self._widths = [
            max(wide, *(width(line[place]) for line in (heads, *rows))) for place, wide in enumerate(before)
        ]
        padded = [head.ljust(wide) for head, wide in zip(heads, self._widths, strict=True)]
        lines = table(padded, rows).split("\n")
        return lines if not any(before) and self._look.header else lines[1:]


async def follow(cluster: Cluster, query: Query, look: Look) -> None:
    """Show objects and their changes until something ends it."""
    async with cluster.client() as client:
        try:
            await asyncio.gather(*(_Follower(client, cluster.scope, query, info, look).run() for info in query.kinds))
        except _ReaderGone as gone:
            raise gone.error from None

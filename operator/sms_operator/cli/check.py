"""`smsctl check`: whether the cluster has what the operator needs, whether the operator works, and what you may do."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import click

from sms_operator.views.documents import document

from .cluster import Cluster, Seconds, cluster_options
from .law import SOMETHING
from .output import Paint, colour, colour_option, echo, output_option, print_json

if TYPE_CHECKING:
    from sms_operator.views.readiness import Finding

PAUSE: Final = 1.0
"""Seconds between two looks, with --wait."""


@click.command("check")
@cluster_options
@click.option("--pre", is_flag=True, help="Before the installation: the version, and your rights to install.")
@click.option("--wait", is_flag=True, help="Until all is well, --timeout at most: for a pipeline, or after an upgrade.")
@click.option("--timeout", type=Seconds(), default="60s", show_default=True, help="With --wait.")
@output_option("json")
@colour_option
@click.pass_context
def command(
    context: click.Context, cluster: Cluster, *, pre: bool, wait: bool, timeout: float, output: str, color: str
) -> None:
    """Whether the cluster is ready for the operator, and you for the cluster.

    0: all is well; 2: something is missing; 1: the cluster does not answer, or does not know you.
    """
    import asyncio

    findings = asyncio.run(_run(cluster, timeout if wait else 0.0, pre=pre))
    if output == "json":
        items = [{"check": item.check, "ok": item.ok, "message": item.words} for item in findings]
        print_json(document("Check", items=items))
    else:
        coloured = colour(color)
        paint = Paint(coloured)
        for item in findings:
            mark = paint.good("✔ ok  ") if item.ok else paint.bad("✗ fail")
            echo(f"{mark} {item.check}: {item.words}", coloured=coloured)
    missing = sum(not item.ok for item in findings)
    echo(f"{missing} of {len(findings)} checks failed." if missing else "All is well.", err=True)
    if missing:
        context.exit(SOMETHING)


async def _run(cluster: Cluster, patience: float, *, pre: bool) -> list[Finding]:
    import asyncio

    end = time.monotonic() + patience
    async with cluster.client() as client:
        while True:
            findings = await _look(client, cluster.scope, pre=pre)
            if all(item.ok for item in findings) or time.monotonic() + PAUSE > end:
                return findings
            await asyncio.sleep(PAUSE)


async def _look(client: Any, namespace: str | None, *, pre: bool) -> list[Finding]:
    import asyncio

    from sms_operator.api.kinds import API_VERSION
    from sms_operator.kube.errors import Forbidden, KubeError, NotFound
    from sms_operator.views import readiness

    findings = [readiness.version(await client.read("/version"))]
    wanted = readiness.TO_INSTALL if pre else readiness.TO_WORK
    allowed = await asyncio.gather(*(_may(client, namespace, right) for right in wanted))
    rights = [
        readiness.right(right, namespace, allowed=granted) for right, granted in zip(wanted, allowed, strict=True)
    ]
    if pre:
        return findings + rights
    try:
        findings.append(readiness.served(await client.read(f"/apis/{API_VERSION}")))
    except NotFound:
        return [*findings, readiness.served({})]
    try:
        findings.append(readiness.looked_at(await _objects(client, namespace)))
    except Forbidden as error:
        if error.status == 401:
            raise
        findings.append(readiness.Finding("operator", ok=False, words="unknown: you may not list all kinds"))
    except KubeError as error:
        findings.append(readiness.Finding("operator", ok=False, words=str(error)))
    return findings + rights


async def _objects(client: Any, namespace: str | None) -> list[dict[str, Any]]:
    import asyncio

    from sms_operator.monitor.store import CERTIFICATE, CHANNEL, GATEWAY, RESOURCES

    lists = await asyncio.gather(*(client.list(RESOURCES[kind], namespace) for kind in (GATEWAY, CHANNEL, CERTIFICATE)))
    return [item for items, _ in lists for item in items]


async def _may(client: Any, namespace: str | None, right: Any) -> bool:
    from sms_operator.monitor.rights import may

    attributes = {"group": right.group, "resource": right.plural, "verb": right.verb}
    if right.namespaced:
        attributes["namespace"] = namespace or ""
    return await may(client, attributes)

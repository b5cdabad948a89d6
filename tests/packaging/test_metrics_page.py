"""docs/metrics.md names exactly the metrics that both planes have."""

from __future__ import annotations

import re

from sms_operator.controller.metrics import Metrics
from sms_operator.core.world import World
from sms_operator.links.metrics import LinkMetrics
from support.kubectl import ROOT


def test_the_page_and_the_code_name_the_same_metrics() -> None:
    """In the tables, counters with their suffix."""
    page = (ROOT / "docs" / "metrics.md").read_text()
    tables = page.partition("## Worth an alert")[0]
    named = set(re.findall(r"^\| `([a-z_]+)` \|", tables, re.MULTILINE))
    registries = (Metrics(World(), lambda: 0).registry, LinkMetrics().registry)
    have = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for registry in registries
        for family in registry.collect()
    }
    assert named == have

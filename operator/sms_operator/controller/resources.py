"""Where each kind lives in the API server."""

from __future__ import annotations

from typing import Final

from sms_operator.api.kinds import GROUP, KINDS, VERSION
from sms_operator.core.keys import CONFIG_MAP, SECRET
from sms_operator.kube.client import Resource

OURS: Final = tuple(Resource(GROUP, VERSION, info.plural, info.kind) for info in KINDS)
"""The kinds that are watched."""

MATERIALS: Final = (Resource("", "v1", "secrets", SECRET), Resource("", "v1", "configmaps", CONFIG_MAP))
"""The kinds that are read by name."""

EVENTS: Final = Resource("", "v1", "events", "Event")

BY_KIND: Final = {resource.kind: resource for resource in (*OURS, *MATERIALS)}

"""Who the caller is, and whether they may act: asked of the API server, never guessed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from sms_operator.api.kinds import GROUP
from sms_operator.kube.client import Client, Resource
from sms_operator.kube.errors import KubeError

ACCESS_REVIEWS: Final = Resource("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview")
SELF_REVIEWS: Final = Resource("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview")
FRESH: Final = 60.0
"""Seconds for which an answer is believed; the API server decides again on every action anyway."""
NEEDED: Final = "patch smppgateways.sms-operator.dev"
"""The right behind every action."""


@dataclass(frozen=True, slots=True)
class Right:
    """Whether the caller may act in a namespace."""

    allowed: bool
    missing: str = ""
    """The right that is missing, in words."""


class Rights:
    """Answers of the API server, kept for a minute."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[str, tuple[float, Right]] = {}

    async def in_namespaces(self, namespaces: Collection[str]) -> dict[str, Right]:
        """The same for several; whoever may act everywhere is asked about once."""
        if len(namespaces) > 1 and (everywhere := await self.in_namespace("")).allowed:
            return dict.fromkeys(namespaces, everywhere)
        rights = await asyncio.gather(*(self.in_namespace(namespace) for namespace in namespaces))
        return dict(zip(namespaces, rights, strict=True))

    async def in_namespace(self, namespace: str) -> Right:
        """Whether the caller may patch gateways there. Without an answer it is not claimed that they may not."""
        asked, known = self._known.get(namespace, (float("-inf"), Right(allowed=True)))
        if time.monotonic() - asked < FRESH:
            return known
        attributes = {"group": GROUP, "resource": "smppgateways", "verb": "patch", "namespace": namespace}
        try:
            allowed = await may(self._client, attributes)
        except KubeError:
            return known
        right = Right(allowed, "" if allowed else f'you may not {NEEDED} in namespace "{namespace}"')
        self._known[namespace] = (time.monotonic(), right)
        return right


async def may(client: Client, attributes: Mapping[str, str]) -> bool:
    """Whether the caller has a right, given as `resourceAttributes` of a SelfSubjectAccessReview. Raises KubeError."""
    body = {
        "apiVersion": ACCESS_REVIEWS.api_version,
        "kind": ACCESS_REVIEWS.kind,
        "spec": {"resourceAttributes": attributes},
    }
    answer = await client.create(ACCESS_REVIEWS, "", body)
    return bool(answer["status"].get("allowed"))


async def who_am_i(client: Client) -> str:
    """The caller's name as the API server knows it; empty when it does not say (before Kubernetes 1.28)."""
    body = {"apiVersion": SELF_REVIEWS.api_version, "kind": SELF_REVIEWS.kind}
    try:
        answer = await client.create(SELF_REVIEWS, "", body)
    except KubeError:
        return ""
    return str(answer["status"]["userInfo"].get("username", ""))

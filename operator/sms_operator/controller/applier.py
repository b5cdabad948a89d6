"""Carries out an Outcome: the least number of requests that makes the API server agree."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import structlog

from sms_operator.core.events import route_notice, transition
from sms_operator.core.keys import NOTIFICATION_ROUTE, SMS_CHANNEL, Key
from sms_operator.core.outcome import ApplyRoute, DeleteRoute, Outcome, RouteAction
from sms_operator.core.status import shows, without_stranded
from sms_operator.core.world import Entry, World, differs
from sms_operator.kube.client import Client
from sms_operator.kube.errors import Conflict, NotFound

from .event_poster import EventPoster
from .explain import differences
from .resources import BY_KIND


class Applier:
    """Writes routes, statuses and Events, and puts what the API server answers into the World."""

    def __init__(self, client: Client, world: World, poster: EventPoster) -> None:
        self._client = client
        self._world = world
        self._poster = poster
        self._log = structlog.get_logger("applier")

    async def apply(self, key: Key, outcome: Outcome) -> set[Key]:
        """Carry out the route action, then the status.

        Returns:
            Keys to look at again because a write showed something unexpected.

        Raises:
            KubeError: a request failed; nothing after it was tried.
        """
        if outcome.route is not None and (again := await self._route(key, outcome.route)):
            return again
        entry = self._world.get(key)
        if entry is None or outcome.status is None or shows(entry.status, outcome.status):
            return set()
        body = {
            "metadata": {"name": key.name, "namespace": key.namespace, "uid": entry.uid},
            "status": outcome.status,
        }
        try:
            stored = await self._client.apply(BY_KIND[key.kind], body, "status")
            stored = await self._tidied(key, stored, outcome.status)
        except NotFound:
            # Not to be believed at once: something that answers 404 to everything must not end a bind.
            return set()
        notice = transition(key, entry.status, outcome.status)
        if notice is not None:
            self._log.info("changed", key=str(key), reason=notice.reason, message=notice.message)
            self._poster.post(entry, notice)
        woken = self._world.put(stored)
        present = self._world.get(key)
        # The answer may be the first to show somebody else's change; its watch event will then be no news.
        return woken if present is not None and differs(present, entry) else set()

    async def _tidied(self, key: Key, stored: dict[str, Any], status: Mapping[str, Any]) -> dict[str, Any]:
        """Take away conditions of our vocabulary that another field manager added."""
        kept = without_stranded(stored.get("status", {}), status)
        if kept is None:
            return stored
        body = {
            "metadata": {"resourceVersion": stored["metadata"]["resourceVersion"]},
            "status": {"conditions": kept},
        }
        return await self._client.patch(BY_KIND[key.kind], key.namespace, key.name, body, "status")

    async def _route(self, key: Key, action: RouteAction) -> set[Key]:
        resource = BY_KIND[NOTIFICATION_ROUTE]
        entry = self._world.get(key)
        match action:
            case ApplyRoute(target, body, why, replaces):
                present = self._world.get(target)
                why = (differences(present.raw_spec, body["spec"]) if present is not None else "") or why
                gone = present is None and entry is not None and "notificationRoute" in entry.status
                lost = present is not None and not _is_owned(present, body)
                if gone or lost:
                    woken = await self._changed_meanwhile(key)
                    if woken is not None:
                        return woken
                if present is None:
                    stored = await self._create(target, body)
                elif replaces is None:
                    metadata = {**body["metadata"], "uid": present.uid}
                    stored = await self._client.apply(resource, {**body, "metadata": metadata})
                else:
                    stored = await self._client.replace(resource, _versioned(body, replaces, resource))
                self._world.put(stored)
                if not _shows(stored, body):  # somebody else wrote it meanwhile
                    return {key}
            case DeleteRoute(target, uid, why):
                if key == target and (woken := await self._has_channel(target)):
                    return woken
                await self._delete(target, uid)
        self._log.info("route", key=str(target), done=type(action).__name__, why=why)
        notice = route_notice(action, why)
        if notice is not None and entry is not None:
            self._poster.post(entry, notice)
        return set()

    async def _changed_meanwhile(self, key: Key) -> set[Key] | None:
        """Before a route that was there is made or owned again: its channel may be gone and nobody told us.

        A route with an owner that does not exist is collected as garbage, also when another channel could adopt it.

        Returns:
            None when the channel is what we knew; else keys to look at again, perhaps none: the news may have come
            from the watch while we asked.
        """
        entry = self._world.get(key)
        if entry is None:
            return None
        try:
            stored = await self._client.get(BY_KIND[key.kind], key.namespace, key.name)
        except NotFound:
            return self._world.remove(key, entry.uid)
        woken = self._world.put(stored)
        present = self._world.get(key)
        return None if present is not None and not differs(present, entry) else woken

    async def _has_channel(self, route: Key) -> set[Key]:
        """Before an orphaned route goes: its channel may be a new one that no watch told yet, and would adopt it.

        Returns:
            Keys to look at again; none: there is no such channel.
        """
        channel = Key(SMS_CHANNEL, route.namespace, route.name)
        try:
            stored = await self._client.get(BY_KIND[channel.kind], channel.namespace, channel.name)
        except NotFound:
            return set()
        return self._world.put(stored) | {channel}

    async def _create(self, target: Key, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create a route, or read what has that name already: applying would take over a manual one not seen yet."""
        resource = BY_KIND[NOTIFICATION_ROUTE]
        whole = {"apiVersion": resource.api_version, "kind": resource.kind, **body}
        try:
            return await self._client.create(resource, target.namespace, whole)
        except Conflict:
            return await self._client.get(resource, target.namespace, target.name)

    async def _delete(self, target: Key, uid: str) -> None:
        with contextlib.suppress(NotFound):
            await self._client.delete(BY_KIND[NOTIFICATION_ROUTE], target.namespace, target.name, uid)
        self._world.remove(target, uid)


def _shows(stored: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    owners = stored["metadata"].get("ownerReferences"), body["metadata"]["ownerReferences"]
    return stored["spec"] == body["spec"] and owners[0] == owners[1]


def _is_owned(route: Entry, body: Mapping[str, Any]) -> bool:
    (owner,) = body["metadata"]["ownerReferences"]
    return any(one.uid == owner["uid"] for one in route.metadata.owner_references)


def _versioned(body: Any, version: str, resource: Any) -> dict[str, Any]:
    metadata = {**body["metadata"], "resourceVersion": version}
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, "spec": body["spec"]}

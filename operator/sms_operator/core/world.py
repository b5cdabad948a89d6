"""Everything known, indexed so that a change names the objects it may affect.

`World` is written by the shell (watch events, reads, link facts) and read by `reconcile`. Its methods return the keys
to look at again; they decide nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from sms_operator.api.kinds import KIND_BY_NAME
from sms_operator.api.meta import ObjectMeta
from sms_operator.api.validation import problems
from sms_operator.protocol.messages import LinkFact, WantedLink

from .export_facts import ExportFact
from .keys import CERTIFICATE, NOTIFICATION_ROUTE, SMS_CHANNEL, Key, Ref
from .materials import Loaded, Material, Unreadable
from .references import references_of

REMEMBERED_DEAD = 10_000
"""Deleted objects of which late news is recognized as such."""
START_GRACE = 15.0
"""Seconds for which the last status stands after a start of the data plane, or while it cannot be reached."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One object as the API server last showed it."""

    key: Key
    metadata: ObjectMeta
    spec: Any
    """The kind's spec model; None when the stored object does not fit it."""
    raw_spec: Mapping[str, Any]
    status: Mapping[str, Any]
    flaw: str = ""
    """Why `spec` is None."""

    @property
    def uid(self) -> str:
        return self.metadata.uid

    @property
    def deleting(self) -> bool:
        return self.metadata.deletion_timestamp is not None

    @property
    def age_order(self) -> tuple[Any, str]:
        """The order in which conflicts are won: older first, then by name."""
        return (self.metadata.creation_timestamp, self.key.name)


@dataclass(frozen=True, slots=True)
class ObservedFact:
    """A link fact with the monotonic time of its arrival."""

    fact: LinkFact
    received: float
    deaf_since: float | None
    """When the link's last receive-capable bind went; None while there is one."""

    @property
    def changed(self) -> float:
        """Monotonic time since which the link is, or is not, fully connected."""
        return self.received - self.fact.age


@dataclass(frozen=True, slots=True)
class Wish:
    """The link last asked of the data plane for a gateway."""

    link: WantedLink
    uid: str


@dataclass(slots=True)
class DataPlane:
    """Whether the data plane answers, and until when its silence means nothing."""

    connected: bool = False
    settled_at: float = 0.0
    """Monotonic; before it, links that are not up may simply not have had the time."""


@dataclass(slots=True)
class World:
    """See the module. Not thread-safe: one event loop owns it."""

    materials: dict[Key, Material] = field(default_factory=dict[Key, Material])
    wishes: dict[Key, Wish] = field(default_factory=dict[Key, Wish])
    facts: dict[Key, ObservedFact] = field(default_factory=dict[Key, ObservedFact])
    exports: dict[Key, ExportFact] = field(default_factory=dict[Key, ExportFact])
    data_plane: DataPlane = field(default_factory=DataPlane)
    materials_changed: bool = False
    """Set when the set of referenced Secrets and ConfigMaps may have changed; the shell clears it."""
    _entries: dict[Key, Entry] = field(default_factory=dict[Key, Entry])
    _outgoing: dict[Key, frozenset[Ref]] = field(default_factory=dict[Key, frozenset[Ref]])
    _incoming: dict[Ref, set[Key]] = field(default_factory=dict[Ref, set[Key]])
    _gone: dict[Key, int] = field(default_factory=dict[Key, int])
    """Resource versions up to which there was an object that is no more."""

    def get(self, key: Key) -> Entry | None:
        """The object, deleted ones excluded, objects in deletion included."""
        return self._entries.get(key)

    def live(self, key: Key) -> Entry | None:
        """The object unless it is absent, in deletion, or stored in a shape that cannot be read."""
        entry = self._entries.get(key)
        return None if entry is None or entry.deleting or entry.spec is None else entry

    def entries(self, kind: str | None = None) -> Iterator[Entry]:
        """All objects (of a kind)."""
        return (entry for entry in list(self._entries.values()) if kind is None or entry.key.kind == kind)

    def referrers(self, ref: Ref, kind: str | None = None) -> Iterator[Entry]:
        """The objects whose spec points at or claims `ref`, in no particular order."""
        for key in self._incoming.get(ref, ()):
            if kind is None or key.kind == kind:
                yield self._entries[key]

    def references(self, key: Key) -> frozenset[Ref]:
        """What an object points at or claims."""
        return self._outgoing.get(key, frozenset())

    def referenced_materials(self) -> set[Key]:
        """Every Secret and ConfigMap that some object refers to."""
        return {ref for ref in self._incoming if isinstance(ref, Key) and ref.kind not in KIND_BY_NAME}

    def put(self, body: Mapping[str, Any]) -> set[Key]:
        """Take in an object as the API server shows it; older versions than the one known are ignored, also of an
        object that is known to be gone: a cache that lags behind, or a late event, does not raise the dead.

        Returns:
            The keys that may have to change because of it; empty for a repetition.
        """
        metadata = body["metadata"]
        key = Key(body["kind"], metadata["namespace"], metadata["name"])
        known = self._entries.get(key)
        if _version(metadata) <= (int(known.metadata.resource_version or 0) if known else self._gone.get(key, 0)):
            return set()
        self._gone.pop(key, None)
        entry = parse_entry(body, known)
        if known is not None and not differs(entry, known):
            self._entries[entry.key] = entry
            return {entry.key}
        before = self.affected_by(entry.key)
        self._entries[entry.key] = entry
        self._link(entry.key, _points(entry) if entry.deleting else references_of(entry.key, entry.spec))
        return before | self.affected_by(entry.key)

    def remove(self, key: Key, uid: str, version: str = "") -> set[Key]:
        """Forget an object, if the one known has this uid.

        Args:
            version: The resource version of its deletion, where it was told.

        Returns:
            The keys that may have to change because of it.
        """
        known = self._entries.get(key)
        if known is not None and known.uid != uid:
            return set()
        self._bury(key, max(int(version or 0), int(known.metadata.resource_version or 0) if known else 0))
        if known is None:
            return set()
        dirty = self.affected_by(key)
        del self._entries[key]
        self._link(key, frozenset())
        return dirty

    def materials_behind(self, key: Key) -> set[Key]:
        """The Secrets and ConfigMaps that an object refers to, directly or through another."""
        found: set[Key] = set()
        for ref in self._outgoing.get(key, ()):
            if isinstance(ref, Key) and ref.kind == CERTIFICATE:
                found |= self.materials_behind(ref)
            elif isinstance(ref, Key) and ref.kind not in KIND_BY_NAME:
                found.add(ref)
        return found

    def put_material(self, key: Key, material: Material) -> set[Key]:
        """Take in what reading a Secret or ConfigMap gave. A failure to read does not unlearn what is known."""
        known = self.materials.get(key)
        if known == material or (isinstance(material, Unreadable) and isinstance(known, Loaded)):
            return set()
        self.materials[key] = material
        return self.affected_by(key) - {key}

    def put_fact(self, key: Key, fact: LinkFact, now: float) -> set[Key]:
        """Take in what the data plane says of a gateway's link."""
        known = self.facts.get(key)
        deaf_since: float | None = None
        if not fact.receivers_connected:
            deaf_since = now - fact.age if known is None else known.deaf_since
            deaf_since = now if deaf_since is None else deaf_since
        self.facts[key] = ObservedFact(fact, now, deaf_since)
        return self.affected_by(key)

    def drop_fact(self, key: Key) -> set[Key]:
        """The data plane has no such link any more."""
        return self.affected_by(key) if self.facts.pop(key, None) else set()

    def _bury(self, key: Key, version: int) -> None:
        self._gone[key] = max(version, self._gone.pop(key, 0))
        if len(self._gone) > REMEMBERED_DEAD:
            del self._gone[next(iter(self._gone))]

    def _link(self, key: Key, refs: frozenset[Ref]) -> None:
        if any(isinstance(ref, Key) and ref.kind not in KIND_BY_NAME for ref in refs ^ self.references(key)):
            self.materials_changed = True
        for ref in self._outgoing.get(key, frozenset()) - refs:
            self._incoming[ref].discard(key)
            if not self._incoming[ref]:
                del self._incoming[ref]
        for ref in refs:
            self._incoming.setdefault(ref, set()).add(key)
        if refs:
            self._outgoing[key] = refs
        else:
            self._outgoing.pop(key, None)

    def affected_by(self, key: Key) -> set[Key]:
        """`key`, everything that refers to it directly or not, and its rivals for anything it claims."""
        seen = {key}
        queue: list[Key] = [key]
        while queue:
            current = queue.pop()
            neighbours: set[Key] = set(self._incoming.get(current, ()))
            if current == key:
                for ref in self._outgoing.get(key, ()):
                    if not isinstance(ref, Key):
                        neighbours |= self._incoming.get(ref, set())
                if key.kind == SMS_CHANNEL:
                    neighbours.add(Key(NOTIFICATION_ROUTE, key.namespace, key.name))
            fresh = neighbours - seen
            seen |= fresh
            queue.extend(fresh)
        return seen


def parse_entry(body: Mapping[str, Any], known: Entry | None = None) -> Entry:
    """An API object as an Entry. A spec that does not fit its model becomes a flaw, not an exception.

    What is `known` of the object spares parsing the same spec again: most changes are changes of a status.
    """
    metadata = ObjectMeta.model_validate(body["metadata"])
    key = Key(body["kind"], metadata.namespace, metadata.name)
    raw_spec: Mapping[str, Any] = body.get("spec") or {}
    if known is not None and known.raw_spec == raw_spec:
        return Entry(key, metadata, known.spec, known.raw_spec, body.get("status") or {}, known.flaw)
    spec, flaw = None, ""
    try:
        spec = KIND_BY_NAME[key.kind].spec_model.model_validate(raw_spec)
    except ValidationError as error:
        flaw = "; ".join(str(problem) for problem in problems(error, "spec"))
    return Entry(key, metadata, spec, raw_spec, body.get("status") or {}, flaw)


def _points(entry: Entry) -> frozenset[Ref]:
    """References without claims: an object in deletion competes for nothing."""
    return frozenset(ref for ref in references_of(entry.key, entry.spec) if isinstance(ref, Key))


def _version(metadata: Mapping[str, Any]) -> int:
    """Resource versions are comparable integers within one cluster (KEP-5504)."""
    return int(metadata.get("resourceVersion") or 0)


def differs(new: Entry, known: Entry) -> bool:
    """Whether anything that others may depend on changed; a status alone matters to its own object only."""
    return new.raw_spec != known.raw_spec or _relevant(new.metadata) != _relevant(known.metadata)


def _relevant(metadata: ObjectMeta) -> tuple[Any, ...]:
    return (
        metadata.uid,
        metadata.generation,
        metadata.deletion_timestamp,
        metadata.annotations,
        metadata.labels,
        metadata.owner_references,
    )

"""What needs what, as a tree in both directions. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from sms_operator.core.keys import NOTIFICATION_ROUTE, SMPP_GATEWAY, Key

from .description import Neighbour, is_well, neighbour
from .graph import Objects

SIBLINGS: Final = 5
"""Objects of one kind side by side, alike in how they are, from which only their number is shown."""
Follow = Callable[[Key], tuple[Key, ...]]


@dataclass(frozen=True, slots=True)
class Node:
    """An object with what it needs and who needs it; or, with a `count`, that many objects that are alike."""

    item: Neighbour
    needs: tuple[Node, ...] = ()
    needed_by: tuple[Node, ...] = ()
    count: int = 1

    def to_json(self) -> dict[str, Any]:
        """As the JSON twin has it."""
        return asdict(self)

    @property
    def is_well(self) -> bool:
        """Whether this and everything below it is."""
        return is_well(self.item.health) and all(node.is_well for node in (*self.needs, *self.needed_by))


def tree(objects: Objects, key: Key, *, everything: bool = False) -> Node:
    """An object between what it needs and who needs it; `everything`: nothing is summed up."""
    return Node(
        neighbour(objects, key),
        needs=_needs(objects, key, (key,)),
        needed_by=_users(objects, key, (key,), everything=everything),
    )


def forest(objects: Objects, *, everything: bool = False) -> tuple[Node, ...]:
    """A tree for each gateway, then for whatever is in none of them."""
    gateways = sorted(key for key in objects.bodies if key.kind == SMPP_GATEWAY)
    trees = [tree(objects, key, everything=everything) for key in gateways]
    reached = set(gateways)
    for gateway in gateways:
        reached.update(_reach(objects, gateway))
    tops = sorted(objects.bodies, key=lambda key: (bool(objects.needed_by(key)), key))
    for key in tops:
        if key not in reached:
            trees.append(tree(objects, key, everything=everything))
            reached |= {key} | _reach(objects, key)
    return tuple(trees)


def _reach(objects: Objects, key: Key) -> set[Key]:
    """Everything that the tree of an object shows."""
    return _closure(objects.needs, objects.needs(key)) | _closure(
        lambda one: (*objects.needed_by(one), *_routes(objects, one)), objects.needed_by(key)
    )


def _closure(following: Follow, first: Iterable[Key]) -> set[Key]:
    found: set[Key] = set()
    waiting = list(first)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += following(one)
    return found


def _routes(objects: Objects, key: Key) -> tuple[Key, ...]:
    return tuple(used for used in objects.needs(key) if used.kind == NOTIFICATION_ROUTE)


def _needs(objects: Objects, key: Key, path: tuple[Key, ...]) -> tuple[Node, ...]:
    return tuple(
        Node(neighbour(objects, one, objects.bodies.get(key)), needs=_needs(objects, one, (*path, one)))
        for one in objects.needs(key)
        if one not in path
    )


def _users(objects: Objects, key: Key, path: tuple[Key, ...], *, everything: bool) -> tuple[Node, ...]:
    nodes = [
        Node(
            neighbour(objects, one),
            needs=tuple(Node(neighbour(objects, route)) for route in _routes(objects, one) if route not in path),
            needed_by=_users(objects, one, (*path, one), everything=everything),
        )
        for one in objects.needed_by(key)
        if one not in path
    ]
    return tuple(nodes if everything else _summed(nodes))


def _summed(nodes: Sequence[Node]) -> Iterator[Node]:
    items = {id(node.item): node for node in nodes}
    for item, alike in summed([node.item for node in nodes]):
        yield items[id(item)] if alike == 1 else Node(item, count=alike)


def summed(items: Sequence[Neighbour]) -> Iterator[tuple[Neighbour, int]]:
    """Neighbours, and how many each stands for: more than `SIBLINGS` that are alike become one without a name."""
    groups: dict[tuple[str, str, str], list[Neighbour]] = {}
    for item in items:
        groups.setdefault((item.kind, item.health, item.reason), []).append(item)
    for group in groups.values():
        if len(group) <= SIBLINGS:
            yield from ((item, 1) for item in group)
        else:
            words = {item.words for item in group}
            said = words.pop() if len(words) == 1 else "each in its own words"
            yield replace(group[0], name="", words=said), len(group)

"""A plan in sentences: the headline, and one line for each thing that happens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from sms_operator.core.keys import Key
from sms_operator.protocol.change import Interruption

from .model import Action, Conflict, Degradation, Disruption, ObjectChange, Plan, RouteChange

SYMBOLS: Final = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-"}
_SHOWN: Final = 80
_HARD: Final = (Interruption.OUTAGE, Interruption.BREAK_BEFORE_MAKE)


def headline(plan: Plan) -> str:
    """What happens, and who is interrupted, in one line."""
    if plan.empty:
        return _nothing(plan)
    counts = ", ".join(
        f"{sum(item.action is action for item in plan.objects)} to {word}"
        for action, word in ((Action.CREATE, "add"), (Action.UPDATE, "change"), (Action.DELETE, "delete"))
    )
    return f"Plan: {counts}; {'; '.join(_interruptions(plan)) or 'no gateway rebinds'}."


def label(key: Key) -> str:
    """`SmsChannel/tenant-a/support`; without a namespace where no file says one."""
    return "/".join(part for part in key if part)


def disruption_line(item: Disruption) -> str:
    """What happens to a gateway."""
    name = f"{label(item.gateway)}: "
    if item.held:
        return f"{name}none, its binds stay as they are until this is repaired: {item.held}"
    if item.connects:
        return f"{name}none, it connects for the first time ({_binds(item.rebinds)})"
    cause = f" ({', '.join(item.fields)})" if item.fields else ""
    return f"{name}{item.interruption}{cause}: {_meaning(item)}{_heard(item)}"


def route_line(item: RouteChange) -> str:
    """What becomes of a route."""
    numbers = ", ".join(item.numbers_after or item.numbers_before) or "all unclaimed numbers"
    match item.action:
        case Action.CREATE:
            return f"{label(item.key)}: from {item.gateway_after} ({numbers})"
        case Action.DELETE:
            return f"{label(item.key)}: no longer from {item.gateway_before} ({numbers})"
        case Action.UPDATE if item.gateway_before != item.gateway_after:
            return f"{label(item.key)}: moves from {item.gateway_before} to {item.gateway_after} ({numbers})"
        case Action.UPDATE:
            return f"{label(item.key)}: from {item.gateway_after}, now {numbers}"


def object_line(item: ObjectChange) -> str:
    """Which object, and how many of its fields."""
    count = f" ({_count(len(item.fields), 'field')})" if item.action is Action.UPDATE else ""
    return f"{label(item.key)}{count}"


def field_lines(item: ObjectChange) -> Iterator[str]:
    """The fields of an update."""
    for field in item.fields:
        yield f"{field.path}: {_value(field.before)} → {_value(field.after)}"


def degradation_line(item: Degradation) -> str:
    """What an object would say."""
    return f"{label(item.key)}: {item.reason}: {item.message}"


def conflict_line(item: Conflict) -> str:
    """Who wins, as far as it can be known."""
    verdict = (
        f"{label(item.winner)} keeps it, it is older"
        if item.certain
        else f"the older one wins, which files do not show ({label(item.winner)} if they are created together)"
    )
    return f'{label(item.loser)} and {label(item.winner)} both claim {item.what} "{item.value}": {verdict}'


def footnotes(plan: Plan) -> Iterator[str]:
    """What the plan does not know, or leaves alone."""
    if plan.unmanaged:
        have = "object there is" if plan.unmanaged == 1 else "objects there are"
        yield f"{plan.unmanaged} {have} not in the files and left alone; --prune plans the deletion."
    if not plan.empty:
        yield (
            "Secrets and ConfigMaps are not read: those that are referred to are taken to be there and right, a "
            "reference to another one is taken for another content, and a changed content, which makes gateways "
            "rebind, is not seen."
        )


def _nothing(plan: Plan) -> str:
    return (
        f"No changes. {_count(plan.gateways, 'gateway')} and {_count(plan.channels, 'channel')} in the files match "
        f"{plan.compared_with}; nothing would rebind."
    )


def _interruptions(plan: Plan) -> Iterator[str]:
    for kind, words in (
        (Interruption.OUTAGE, "{} out of service"),
        (Interruption.BREAK_BEFORE_MAKE, "{} down while reconnecting"),
        (Interruption.MAKE_BEFORE_BREAK, "{} without interruption where the SMSC allows a second bind"),
        (Interruption.HITLESS, "{} without a new bind"),
    ):
        found = [item for item in plan.disruptions if item.interruption is kind and not item.connects]
        if not found:
            continue
        many = len(found) > 1
        verb = {
            Interruption.OUTAGE: "go" if many else "goes",
            Interruption.BREAK_BEFORE_MAKE: "are" if many else "is",
            Interruption.MAKE_BEFORE_BREAK: "reconnect" if many else "reconnects",
            Interruption.HITLESS: "change" if many else "changes",
        }[kind]
        gaps = [item.at_most for item in found if item.at_most is not None]
        bound = f" for at most {max(gaps):g} s" if kind is Interruption.BREAK_BEFORE_MAKE and gaps else ""
        yield words.format(f"{_count(len(found), 'gateway')} {verb}") + bound
    new = sum(item.connects for item in plan.disruptions)
    if new:
        yield f"{_count(new, 'gateway')} {'connects' if new == 1 else 'connect'} for the first time"
    if plan.degraded:
        yield f"{_count(len(plan.degraded), 'object')} would not be well"


def _meaning(item: Disruption) -> str:
    bound = f"at most {item.at_most:g} s" if item.at_most is not None else ""
    match item.interruption:
        case Interruption.NONE:
            return "nothing happens to its binds"
        case Interruption.HITLESS:
            more = f", {_binds(item.rebinds)} more" if item.rebinds else ""
            return f"the standing binds take it over{more}"
        case Interruption.MAKE_BEFORE_BREAK:
            return (
                f"{_binds(item.rebinds)} opened before the old are closed; where the SMSC allows no second bind, each "
                f"is away for {bound} if the SMSC answers"
            )
        case Interruption.BREAK_BEFORE_MAKE:
            return f"{_binds(item.rebinds)} closed and opened again, away for {bound} if the SMSC answers"
        case Interruption.OUTAGE:
            ends = [word for word, over in (("receives", item.receiving_ends), ("sends", item.sending_ends)) if over]
            return f"it no longer {' or '.join(ends)}, until another change"


def _heard(item: Disruption) -> str:
    if item.interruption not in _HARD or not item.channels:
        return ""
    named = ", ".join(item.channels[:3]) + (f" and {len(item.channels) - 3} more" if len(item.channels) > 3 else "")
    return f"; its channels: {named}"


def _binds(count: int) -> str:
    return _count(count, "bind")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _value(value: Any) -> str:
    if value is None:
        return "(absent)"
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"

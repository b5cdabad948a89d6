"""What happens to the binds of one gateway."""

from __future__ import annotations

from collections.abc import Mapping

from sms_operator.api.smpp_gateway import DISCONNECT_ANNOTATION
from sms_operator.core.keys import CERTIFICATE, SMS_CHANNEL, Key
from sms_operator.core.moment import Moment
from sms_operator.core.world import World
from sms_operator.protocol.change import Change, Interruption, change, longest_gap
from sms_operator.protocol.messages import WantedLink

from .fields import forced_by
from .model import Disruption, ObjectChange
from .wishes import Wish, wish_of

_DROPS = ("spec.connection", f"metadata.annotations[{DISCONNECT_ANNOTATION}]")


def disruption(
    before: World, after: World, key: Key, changes: Mapping[Key, ObjectChange], now: Moment, connect_timeout: float
) -> Disruption | None:
    """What happens to the link of a gateway; None: nothing."""
    had, has = _wish(before, key, now), _wish(after, key, now)
    channels = _channels(after, key) or _channels(before, key)
    if has.held:
        if had.link is None and had.held:
            return None
        return Disruption(key, Interruption.NONE, held=has.held, channels=channels)
    old, new = had.link, has.link
    if old is None and new is None:
        return None
    if old is None and had.held and new is not None:
        return Disruption(key, Interruption.NONE, connects=True, rebinds=len(new.binds), channels=channels)
    result = change(old, new)
    if old is not None and result.interruption is Interruption.NONE:
        return None
    gap = 0.0 if new is None else longest_gap(result.interruption, new, connect_timeout)
    return Disruption(
        key,
        result.interruption,
        connects=old is None,
        fields=_forcing(key, result, new, before, after, changes),
        at_most=None if result.interruption is Interruption.OUTAGE else gap,
        rebinds=_rebinds(old, new, result),
        receiving_ends=result.receiving_ends,
        sending_ends=result.sending_ends,
        channels=channels,
    )


def _wish(world: World, key: Key, now: Moment) -> Wish:
    entry = world.live(key)
    return Wish(None) if entry is None else wish_of(world, entry, now)


def _rebinds(old: WantedLink | None, new: WantedLink | None, result: Change) -> int:
    if new is None:
        return 0
    if result.interruption is Interruption.HITLESS:
        return max(0, len(new.binds) - (0 if old is None else len(old.binds)))
    return len(new.binds)


def _forcing(
    key: Key,
    result: Change,
    new: WantedLink | None,
    before: World,
    after: World,
    changes: Mapping[Key, ObjectChange],
) -> tuple[str, ...]:
    own = changes.get(key)
    fields = own.fields if own is not None else ()
    if new is None:
        return tuple(item.path for item in fields if item.path in _DROPS)
    found = forced_by(result.fields, fields)
    if "tls" in result.fields:
        for world in (before, after):
            for ref in world.references(key):
                certificate = changes.get(ref) if isinstance(ref, Key) and ref.kind == CERTIFICATE else None
                if certificate is not None:
                    label = f"{certificate.key.kind}/{certificate.key.name}"
                    found += [f"{label} {item.path}" for item in certificate.fields] or [label]
    return tuple(sorted(set(found)))


def _channels(world: World, key: Key) -> tuple[str, ...]:
    return tuple(sorted(entry.key.name for entry in world.referrers(key, SMS_CHANNEL)))

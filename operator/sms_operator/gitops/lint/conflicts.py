"""Objects that want the same: names, numbers and accounts, with the claims that `core` compares.

The operator lets the older object win, and files know no ages. Created together, objects are ordered by name: that is
whom the findings name as the winner, and they say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from sms_operator.api.smpp_gateway import SmppGatewaySpec
from sms_operator.api.sms_channel import SmsChannelSpec
from sms_operator.core.claims import older_rivals, oldest_rival
from sms_operator.core.keys import Key
from sms_operator.core.references import CATCH_ALL, account_claims, name_claim, number_claims
from sms_operator.core.world import Entry, World

from .finding import Finding
from .subject import Subject, finding

_MAX_NAMED: Final = 3


def conflicts(subject: Subject, world: World, subjects: Mapping[Key, Subject]) -> Iterator[Finding]:
    """What an object would lose to others, if all that the cluster does not have were created together."""
    entry = world.live(subject.key)
    if entry is None:
        return
    if isinstance(entry.spec, SmsChannelSpec):
        yield from _name(subject, entry, entry.spec, world, subjects)
        yield from _numbers(subject, entry, entry.spec, world, subjects)
    elif isinstance(entry.spec, SmppGatewaySpec):
        yield from _account(subject, entry, entry.spec, world, subjects)


def _name(
    subject: Subject, entry: Entry, spec: SmsChannelSpec, world: World, subjects: Mapping[Key, Subject]
) -> Iterator[Finding]:
    claim = name_claim(entry.key.namespace, spec)
    if (rival := oldest_rival(world, entry, claim)) is not None:
        what = f'channelName "{spec.channel_name}" is also that of SmsChannel "{rival.key.name}"'
        yield _lost("SMS302", what, subject, "spec.channelName", subjects[rival.key], "spec.channelName")


def _numbers(
    subject: Subject, entry: Entry, spec: SmsChannelSpec, world: World, subjects: Mapping[Key, Subject]
) -> Iterator[Finding]:
    lost: dict[Key, list[str]] = {}
    for claim in number_claims(entry.key.namespace, spec):
        if (rival := oldest_rival(world, entry, claim)) is not None:
            lost.setdefault(rival.key, []).append(claim.value[1])
    for key, numbers in sorted(lost.items()):
        gateway = spec.gateway_ref.name
        if numbers == [CATCH_ALL]:
            what = f'SmsChannel "{key.name}" takes all unclaimed numbers of SmppGateway "{gateway}" as well'
            fix = "List this channel's own numbers in spec.numbers, or those of the other one."
            yield _lost("SMS303", what, subject, "spec.gatewayRef", subjects[key], "spec.gatewayRef", fix)
            continue
        numbers.sort()
        more = f" and {len(numbers) - _MAX_NAMED} more" if len(numbers) > _MAX_NAMED else ""
        noun = "number" if len(numbers) == 1 else "numbers"
        named = ", ".join(numbers[:_MAX_NAMED])
        what = f'{noun} {named}{more} of SmppGateway "{gateway}" also claimed by SmsChannel "{key.name}"'
        yield _lost(
            "SMS303", what, subject, _number(subject, numbers[0]), subjects[key], _number(subjects[key], numbers[0])
        )


def _account(
    subject: Subject, entry: Entry, spec: SmppGatewaySpec, world: World, subjects: Mapping[Key, Subject]
) -> Iterator[Finding]:
    said: set[Key] = set()
    for claim in sorted(account_claims(entry.key.namespace, spec), key=lambda item: item.value):
        for rival in sorted(older_rivals(world, entry, claim), key=lambda item: item.age_order):
            if rival.key in said:
                continue
            said.add(rival.key)
            endpoint, system_id = claim.value
            what = f'SmppGateway "{rival.key.name}" binds as "{system_id}" to {endpoint} as well, in the same direction'
            yield _lost("SMS304", what, subject, "spec.login.systemId", subjects[rival.key], "spec.login.systemId")


def _lost(
    code: str, what: str, subject: Subject, field: str, rival: Subject, there: str, fix: str | None = None
) -> Finding:
    if rival.stands:
        message = f"{what}, which is in the cluster already: the older object wins"
    else:
        message = f'{what}; the older object wins, which files do not show (created together: "{rival.key.name}")'
    here = (rival.manifest.file, rival.manifest.place(there), f"{rival.label} is here")
    return finding(code, message, subject, field, fix=fix, also=(here,) if rival.manifest.file else ())


def _number(subject: Subject, number: str) -> str:
    written = subject.manifest.spec.get("numbers")
    texts = [str(item) for item in cast("list[Any]", written)] if isinstance(written, list) else []
    index = next((at for at, text in enumerate(texts) if text.removeprefix("+") == number), None)
    return "spec.numbers" if index is None else f"spec.numbers[{index}]"

"""Bugs of the data plane: those of smpplib and of other clients, and breaches of secrecy."""

from __future__ import annotations

import time
from typing import Final

from sms_operator.dev.smsc import Behaviour, Fault
from sms_operator.dev.smsc.faults import Stage as SmscStage
from sms_operator.smpp.codec import encode
from sms_operator.smpp.commands import Command

from .faults import Crash, Moment, Which
from .peers_crowd import common_loss, killed, without_data_plane
from .peers_harms import black_holes, boundary, slow_ones
from .peers_place import Place
from .peers_plans import Expect, PeerPlan, Through
from .peers_stage import Crowd
from .plan import Plan
from .seeded import Edit, SeededBug
from .seeded_catchers import crowd, peers, plans, tests
from .tcp import How, Way

NO_BIND_RESP: Final = Behaviour(faults={SmscStage.BIND: Fault.OCTETS}, octets=encode(Command.ENQUIRE_LINK, 1))


async def _never_bound(place: Place) -> float | None:
    await place.smsc.behave(NO_BIND_RESP)
    return time.monotonic()


async def _behave_well(place: Place) -> None:
    await place.smsc.behave("normal")


async def _nothing(_: Crowd) -> None:
    """All is quiet."""


ENQUIRED: Final = PeerPlan(
    "an enquire_link and never a bind_resp", Through.NOTHING, Expect.HALF_OPEN, _never_bound, _behave_well, early=True
)
RESET: Final = boundary(Way.TO_ESME, Command.ENQUIRE_LINK_RESP, None, How.RESET)
(HALF_OPEN,) = (plan for plan in black_holes() if plan.words == "half-open after the bind")
(DRIPPING,) = (plan for plan in slow_ones() if plan.words == "an octet every 10 ms")
KILLED: Final = Plan(
    family="seeded",
    workload="repair",
    faults=(Crash(at=Which(verb="patch", resource="notificationroutes"), moment=Moment.BEFORE),),
)

LEFT: Final = "                self._table.listen(None)"
UP: Final = "    if fact.binds_connected >= fact.binds_desired:\n"
UNANSWERED: Final = "                self._end(events, EndCause.ENQUIRE_LINK_TIMEOUT,"
ANSWERED: Final = "                self._put(Command.ENQUIRE_LINK_RESP, codec.answer(frame))\n"
BOUND: Final = """                if self.state is State.BINDING:
                    self._enter(State.BOUND)
                    events.append(BindAccepted(b""))
                    self._deadline = now + self.timers.enquire_link_interval
"""
JUDGED: Final = "        if reason := forbidden(address[0], limits.allowed, limits.denied):"
OPENED: Final = "            return await open_socket(family, address, limits.connect_timeout)"
RESOLVED_ANEW: Final = """            family, address = (await resolve(endpoint, limits.connect_timeout))[0]
"""
DOWN: Final = """                "bind is down", reason=failure.reason,"""
WISHES: Final = "        for wish in self._world.wishes.values():"
ONCE: Final = "        for wish in () if self._world.facts else self._world.wishes.values():"
MAKE_BEFORE_BREAK: Final = "        self._binds, self._former = binds, standing\n"
BREAK_BEFORE_MAKE: Final = """        for bind in standing:
            self._retire(bind)
        self._binds, self._former = binds, []
"""

LINK_BUGS: Final = (
    SeededBug(
        "links end with the control plane",
        "A controller that dies takes every bind with it.",
        (
            Edit(
                "operator/sms_operator/links/server.py",
                LEFT,
                f"                self._table.converge({{}}, {{}})\n{LEFT}",
            ),
        ),
        plans(KILLED),
        r"binds more than in the reference",
    ),
    SeededBug(
        "a lost link stays connected",
        "The status says what was, not what is.",
        (
            Edit(
                "operator/sms_operator/core/connectivity.py",
                UP,
                "    if fact.binds_connected >= fact.binds_desired or was_up:\n",
            ),
        ),
        peers(RESET),
        r"said to be down|false samples",
    ),
    SeededBug(
        "a silent SMSC is not noticed",
        "No answer to enquire_link, and nobody minds.",
        (
            Edit(
                "operator/sms_operator/smpp/session.py",
                UNANSWERED,
                "                self._enquired_at, _ = None, (events,",
            ),
        ),
        peers(HALF_OPEN),
        r"said to be down|false samples",
    ),
    SeededBug(
        "any PDU binds",
        "L6: smpplib takes an enquire_link for the answer to the bind.",
        (Edit("operator/sms_operator/smpp/session.py", ANSWERED, ANSWERED + BOUND),),
        peers(ENQUIRED),
        r"said to be down|false samples",
    ),
    SeededBug(
        "PDUs in pieces lose octets",
        "L1: smpplib throws away what it has of a PDU when the rest is late.",
        (
            Edit(
                "operator/sms_operator/smpp/framing.py", "        if start < size:\n", "        if size - start > 16:\n"
            ),
        ),
        peers(DRIPPING),
        r"it did not hold",
    ),
    SeededBug(
        "all links come back at once",
        "No chance in the delays: an SMSC that comes back is hit by all gateways in one moment.",
        (
            Edit(
                "operator/sms_operator/links/backoff.py",
                "            return floor + (ceiling - floor) * chance",
                "            return ceiling",
            ),
        ),
        crowd(20, lambda stage: stage.run(common_loss(stage))),
        r"they come back together",
    ),
    SeededBug(
        "the last status stands for ever",
        "Without a data plane nobody knows, and the status says that all is well.",
        (
            Edit(
                "operator/sms_operator/core/connectivity.py",
                "        if settling > 0:\n            return Connectivity(None, again_in=settling + SLACK)\n",
                "        if said is not None:\n            return Connectivity(None)\n",
            ),
        ),
        crowd(3, lambda stage: stage.run(without_data_plane(stage))),
        r"after the end of the data plane",
    ),
    SeededBug(
        "a password is logged",
        "L5: smpplib logs the octets of a bind at DEBUG.",
        (Edit("operator/sms_operator/links/bind.py", DOWN, f"{DOWN} login=self.link.password.encode().hex(),"),),
        tests("tests/e2e/test_secrecy.py::test_no_secret_is_written_anywhere"),
        r"password.*\(hex\) in log",
    ),
    SeededBug(
        "names are dialled unjudged",
        "Only an address that is written as one is looked at before it is dialled.",
        (
            Edit(
                "operator/sms_operator/links/dial.py",
                JUDGED,
                "        if address[0] == endpoint.host and (\n"
                "            reason := forbidden(address[0], limits.allowed, limits.denied)\n"
                "        ):",
            ),
        ),
        tests("tests/faults/test_security_addresses.py::test_names_are_judged_by_their_addresses"),
        r"AddressNotAllowed",
    ),
    SeededBug(
        "a name is resolved again after it was judged",
        "DNS rebinding: the second answer is another address.",
        (Edit("operator/sms_operator/links/dial.py", OPENED, RESOLVED_ANEW + OPENED),),
        tests("tests/faults/test_security_addresses.py::test_a_name_that_changes_after_the_look"),
        r"rebinding",
    ),
    SeededBug(
        "a rotation breaks before it makes",
        "The old bind goes before the new one stands.",
        (Edit("operator/sms_operator/links/link.py", MAKE_BEFORE_BREAK, BREAK_BEFORE_MAKE),),
        tests("tests/e2e/test_rotation.py::test_a_rotated_password"),
        r"assert 0 >= 1",
    ),
    SeededBug(
        "a data plane that was killed is told nothing",
        "It comes back empty, and all links are gone.",
        (Edit("operator/sms_operator/controller/link_client.py", WISHES, ONCE),),
        crowd(3, lambda stage: stage.run(killed(stage, "when all is quiet", _nothing))),
        r"not within .*connected",
    ),
    SeededBug(
        "lines of a log can be forged",
        "What a peer says is written as it is: it steers the terminal, and passes for an entry.",
        (Edit("operator/sms_operator/logs.py", "        if isinstance(value, str):\n", "        if value is None:\n"),),
        tests("tests/faults/test_security_log_injection.py"),
        r"log",
    ),
)

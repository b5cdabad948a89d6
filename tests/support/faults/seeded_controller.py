"""Bugs of the control plane: those of other operators, and those that this one had."""

from __future__ import annotations

import time
from typing import Final

from support.tenant import eventually

from .faults import Answered, Crash, Event, Moment, Watched, Which
from .outcome import Outcome
from .plan import Plan
from .proxy import Outage
from .seeded import Edit, SeededBug
from .seeded_catchers import plans, play, tests
from .snapshot import leaks
from .stage import Patience, Stage
from .workloads import Scene

FAMILY: Final = "seeded"
RARELY: Final = {"SMS_OPERATOR_SWEEP_INTERVAL": "60"}
"""As in production: what the comparison with the API server would mend within seconds is left to the watches."""
OUTAGE: Final = 3.0
"""Seconds."""


def _told(workload: str, verb: str, resource: str, name: str, event: Event) -> Plan:
    """A watch event is a lie."""
    fault = Watched(at=Which(verb=verb, resource=resource, name=name), event=event)
    return Plan(family=FAMILY, workload=workload, faults=(fault,))


def _killed(workload: str, moment: Moment, verb: str, resource: str, name: str = "") -> Plan:
    crash = Crash(at=Which(verb=verb, resource=resource, name=name), moment=moment)
    return Plan(family=FAMILY, workload=workload, faults=(crash,))


def _undisturbed(workload: str) -> Plan:
    return Plan(family=FAMILY, workload=workload)


def adopted(stage: Stage, scene: Scene) -> Outcome:
    """A channel is deleted without its route and made again, unseen: the route gets its new owner, and goes with it."""
    tenant = stage.tenant
    stage.prepare("orphan", scene)
    former = tenant.route("ch") or {}
    stage.proxy.fail(Outage.REFUSE)
    tenant.delete("SmsChannel", "ch", propagation="Orphan")
    tenant.until_gone("SmsChannel", "ch")
    channel = tenant.channel("ch", "gw", numbers=["100"])
    time.sleep(OUTAGE)
    stage.proxy.heal()
    cleared, complaints = time.monotonic(), list[str]()
    try:
        eventually(
            lambda: [owner["uid"] for owner in (tenant.route("ch") or {})["metadata"].get("ownerReferences", ())],
            lambda owners: owners == [channel["metadata"]["uid"]],
            "the route of its new owner",
        )
        stage.settle(Patience())
    except AssertionError as error:
        complaints.append(str(error))
    seconds = time.monotonic() - cleared
    if (tenant.route("ch") or former)["metadata"]["uid"] != former["metadata"]["uid"]:
        complaints.append("another route")
    complaints += leaks(stage.state()["objects"])
    left = stage.clear()
    complaints += [f"left behind: {left}"] if left else []
    return Outcome(
        FAMILY,
        "a channel made again beside its orphaned route",
        1,
        converged=not complaints,
        seconds=seconds,
        leaks=len(left),
        complaint="\n".join(complaints),
    )


REPEAT: Final = """            except KubeError as error:
                self._repeat(key, error)
            except Exception:"""
OWNERS: Final = """            "ownerReferences": [
                {
                    "apiVersion": f"{GROUP}/{VERSION}",
                    "kind": SMS_CHANNEL,
                    "name": channel.key.name,
                    "uid": channel.uid,
                    "controller": True,
                    "blockOwnerDeletion": False,
                }
            ],"""
APPLY: Final = """                    metadata = {**body["metadata"], "uid": present.uid}
                    stored = await self._client.apply(resource, {**body, "metadata": metadata})"""
LOOK: Final = "                if gone or lost:"
VERSION_CHECK: Final = (
    "        if _version(metadata) <= (int(known.metadata.resource_version or 0) if known else self._gone.get(key, 0)):"
)
SINCE: Final = '        since = old.get("lastTransitionTime", present) if old is not None and unchanged else present'
STAMP: Final = '        return self.wall.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")'
WOKEN: Final = "        return woken if present is not None and differs(present, entry) else set()"
READ_ONLY: Final = """    resources: [secrets, configmaps]
    verbs: [get]
"""
UNREAD: Final = "    decision: LinkDecision = KeepAsIs() if resolution.link is None else Want(resolution.link)"

CONTROLLER_BUGS: Final = (
    SeededBug(
        "failed writes are not repeated",
        "K8: kopf drops an event whose own PATCH got one 409, and calls no handler until something else happens.",
        (
            Edit(
                "operator/sms_operator/controller/app.py",
                REPEAT,
                "            except KubeError:\n                pass\n            except Exception:",
            ),
        ),
        plans(
            Plan(
                family=FAMILY,
                workload="repair",
                faults=(Answered(at=Which(verb="create", resource="notificationroutes", name="other"), status=500),),
            )
        ),
        r"not as in the reference.*NotificationRoute/other",
    ),
    SeededBug(
        "older versions are taken",
        "K11, K12: a cache that goes back in time overwrites what is known of the living.",
        (Edit("operator/sms_operator/core/world.py", VERSION_CHECK, "        if False:"),),
        plans(_told("re-creation", "MODIFIED", "smppgateways", "spare", Event.OLD_OBJECT)),
        r"binds more than in the reference",
    ),
    SeededBug(
        "a start looks at nothing",
        "K13: what a crash kept from being written is written only by an operator that looks at everything again.",
        (
            Edit(
                "operator/sms_operator/controller/app.py",
                "        self._wake(entry.key for entry in self._world.entries())\n",
                "",
            ),
        ),
        plans(_killed("create", Moment.BEFORE, "patch", "certificates/status", "ca")),
        r"not as in the reference.*Certificate/ca",
    ),
    SeededBug(
        "an orphaned route stays",
        "K17: --cascade=orphan leaves a route that nothing ever collects.",
        (
            Edit(
                "operator/sms_operator/core/route.py",
                "        if alone and _controller(entry.metadata) is None:",
                "        if False:",
            ),
        ),
        plans(_undisturbed("orphan")),
        r"NotificationRoute ch gone",
    ),
    SeededBug(
        "an orphaned route is not adopted",
        "K17: the channel of the same name finds a route without an owner, and leaves it so.",
        (
            Edit(
                "operator/sms_operator/core/route.py",
                "    return derived and (owner is None or ",
                "    return derived and (owner is not None and ",
            ),
        ),
        play(adopted),
        r"the route of its new owner",
    ),
    SeededBug(
        "the deletion of a namesake deletes the living",
        "K11: the late news that a former object is gone ends the link of its successor.",
        (
            Edit(
                "operator/sms_operator/core/world.py",
                "        if known is not None and known.uid != uid:\n            return set()\n",
                "",
            ),
        ),
        plans(_told("re-creation", "MODIFIED", "smppgateways", "spare", Event.OLD_DELETION)),
        r"binds more than in the reference|not as in the reference.*\"spare\" not found",
    ),
    SeededBug(
        "the dead are raised",
        "A late event of an object that is gone brings it back, and with it its link.",
        (Edit("operator/sms_operator/core/world.py", "if known else self._gone.get(key, 0)):", "if known else 0):"),),
        tests("tests/core/test_world.py"),
        r"assert",
    ),
    SeededBug(
        "a vanished route is made again unasked",
        "Its channel is gone as well, which nobody told: the collector deletes it again, and so on.",
        (Edit("operator/sms_operator/controller/applier.py", LOOK, "                if False:"),),
        plans(_told("deletion", "DELETED", "smschannels", "ch", Event.DROP)),
        r"created and deleted .*'create notificationroutes'",
    ),
    SeededBug(
        "nothing is compared with the API server",
        "K10 and Sieve's unobserved states: what no watch event tells stays unknown.",
        (
            Edit(
                "operator/sms_operator/controller/sweep.py",
                "        if suspects:\n            await asyncio.sleep(WATCH_LAG)\n",
                "        suspects = []\n",
            ),
        ),
        plans(_told("create", "ADDED", "smschannels", "ch", Event.DROP)),
        r"not as in the reference.*SmsChannel/ch",
    ),
    SeededBug(
        "nothing is compared after a gap",
        "A 410 makes the informer list anew, and a listing does not tell what was deleted before it.",
        (
            Edit(
                "operator/sms_operator/controller/watches.py",
                "            self._main.call_soon_threadsafe(self._listed)",
                "            pass",
            ),
        ),
        plans(_told("deletion", "DELETED", "smppgateways", "gw", Event.ERROR_410), environment=RARELY),
        r"not as in the reference.*binds",
    ),
    SeededBug(
        "the informer is not begun anew",
        "K3, K4, K5: kopf ends by a 500 within a watch; the process lives on and hears nothing.",
        (
            Edit(
                "operator/sms_operator/controller/watches.py",
                "            self._stopping.wait(random.uniform(0.5, 2.0))\n",
                "            return\n",
            ),
        ),
        plans(_told("change", "MODIFIED", "smschannels", "ch", Event.ERROR_500), environment=RARELY, deadline=30.0),
        r"not as in the reference",
    ),
    SeededBug(
        "routes have no owner",
        "They do not go with their channel unless the operator is there to see it.",
        (
            Edit("operator/sms_operator/core/route.py", OWNERS, '            "ownerReferences": [],'),
            Edit(
                "operator/sms_operator/core/route.py",
                "    lost_owner = not any(",
                "    lost_owner = False and not any(",
            ),
        ),
        plans(_undisturbed("create")),
        r"left behind: .*NotificationRoute/",
    ),
    SeededBug(
        "a status is new every time",
        "Anvil's stability: the state is right, and writes never end.",
        (
            Edit("operator/sms_operator/core/status.py", SINCE, "        since = present"),
            Edit("operator/sms_operator/core/moment.py", STAMP, "        return self.wall.astimezone(UTC).isoformat()"),
            Edit("operator/sms_operator/controller/applier.py", WOKEN, "        return woken"),
        ),
        plans(_undisturbed("create")),
        r"writes never end",
    ),
    SeededBug(
        "routes are replaced instead of changed",
        "Sieve's count of creations and deletions: the end is right, and in between nothing was routed.",
        (
            Edit(
                "operator/sms_operator/controller/applier.py",
                APPLY,
                "                    await self._delete(target, present.uid)\n"
                "                    stored = await self._create(target, body)",
            ),
        ),
        plans(_undisturbed("change")),
        r"created and deleted .*'delete notificationroutes'",
    ),
    SeededBug(
        "a Secret that cannot be read ends the link",
        "An API server in trouble becomes an SMS outage.",
        (
            Edit(
                "operator/sms_operator/core/gateway.py",
                UNREAD,
                "    decision: LinkDecision = Drop() if resolution.link is None else Want(resolution.link)",
            ),
        ),
        plans(
            Plan(
                family=FAMILY,
                workload="repair",
                faults=(
                    Crash(at=Which(verb="patch", resource="notificationroutes"), moment=Moment.AFTER),
                    Answered(at=Which(verb="get", resource="secrets"), status=500, times=6),
                ),
            )
        ),
        r"binds more than in the reference",
    ),
    SeededBug(
        "what a status said before stays in it",
        "Acto's differential oracle: what a change leads to is not what a fresh object is.",
        (
            Edit(
                "operator/sms_operator/core/status.py",
                "    body: dict[str, Any] = {name:",
                "    body: dict[str, Any] = {**previous} | {name:",
            ),
        ),
        tests("tests/faults/test_specs.py::test_objects_nobody_thought_of"),
        r"notificationRoute|endpoint",
    ),
    SeededBug(
        "a right too many",
        "Who may list Secrets can read all of them.",
        (Edit("manifests/base/rbac.yaml", READ_ONLY, READ_ONLY.replace("[get]", "[get, list]")),),
        tests("tests/faults/test_security_rights.py::test_every_right_is_used_and_no_other"),
        r"secrets",
    ),
)

"""The rules on single objects (SMS1xx), on what they refer to (SMS2xx) and on what they compete for (SMS3xx)."""

from __future__ import annotations

from typing import Final

from .finding import Severity
from .rule import Rule

RULES: Final = (
    Rule(
        "SMS101",
        "invalid-value",
        "A value that the API server refuses",
        Severity.ERROR,
        "The type, the bounds, the form or a rule over several fields is broken. The message is that of the API"
        " server's own check, made from the same definition.",
        "Change the value as the message says; kubectl explain has every field.",
        "session:\n  responseTimeout: 10   # a duration: 10s\n",
    ),
    Rule(
        "SMS102",
        "unknown-field",
        "A field that the kind does not have",
        Severity.ERROR,
        "kubectl apply refuses it; tools that validate less drop it silently, and the setting has no effect.",
        "Correct the spelling (names are camelCase), move it where it belongs, or remove it.",
    ),
    Rule(
        "SMS103",
        "missing-field",
        "A required field is missing",
        Severity.ERROR,
        "The API server refuses the object.",
        "Add the field; kubectl explain says what it means.",
    ),
    Rule(
        "SMS104",
        "wrong-api-version",
        "An apiVersion that the operator does not serve",
        Severity.ERROR,
        "The API server knows no such group or version and refuses the object.",
        "Write apiVersion: sms-operator.dev/v1alpha1",
    ),
    Rule(
        "SMS105",
        "wrong-kind",
        "A kind that the operator does not have",
        Severity.ERROR,
        "The API server knows no such kind and refuses the object. Kinds are case-sensitive.",
        "Correct the spelling; kubectl api-resources --api-group=sms-operator.dev lists them.",
    ),
    Rule(
        "SMS201",
        "reference-not-found",
        "A reference to an object that no file has",
        Severity.ERROR,
        "The object that refers is not Ready until the other one exists. References stay within a namespace.",
        "Correct the name or the namespace, add the object, ask the cluster too (--against cluster), or suppress this.",
    ),
    Rule(
        "SMS202",
        "reference-unfit",
        "A reference to an object that cannot do what is asked",
        Severity.ERROR,
        "A channel needs a gateway that receives, a multimedia called route and a robot with dialogType Chatbot; TLS"
        " needs certificates of the right usage. The object that refers stays not Ready.",
        "Refer to another object, or change the one that is referred to.",
    ),
    Rule(
        "SMS203",
        "secret-key-missing",
        "A Secret or ConfigMap of the files lacks a key that is used",
        Severity.ERROR,
        "The object that refers is not Ready: there is no password or certificate under that key.",
        "Add the key, or name the one that is there.",
    ),
    Rule(
        "SMS204",
        "parent-cycle",
        "Organization units that are each other's ancestors",
        Severity.ERROR,
        "None of them has a place in the tree, and each says so with ParentCycle.",
        "Remove one of the references.",
    ),
    Rule(
        "SMS205",
        "certificate-unusable",
        "A certificate that cannot be used",
        Severity.ERROR,
        "It is expired, not valid yet, no certificate at all, or its private key belongs to another one. Gateways"
        " that need it do not connect.",
        "Provide a PEM or DER certificate that is valid; smsctl fetch-certificate HOST:PORT shows what the server"
        " sends.",
    ),
    Rule(
        "SMS206",
        "unknown-time-zone",
        "A time zone that does not exist",
        Severity.ERROR,
        "The calendar is not Ready, and its channels' work times cannot be told.",
        "Write a name of the IANA database such as Europe/Berlin.",
    ),
    Rule(
        "SMS207",
        "timeout-too-short",
        "A session ends before an agent can answer",
        Severity.ERROR,
        "Customers would be cut off while they wait in the queue: noCustomerReply has to be longer than the queue's"
        " maxWaitingTime.",
        "Raise sessionEnd.noCustomerReply, or lower skillQueue.maxWaitingTime.",
    ),
    Rule(
        "SMS208",
        "certificate-expiring",
        "A certificate expires in less than 30 days",
        Severity.WARNING,
        "After that day its gateways cannot connect any more.",
        "Renew it now.",
    ),
    Rule(
        "SMS209",
        "not-accepted",
        "The operator would refuse the object as it stands",
        Severity.ERROR,
        "A condition of the object would be False, for the reason that the message gives.",
        "Do what the message says.",
    ),
    Rule(
        "SMS301",
        "duplicate-object",
        "Two objects of one kind, namespace and name",
        Severity.ERROR,
        "kubectl applies one after the other, so that the last one stays; kustomize and Argo CD refuse them.",
        "Rename or remove one of the two.",
    ),
    Rule(
        "SMS302",
        "channel-name-conflict",
        "Two channels of a namespace with one channelName",
        Severity.ERROR,
        "The older object keeps the name; the other is not Accepted, with NameConflict. Files do not say which is"
        " older, and objects created together are ordered by name.",
        "Choose another channelName for one of the two.",
    ),
    Rule(
        "SMS303",
        "number-conflict",
        "Two channels of a gateway claim one number",
        Severity.ERROR,
        "The older object keeps the number; the other is not Accepted, with NumberConflict. A channel without"
        " numbers claims all that no other does, and a gateway can have one such channel.",
        "Remove the number from one of the two, or list the numbers of the second catch-all.",
    ),
    Rule(
        "SMS304",
        "account-conflict",
        "Two gateways of a namespace bind with one account",
        Severity.ERROR,
        "They would throw each other out at the SMSC. The older object binds; the other is not Accepted, with"
        " AccountConflict.",
        "Use another account or another direction (mode), or delete one of the two.",
    ),
    Rule(
        "SMS305",
        "route-not-owned",
        "A manual route has the name of a channel",
        Severity.ERROR,
        "The channel's own route needs that name and never replaces a manual one: the channel is not Ready, with"
        " RouteNotOwned.",
        "Rename the manual route or the channel.",
    ),
    Rule(
        "SMS306",
        "shadowed-route",
        "A manual route for messages that another takes",
        Severity.ERROR,
        "It gets no message: channels come before manual routes, and older routes before younger ones.",
        "Remove the number from one of the two, or remove the route.",
    ),
)

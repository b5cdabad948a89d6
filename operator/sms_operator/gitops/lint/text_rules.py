"""The rules on how manifests are written (SMS0xx), on care (SMS4xx) and on suppressions (SMS5xx)."""

from __future__ import annotations

from typing import Final

from .finding import Severity
from .rule import Rule

RULES: Final = (
    Rule(
        "SMS001",
        "unreadable-file",
        "A file or directory cannot be read",
        Severity.ERROR,
        "What is in it stays unknown, so nothing can be said of the whole: references into it would look broken.",
        "Name a path that exists, give yourself the right to read it, and save text as UTF-8.",
    ),
    Rule(
        "SMS002",
        "broken-yaml",
        "A document is not YAML as kubectl reads it",
        Severity.ERROR,
        "kubectl would refuse the file. The place is where the parser gave up; the cause is there or just above.",
        "Mend the line that is named, often its indentation, a missing colon, or a missing quote.",
        "spec:\n  channelName: hotline\n gatewayRef: {name: first}   # one space too few\n",
    ),
    Rule(
        "SMS003",
        "too-large",
        "A file or document asks for too much",
        Severity.ERROR,
        "A file of over 64 MiB, blocks nested over 100 levels deep, or aliases that stand for over 100,000 values are"
        " attacks or accidents. They are refused before they cost memory.",
        "Split the file; write out what the aliases stand for.",
    ),
    Rule(
        "SMS004",
        "nothing-to-check",
        "There is nothing to check",
        Severity.ERROR,
        "An empty directory or an empty standard input is usually a mistyped path or a failed command in front of a"
        " pipe. To call it valid would hide that.",
        "Check the path, or the command whose output is checked.",
    ),
    Rule(
        "SMS005",
        "broken-kustomization",
        "A kustomization includes what does not exist",
        Severity.ERROR,
        "`kubectl apply -k` would refuse it, and nothing of it would be applied.",
        "Mend the entry in resources, bases or components.",
    ),
    Rule(
        "SMS006",
        "no-object",
        "A document is no Kubernetes object",
        Severity.WARNING,
        "It has neither apiVersion nor kind, so kubectl refuses it. Often it is another tool's file in the same"
        " directory.",
        "Move it elsewhere, name the paths of the manifests instead of the directory, or give it apiVersion and kind.",
    ),
    Rule(
        "SMS007",
        "not-carried-out",
        "A kustomization changes objects in a way that is not carried out here",
        Severity.WARNING,
        "Patches, prefixes, generators and the like are kustomize's work. The files are checked as they stand, which"
        " may not be what is applied.",
        "Check what comes out: kubectl kustomize DIRECTORY | smsctl validate -",
    ),
    Rule(
        "SMS008",
        "elsewhere",
        "A kustomization includes something from elsewhere",
        Severity.INFO,
        "Checking files opens no connection, so what is there is not checked, and references to it look broken.",
        "Check what comes out: kubectl kustomize DIRECTORY | smsctl validate -",
    ),
    Rule(
        "SMS009",
        "ignored-text",
        "Text that kubectl drops without a word",
        Severity.ERROR,
        'kubectl reads one document behind each "---". What follows after "..." is neither applied nor mentioned.',
        'Put "---" on a line of its own before it.',
    ),
    Rule(
        "SMS401",
        "duplicate-key",
        "A key is there twice",
        Severity.ERROR,
        "kubectl takes the last one and says nothing; kustomize and Argo CD refuse the file. One of the two values was"
        " not meant.",
        "Remove one of the two.",
        "spec:\n  gatewayRef: {name: first}\n  gatewayRef: {name: second}   # wins, silently\n",
    ),
    Rule(
        "SMS402",
        "ambiguous-scalar",
        "An unquoted value that programs read differently",
        Severity.WARNING,
        "kubectl apply -f, kubectl apply -k, YAML 1.1 and YAML 1.2 disagree about yes, 12:30, 0123, 1_000,"
        " 2026-12-24 and many more. What is stored then depends on the tool that applies it.",
        "Quote it when text is meant; write true, false and plain decimal numbers otherwise.",
        'start: 12:30     # 750 for YAML 1.1\nstart: "12:30"   # text for all\n',
    ),
    Rule(
        "SMS403",
        "empty-block",
        "A block with nothing under it",
        Severity.ERROR,
        "A block without fields is null, which the API server drops: a gateway with an empty `tls:` connects without"
        " TLS.",
        "Write {} for a block with its defaults, give it fields, or remove the line.",
        "tls:      # dropped: no TLS\ntls: {}   # TLS with the system's trust store\n",
    ),
    Rule(
        "SMS404",
        "empty-value",
        "A field without a value",
        Severity.WARNING,
        "It is null, which the API server takes for an absent field; a default applies, not an empty text.",
        'Give it a value, "" for an empty text, [] for an empty list, or remove the line.',
    ),
    Rule(
        "SMS405",
        "clear-text-secret",
        "A Secret stands in clear text",
        Severity.WARNING,
        "Whoever reads the repository, now or any time later, has it; base64 hides nothing. Removing the file does"
        " not remove it from the history.",
        "Change the password, then keep it out of Git: Sealed Secrets, External Secrets, SOPS, or kubectl create"
        " secret.",
    ),
    Rule(
        "SMS406",
        "unused-object",
        "Nothing refers to an object",
        Severity.WARNING,
        "It has no effect. Often a reference to it is misspelt, or its last user was removed.",
        "Refer to it or remove it; when its users are in another repository, suppress this here.",
    ),
    Rule(
        "SMS407",
        "ignored-tag",
        "A tag that kubectl ignores",
        Severity.WARNING,
        "Tags of other tools (!reference, !vault, !Sub) mean nothing to kubectl: the text behind them is taken as it"
        " stands.",
        "Render the file with the tool that the tag is for, and check what comes out.",
    ),
    Rule(
        "SMS408",
        "server-fields",
        "Fields that the API server writes",
        Severity.WARNING,
        "status, uid, resourceVersion and the like are the server's. In a file they are ignored at best; a"
        " resourceVersion makes applying fail, and Argo CD may show a difference for ever.",
        "Remove them: they came with kubectl get -o yaml.",
    ),
    Rule(
        "SMS409",
        "derived-route",
        "A derived route stands in a file",
        Severity.WARNING,
        "The operator writes one NotificationRoute for each channel and keeps it in step. In Git it would be a"
        " second owner that undoes each change.",
        "Remove it: the channel is enough. For a route of your own say origin: Manual and choose another name.",
    ),
    Rule(
        "SMS410",
        "generated-name",
        "An object with generateName cannot be applied",
        Severity.WARNING,
        "kubectl apply, Argo CD and Flux need a name to find the object again. Only kubectl create takes generateName.",
        "Give it a name, or keep it out of what is applied and use kubectl create -f.",
    ),
    Rule(
        "SMS501",
        "unknown-suppression",
        "A suppression names a rule that does not exist",
        Severity.WARNING,
        "It suppresses nothing, and somebody believes that it does.",
        "Take a code from smsctl validate --list-rules.",
    ),
    Rule(
        "SMS502",
        "suppression-without-reason",
        "A suppression gives no reason",
        Severity.ERROR,
        "Nobody can tell later whether it still holds. It is not heeded.",
        "Say why in the annotation's value.",
        "metadata:\n  annotations:\n    suppress.sms-operator.dev/SMS406: used by the channels of team-b\n",
    ),
    Rule(
        "SMS503",
        "unused-suppression",
        "A suppression suppresses nothing",
        Severity.WARNING,
        "What it was for is gone. Left in place, it would hide the next finding of that rule.",
        "Remove it.",
    ),
)

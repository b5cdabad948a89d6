"""ChannelExport: one export task."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, ClassVar, Final

from pydantic import Field

from .base import ApiModel, Column
from .conditions import CommonStatus
from .duration import Between
from .meta import Resource
from .refs import PasswordRef
from .rules import Rule, Transition, quoted
from .values import ATOMIC, SET, ObjectName, Text, Whole

MAX_RECORDS = 100_000
"""Channels in one export."""
MAX_RECORDS_PER_FILE = 2_000
"""Channels in one file of it."""
MAX_PASSWORD = 128
"""Octets of an archive's password; more is no password but the wrong key of a Secret."""
DOWNLOAD_KEY_ANNOTATION = "sms-operator.dev/download-key"
"""SHA-256, hexadecimal, of the key that opens the files for a download."""
DOWNLOAD_KEY_HEADER = "X-Sms-Operator-Download-Key"
"""Of the HTTP request that shows the key."""


_LABEL_VALUE: Final = "(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?"
_LABEL_KEY: Final = "(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"


class ExportFormat(StrEnum):
    """Format of the files."""

    CSV = "Csv"
    XLSX = "Xlsx"
    YAML = "Yaml"


class ChannelSelector(ApiModel):
    """Channels by their labels."""

    match_labels: Annotated[
        Mapping[Text, Annotated[Text, Field(max_length=63)]],
        Field(min_length=1, max_length=16),
        Rule(
            f"self.all(key, key.size() <= 317 && key.matches({quoted(f'^{_LABEL_KEY}$')})"
            f" && self[key].matches({quoted(f'^{_LABEL_VALUE}$')}))",
            lambda labels: all(
                len(key) <= 317 and re.fullmatch(_LABEL_KEY, key) and re.fullmatch(_LABEL_VALUE, value)
                for key, value in labels.items()
            ),
            "must be labels as Kubernetes writes them, such as app.kubernetes.io/part-of: desk",
        ),
    ]
    """Labels that the channels have, all of them."""


class ChannelExportSpec(ApiModel):
    """What is exported, and how. It cannot be changed: create another export."""

    channels: Annotated[tuple[ObjectName, ...], Field(max_length=2000), SET] = ()
    """Names (metadata.name) of SmsChannels, at most 2,000; none and no selector: all of the namespace."""
    selector: ChannelSelector | None = None
    """SmsChannels by label, instead of channels."""
    format: ExportFormat = ExportFormat.CSV
    """Format of the files."""
    archive_password_secret_ref: PasswordRef | None = None
    """Password that encrypts the archive."""
    ttl_after_finished: Annotated[timedelta, Between("1m", "8760h")] | None = None
    """The files are removed this long after the end, 1m to 8760h; absent: they stay. The object always stays."""

    RULES: ClassVar = (
        Rule(
            "!has(self.selector) || !has(self.channels) || self.channels.size() == 0",
            lambda spec: spec.selector is None or not spec.channels,
            "give channels or selector, not both",
            ".selector",
        ),
    )
    TRANSITIONS: ClassVar = (
        Transition(
            "self == oldSelf",
            lambda new, old: new == old,
            "an export's spec cannot be changed: create another ChannelExport",
        ),
    )


class ExportFile(ApiModel):
    """One file of the export."""

    name: Annotated[Text, Field(max_length=253)]
    """Name of the file."""
    records: Whole | None = None
    """Channels in it."""
    sha256: Annotated[Text, Field(max_length=64)] | None = None
    """SHA-256 of the file, hexadecimal."""


class ChannelExportStatus(CommonStatus):
    """The export as it is."""

    records: Whole | None = None
    """Channels exported."""
    files: Annotated[tuple[ExportFile, ...], Field(max_length=64), ATOMIC] = ()
    """The files, of at most 2,000 channels each."""


class ChannelExport(Resource):
    """One export task of SmsChannels: status, files, download."""

    COLUMNS = (Column("Format", ".spec.format"), Column("Records", ".status.records", "integer"))

    STATUS_COLUMNS = (
        Column("Status", '.status.conditions[?(@.type=="Succeeded")].reason', description="Success when done."),
        Column("Message", '.status.conditions[?(@.type=="Succeeded")].message', priority=1),
    )

    spec: ChannelExportSpec
    """The export as declared."""
    status: ChannelExportStatus = Field(default_factory=ChannelExportStatus)
    """The export as it is."""

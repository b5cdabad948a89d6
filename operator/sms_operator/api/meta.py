"""Object metadata, as far as anything here reads it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Final, cast

from pydantic import Field, model_validator

from .base import ApiModel, Column
from .values import Flag, ObjectName, Text, Whole

NOT_CREATED: Final = datetime.max.replace(tzinfo=UTC)
"""Creation time of what only stands in a file: younger than every object."""

_UNREAD: Final = frozenset(
    {"managedFields", "selfLink", "finalizers", "generateName", "deletionGracePeriodSeconds", "clusterName"}
)


class OwnerReference(ApiModel):
    """Who an object belongs to."""

    api_version: Text
    kind: Text
    name: Text
    uid: Text
    controller: Flag = False
    block_owner_deletion: Flag = False


class ObjectMeta(ApiModel):
    """The standard metadata without what is of no use here."""

    name: ObjectName
    namespace: Text = ""
    uid: Text = ""
    generation: Whole = 0
    resource_version: Text = ""
    creation_timestamp: datetime = NOT_CREATED
    deletion_timestamp: datetime | None = None
    labels: Mapping[Text, Text] = Field(default_factory=dict[str, str])
    annotations: Mapping[Text, Text] = Field(default_factory=dict[str, str])
    owner_references: tuple[OwnerReference, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _drop_unread(cls, body: Any) -> Any:
        if not isinstance(body, Mapping):
            return body
        fields = cast("Mapping[str, Any]", body)
        return {name: value for name, value in fields.items() if name not in _UNREAD}


class Resource(ApiModel):
    """An object: `metadata`, and the kind's own `spec` and `status`."""

    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    """What `kubectl get` shows after the name."""
    STATUS_COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("Status", '.status.conditions[?(@.type=="Ready")].message', description="Ready's message."),
        Column("Ready", '.status.conditions[?(@.type=="Ready")].status', priority=1),
        Column("Reason", '.status.conditions[?(@.type=="Ready")].reason', priority=1),
    )
    """What it shows then: is it working, and if not, why."""
    SELECTABLE: ClassVar[tuple[str, ...]] = ()
    """Paths that `kubectl get --field-selector` understands."""

    api_version: Annotated[Text, Field(pattern=r"^sms-operator\.dev/v1alpha1$")] = "sms-operator.dev/v1alpha1"
    kind: Text = ""
    metadata: ObjectMeta

"""OrganizationUnit: an OU."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .base import ApiModel, Column
from .conditions import CommonStatus
from .meta import Resource
from .refs import ObjectRef
from .rules import pattern
from .values import Text


class OrganizationUnitSpec(ApiModel):
    """An OU and its place in the tree."""

    display_name: Annotated[Text, Field(min_length=1, max_length=100)]
    """Name of the unit, at most 100 characters; it need not be unique. (AICC: OU Name)"""
    code: (
        Annotated[
            Text,
            Field(max_length=64),
            pattern("[A-Za-z0-9_.-]+", 'may hold letters, digits, "_", "." and "-" only'),
        ]
        | None
    ) = None
    """Tells apart units of one name. (AICC: OU Code)"""
    parent_ref: ObjectRef | None = None
    """The unit above; absent: at the top. (AICC: Upper-Level OU)"""
    description: Annotated[Text, Field(max_length=255)] = ""
    """Anything worth knowing, at most 255 characters."""


class OrganizationUnitStatus(CommonStatus):
    """Whether the unit is usable."""


class OrganizationUnit(Resource):
    """An organization unit (OU): what gateways and channels belong to."""

    COLUMNS = (Column("Display Name", ".spec.displayName"), Column("Parent", ".spec.parentRef.name"))
    SELECTABLE = (".spec.parentRef.name",)

    spec: OrganizationUnitSpec
    """The unit as declared."""
    status: OrganizationUnitStatus = Field(default_factory=OrganizationUnitStatus)
    """The unit as it is."""

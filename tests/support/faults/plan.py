"""A plan: a workload and what goes wrong in it. A file of YAML replays it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from .faults import Fault


class Plan(BaseModel):
    """One run. Without faults it is a reference run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    family: str
    workload: str
    faults: tuple[Fault, ...] = ()

    def __str__(self) -> str:
        return f"{self.workload}: " + ("; ".join(str(fault) for fault in self.faults) or "undisturbed")

    @property
    def file_name(self) -> str:
        """Of its file: its words without what file systems dislike."""
        return re.sub(r"[^a-z0-9]+", "-", str(self).lower()).strip("-")[:120] + ".yaml"

    def to_yaml(self) -> str:
        """As a document to keep."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)

    @staticmethod
    def load(path: Path) -> Plan:
        """From a file.

        Raises:
            ValidationError: it is no plan.
        """
        document: Any = yaml.safe_load(path.read_text())
        return Plan.model_validate(document)

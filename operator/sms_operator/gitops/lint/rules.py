"""Every rule, by its code."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from .objects_rules import RULES as OBJECTS
from .rule import Rule
from .text_rules import RULES as TEXT

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {rule.code: rule for rule in sorted((*TEXT, *OBJECTS), key=lambda rule: rule.code)}
)
"""By code, in the order of the codes."""

__all__ = ["RULES", "Rule"]

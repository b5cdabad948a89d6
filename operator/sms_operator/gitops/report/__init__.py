"""Findings in the formats that people and their tools read. Each format is one pure function of a Verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from sms_operator.gitops.lint.check import Verdict

from .document import document
from .github import github
from .gitlab import gitlab
from .junit import junit
from .sarif import sarif

Format = Callable[[Verdict], str]
"""The whole output, with a line feed at its end; empty only where the format has nothing to say of a clean verdict."""

FORMATS: Final[Mapping[str, Format]] = MappingProxyType(
    {"json": document, "github": github, "gitlab": gitlab, "sarif": sarif, "junit": junit}
)
"""Formats for tools by name; the one for people is `text.text`, which can be coloured."""

__all__ = ["FORMATS", "Format"]

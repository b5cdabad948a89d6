"""How much one document may ask for. What a person or a tool writes stays far below; attacks and accidents do not."""

from __future__ import annotations

from typing import Final

MAX_DEPTH: Final = 100
"""Blocks and lists inside each other. (kubectl takes 10,000; our deepest kind has six.)"""
MAX_ALIASED: Final = 100_000
"""Values that the aliases of one document may stand for. A bomb of nine lines stands for 490 million."""

"""Texts of unknown origin, made fit for people's eyes."""

from __future__ import annotations


def one_line(text: str) -> str:
    """Text as one line without anything that a terminal would act on."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())

"""Unquoted scalars: what kubectl makes of them, and what others make of the same characters.

kubectl, kustomize and the two versions of YAML disagree about more scalars than one expects. The rules of kubectl and
of kustomize are those of the Go libraries that they are built with, and are checked against the real programs in the
tests; those of YAML are from its specifications (1.1: the types repository, 1.2: the core schema).
"""

from __future__ import annotations

import calendar
import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

Scalar = str | int | float | bool | None

_TRUE: Final = {"true", "True", "TRUE"}
_FALSE: Final = {"false", "False", "FALSE"}
_YES: Final = {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON"}
_NO: Final = {"n", "N", "no", "No", "NO", "off", "Off", "OFF"}
_NULL: Final = {"", "~", "null", "Null", "NULL"}
_INFINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_GO_INTEGER: Final = re.compile(r"[-+]?(?:0[xX][0-9A-Fa-f]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_MAYBE: Final = frozenset("0123456789+-.~yYnNtTfFoO")
"""First characters of everything that is not plainly a text."""
_EXACT: Final = 1e21
"""From here on Go writes a whole number with an exponent, and the API server takes it for no integer."""


def of_kubectl(text: str) -> Scalar:
    """What `kubectl apply -f` sends for an unquoted scalar; floats that are whole are integers, as in JSON.

    Raises:
        ValueError: infinity or not a number, which kubectl refuses.
    """
    if text in _YES or text in _TRUE:
        return True
    if text in _NO or text in _FALSE:
        return False
    return _of_go(text)


def of_kustomize(text: str) -> Scalar:
    """What `kubectl apply -k` sends: without yes and no, and dates with a time.

    Raises:
        ValueError: as for `of_kubectl`.
    """
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if (date := _DATE.fullmatch(text)) and _exists(int(date[1]), int(date[2]), int(date[3])):
        return f"{date[1]}-{int(date[2]):02}-{int(date[3]):02}T00:00:00Z"
    return _of_go(text)


def of_yaml_1_2(text: str) -> Scalar:
    """What the core schema of YAML 1.2 says."""
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if text in _NULL:
        return None
    if re.fullmatch("[-+]?[0-9]+", text):
        return int(text)
    if re.fullmatch("0o[0-7]+", text):
        return int(text[2:], 8)
    if re.fullmatch("0x[0-9A-Fa-f]+", text):
        return int(text, 16)
    return _number(text) if _FLOAT.fullmatch(text) else text


def of_yaml_1_1(text: str) -> Scalar:
    """What the types of YAML 1.1 say, which Ansible, Ruby and Python follow; dates stay what they look like."""
    if text in _TRUE or text in _YES:
        return True
    if text in _FALSE or text in _NO:
        return False
    if text in _NULL:
        return None
    plain = text.replace("_", "")
    if re.fullmatch(r"[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+", text):
        return _sexagesimal(plain)
    if re.fullmatch(r"[-+]?0b[01_]+|[-+]?0x[0-9A-Fa-f_]+", text):
        return int(plain, 0)
    if re.fullmatch(r"[-+]?0[0-7_]+", text):
        return int(plain, 8)
    if re.fullmatch(r"[-+]?(?:0|[1-9][0-9_]*)", text):
        return int(plain)
    if re.fullmatch(r"[-+]?(?:[0-9][0-9_]*)?\.[0-9_]*(?:[eE][-+][0-9]+)?", text) and re.search("[0-9]", text):
        return _number(plain)
    return text


@lru_cache(maxsize=65536)
def read(text: str) -> tuple[Scalar, bool]:
    """What kubectl makes of an unquoted scalar, and whether all others make the same of it.

    Raises:
        ValueError: as for `of_kubectl`.
    """
    if text and text[0] not in _MAYBE:
        return text, True
    value = of_kubectl(text)
    agreed = all(_same(value, reader(text)) for _, reader in _OTHERS)
    return value, agreed


def others(text: str) -> list[tuple[str, Scalar]]:
    """Those who read an unquoted scalar otherwise than kubectl does, and what they read."""
    value = of_kubectl(text)
    return [(name, reader(text)) for name, reader in _OTHERS if not _same(value, reader(text))]


_OTHERS: Final = (("kustomize", of_kustomize), ("YAML 1.2", of_yaml_1_2), ("YAML 1.1", of_yaml_1_1))


def _of_go(text: str) -> Scalar:
    if text in _NULL:
        return None
    if _INFINITE.fullmatch(text):
        raise ValueError(f"{text} cannot be said in JSON, which is what the API server is sent")
    if text[0] == ".":
        return _number(text) if _FLOAT.fullmatch(text) else text
    if text[0] not in "0123456789+-":
        return text
    plain = text.replace("_", "")
    if _GO_INTEGER.fullmatch(plain):
        number = _go_integer(plain)
        if -(2**63) <= number < 2**63:
            return number
        if 0 <= number < 2**64 and plain[0] != "+":
            return _number(str(number))
    return _number(plain, text) if _FLOAT.fullmatch(plain) else text


def _go_integer(plain: str) -> int:
    digits = plain.lstrip("+-").lower()
    sign = -1 if plain[0] == "-" else 1
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        return sign * int(digits, 8)
    return sign * int(digits, 0)


def _number(plain: str, otherwise: str | None = None) -> Scalar:
    number = float(plain)
    if number in (float("inf"), float("-inf")):
        return plain if otherwise is None else otherwise
    # Through the shortest decimal, as JSON writes it: 2**63 is sent as 9223372036854776000.
    return int(Decimal(repr(number))) if number.is_integer() and abs(number) < _EXACT else number


def _exists(year: int, month: int, day: int) -> bool:
    """Whether there is such a date in Go, whose years begin with 0."""
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year or 4, month)[1]


def _sexagesimal(plain: str) -> int:
    sign = -1 if plain[0] == "-" else 1
    number = 0
    for part in plain.lstrip("+-").split(":"):
        number = number * 60 + int(part)
    return sign * number


def _same(one: Scalar, other: Scalar) -> bool:
    """In Python true equals 1, which it does not here."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)

"""Argo CD's Lua scripts, run as Argo CD runs them.

Its virtual machine is Lua 5.1 with the base, package and table libraries and a part of `os`; the object is the global
`obj`, and what a script returns passes through JSON, in which an empty table is an empty list (Argo CD's util/lua).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import lupa.lua51
import yaml

from support.kubectl import ROOT, Manifest

SCRIPTS: Final = ROOT / "manifests" / "argocd" / "resource_customizations" / "sms-operator.dev"
HEALTH: Final = frozenset({"Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown"})
_BARE: Final[dict[str, Any]] = {"register_eval": False, "register_builtins": False, "unpack_returned_tuples": True}
"""Python is out of reach. (lupa's stubs lack two of them.)"""
_KEPT: Final = frozenset({"_G", "_VERSION", "package", "require", "table", "os"})
_BASE: Final = frozenset(
    {"assert", "error", "getmetatable", "ipairs", "load", "loadstring", "next", "pairs", "pcall", "print", "rawequal"}
    | {"rawget", "rawset", "select", "setmetatable", "tonumber", "tostring", "type", "unpack", "xpcall"}
)
_OS: Final = frozenset({"date", "time", "difftime", "clock"})


def health(body: Mapping[str, Any]) -> tuple[str, str]:
    """Status and message that the script gives an object of ours; `_` stands for every kind."""
    result = run((SCRIPTS / "_" / "health.lua").read_text(), body)
    assert set(result) <= {"status", "message"}, result
    assert result["status"] in HEALTH, result
    return result["status"], result.get("message", "")


def discover(kind: str, body: Mapping[str, Any]) -> dict[str, Manifest]:
    """The actions that are offered for an object, by name."""
    return run((SCRIPTS / kind / "actions" / "discovery.lua").read_text(), body)


def act(kind: str, action: str, body: Mapping[str, Any], **parameters: str) -> Manifest:
    """The object as an action wants it; parameters as the user gave them (none: a version without parameters)."""
    script = (SCRIPTS / kind / "actions" / action / "action.lua").read_text()
    return cast("Manifest", _cleaned(run(script, body, parameters or None), body))


def merge_patch(old: Mapping[str, Any], new: Mapping[str, Any]) -> Manifest:
    """What Argo CD sends after an action: the difference as a JSON merge patch (RFC 7386)."""
    patch: Manifest = {name: None for name in old if name not in new}
    for name, value in new.items():
        if name not in old:
            patch[name] = value
        elif isinstance(value, dict) and isinstance(old[name], dict):
            if inner := merge_patch(cast("Manifest", old[name]), cast("Manifest", value)):
                patch[name] = inner
        elif value != old[name]:
            patch[name] = value
    return patch


def run(script: str, body: Mapping[str, Any], parameters: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What a script returns, through JSON.

    Raises:
        LuaError: the script failed.
    """
    runtime: Any = lupa.lua51.LuaRuntime(**_BARE)
    names: Any = runtime.globals()
    for name in list(names):
        if name not in _KEPT | _BASE:
            names[name] = None
            names.package.loaded[name] = None
    for name in list(names.os):
        if name not in _OS:
            names.os[name] = None
    names.obj = _to_lua(runtime, body)
    if parameters is not None:
        names.actionParams = _to_lua(runtime, parameters)
    returned: Any = runtime.execute(script)
    assert lupa.lua51.lua_type(returned) == "table", f"a script has to return a table, not {returned!r}"
    return _from_lua(returned)


def definitions(path: Path) -> Manifest:
    """Actions in the form of argocd-cm."""
    return yaml.safe_load(path.read_text())


def _to_lua(runtime: Any, value: Any) -> Any:
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value).items()
        return runtime.table_from({name: _to_lua(runtime, item) for name, item in items})
    if isinstance(value, list | tuple):
        return runtime.table_from([_to_lua(runtime, item) for item in cast("Sequence[Any]", value)])
    return value


def _from_lua(value: Any) -> Any:
    if lupa.lua51.lua_type(value) != "table":
        return value
    keys: list[Any] = list(value)
    if all(isinstance(key, int) for key in keys):
        return [_from_lua(value[key]) for key in sorted(keys)]
    return {key: _from_lua(value[key]) for key in keys}


def _cleaned(new: Any, old: Any) -> Any:
    """Argo CD takes an empty list where a map was for a table that nobody meant to change."""
    if isinstance(old, Mapping) and new == []:
        return copy.deepcopy(dict(cast("Mapping[str, Any]", old)))
    if isinstance(old, Mapping) and isinstance(new, dict):
        before = cast("Mapping[str, Any]", old)
        after = cast("dict[str, Any]", new)
        return {name: _cleaned(item, before[name]) if name in before else item for name, item in after.items()}
    if isinstance(old, list) and isinstance(new, list):
        pairs = zip(cast("list[Any]", new), cast("list[Any]", old), strict=False)
        return [_cleaned(item, was) for item, was in pairs] + cast("list[Any]", new)[len(cast("list[Any]", old)) :]
    return new

"""The configuration file: TOML, each setting under the name of its option."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from chatd.core.text import one_line
from chatd.daemon.settings import SETTINGS, BadSetting, read, rule

_ALLOWED = {
    "text": "a text in quotation marks is allowed",
    "file": "the name of a file in quotation marks is allowed",
    "texts": 'a list of texts is allowed, such as ["tcp:2428"]',
    "flag": "true or false is allowed",
}


def load(path: Path) -> dict[str, Any]:
    """Return the values in a configuration file by the names of the fields of `Settings`.

    @raises BadSetting: with the file, the key and what is allowed.
    """
    try:
        if path.exists() and not path.is_file():
            raise BadSetting(f"{path}: it isn't a regular file")  # reading it might never end
        with path.open("rb") as file:
            typed = tomllib.load(file)
    except BadSetting:
        raise
    except OSError as error:
        raise BadSetting(f"{path}: the file can't be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:  # no UTF-8, no TOML, or a maze
        raise BadSetting(f"{path}: no TOML: {error}") from None
    values = {}
    for name, value in typed.items():
        if name not in SETTINGS:
            near = get_close_matches(name[:40], SETTINGS, n=1)
            hint = f"the nearest is {near[0]}" if near else "--help lists them all"
            raise BadSetting(f"{path}: {one_line(name)[:40]}: there is no such setting; {hint}")
        try:
            values[SETTINGS[name].name] = _checked(name, value, path.parent)
        except BadSetting as error:
            raise BadSetting(f"{path}: {name}: {error}") from None
    return values


def _checked(name: str, value: Any, folder: Path) -> Any:
    """@raises BadSetting: for a value of the wrong type, or out of range."""
    match rule(name).kind, value:
        case "flag", bool():
            return value
        case "texts", [_, *_] if all(isinstance(text, str) for text in value):
            return tuple(value)
        case "number", int() if not isinstance(value, bool):
            return read(name, str(value), folder)
        case "number", _:
            return read(name, value if value == "none" else "", folder)
        case "text" | "file", str():
            return read(name, value, folder)
        case kind, _:
            raise BadSetting(_ALLOWED[kind])

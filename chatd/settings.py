"""Every setting: its default, its unit and its check. Whoever reads settings takes the rules from here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from chatd.core.text import one_line


class BadSetting(ValueError):
    """A value is not allowed; `str()` says which are."""


def _number(low: int, high: int) -> Callable[[str], int]:
    def read(typed: str) -> int:
        if not typed.isdecimal() or not low <= int(typed) <= high:
            raise BadSetting(f"a whole number from {low:,} to {high:,} is allowed")
        return int(typed)

    return read


def _lines_of_file(typed: str) -> tuple[str, ...]:
    try:
        text = Path(typed).read_text(encoding="utf-8")
    except OSError as error:
        raise BadSetting(f"the file can't be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise BadSetting("the file must be UTF-8 text") from None
    return tuple(one_line(line).rstrip() for line in text.rstrip("\n").split("\n"))


def _title(typed: str) -> str:
    title = one_line(typed).strip()
    if not 1 <= len(title) <= 60:
        raise BadSetting("a text of 1 to 60 characters is allowed")
    return title


def _setting(default: Any, value: str, read: Callable[[str], Any], help: str) -> Any:
    return field(default=default, metadata={"value": value, "read": read, "help": help})


@dataclass(frozen=True)
class Settings:
    """All settings, checked. The metadata of each field is what `--help` says and how its text is read."""

    listen: tuple[str, ...] = _setting(
        ("tcp:2428",), "ENDPOINT", str, "where people connect, as a Twisted endpoint; repeat it for several"
    )
    title: str = _setting("chatd", "TEXT", _title, "whose chat this is, shown in the welcome")
    motd: tuple[str, ...] = _setting((), "FILE", _lines_of_file, "message of the day, UTF-8 text, shown on arrival")
    capacity: int | None = _setting(None, "N", _number(1, 1_000_000), "people who fit in; any more are turned away")
    sendq: int = _setting(
        256, "KIB", _number(16, 65_536), "KiB waiting for one slow reader, beyond which lines are skipped"
    )
    stall_timeout: int = _setting(
        60, "SECONDS", _number(1, 86_400), "seconds in which a slow reader must take something, or is disconnected"
    )
    line_rate: int = _setting(5, "N", _number(0, 100_000), "lines a second at which one person is read, 0 for no limit")
    line_burst: int = _setting(10, "N", _number(1, 100_000), "lines that one person may say at once")
    byte_rate: int = _setting(
        4, "KIB", _number(0, 1_048_576), "KiB a second at which one person is read, 0 for no limit"
    )
    byte_burst: int = _setting(16, "KIB", _number(1, 1_048_576), "KiB that one person may say at once")
    max_connections: int = _setting(20_000, "N", _number(1, 1_000_000), "connections that may be open in all")
    max_per_address: int = _setting(
        20, "N", _number(1, 1_000_000), "connections that may be open from one address, or one IPv6 /64"
    )
    peer_timeout: int = _setting(
        120, "SECONDS", _number(4, 65_534), "seconds after which a peer that has vanished is noticed"
    )
    idle_timeout: int | None = _setting(
        None, "SECONDS", _number(120, 31_536_000), "seconds in which one must type something, or is disconnected"
    )


def option_name(name: str) -> str:
    """Return a field's name as it is typed: `stall_timeout` is `stall-timeout`."""
    return name.replace("_", "-")


def shown_default(default: Any) -> str:
    """Return a default as `--help` shows it."""
    if isinstance(default, tuple):
        return " ".join(default) or "none"
    return "none" if default is None else str(default)


SETTINGS = {option_name(setting.name): setting for setting in fields(Settings)}

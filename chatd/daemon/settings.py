"""Every setting: its default, its unit and its check. Whoever reads settings takes the rules from here."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from stat import S_ISDIR
from typing import Any, Literal

from chatd.core.text import one_line
from chatd.nodes.address import Address
from chatd.session.operator_commands import LOG_LEVELS
from chatd.session.words.languages import LANGUAGES

LOG_FORMATS = ("auto", "text", "systemd", "json")
_CREDENTIALS = "$CREDENTIALS_DIRECTORY"


class BadSetting(ValueError):
    """A value is not allowed; `str()` says which are."""


def _number(low: int, high: int) -> Callable[[str], int]:
    def read(typed: str) -> int:
        if (
            not (typed.isascii() and typed.isdecimal() and len(typed) <= len(str(high)))
            or not low <= int(typed) <= high
        ):
            raise BadSetting(f"a whole number from {low:,} to {high:,} is allowed")
        return int(typed)

    return read


def _lines_of_file(typed: str) -> tuple[str, ...]:
    if Path(typed).exists() and not Path(typed).is_file():
        raise BadSetting("it isn't a regular file")  # reading it might never end
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


def _folder(typed: str) -> str:
    with suppress(FileNotFoundError):  # then it is made
        if not S_ISDIR(Path(typed).stat().st_mode):
            raise BadSetting("it isn't a folder")
    return typed


def _checked(check: Callable[[str], object]) -> Callable[[str], str]:
    """Return what reads a text that must pass a check, which raises ValueError."""

    def read(typed: str) -> str:
        try:
            check(typed)
        except ValueError as error:
            raise BadSetting(str(error)) from None
        return typed

    return read


def _readable(typed: str) -> str:
    _lines_of_file(typed)
    return typed


def _one_word(typed: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,60}", typed):
        raise BadSetting("1 to 60 letters, digits, dots, hyphens and underscores are allowed")
    return typed


def _one_of(*words: str) -> Callable[[str], str]:
    def read(typed: str) -> str:
        if typed not in words:
            raise BadSetting(f"one of {', '.join(words)} is allowed")
        return typed

    return read


Kind = Literal["number", "text", "file", "texts", "flag"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds for a setting: what its value is called, how it is read from text, what `--help` says.

    A `file` is found from the folder of who names it. What is not `live` needs a restart to change.
    """

    value: str
    read: Callable[[str], Any]
    help: str
    kind: Kind
    live: bool


def _setting(
    default: Any, value: str, read: Callable[[str], Any], help: str, *, kind: Kind = "text", live: bool = True
) -> Any:
    return field(default=default, metadata={"rule": Rule(value, read, help, kind, live)})


def _count(default: int | None, value: str, low: int, high: int, help: str, *, live: bool = True) -> Any:
    return _setting(default, value, _number(low, high), help, kind="number", live=live)


@dataclass(frozen=True)
class Settings:
    """All settings, checked. The metadata of each field is its `Rule`."""

    listen: tuple[str, ...] = _setting(
        ("tcp:2428",),
        "ENDPOINT",
        str,
        "where people connect, as a Twisted endpoint; repeat it for several",
        kind="texts",
        live=False,
    )
    title: str = _setting("chatd", "TEXT", _title, "whose chat this is, shown in the welcome")
    motd: tuple[str, ...] | None = _setting(
        None, "FILE", _lines_of_file, "message of the day, UTF-8 text, shown on arrival", kind="file"
    )
    language: str = _setting(
        "en",
        "CODE",
        _one_of(*LANGUAGES),
        f"in which language people are greeted, until they choose by /lang: {', '.join(LANGUAGES)}",
    )
    capacity: int | None = _count(None, "N", 1, 1_000_000, "people who fit in; any more are turned away")
    sendq: int = _count(256, "KIB", 16, 65_536, "KiB waiting for one slow reader, beyond which lines are skipped")
    stall_timeout: int = _count(
        60, "SECONDS", 1, 86_400, "seconds in which a slow reader must take something, or is disconnected"
    )
    line_rate: int = _count(5, "N", 0, 100_000, "lines a second at which one person is read, 0 for no limit")
    line_burst: int = _count(10, "N", 1, 100_000, "lines that one person may say at once")
    byte_rate: int = _count(4, "KIB", 0, 1_048_576, "KiB a second at which one person is read, 0 for no limit")
    byte_burst: int = _count(16, "KIB", 1, 1_048_576, "KiB that one person may say at once")
    max_connections: int = _count(20_000, "N", 1, 1_000_000, "connections that may be open in all")
    max_per_address: int = _count(
        20, "N", 1, 1_000_000, "connections that may be open from one address, or one IPv6 /64"
    )
    max_arrivals: int | None = _count(
        None, "N", 1, 1_000_000, "connections that one address may open in 10 s; none is twice --max-per-address"
    )
    peer_timeout: int = _count(120, "SECONDS", 4, 65_534, "seconds after which a peer that has vanished is noticed")
    idle_timeout: int | None = _count(
        None, "SECONDS", 120, 31_536_000, "seconds in which one must type something, or is disconnected"
    )
    control: str | None = _setting(
        None,
        "PATH",
        str,
        "Unix socket for operators and chatctl; who may open it is the administrator",
        kind="file",
        live=False,
    )
    state: str | None = _setting(
        "chatd-state",
        "FOLDER",
        _folder,
        "folder for what outlives chatd: bans, owned names, and what is kept of what people say; none for nothing",
        kind="file",
        live=False,
    )
    owned_names: str = _setting(
        "yes",
        "HOW",
        _one_of("yes", "tls", "no"),
        "whether people can own names; tls: with passwords only behind TLS and on this machine itself",
        live=False,
    )
    history_lines: int = _count(20, "N", 0, 200, "lines that those who enter a room are shown, from memory alone")
    history_days: int = _count(
        0, "DAYS", 0, 3_650, "days for which what is said is kept on the disk, 0 for not at all", live=False
    )
    history_most: int = _count(1_000_000, "N", 1_000, 100_000_000, "lines that are kept on the disk at most")
    letters_days: int = _count(
        0, "DAYS", 0, 3_650, "days for which private lines wait for an owner who is away, 0 for not at all"
    )
    unused_names_days: int = _count(365, "DAYS", 1, 36_500, "days after which an owned name that nobody used is free")
    ssh_guests: str = _setting("yes", "yes|no", _one_of("yes", "no"), "let in by SSH who shows no key, too")
    redis: str | None = _setting(
        None,
        "URL",
        _checked(Address.parse),
        "what the daemons of one hall share: redis://host, rediss://host, unix:///path, or sentinel://hosts/name",
        live=False,
    )
    redis_password: str | None = _setting(
        None, "FILE", _readable, "file with the password for Redis in its first line", kind="file", live=False
    )
    redis_ca: str | None = _setting(
        None,
        "FILE",
        _readable,
        "file with the certificates that rediss:// trusts, instead of the system's",
        kind="file",
        live=False,
    )
    redis_waiting: int = _count(10_000, "N", 0, 1_000_000, "lines that may wait while Redis is away", live=False)
    hall: str = _setting("chatd", "NAME", _one_word, "which hall in that Redis this daemon is part of", live=False)
    node: str | None = _setting(
        None,
        "NAME",
        _one_word,
        "what this daemon is called among those of its hall; none is the host's name",
        live=False,
    )
    elsewhere: str | None = _setting(
        None, "TEXT", _title, "where people are sent while this daemon is drained, as: telnet b.example.org 2428"
    )
    metrics: str | None = _setting(
        None, "ENDPOINT", str, "where Prometheus finds /metrics and others /healthz, as a Twisted endpoint", live=False
    )
    metrics_public: bool = _setting(
        False, "", str, "let --metrics be an endpoint that other machines reach", kind="flag", live=False
    )
    log_level: str = _setting(
        "info", "LEVEL", _one_of(*LOG_LEVELS), f"what is logged at least: {', '.join(LOG_LEVELS)}"
    )
    log_format: str = _setting(
        "auto",
        "FORMAT",
        _one_of(*LOG_FORMATS),
        "text, systemd (with priorities) or json; auto is systemd where systemd reads the log, else text",
        live=False,
    )


def option_name(name: str) -> str:
    """Return a field's name as it is typed: `stall_timeout` is `stall-timeout`."""
    return name.replace("_", "-")


def shown_default(default: Any) -> str:
    """Return a default as `--help` shows it."""
    if isinstance(default, tuple):
        return " ".join(default)
    return "none" if default is None else str(default)


SETTINGS = {option_name(setting.name): setting for setting in fields(Settings)}


def rule(name: str) -> Rule:
    found: Rule = SETTINGS[name].metadata["rule"]
    return found


def read(name: str, typed: str, folder: Path) -> Any:
    """Return the value of a setting as it was typed; "none" is that of a setting that may be none.

    Names of files are found from `folder`, or from where systemd puts what LoadCredential= names; a default is what it
    is, wherever it stands.

    @raises BadSetting: for a value that is not allowed.
    """
    default = SETTINGS[name].default
    if typed == "none" and (default is None or name == "state"):
        return None
    if typed == default:
        return default
    try:
        return rule(name).read(str(folder / _handed(typed)) if rule(name).kind == "file" else typed)
    except BadSetting:
        raise
    except (OSError, ValueError) as error:  # a path that is too long, or holds what no path may
        raise BadSetting(f"it can't be used ({getattr(error, 'strerror', None) or error})") from None


def _handed(typed: str) -> str:
    """Return a file's name, in the folder that the service manager names if $CREDENTIALS_DIRECTORY stands in front."""
    first, *rest = typed.split("/")
    if first != _CREDENTIALS:
        return typed
    folder = os.environ.get(_CREDENTIALS[1:])
    if not folder:
        raise BadSetting(f"there is no {_CREDENTIALS}: LoadCredential= in a unit of systemd makes it")
    return "/".join((folder, *rest))

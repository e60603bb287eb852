"""How the log looks, and how much of it there is. It is given to twistd, which writes its own lines into it too."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from twisted.logger import (
    FileLogObserver,
    FilteringLogObserver,
    LogEvent,
    LogLevel,
    LogLevelFilterPredicate,
    formatEvent,
)
from twisted.python.logfile import LogFile

from chatd.daemon.settings import BadSetting

Format = Callable[[LogEvent], str]

ROTATE_AT = 1_000_000  # bytes
KEPT = 9  # log files that were full, besides the one that is being written
_PRIORITIES = {LogLevel.debug: 7, LogLevel.info: 6, LogLevel.warn: 4, LogLevel.error: 3, LogLevel.critical: 2}


class Levels(LogLevelFilterPredicate):
    """What is logged at least; it can be changed at any time."""

    def __init__(self, level: str) -> None:
        super().__init__()
        self.set(level)

    def set(self, level: str) -> None:
        self.level = level
        self.setLogLevelForNamespace("", LogLevel.lookupByName(level))


def observer(stream: Any, log_format: str, levels: Levels) -> FilteringLogObserver:
    """Return what twistd should log with; `log_format` is one of `LOG_FORMATS`, but not auto."""
    formats: dict[str, Format] = {"text": as_text, "systemd": for_systemd, "json": as_json}
    return FilteringLogObserver(FileLogObserver(stream, formats[log_format]), [levels])


def stream_for(twistd: Mapping[str, Any], reactor: Any) -> Any:
    """Return where twistd would log to by its own options: the terminal in the foreground, else a file.

    @raises BadSetting: if that can't be written.
    """
    name = twistd["logfile"] or ("-" if twistd["nodaemon"] else "twistd.log")
    if name == "-":
        return sys.stdout
    try:
        file = LogFile.fromFullPath(str(Path(name).absolute()), ROTATE_AT, 0o640, KEPT)
    except OSError as error:
        raise BadSetting(f"--logfile {name}: the file can't be written ({error.strerror})") from None
    signal.signal(signal.SIGUSR1, lambda *_: reactor.callFromThread(file.rotate))  # as with twistd's own log
    return file


def read_by_systemd(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Say whether a stream leads to systemd's journal, which names it by its device and inode."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError, AttributeError):  # closed, or no file at all
        return False
    return environment.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def as_text(event: LogEvent) -> str:
    """Return an event as people read it: when, how bad if it is, and what."""
    level = event["log_level"]
    mark = "" if level is LogLevel.info else f"{level.name}: "
    return f"{datetime.fromtimestamp(event['log_time']):%Y-%m-%d %H:%M:%S} {mark}{_words(event)}\n"


def for_systemd(event: LogEvent) -> str:
    """Return an event for systemd, which knows the time itself; a `<N>` in front of each line says how bad it is."""
    mark = f"<{_PRIORITIES[event['log_level']]}>"
    return "".join(f"{mark}{line}\n" for line in _words(event).split("\n"))


def as_json(event: LogEvent) -> str:
    """Return an event as one line of JSON, with its facts; a failure has its traceback under a key of its own."""
    ours = event["log_namespace"].startswith("chatd")
    facts = {
        "time": datetime.fromtimestamp(event["log_time"], UTC).isoformat(timespec="milliseconds"),
        "level": event["log_level"].name,
        "logger": event["log_namespace"] if ours else "twisted",
        "message": formatEvent(event),
    }
    if ours:
        facts |= {name: value for name, value in event.items() if _is_fact(name, value) and name not in facts}
    if "log_failure" in event:
        facts["traceback"] = event["log_failure"].getTraceback()
    return json.dumps(facts, ensure_ascii=False) + "\n"


def _is_fact(name: str, value: object) -> bool:
    """Say whether that is one of the facts in the message; what Twisted adds of its own begins with `log_`."""
    return not name.startswith("log_") and isinstance(value, str | int | float)


def _words(event: LogEvent) -> str:
    traceback = "\n" + event["log_failure"].getTraceback().rstrip() if "log_failure" in event else ""
    return formatEvent(event) + traceback

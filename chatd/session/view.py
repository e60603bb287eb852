"""How a person sees what happens: in which language, with which time in front of lines, in colour, with a bell."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from chatd.session.words.languages import LANGUAGES

_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)
_WIDEST = timedelta(hours=14)  # the islands of Kiribati


class View:
    """How a person sees lines: `time` is "on" (the daemon's zone), "off", or the name of a zone.

    `colours` is "on" (256 of them), "16" or "off"; `bell` is whether it rings when somebody calls.

    There is one object for each kind of view (see `view`), so that what is made for it can be remembered by it.
    """

    __slots__ = ("_minute", "_stamp", "bell", "colours", "language", "time", "zone")

    def __init__(self, time: str, code: str = "en", colours: str = "off", bell: bool = True) -> None:
        self.time = time
        self.language = LANGUAGES[code]
        self.colours = colours
        self.bell = bell
        self.zone = None if time in ("on", "off") else _zone(time)
        self._minute = -1  # since 1970, of the stamp that is remembered
        self._stamp = ""

    def but(self, **what: Any) -> View:
        """Return a view that differs in some of the arguments of `view`.

        @raises ValueError: if there is no such zone.
        """
        now = {"time": self.time, "code": self.language.code, "colours": self.colours, "bell": self.bell}
        return view(**{**now, **what})

    def stamp(self, at: float) -> str:
        """Return the time that stands in front of a line, with the space behind it."""
        if self.time != "off" and (minute := int(at // 60)) != self._minute:
            self._minute = minute
            self._stamp = datetime.fromtimestamp(at, self.zone).strftime("%H:%M ")
        return self._stamp

    def time_of_day(self, at: float) -> str:
        """Return a time to the second, whatever stands in front of lines."""
        return datetime.fromtimestamp(at, self.zone).strftime("%H:%M:%S")

    def day(self, at: float, now: float) -> str:
        """Return what stands in front of the stamp of something that did not happen today."""
        if self.time == "off":
            return ""
        day = datetime.fromtimestamp(at, self.zone).date()
        return "" if day == datetime.fromtimestamp(now, self.zone).date() else f"{day} "


def view(time: str, code: str = "en", colours: str = "off", bell: bool = True) -> View:
    """Return the view for "on", "off" or a zone's name by IANA or from `zone_name`, in a language, with colours, which
    are "on", "off" or "16", and a bell.

    @raises ValueError: if there is no such zone.
    """
    return _view(time, code, colours, bell)


@cache  # at most as many as there are time zones, for each language, and six times as many
def _view(time: str, code: str, colours: str, bell: bool) -> View:
    try:
        return View(time, code, colours, bell)
    except (KeyError, OSError, ValueError):  # unknown; a folder of zones; no name of a zone at all
        raise ValueError(time) from None


def zone_name(typed: str) -> str:
    """Return what is typed for a zone as one name of it: `+8`, `utc+08` and `GMT+8:00` are `UTC+8`."""
    match = _OFFSET.fullmatch(typed)
    if match is None:
        return typed
    sign, hours, minutes = match.groups("00")
    return f"UTC{sign}{int(hours)}" + (f":{minutes}" if minutes != "00" else "")


def _zone(name: str) -> tzinfo:
    """@raises ValueError: for an offset that no zone has; and as ZoneInfo does."""
    match = _OFFSET.fullmatch(name)
    if match is None:
        return ZoneInfo(name)
    ahead = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    if ahead > _WIDEST:
        raise ValueError(name)
    return timezone(ahead if match[1] == "+" else -ahead, name)

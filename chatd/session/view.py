"""How a person sees what happens: in which language, and with which time in front of lines."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from chatd.session.words.languages import LANGUAGES

_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)
_WIDEST = timedelta(hours=14)  # the islands of Kiribati


class View:
    """How a person sees lines: `time` is "on" (the daemon's zone), "off", or the name of a zone.

    There is one object for each kind of view (see `view`), so that what is made for it can be remembered by it.
    """

    __slots__ = ("_minute", "_stamp", "language", "time", "zone")

    def __init__(self, time: str, code: str = "en") -> None:
        self.time = time
        self.language = LANGUAGES[code]
        self.zone = None if time in ("on", "off") else _zone(time)
        self._minute = -1  # since 1970, of the stamp that is remembered
        self._stamp = ""

    def stamp(self, at: float) -> str:
        """Return the time that stands in front of a line, with the space behind it."""
        if self.time != "off" and (minute := int(at // 60)) != self._minute:
            self._minute = minute
            self._stamp = datetime.fromtimestamp(at, self.zone).strftime("%H:%M ")
        return self._stamp


def view(time: str, code: str = "en") -> View:
    """Return the view for "on", "off" or a zone's name by IANA or from `zone_name`, in a language.

    @raises ValueError: if there is no such zone.
    """
    return _view(time, code)


@cache  # at most as many as there are time zones, for each language
def _view(time: str, code: str) -> View:
    try:
        return View(time, code)
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

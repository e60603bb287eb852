"""How a person sees what happens: the time in front of lines."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo


class View:
    """How a person sees lines: `time` is "on" (the daemon's zone), "off", or the name of a zone.

    There is one object for each kind of view (see `view`), so that what is made for it can be remembered by it.
    """

    __slots__ = ("_minute", "_stamp", "time", "zone")

    def __init__(self, time: str) -> None:
        self.time = time
        self.zone = None if time in ("on", "off") else ZoneInfo(time)
        self._minute = -1  # since 1970, of the stamp that is remembered
        self._stamp = ""

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


@cache  # at most as many as there are time zones
def view(time: str) -> View:
    """Return the view for "on", "off" or a zone's IANA name.

    @raises ValueError: if there is no such zone.
    """
    try:
        return View(time)
    except (KeyError, OSError, ValueError):  # unknown; a folder of zones; no name of a zone at all
        raise ValueError(time) from None

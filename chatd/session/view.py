"""How a person sees what happens: the time in front of lines, colours, the bell."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo


class View:
    """How a person sees lines: `time` is "on" (the daemon's zone), "off", or the name of a zone.

    `colours` is "on" (256 of them), "16" or "off"; `bell` is whether it rings when somebody calls.

    There is one object for each kind of view (see `view`), so that what is made for it can be remembered by it.
    """

    __slots__ = ("_minute", "_stamp", "bell", "colours", "time", "zone")

    def __init__(self, time: str, colours: str = "off", bell: bool = True) -> None:
        self.time = time
        self.colours = colours
        self.bell = bell
        self.zone = None if time in ("on", "off") else ZoneInfo(time)
        self._minute = -1  # since 1970, of the stamp that is remembered
        self._stamp = ""

    def stamp(self, at: float) -> str:
        """Return the time that stands in front of a line, with the space behind it."""
        if self.time != "off" and (minute := int(at // 60)) != self._minute:
            self._minute = minute
            self._stamp = datetime.fromtimestamp(at, self.zone).strftime("%H:%M ")
        return self._stamp

    def day(self, at: float, now: float) -> str:
        """Return what stands in front of the stamp of something that did not happen today."""
        if self.time == "off":
            return ""
        day = datetime.fromtimestamp(at, self.zone).date()
        return "" if day == datetime.fromtimestamp(now, self.zone).date() else f"{day} "


@cache  # at most six times as many as there are time zones
def view(time: str, colours: str = "off", bell: bool = True) -> View:
    """Return the view with a time, "on", "off" or a zone's IANA name, with colours, "on", "off" or "16", and a bell.

    @raises ValueError: if there is no such zone.
    """
    try:
        return View(time, colours, bell)
    except (KeyError, OSError, ValueError):  # unknown; a folder of zones; no name of a zone at all
        raise ValueError(time) from None

"""An event as the line that a person reads. Whoever has the same view reads the same line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import assert_never
from zoneinfo import ZoneInfo

from chatd.core.events import (
    Acted,
    AddresseeAway,
    AddresseeChanged,
    AddresseeLeft,
    Announced,
    Event,
    Invited,
    Joined,
    Left,
    LockTurned,
    Renamed,
    Said,
    Whispered,
    WhisperSent,
)
from chatd.core.nickname import columns
from chatd.core.refusals import HallError

WIDTH = 78  # columns of an answer that lists things, for terminals of 80


class View:
    """How a person sees lines: `time` is "on" (the daemon's zone), "off", or the name of a zone.

    There is one object for each kind of view (see `view`), so that a rendering can be remembered by it.
    """

    __slots__ = ("time", "zone")

    def __init__(self, time: str) -> None:
        self.time = time
        self.zone = None if time in ("on", "off") else ZoneInfo(time)

    def stamp(self, at: float) -> str:
        """Return the time that stands in front of a line, with the space behind it."""
        return "" if self.time == "off" else datetime.fromtimestamp(at, self.zone).strftime("%H:%M ")


@cache  # at most as many as there are time zones
def view(time: str) -> View:
    """Return the view for "on", "off" or a zone's IANA name.

    @raises ValueError: if there is no such zone.
    """
    try:
        return View(time)
    except (KeyError, OSError, ValueError):  # unknown; a folder of zones; no name of a zone at all
        raise ValueError(time) from None


def render(event: Event, view: View) -> str:
    """Return the line, without its end, in which a person with that view reads the event."""
    return view.stamp(event.at) + _words(event)


def _words(event: Event) -> str:
    match event:
        case Said(_, speaker, text):
            return f"<{speaker}> {text}"
        case Acted(_, speaker, text):
            return f"* {speaker} {text}"
        case Whispered(_, sender, text):
            return f"[{sender} -> you] {text}"
        case WhisperSent(_, addressee, text):
            return f"[you -> {addressee}] {text}"
        case AddresseeAway(_, nickname, why):
            return f"-- {nickname} is away: {why}"
        case AddresseeChanged(_, nickname, before):
            return f"-- now talking to {nickname} (was {before})"
        case AddresseeLeft(_, nickname):
            return f"-- {nickname}, whom you were talking to, has left; to:name or to: chooses anew"
        case Joined(_, nicknames):
            return f"-- {some_of(nicknames)} joined"
        case Left(_, nicknames, why):
            return f"-- {some_of(nicknames)} left" + (f" ({why})" if why else "")
        case Renamed(_, names):
            return "-- " + some_of([f"{old} is now called {new}" for old, new in names], " took other names")
        case LockTurned(_, nickname, room, locked):
            return f"-- {nickname} {'locked' if locked else 'unlocked'} {room}"
        case Invited(_, host, room):
            return f"-- {host} invites you to {room}: /join {room} takes you there"
        case Announced(_, text):
            return f"## Administrator: {text}"
        case _:  # pragma: no cover
            assert_never(event)


def refusal(error: HallError) -> Iterator[str]:
    """Yield the lines of a refusal; the second gives back what was not sent."""
    yield f"!! {error}"
    if error.unsent:
        yield f"!! not sent: {error.unsent}"


def some_of(names: Sequence[str], others_did: str = "") -> str:
    """Return up to four names in full, of more than that the first two and how many others there are."""
    if len(names) > 4:
        return f"{names[0]}, {names[1]} and {len(names) - 2:,} others{others_did}"
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def people_are(count: int) -> str:
    """Return the number of people as the beginning of a sentence."""
    return "1 person is" if count == 1 else f"{count:,} people are"


def listing(head: str, names: Iterable[str]) -> Iterator[str]:
    """Yield the lines of an answer that lists names behind `head`, as many to a line as fit."""
    line, width, comma = f"-- {head}", 3 + columns(head), ""
    for name in names:
        wanted = columns(name) + 2
        if width + wanted > WIDTH:
            yield line + comma
            line, width, comma = "--", 2, ""
        line, width, comma = f"{line}{comma} {name}", width + wanted, ","
    yield line


def table(widths: Sequence[int], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of an answer that is a table; `widths` are those of its columns but the last."""
    for row in rows:
        cells = (cell + " " * (width - columns(cell)) for cell, width in zip(row, [*widths, 0], strict=True))
        yield "-- " + "  ".join(cells).rstrip()


def widest(cells: Iterable[str]) -> int:
    return max(map(columns, cells), default=0)

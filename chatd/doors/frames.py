"""Which part of a line is its frame: what stands in front of what somebody said, so that it can be painted."""

from __future__ import annotations

from chatd.core.events import Acted, Announced, Event, Said, SaidLate, Whispered, WhisperSent
from chatd.doors.colour import Frame
from chatd.session.view import View
from chatd.session.words.events import stamp_of


def frame_of_event(event: Event, view: View) -> Frame:
    """Return the frame of an event, as its line has it (`session/words/events.py`)."""
    time, you = stamp_of(event, view), view.language.say("you")
    match event:
        case Said(_, _, speaker, _) | SaidLate(_, _, speaker, _, False):
            return Frame(time, "", "<", speaker, "> ")
        case Acted(_, _, speaker, _) | SaidLate(_, _, speaker, _, True):
            return Frame(time, "* ", "", speaker, " ")
        case Whispered(_, sender, _):
            return Frame(time, "", "[", sender, f" -> {you}] ")
        case WhisperSent(_, addressee, _):
            return Frame(time, "", f"[{you} -> ", addressee, "] ")
        case Announced():
            return Frame(time, "## ")
        case _:
            return Frame(time, "-- ")


def frame_of_line(line: str) -> Frame:
    """Return the frame of a line that is no event: its mark."""
    return Frame(mark=line.partition(" ")[0] + " ")

"""What people read and type at a terminal: lines above a row that they edit, in colour, wrapped at words."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from chatd.core.events import Event, Events, Said
from chatd.doors.cells import cells
from chatd.doors.colour import Colours, Frame, painted
from chatd.doors.editor import Completions, Editor
from chatd.doors.frames import frame_of_event, frame_of_line
from chatd.doors.naming import Naming
from chatd.doors.row import WIDEST
from chatd.doors.telnet import Terminal
from chatd.doors.text import TextCodec
from chatd.doors.wrap import wrap
from chatd.session.outputs import Hint, Output, Prompt
from chatd.session.view import view
from chatd.session.words.notes import prompt_words


@dataclass(frozen=True, slots=True)
class Screen:
    """What is known of a terminal: its columns, 0 if they aren't, and which colours it has."""

    columns: int
    colours: Colours

    @classmethod
    def of(cls, term: str, columns: int, no_colour: bool = False) -> Screen:
        """Return what a TERM and a width say; `no_colour` is what NO_COLOR asks for (no-color.org)."""
        if no_colour or term in ("", "dumb"):
            return cls(columns, Colours.OFF)
        return cls(columns, Colours.ON if "256color" in term or term.startswith(("xterm", "tmux")) else Colours.SIXTEEN)


class TerminalCodec(TextCodec):
    """A `Codec` for people at a terminal, and the `Row` of its editor.

    The row's prompt says where its lines go. Two codecs encode events alike if their terminals and views are equal, and
    the same of the events name the one person and the other.
    """

    __slots__ = ("_columns", "_is_stale", "_naming", "_where", "editor")

    def __init__(self, screen: Screen, completions: Completions) -> None:
        self._columns = min(screen.columns, WIDEST)
        self._naming = Naming()
        self._where = ""  # the lines go that are typed in the row
        self._is_stale = True  # something was sent since that was looked at, besides what people say
        self.editor = Editor(completions, columns=screen.columns)
        super().__init__(Terminal(closes_itself=True))
        self.view = view("on", colours=screen.colours.value)

    @property
    def row(self) -> TerminalCodec:
        return self

    def resize(self, columns: int) -> None:
        """Be on a terminal of another width, 0 if it isn't known."""
        self._columns = min(columns, WIDEST)
        self.editor.resize(columns)
        self.format = self._format()

    def encode(self, output: Output) -> Iterable[bytes]:
        self._is_stale = True
        if isinstance(output, Prompt):
            return ()  # the row has it
        if isinstance(output, Hint):
            output = Hint(has_row=True)
        lines = self._lines(output)
        if isinstance(output, Event):
            frame = frame_of_event(output, self._view)
            return [self._wrapped(line, frame, named=output in self._naming) for line in lines]
        return (self._wrapped(line, frame_of_line(line)) for line in lines)

    def end(self) -> bytes:
        return b""

    # The row.

    @property
    def dirty(self) -> bool:
        self._ask()
        return self.editor.dirty

    def hear(self, events: Events) -> None:
        if type(events[0]) is not Said:
            self._is_stale = True
        if self._naming.hear(events, self.session):
            self.format = self._format()
            if self._naming and self._view.bell:
                self.editor.ring()

    def around(self, data: bytes) -> bytes:
        if self._is_stale:
            self._ask()
        return self.editor.around(data)

    def finish(self, data: bytes) -> bytes:
        return self.around(data) + self.editor.finish()

    def _ask(self) -> None:
        """Have the row ask what the session asks for now, or say where its lines go."""
        self._is_stale = False
        session = self.session
        asked = session.asked if session is not None else None
        member = session.member if session is not None else None
        where = ""
        if asked is None and member is not None:  # as it nearly always is, and mostly as it was before
            where = member.room.name if member.talk.addressee is None else member.talk.addressee.nickname
            if where is self._where:
                return
        self._where = where
        self.editor.prompt = self._prompt(asked)
        self.editor.hidden = asked is not None and asked.is_secret

    def _prompt(self, asked: Prompt | None) -> str:
        if asked is not None:
            return prompt_words(asked, self._view.language)
        member = self.session.member if self.session is not None else None
        if member is None:
            return ""
        return f"@{member.talk.addressee.nickname}> " if member.talk.addressee is not None else f"{member.room.name}> "

    def _format(self) -> Hashable:
        return _one_of((TerminalCodec, self._view, self._columns, self._naming.format[1:]))

    def _wrapped(self, line: str, frame: Frame, *, named: bool = False) -> bytes:
        if self._columns:
            line = wrap(line, self._columns, cells(str(frame)))
        return f"{painted(line, frame, Colours(self._view.colours), named=named)}\r\n".encode()


@lru_cache(maxsize=256)
def _one_of(format: Hashable) -> Hashable:
    """Return the one object that all equal formats are: who hears a line looks at no other's memory."""
    return format

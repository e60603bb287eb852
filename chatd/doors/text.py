"""What people read and type with telnet or nc: lines of UTF-8 (docs/protocol.md)."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator

from chatd.core.events import Cause, Event, Said
from chatd.doors.colour import Colours, Frame, painted
from chatd.doors.frames import frame_of_event, frame_of_line
from chatd.doors.keyboard import erased, needs_erasing
from chatd.doors.prompt import OpenPrompt
from chatd.doors.telnet import CTRL_D, EOF, Terminal
from chatd.doors.wrap import wrap
from chatd.session.inputs import Ended, Input, Line, Refused
from chatd.session.outputs import Answer, Goodbye, Note, Output, Prompt, Refusal, Replay
from chatd.session.refusals import ChangedByTelnet, LineTooLong, NotText
from chatd.session.session import Session
from chatd.session.typed import marked
from chatd.session.view import View, view
from chatd.session.words.answers import answer_lines
from chatd.session.words.events import event_line, replayed_line
from chatd.session.words.notes import goodbye_words, is_dismissal, note_lines, prompt_words, replay_head
from chatd.session.words.refusals import refusal_lines
from chatd.wire.codec import Hear, Row

MAX_LINE = 4096  # bytes
INDENT = 6  # columns of the rows that a line is broken into: those of the time
WIDEST = 512  # columns; nobody sees that what is wider is broken, and fewer widths are told apart
_CTRL_D = CTRL_D.decode()
_CHOICE = re.compile(r"to:|/(?:to|query|join|j|leave|part)\b", re.IGNORECASE)
_ENCODINGS = ("utf-8", "gb18030", "big5")  # in which a line may be that can't be read
_LONGEST_CHOICE = 64  # bytes, with what stands in front of it


class TextCodec:
    """A `Codec` for people. Its format is what they see: those who see alike share what is encoded."""

    __slots__ = (
        "_colours",
        "_is_pasted",
        "_line_end",
        "_line_is_open",
        "_row",
        "_terminal",
        "_typed_at",
        "_view",
        "_width",
        "format",
        "session",
    )

    max_line = MAX_LINE
    hear: Hear | None = None

    def __init__(self, terminal: Terminal | None = None, line_end: str = "\r\n") -> None:
        self._terminal = terminal or Terminal()
        self._line_end = line_end
        self._row: OpenPrompt | None = None
        self._line_is_open = False  # a prompt was the last that was sent
        self._typed_at = -1.0  # of the last line
        self._is_pasted = False  # that line came together with the one before it
        self.session: Session | None = None
        self.view = view("on")

    @property
    def row(self) -> Row | None:
        return self._row

    @property
    def view(self) -> View:
        return self._view

    @view.setter
    def view(self, view: View) -> None:
        self._view = view
        self._colours = Colours(view.colours)
        self._width = min(self._terminal.columns, WIDEST)
        self.format: Hashable = self._format()

    def decode(self, line: bytes, typed_at: float) -> Input:
        self._row = None
        self._is_pasted = typed_at == self._typed_at
        self._typed_at = typed_at
        if len(line) > MAX_LINE:
            return Refused(LineTooLong(MAX_LINE), _chooses(line), typed_at)
        if line.endswith(EOF):
            return Ended()
        try:
            text = line.decode()
        except UnicodeDecodeError:
            error = ChangedByTelnet() if self._terminal.is_telnet else NotText()
            return Refused(error, _chooses(line), typed_at)
        if needs_erasing(line):
            text = erased(text)
        return Ended() if text == _CTRL_D else Line(text, typed_at)

    def encode(self, output: Output) -> Iterable[bytes]:
        if isinstance(output, Said) and self._colours is Colours.OFF:  # nearly all that is ever encoded
            return (self._row_or_rows(event_line(output, self._view)),)
        if isinstance(output, Prompt):
            self._line_is_open = True
            words = prompt_words(output, self._view.language)
            self._row = OpenPrompt(words, self._line_end, begins_line=self._row is None)
            return ()
        if self._row is None:
            self._line_is_open = False
        if self._colours is Colours.OFF:
            return map(self._row_or_rows, self._lines(output))
        return (self._painted(line, _frame(line, output, self._view)) for line in self._lines(output))

    def _row_or_rows(self, line: str) -> bytes:
        """Return a line with its end; where the terminal's width is known, no row of it begins like another line."""
        if self._width:
            line = wrap(line, self._width, INDENT)
        return f"{line}{self._line_end}".encode()

    def _painted(self, line: str, frame: Frame) -> bytes:
        if self._width:
            line = wrap(line, self._width, INDENT)
        return f"{painted(line, frame, self._colours)}{self._line_end}".encode()

    def _how_to_close(self, goodbye: Goodbye) -> str:
        """Return what a person in nc needs to know: it stays open behind a goodbye, while telnet and scripts close."""
        is_script = self._is_pasted and goodbye.how is not None and goodbye.how.cause is Cause.QUIT
        if is_script or self._terminal.is_telnet or self._terminal.closes_itself:
            return ""
        return self._view.language.say(" (Enter or Ctrl-C closes nc)")

    def end(self) -> bytes:
        return self._line_end.encode() if self._line_is_open and self._row is None else b""

    def _format(self) -> Hashable:
        return self._view if self._line_end == "\r\n" and not self._width else (self._view, self._line_end, self._width)

    def _lines(self, output: Output) -> Iterator[str]:
        if isinstance(output, Event):
            return iter((event_line(output, self._view),))
        if isinstance(output, Refusal):
            return (f"!! {line}" for line in refusal_lines(output.error, self._view.language))
        if isinstance(output, Answer):
            return (f"-- {line}" for line in answer_lines(output, self._view))
        if isinstance(output, Note):
            return (f"-- {line}" for line in note_lines(output, self._view.language))
        if isinstance(output, Replay):
            return self._replayed(output)
        if isinstance(output, Goodbye) and (words := goodbye_words(output, self._view.language)):
            return iter((f"{'!!' if is_dismissal(output) else '--'} {words}{self._how_to_close(output)}",))
        return iter(())

    def _replayed(self, replay: Replay) -> Iterator[str]:
        """Yield lines that a script can tell from those that are new: no other line begins like them."""
        yield f"-- {replay_head(replay, self._view.language)}"
        for event in replay.events:
            yield f"| {replayed_line(event, self._view, replay.now)}"


def _frame(line: str, output: Output, view: View) -> Frame:
    return frame_of_event(output, view) if isinstance(output, Event) else frame_of_line(line)


def _chooses(line: bytes) -> bool:
    """Say whether a line that can't be read began like a choice of those to whom lines go."""
    begun = [line[:_LONGEST_CHOICE].decode(encoding, "replace") for encoding in _ENCODINGS]
    return any(_CHOICE.match(marked(typed.lstrip())) for typed in begun)

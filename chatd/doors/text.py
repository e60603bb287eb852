"""What people read and type with telnet or nc: lines of UTF-8 (docs/protocol.md)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from chatd.core.events import Cause, Event, Said
from chatd.doors.telnet import CTRL_D, EOF, Terminal, erased, needs_erasing
from chatd.session.answers import Answer
from chatd.session.inputs import Ended, Input, Line, Refused
from chatd.session.outputs import Asked, Goodbye, Note, Output, Prompt, Refusal
from chatd.session.refusals import ChangedByTelnet, LineTooLong, NotText
from chatd.session.view import View, view
from chatd.session.words.answers import answer_lines
from chatd.session.words.events import event_line
from chatd.session.words.notes import goodbye_words, is_dismissal, note_lines
from chatd.session.words.refusals import refusal_lines

MAX_LINE = 4096  # bytes
_CHOICE = re.compile(rb"\s*(?:to:|/(?:to|join|j|leave)\b)", re.IGNORECASE)


class TextCodec:
    """A `Codec` for people. Its format is their view: those who see alike share what is encoded."""

    __slots__ = ("_at_prompt", "_is_pasted", "_line_is_open", "_terminal", "_typed_at", "format")

    max_line = MAX_LINE

    def __init__(self, terminal: Terminal | None = None) -> None:
        self._terminal = terminal or Terminal()
        self.format = view("on")
        self._at_prompt = False  # and nothing was typed behind it yet
        self._line_is_open = False  # a prompt was the last that was sent
        self._typed_at = -1.0  # of the last line
        self._is_pasted = False  # that line came together with the one before it

    @property
    def view(self) -> View:
        return self.format

    @view.setter
    def view(self, view: View) -> None:
        self.format = view

    def decode(self, line: bytes, typed_at: float) -> Input:
        self._at_prompt = False
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
        return Ended() if text == CTRL_D.decode() else Line(text, typed_at)

    def encode(self, output: Output) -> Iterable[bytes]:
        if isinstance(output, Said):  # nearly all that is ever encoded
            return (f"{event_line(output, self.format)}\r\n".encode(),)
        if isinstance(output, Prompt):
            before, self._at_prompt, self._line_is_open = "\r\n" if self._at_prompt else "", True, True
            return ((before + self._prompt(output)).encode(),)
        self._line_is_open = False
        lines = (f"{line}\r\n".encode() for line in self._lines(output))
        if not self._at_prompt:
            return lines
        self._at_prompt = False
        return _behind_prompt(lines)

    def _prompt(self, prompt: Prompt) -> str:
        say = self.format.language.say
        match prompt.asked:
            case Asked.NICKNAME:
                return say("Nickname: ")

    def _how_to_close(self, goodbye: Goodbye) -> str:
        """Return what a person in nc needs to know: it stays open behind a goodbye, while telnet and scripts close."""
        is_script = self._is_pasted and goodbye.how is not None and goodbye.how.cause is Cause.QUIT
        if is_script or self._terminal.is_telnet or self._terminal.has_ended:
            return ""
        return self.format.language.say(" (Enter or Ctrl-C closes nc)")

    def end(self) -> bytes:
        return b"\r\n" if self._line_is_open else b""

    def _lines(self, output: Output) -> Iterator[str]:
        if isinstance(output, Event):
            return iter((event_line(output, self.format),))
        if isinstance(output, Refusal):
            return (f"!! {line}" for line in refusal_lines(output.error, self.format.language))
        if isinstance(output, Answer):
            return (f"-- {line}" for line in answer_lines(output, self.format))
        if isinstance(output, Note):
            return (f"-- {line}" for line in note_lines(output, self.format.language))
        if isinstance(output, Goodbye) and (words := goodbye_words(output, self.format.language)):
            return iter((f"{'!!' if is_dismissal(output) else '--'} {words}{self._how_to_close(output)}",))
        return iter(())


def _behind_prompt(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the lines with an end of the prompt's line in front of the first."""
    first = next(lines, b"")
    yield b"\r\n" + first
    yield from lines


def _chooses(line: bytes) -> bool:
    """Say whether a line that can't be read began like a choice of those to whom lines go."""
    return _CHOICE.match(line) is not None

"""A line editor: keys in, finished lines out, and one row that is drawn around what arrives.

It stands between a terminal that sends every key and the codec that owns it. No I/O, no clock: bytes and the time come
as arguments, and what the terminal is sent is what `around` and `finish` return.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chatd.core.text import one_line
from chatd.doors.cells import after
from chatd.doors.completion import completed, word_start
from chatd.doors.draft import Draft, Limit
from chatd.doors.history import History
from chatd.doors.keys import Key, KeyReader, Pasted, Pressed
from chatd.doors.moves import ERASURES, KILLS, MOVES
from chatd.doors.row import ROW_AWAY, UNKNOWN_WIDTH, Row

MOST_LISTED = 60  # names that Tab lists: of 24 columns each they fill a screen of 80 by 24

_BELL = b"\a"
_LINE_END = re.compile("\r\n?|\n")


@dataclass(frozen=True, slots=True)
class Typed:
    """A line was finished. `begun_at` is the time of the key that began it, a `hidden` one is a secret."""

    text: str
    begun_at: float
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """What the word before the cursor may become, and how many candidates more there are."""

    candidates: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class PasteRefused:
    """Something was pasted of which the row has taken nothing, because it would be over the limit."""

    limit: Limit


@dataclass(frozen=True, slots=True)
class Ended:
    """The person wants to leave: Ctrl-D, or Ctrl-C twice, on an empty row."""


Result = Typed | Listed | PasteRefused | Ended
Completions = Callable[[str, bool], Sequence[str]]


class Editor:
    """The row of one terminal, and what is typed in it.

    1. Nothing is sent when keys come in: `dirty` says that a flush is wanted, and each flush asks `around` once.
       However much is typed by a client that doesn't read, there is one row.
    2. Whatever is in the row is clean text (`one_line`), with LF only between lines that were pasted together.
    3. Only the Enter key finishes a line; nothing that is pasted does.
    4. What is typed while `hidden` is never drawn, recalled, yanked or handed on as half typed.

    `completions` is given the word before the cursor, and whether it begins a line; it returns what the word may
    become. `columns` is 0 if the terminal's width isn't known.
    """

    __slots__ = (
        "_bell",
        "_changed",
        "_completions",
        "_draft",
        "_hidden",
        "_history",
        "_keys",
        "_last_key",
        "_now",
        "_prompt",
        "_row",
        "_settled",
    )

    def __init__(self, completions: Completions, prompt: str = "", columns: int = UNKNOWN_WIDTH) -> None:
        self._completions = completions
        self._prompt = prompt
        self._hidden = False
        self._keys = KeyReader()
        self._draft = Draft()
        self._history = History()
        self._row = Row(columns)
        self._now = 0.0
        self._last_key: Key | None = None  # None for a text, and for a key that leaves nothing to go on with
        self._changed = True  # since the row was drawn
        self._bell = False
        self._settled: bytes | None = None  # what draws the row, if it stands there and nothing in it has changed

    @property
    def dirty(self) -> bool:
        """Whether a flush is wanted, be there data for it or not."""
        return self._changed or self._bell

    @property
    def prompt(self) -> str:
        """What stands before the text, with the space behind it: clean text."""
        return self._prompt

    @prompt.setter
    def prompt(self, prompt: str) -> None:
        if prompt != self._prompt:
            self._prompt = prompt
            self._change()

    @property
    def hidden(self) -> bool:
        """Whether nothing of the text is shown. What is half typed when that ends is dropped."""
        return self._hidden

    @hidden.setter
    def hidden(self, hidden: bool) -> None:
        if self._hidden and not hidden:
            self._clear()
        if hidden != self._hidden:
            self._hidden = hidden
            self._change()

    @property
    def half_typed(self) -> str:
        """What is in the row, unless it is hidden."""
        return "" if self._hidden else self._draft.text

    @property
    def begun_at(self) -> float | None:
        """The time of the key that began what is in the row, None if that is empty."""
        return self._draft.begun_at

    def begin(self, text: str, begun_at: float) -> None:
        """Take over what was half typed elsewhere, in place of what is in the row; ring if it is too much."""
        self._clear()
        self._bell |= self._draft.insert(_clean(text), begun_at) is not None

    def resize(self, columns: int) -> None:
        """Be on a terminal of another width, 0 if it isn't known."""
        self._row.resize(columns)
        self._change()

    def ring(self) -> None:
        """Ring the bell with the next flush: once, however often it was asked for."""
        self._bell = True
        self._settled = None

    def around(self, data: bytes) -> bytes:
        """Return what shows `data`, whole lines or nothing, above the row as it is now."""
        if self._settled is not None:  # as it nearly always is
            return ROW_AWAY + data + self._settled if data else b""
        if not (data or self.dirty):
            return b""
        if self._changed:
            text, at = ("", 0) if self._hidden else (self._draft.text, self._draft.at)
            self._row.draw(self._prompt, text, at)
        sent = self._row.around(data) + (_BELL if self._bell else b"")
        self._changed = self._bell = False
        self._settled = self._row.drawn
        return sent

    def finish(self) -> bytes:
        """Return what takes the row away and leaves the terminal as it was. What is half typed stays here.

        There is no row then until something changes in it.
        """
        self._changed = self._bell = False
        self._settled = None
        return self._row.finish()

    def feed(self, data: bytes, now: float) -> list[Result]:
        """Take what was typed, and return what came of it; `now` is in seconds, of a clock that never goes back."""
        self._now = now
        results: list[Result] = []
        for key in self._keys.read(data, now):
            results += self._press(key)
        return results

    def _press(self, key: Pressed) -> Sequence[Result]:
        self._change()
        last, self._last_key = self._last_key, key if isinstance(key, Key) else None
        match key:
            case str():
                self._bell |= not self._draft.type(one_line(key), self._now)
            case Pasted():
                return self._paste(key)
            case Key.ENTER:
                return self._enter()
            case Key.TAB:
                return self._complete()
            case Key.INTERRUPT | Key.END_OF_INPUT:
                return self._stop(key, last)
            case _:
                self._edit(key, last)
        return ()

    def _stop(self, key: Key, last: Key | None) -> Sequence[Result]:
        """Do what Ctrl-C and Ctrl-D do: empty the row or erase in it, and on an empty one leave."""
        if key is Key.END_OF_INPUT and self._draft.text:
            self._bell |= not self._draft.erase(after(self._draft.text, self._draft.at))
        elif self._draft.text:
            self._clear()
            self._last_key = None
        elif key is Key.INTERRUPT and last is not key:
            self._bell = True
        else:
            self._last_key = None
            return (Ended(),)
        return ()

    def _edit(self, key: Key, last: Key | None) -> None:
        draft = self._draft
        if move := MOVES.get(key):
            draft.at = move(draft.text, draft.at)
        elif move := ERASURES.get(key):
            self._bell |= not draft.erase(move(draft.text, draft.at))
        elif move := KILLS.get(key):
            place = move(draft.text, draft.at)
            done = draft.erase(place) if self._hidden else draft.kill(place, goes_on=last in KILLS)
            self._bell |= not done
        elif key is Key.REDRAW:
            self._row.tear()
        else:
            self._bell |= not self._bring(key)

    def _bring(self, key: Key) -> bool:
        """Do what the keys do that bring a text from elsewhere, or about; return whether there was one."""
        draft, row = self._draft, None
        match key:
            case Key.TRANSPOSE:
                return draft.transpose()
            case Key.YANK if not self._hidden:
                return draft.yank(self._now)
            case Key.UP if not self._hidden:
                row = self._history.older(draft.text, draft.begun_at)
            case Key.DOWN if not self._hidden:
                row = self._history.newer()
        if row is None:
            return False
        text, begun_at = row
        draft.put(text, self._now if begun_at is None else begun_at)
        return True

    def _enter(self) -> Sequence[Result]:
        text, begun_at = self._draft.text.removesuffix("\n"), self._draft.begun_at
        if not self._hidden:
            self._history.add(text)
        self._clear()
        begun_at = self._now if begun_at is None else begun_at
        return [Typed(line, begun_at, self._hidden) for line in text.split("\n")]

    def _paste(self, pasted: Pasted) -> Sequence[Result]:
        if len(pasted.text.encode()) > Limit.SIZE.value:
            return (PasteRefused(Limit.SIZE),)
        text = _clean(pasted.text.replace("\ufffd", ""))
        self._bell |= "\ufffd" in pasted.text
        if self._hidden and "\n" in text.removesuffix("\n"):
            return (PasteRefused(Limit.HIDDEN_LINES),)
        limit = self._draft.insert(text, pasted.begun_at)
        return () if limit is None else (PasteRefused(limit),)

    def _complete(self) -> Sequence[Result]:
        draft = self._draft
        start = word_start(draft.text, draft.at)
        word, is_first = draft.text[start : draft.at], draft.text[:start].endswith("\n") or not start
        candidates = [] if self._hidden else self._completions(word, is_first)
        becomes = completed(word, candidates) if candidates else None
        if becomes is not None:
            if becomes.endswith(" ") and draft.text.startswith(" ", draft.at):
                draft.at += 1  # the space that is there already is replaced too
            self._bell |= draft.insert(becomes, self._now, start) is not None
        elif candidates:
            return (Listed(tuple(candidates[:MOST_LISTED]), max(0, len(candidates) - MOST_LISTED)),)
        else:
            self._bell = True
        return ()

    def _clear(self) -> None:
        self._draft.put("", None)
        self._history.leave()
        self._change()

    def _change(self) -> None:
        self._changed = True
        self._settled = None


def _clean(text: str) -> str:
    """Return a text of any origin with nothing in it but clean lines."""
    return "\n".join(map(one_line, _LINE_END.split(text)))

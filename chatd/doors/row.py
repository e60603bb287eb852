"""One row at the bottom of a terminal: what draws it, and what takes it away. Knows no keys and no history.

What is drawn is a prompt, the part of a text around the cursor, and a marker at each side where more of it is hidden.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from chatd.core.nickname import columns as usual_columns
from chatd.doors.cells import MOST_IN_A_CELL, before, cells, end_of_fitting, joins

UNKNOWN_WIDTH = 80
WIDEST = 512  # columns of a row; whoever says that a terminal is wider is still sent no more for each flush

_LEAST_MARKED = 4  # columns for text; in fewer there is no marker
_HIDDEN_LEFT, _HIDDEN_RIGHT, _MARKER = "<", ">", "\x1b[7m%s\x1b[m"
_NEWLINE = "\u21b5"
ROW_AWAY = b"\r\x1b[K"
_PASTE_ON, _PASTE_OFF, _PLAIN = b"\x1b[?2004h", b"\x1b[?2004l", b"\x1b[m"


class _Drawn(NamedTuple):
    """What draws a row, what of it stands before the cursor, and the character under the cursor."""

    sent: bytes
    head: str
    under: str


_drawn_alike = lru_cache(maxsize=256)(_Drawn)  # the empty rows of many are one object


class Row:
    """The row on one terminal. `columns` is 0 if its width isn't known.

    1. Nothing is sent but what `around` and `finish` return.
    2. The row takes one column less than the terminal has, so that nothing wraps. Terminals disagree about some
       characters: while others than ASCII are drawn, the terminal is told not to wrap at all, and the cursor goes back
       to where the terminal itself remembers it.
    3. Nothing stands below the row: what takes it away may clear all that follows.
    """

    __slots__ = ("_columns", "_first", "_is_torn", "_shown", "_wanted")

    def __init__(self, columns: int) -> None:
        self._columns = _known(columns)
        self._first = 0  # where in the text the part that is drawn begins
        self._wanted = _Drawn(b"", "", "")
        self._shown: _Drawn | None = None  # on the terminal, None before the first `around` and after `finish`
        self._is_torn = False

    @property
    def drawn(self) -> bytes:
        """What draws it, as it was last drawn."""
        return self._wanted.sent

    def resize(self, columns: int) -> None:
        """Be on a terminal of another width, which may have broken the row in pieces; it is to be drawn again."""
        self._columns = _known(columns)
        self._is_torn = True

    def tear(self) -> None:
        """Let the next `around` send the whole row, even if nothing in it has changed."""
        self._is_torn = True

    def draw(self, prompt: str, text: str, at: int) -> None:
        """Let the row be `prompt` and `text`, each without control characters but for LF, the cursor before `at`."""
        room = self._columns - 1
        prompt = prompt[: end_of_fitting(prompt, 0, room // 2)]
        room -= cells(prompt)
        first, last = _part(text, at, self._first, room)
        self._first = first
        is_marked = room >= _LEAST_MARKED
        left = _HIDDEN_LEFT if is_marked and first > 0 else ""
        right = _HIDDEN_RIGHT if is_marked and last < len(text) else ""
        head, tail = text[first:at].replace("\n", _NEWLINE), text[at:last].replace("\n", _NEWLINE)
        sent_head = prompt + (_MARKER % left if left else "") + head
        sent_tail = tail + (_MARKER % right if right else "")
        if not tail + right:
            behind = ""
        elif (sent_head + tail).isascii():
            behind = f"{sent_tail}\x1b[{len(tail + right)}D"
        else:
            behind = f"\x1b7{sent_tail}\x1b8"
        row = sent_head + behind
        sent = row if row.isascii() else f"\x1b[?7l{row}\x1b[?7h"
        drawn = _Drawn if text else _drawn_alike
        self._wanted = drawn(sent.encode(), prompt + left + head, (tail + right)[:1])

    def around(self, data: bytes) -> bytes:
        """Return what shows `data`, whole lines or nothing, above the row as it was last drawn."""
        shown, wanted = self._shown, self._wanted
        if shown and not (data or self._is_torn) and wanted.sent.startswith(shown.sent):
            sent = wanted.sent[len(shown.sent) :]  # something was typed at the end
        else:
            sent = self._away() + data + wanted.sent
        self._shown, self._is_torn = wanted, False
        return sent

    def finish(self) -> bytes:
        """Return what leaves the terminal as it was before the row."""
        if self._shown is None:
            return b""
        sent = self._away() + _PASTE_OFF + _PLAIN
        self._shown = None
        return sent

    def _away(self) -> bytes:
        if self._shown is None:
            return _PASTE_ON + ROW_AWAY
        if not self._is_torn:
            return ROW_AWAY
        rows = _rows_above(self._shown, self._columns)
        return b"\r\x1b[%dA\x1b[J" % rows if rows else b"\r\x1b[J"


def _known(columns: int) -> int:
    return min(columns, WIDEST) if columns > 0 else UNKNOWN_WIDTH


def _part(text: str, at: int, first: int, room: int) -> tuple[int, int]:
    """Return from where to where `text` is drawn: all of it, or what fits around `at` between two markers.

    It goes on beginning at `first` while it can, and moves by a third of the room, so that it doesn't run to and fro
    with each key.
    """
    if end_of_fitting(text, 0, room) == len(text):
        return 0, len(text)
    room -= 2 if room >= _LEAST_MARKED else 0
    if first >= at:
        widest = cells(text[before(text, at) : at])  # the character in front of the cursor is shown if it can be
        first = _start_of_fitting(text, at, max(room // 3, min(widest, room)))
    elif at - first > room * MOST_IN_A_CELL or cells(text[first:at]) > room or (first and joins(text, first)):
        first = _start_of_fitting(text, at, room - room // 3)
    return first, max(end_of_fitting(text, first, room), at)


def _start_of_fitting(text: str, end: int, room: int) -> int:
    """Return from where on `text` fits into `room` cells, up to `end`."""
    start, least = end, end - room * MOST_IN_A_CELL
    while start > 0:
        previous = before(text, start)
        room -= cells(text[previous:start])
        if room < 0 or previous < least:
            break
        start = previous
    return start


def _rows_above(row: _Drawn, columns: int) -> int:
    """Return how many rows stand above the cursor's since a row was broken at `columns`, or fewer.

    Terminals that break rows keep the cursor with its character. Readline does as much; it can't be known whether a
    terminal breaks rows at all, and what one does with a cursor that stands just behind a full row is its own affair:
    here it stays in that row, as in tmux. Characters count as little as terminals give them, for the lines of others
    stand above.
    """
    rows = used = 0
    head = row.head + row.under
    for place, character in enumerate(head):
        if place and joins(head, place):
            continue
        if used + usual_columns(character) > columns:
            rows, used = rows + 1, 0
        used += usual_columns(character)
    return rows

"""Where the keys that move or erase lead to: places in a text, which lie between its whole characters."""

from __future__ import annotations

import re
from collections.abc import Callable

from chatd.doors.cells import after, before
from chatd.doors.keys import Key

Move = Callable[[str, int], int]  # from a place in a text to another

_FARTHEST = 4096  # characters that a move by words goes, so that no key is dear in a long text
_GAP = r"\s!-/:-@\[-^`{-\xbf\u2010-\u206f\u3000-\u303f\uff01-\uff0f"  # spaces and punctuation; marks go with the words
_WORD = re.compile(f"[{_GAP}]*[^{_GAP}]*")
_BLANK_WORD = re.compile(r"\s*\S*")


def word_after(text: str, place: int) -> int:
    """Return the end of the word at or behind `place`."""
    return after(text, place + _length(_WORD, text[place : place + _FARTHEST]) - 1)


def word_before(text: str, place: int) -> int:
    """Return the start of the word in front of `place`."""
    return _back(_WORD, text, place)


def blank_word_before(text: str, place: int) -> int:
    """Return the start of whatever lies between spaces in front of `place`."""
    return _back(_BLANK_WORD, text, place)


def start(text: str, place: int) -> int:
    """Return the start of the text."""
    return 0


def end(text: str, place: int) -> int:
    """Return the end of the text."""
    return len(text)


def _back(word: re.Pattern[str], text: str, place: int) -> int:
    near = text[max(0, place - _FARTHEST) : place]
    return before(text, place - _length(word, near[::-1]) + 1)


def _length(word: re.Pattern[str], text: str) -> int:
    found = word.match(text)
    return found.end() if found else 0


MOVES: dict[Key, Move] = {
    Key.LEFT: before,
    Key.RIGHT: after,
    Key.WORD_LEFT: word_before,
    Key.WORD_RIGHT: word_after,
    Key.HOME: start,
    Key.END: end,
}
ERASURES: dict[Key, Move] = {Key.BACKSPACE: before, Key.DELETE: after}
KILLS: dict[Key, Move] = {
    Key.KILL_LEFT: start,
    Key.KILL_RIGHT: end,
    Key.KILL_WORD_LEFT: word_before,
    Key.KILL_WORD_RIGHT: word_after,
    Key.KILL_BLANK_WORD_LEFT: blank_word_before,
}

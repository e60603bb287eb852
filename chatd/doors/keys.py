"""What keys were pressed, in the bytes that a terminal sends. Knows nothing of what the keys do."""

from __future__ import annotations

import codecs
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from io import StringIO

LONGEST_PASTE = 64 * 1024  # characters; of a longer one, one more is kept, so that it shows
PATIENCE = 1.0  # seconds for the rest of an escape sequence, after which it was the Escape key
LONGEST_STRING = 256  # characters of a terminal's answer that nobody asked for


class Key(Enum):
    """A key that is no text, named by what it is for."""

    LEFT = auto()
    RIGHT = auto()
    WORD_LEFT = auto()
    WORD_RIGHT = auto()
    HOME = auto()
    END = auto()
    UP = auto()
    DOWN = auto()
    BACKSPACE = auto()
    DELETE = auto()
    KILL_LEFT = auto()
    KILL_RIGHT = auto()
    KILL_WORD_LEFT = auto()
    KILL_WORD_RIGHT = auto()
    KILL_BLANK_WORD_LEFT = auto()
    YANK = auto()
    TRANSPOSE = auto()
    TAB = auto()
    REDRAW = auto()
    ENTER = auto()
    INTERRUPT = auto()  # Ctrl-C
    END_OF_INPUT = auto()  # Ctrl-D
    UNREADABLE = auto()  # a byte that is no UTF-8, or a control character of eight bits


@dataclass(frozen=True, slots=True)
class Pasted:
    """A text that was pasted, as it came, and when it began to come."""

    text: str
    begun_at: float


Pressed = str | Key | Pasted  # a text is what was typed in one go

_CONTROLS = {
    "\x01": Key.HOME,
    "\x02": Key.LEFT,
    "\x03": Key.INTERRUPT,
    "\x04": Key.END_OF_INPUT,
    "\x05": Key.END,
    "\x06": Key.RIGHT,
    "\x08": Key.BACKSPACE,
    "\x09": Key.TAB,
    "\x0a": Key.ENTER,
    "\x0b": Key.KILL_RIGHT,
    "\x0c": Key.REDRAW,
    "\x0d": Key.ENTER,
    "\x0e": Key.DOWN,
    "\x10": Key.UP,
    "\x14": Key.TRANSPOSE,
    "\x15": Key.KILL_LEFT,
    "\x17": Key.KILL_BLANK_WORD_LEFT,
    "\x19": Key.YANK,
    "\x7f": Key.BACKSPACE,
    "\ufffd": Key.UNREADABLE,
    **dict.fromkeys(map(chr, range(0x80, 0xA0)), Key.UNREADABLE),
}
_ALT = {
    "b": Key.WORD_LEFT,
    "f": Key.WORD_RIGHT,
    "d": Key.KILL_WORD_RIGHT,
    "\x08": Key.KILL_WORD_LEFT,
    "\x7f": Key.KILL_WORD_LEFT,
}
# By the last letter of `ESC [ … letter` or `ESC O … letter`; by the number of `ESC [ number ~`.
_LETTERS = {"A": Key.UP, "B": Key.DOWN, "C": Key.RIGHT, "D": Key.LEFT, "H": Key.HOME, "F": Key.END}
_NUMBERS = {"1": Key.HOME, "7": Key.HOME, "4": Key.END, "8": Key.END, "3": Key.DELETE}
_OTHERS = {
    "OM": Key.ENTER,  # of the keypad
    "[P": Key.DELETE,  # st
    "Oa": Key.UP,  # rxvt with Ctrl, this and the next three
    "Ob": Key.DOWN,
    "Oc": Key.WORD_RIGHT,
    "Od": Key.WORD_LEFT,
    "[3^": Key.KILL_WORD_RIGHT,
    "[7^": Key.HOME,
    "[8^": Key.END,
    "[3$": Key.DELETE,  # rxvt with Shift, whose `$` ends a sequence as it does nowhere else
    "[7$": Key.HOME,
    "[8$": Key.END,
}
_BY_WORDS = {Key.LEFT: Key.WORD_LEFT, Key.RIGHT: Key.WORD_RIGHT, Key.DELETE: Key.KILL_WORD_RIGHT}
_ALT_OR_CTRL = frozenset("345678")  # xterm's modifiers but for Shift alone

_TEXT = re.compile(r"[^\x00-\x1f\x7f-\x9f\ufffd]+")
_SEQUENCE = re.compile(  # each group is the end of its kind of sequence, "" while that isn't there
    r"\x1b(?:"
    r"\[\[(?P<linux>[A-E]?)"  # F1 to F5 of the Linux console
    r"|(?P<rxvt>\[[0-9]{1,3}\$)"
    r"|\[[0-?]{0,32}[ -/]{0,4}(?P<csi>[@-~]?)"
    r"|O[0-9;]{0,8}(?P<ss3>[@-~]?)"
    rf"|[\]PX^_][^\x00-\x1f\x7f\x9c]{{0,{LONGEST_STRING}}}(?P<string>\x07|\x9c|\x1b\\?|)"
    r"|(?P<alt>.?)"
    r")",
    re.DOTALL,
)
_NAMED = re.compile(r"\x1b[\[O]([0-9]*)(?:;([0-9]+))?([A-Za-z~])")
_PASTE, _PASTE_END = "\x1b[200~", "\x1b[201~"


class KeyReader:
    """Reads keys out of bytes, the same ones however the bytes are cut.

    ::

        text --ESC--> within a sequence --its last character, or what can't belong to it--> text
        text --ESC[200~--> within a paste --ESC[201~--> text

    Sequences that mean nothing here are swallowed whole, but the Escape key swallows nothing: a key without a meaning
    of its own behind it counts as pressed alone, and a sequence that stays unfinished for a second is forgotten.
    Nothing in a paste is a key. What is kept is bounded: an unfinished sequence, and one paste.
    """

    __slots__ = ("_after_cr", "_cut_character", "_cut_sequence", "_paste", "_paste_begun_at", "_read_at")

    def __init__(self) -> None:
        self._cut_character = b""
        self._cut_sequence = ""
        self._read_at = 0.0
        self._after_cr = False
        self._paste: StringIO | None = None
        self._paste_begun_at = 0.0

    def read(self, data: bytes, now: float) -> Iterator[Pressed]:
        """Yield the keys in `data`, to be read to the end; `now` is in seconds, of any clock that never goes back."""
        characters, read = codecs.utf_8_decode(self._cut_character + data, "replace", False)
        self._cut_character = (self._cut_character + data)[read:]
        if self._paste is None and now > self._read_at + PATIENCE:
            self._cut_sequence = ""
        text, self._cut_sequence, self._read_at = self._cut_sequence + characters, "", now
        place = 0
        while place < len(text):
            if self._paste is not None:
                place = yield from self._collect(self._paste, text, place)
            elif typed := _TEXT.match(text, place):
                self._after_cr = False
                place = typed.end()
                yield typed[0]
            elif sequence := _SEQUENCE.match(text, place):
                self._after_cr = False
                place, key = self._escape(sequence)
                if key:
                    yield key
            else:
                if key := self._control(text[place]):
                    yield key
                place += 1

    def _control(self, character: str) -> Key | None:
        """Return the key of a control character, None for those without meaning and for the second half of CR LF."""
        is_second_half = self._after_cr and character in "\n\0"
        self._after_cr = character == "\r"
        return None if is_second_half else _CONTROLS.get(character)

    def _escape(self, sequence: re.Match[str]) -> tuple[int, Key | None]:
        """Return where the text goes on behind a sequence, and the key that the sequence is."""
        kind = sequence.lastgroup or ""
        last = sequence[kind]
        if last in ("", "\x1b") and kind != "alt" and sequence.end() < len(sequence.string):
            return sequence.end() - len(last), None  # broken off by what can't belong to it
        if last == "" or (last == "\x1b" and kind == "string"):
            self._cut_sequence = sequence[0]
            return sequence.end(), None
        if kind == "alt":
            key = _ALT.get(last.lower())
            return sequence.end() - (0 if key else 1), key
        if sequence[0] == _PASTE:
            self._paste, self._paste_begun_at = StringIO(), self._read_at
            return sequence.end(), None
        return sequence.end(), _named(sequence[0])

    def _collect(self, paste: StringIO, text: str, place: int) -> Generator[Pressed, None, int]:
        """Take what `text` holds of a paste, yield the paste if it ends there, and return where the text goes on."""
        end = text.find(_PASTE_END, place)
        if end < 0:
            kept = next(n for n in range(len(_PASTE_END) - 1, -1, -1) if text.endswith(_PASTE_END[:n], place))
            end = len(text) - kept
            self._cut_sequence = text[end:]
        paste.write(text[place : min(end, place + LONGEST_PASTE + 1 - paste.tell())])
        if self._cut_sequence or end == len(text):
            return len(text)
        self._paste = None
        yield Pasted(paste.getvalue(), self._paste_begun_at)
        return end + len(_PASTE_END)


def _named(sequence: str) -> Key | None:
    """Return the key that sends a whole sequence, None for those without meaning here."""
    if key := _OTHERS.get(sequence[1:]):
        return key
    if not (found := _NAMED.fullmatch(sequence)):
        return None
    number, modifier, last = found.groups()
    if last == "~":
        key = _NUMBERS.get(number)
    else:
        key, modifier = _LETTERS.get(last), modifier or number
    return _BY_WORDS.get(key, key) if key and modifier in _ALT_OR_CTRL else key

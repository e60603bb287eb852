"""What one line of text may hold, so that no person's text can drive another's terminal."""

from __future__ import annotations

import re

from chatd.core.marks import without_piles
from chatd.core.refusals import NothingSaid

_ANSI_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor movements
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c)"  # OSC, DCS: window titles
    r"|\x1b[ -/]*[0-~]"
)
_UNFIT = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
# Default_Ignorable_Code_Point of Unicode, and what has a glyph without ink: braille and Egyptian blanks, the filler of
# Khitan, the null note head. `\s` has the spaces.
_BLANKS = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U00013441\U00013442\U00016fe4\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
_SHOWN = re.compile(rf"[^\s{_BLANKS}]")


def one_line(text: str) -> str:
    """Return `text` without what could move a cursor, end a line, turn the direction of writing or flood other lines.

    ANSI sequences, C0 and C1 controls, bidi marks and overrides, line separators, surrogates and invisible characters
    are dropped; a tab becomes a space. The joiners ZWJ and ZWNJ stay: emoji and Persian need them. Of marks piled onto
    one letter those stay that `without_piles` leaves.
    """
    if text.isascii() and text.isprintable():  # true of most lines
        return text
    if not text.isprintable():  # it has Cc, Cf, Cs, Zl or Zp
        text = _UNFIT.sub("", _ANSI_SEQUENCE.sub("", text).replace("\t", " "))
    return without_piles(text)


def shows_nothing(text: str) -> bool:
    """Whether a line is empty to the eye: spaces, fillers, joiners and selectors without anything to join or select."""
    if text.isascii():
        return not text or text.isspace()
    return not _SHOWN.search(text)


def sayable(text: str) -> str:
    """Return a line that may be said.

    @raises NothingSaid: if nothing of it can be shown.
    """
    text = one_line(text)
    if shows_nothing(text):
        raise NothingSaid
    return text

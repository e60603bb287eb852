"""What one line of text may hold, so that no person's text can drive another's terminal."""

from __future__ import annotations

import re

from chatd.core.marks import without_piles

_ANSI_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor movements
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c)"  # OSC, DCS: window titles
    r"|\x1b[ -/]*[0-~]"
)
_UNFIT = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)


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

"""What a typed line begins with, on whatever keyboard: Chinese ones make `＠` of @, and `。` of a full stop."""

from __future__ import annotations

import re
from unicodedata import normalize

_WIDE_MARK = re.compile("[@＠]|[/／]{1,2}|[tｔ][oｏ][:：]", re.IGNORECASE)
_LONGEST_QUIT = 40  # characters, with spaces around it
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}  # the full-width forms of ASCII


def marked(typed: str) -> str:
    """Return what was typed with the mark that it begins with, if any, as ASCII has it."""
    match = _WIDE_MARK.match(typed)
    return typed if match is None else match[0].translate(_NARROW) + typed[match.end() :]


def is_marked(typed: str) -> bool:
    """Say whether what was typed begins with a mark, on whatever keyboard."""
    return _WIDE_MARK.match(typed) is not None


def is_quit(line: str) -> bool:
    """Say whether a line is `quit`, however it is written."""
    return len(line) <= _LONGEST_QUIT and normalize("NFKC", line).strip().rstrip("。").lower() == "quit"

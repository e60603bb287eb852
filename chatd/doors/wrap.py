"""Long lines broken at words for a terminal whose width is known. Knows no attributes: lines are painted afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chatd.doors.cells import cells, end_of_fitting

_NARROWEST = 8  # columns; a narrower terminal is left to break lines as it likes
_WIDE = "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff01-\uff60\U00020000-\U0003ffff"
_CLOSING = "、。，．！？：；）」』】〉》”’…"  # what begins no row, in Chinese and Japanese
_MARKS = "\u0300-\u036f\u200c\u200d\u302a-\u302f\u3099\u309a\ufe00-\ufe0f"
_SPACES_AND_WORD = re.compile(f"( *)([{_WIDE}][{_CLOSING}{_MARKS}]*|[^ {_WIDE}]+[{_CLOSING}]*|$)")


def wrap(line: str, columns: int, indent: int) -> str:
    """Return a clean line as rows of at most `columns`, CR LF between them, all but the first indented.

    There is always an indent, of half the columns at most, so that no row can pass for a line of its own. Rows are
    broken at spaces, which are left out there, and around wide characters; a word that is longer than a row is cut.
    """
    if columns < _NARROWEST or 2 * len(line) <= columns or (line.isascii() and len(line) <= columns):
        return line
    margin = " " * min(max(indent, 1), columns // 2)
    return f"\r\n{margin}".join(_rows(line, columns, columns - len(margin)))


def _rows(line: str, room: int, next_room: int) -> Iterator[str]:
    row, used = "", 0
    for spaces, word in _SPACES_AND_WORD.findall(line):
        width = cells(word)
        if used + len(spaces) + width <= room:
            row, used = row + spaces + word, used + len(spaces) + width
            continue
        if width <= next_room:
            if word:  # there may be none behind the last spaces
                yield row
                row, used, room = word, width, next_room
            continue
        word = spaces + word
        while (cut := end_of_fitting(word, 0, room - used)) < len(word):
            cut = cut or int(not row)  # a character that is joined of so many that it fits in no row is cut too
            yield row + word[:cut]
            row, used, room, word = "", 0, next_room, word[cut:].lstrip(" ")
        row, used = row + word, used + cells(word)
    yield row

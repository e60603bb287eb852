"""The lines that somebody has entered, to be recalled. Knows no keys."""

from __future__ import annotations

MOST_LINES = 50
MOST_CHARACTERS = 8192  # in all of them, and in the row that is put aside meanwhile

Recalled = tuple[str, float | None]  # a text, and when it was begun if it is the row that was put aside


class History:
    """What Up and Down go through: the lines, and below the newest one the row as it was before."""

    __slots__ = ("_aside", "_lines", "_place")

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._place = 0  # the number of lines stands for the row
        self._aside: Recalled = ("", None)

    def add(self, line: str) -> None:
        """Keep a line, and go back below it. Blank ones, repetitions and those that are too long are not kept."""
        lines = self._lines
        if line.strip() and line not in lines[-1:] and len(line) <= MOST_CHARACTERS:
            lines.append(line)
        while len(lines) > MOST_LINES or sum(map(len, lines)) > MOST_CHARACTERS:
            del lines[0]
        self.leave()

    def leave(self) -> None:
        """Go back below the newest line, and forget the row that was put aside."""
        self._place = len(self._lines)
        self._aside = ("", None)

    def older(self, row: str, begun_at: float | None) -> Recalled | None:
        """Return the line before, None if there is none, or if the row would be lost because it is too long."""
        if not self._place:
            return None
        if self._place == len(self._lines):
            if len(row) > MOST_CHARACTERS:
                return None
            self._aside = (row, begun_at)
        self._place -= 1
        return self._lines[self._place], None

    def newer(self) -> Recalled | None:
        """Return the next line, or below the newest one the row as it was; None if there is none."""
        if self._place == len(self._lines):
            return None
        self._place += 1
        return (self._lines[self._place], None) if self._place < len(self._lines) else self._aside

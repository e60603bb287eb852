"""A terminal, as far as the row goes: too simple to be wrong, and it refuses what it doesn't know."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from chatd.core.nickname import columns
from chatd.doors.cells import cells

_TOKEN = re.compile(r"\x1b\[([?0-9]*)([A-Za-z])|\x1b([78])|([\r\n\a])|([^\x00-\x1f\x7f-\x9f])", re.DOTALL)


def usual(character: str) -> int:
    """As xterm and the terminals of GNOME count."""
    return 0 if unicodedata.category(character) == "Cf" else columns(character)


def generous(character: str) -> int:
    """As a terminal counts that gives every character as many cells as any terminal does."""
    return cells(character)


def stingy(character: str) -> int:
    """As a terminal counts that has never heard of emoji."""
    return usual(character) if character < "\U0001f000" else 1


def ambiguous_as_wide(character: str) -> int:
    """As terminals count that are told to be East Asian."""
    return 2 if unicodedata.east_asian_width(character) == "A" else usual(character)


@dataclass(slots=True)
class Cell:
    """A character with its marks, "" in the second half of a wide one."""

    text: str
    is_inverse: bool


class Screen:
    """Rows without end; where one was too narrow for what was written, `goes_on` in the next.

    A row of another width breaks its lines anew, as tmux does: the cursor stays with the character that it is on, and
    behind the last one in the same row.
    """

    def __init__(self, width: int, measure: Callable[[str], int] = usual) -> None:
        self.width = width
        self.measure = measure
        self.rows: list[list[Cell]] = [[]]
        self.goes_on: list[bool] = [False]
        self.x = self.y = 0
        self.kept = (0, 0)
        self.wraps = True
        self.is_inverse = False
        self.pastes_in_brackets = False
        self.bells = 0

    def show(self, data: bytes) -> None:
        """Do what a terminal does with these bytes."""
        text, place = data.decode(), 0
        while place < len(text):
            token = _TOKEN.match(text, place)
            assert token, f"unknown to terminals: {text[place : place + 10]!r}"
            place = token.end()
            parameter, letter, digit, control, character = token.groups()
            if character:
                self._put(character)
            elif control:
                self._control(control)
            elif digit == "7":
                self.kept = self.y, self.x
            elif digit == "8":
                self.y, self.x = self.kept
            else:
                self._sequence(parameter, letter)

    def lines(self) -> list[str]:
        """Return the lines that were written above the cursor's, however they are broken."""
        lines, line = list[str](), ""
        for y, row in enumerate(self.rows):
            line += "".join(cell.text for cell in row)
            if not self.goes_on[y]:
                lines.append(line)
                line = ""
        return lines[:-1]

    def resize(self, width: int) -> None:
        """Break every line anew."""
        lines: list[list[Cell]] = [[]]
        line_of_cursor = place = 0
        for y, row in enumerate(self.rows):
            if y == self.y:
                line_of_cursor, place = len(lines) - 1, len(lines[-1]) + self.x
            lines[-1] += row
            if not self.goes_on[y]:
                lines.append([])
        self.width, self.rows, self.goes_on = width, [], []
        for number, line in enumerate(lines[:-1]):
            self._write(line, place if number == line_of_cursor else None)

    def _write(self, line: list[Cell], place: int | None) -> None:
        """Write a line into rows of its own, the cursor at that place in it."""
        row: list[Cell] = []
        for number, cell in enumerate(line):
            size = 2 if line[number + 1 : number + 2] and line[number + 1].text == "" else 1 if cell.text else 0
            if len(row) + size > self.width:
                self._end(row, goes_on=True)
                row = []
            row.append(cell)
            if number == place:
                self.y, self.x = len(self.rows), len(row) - 1
        if place is not None and place >= len(line):
            self.y, self.x = len(self.rows), len(row) + place - len(line)
        self._end(row, goes_on=False)

    def _end(self, row: list[Cell], *, goes_on: bool) -> None:
        self.rows.append(row)
        self.goes_on.append(goes_on)

    def _put(self, character: str) -> None:
        size = self.measure(character)
        row = self.rows[self.y]
        if not size:
            before = next((cell for cell in reversed(row[: self.x]) if cell.text), None)
            if before:
                before.text += character
            return
        if self.x + size > self.width:
            if not self.wraps:
                self.x = max(self.width - size, 0)
            else:
                self.goes_on[self.y] = True
                self.x = 0
                self._down()
                row = self.rows[self.y]
        row += [Cell(" ", False) for _ in range(self.x - len(row))]
        row[self.x : self.x + size] = [Cell(character, self.is_inverse), Cell("", self.is_inverse)][:size]
        self.x += size

    def _down(self) -> None:
        self.y += 1
        if self.y == len(self.rows):
            self._end([], goes_on=False)

    def _control(self, control: str) -> None:
        match control:
            case "\r":
                self.x = 0
            case "\n":
                self._down()
            case _:
                self.bells += 1

    def _sequence(self, parameter: str, letter: str) -> None:
        match parameter, letter:
            case "", "K":
                del self.rows[self.y][self.x :]
                self.goes_on[self.y] = False
            case "", "J":
                del self.rows[self.y][self.x :], self.rows[self.y + 1 :], self.goes_on[self.y + 1 :]
                self.goes_on[self.y] = False
            case _, "A":
                self.y -= int(parameter)
                assert self.y >= 0, "above the screen"
            case _, "D":
                self.x -= int(parameter)
                assert self.x >= 0, "in front of the row"
            case (("7" | ""), "m"):
                self.is_inverse = parameter == "7"
            case "?7", ("h" | "l"):
                self.wraps = letter == "h"
            case "?2004", ("h" | "l"):
                self.pastes_in_brackets = letter == "h"
            case _:
                raise AssertionError(f"unknown to terminals: {parameter}{letter}")


def faults(screen: Screen, prompt: str, text: str, at: int) -> list[str]:
    """Return what is wrong with the row on a screen that should show a text, the cursor at a place in it."""
    row = screen.rows[screen.y]
    room = screen.width - 1
    prompt = prompt[: room // 2]
    shown_before, shown_behind = ("".join(c.text for c in part) for part in (row[: screen.x], row[screen.x :]))
    marks = [x for x, cell in enumerate(row) if cell.is_inverse]
    left, right = marks[:1] == [len(prompt)] and screen.x > len(prompt), bool(marks) and marks[-1] >= screen.x
    before, behind = (part.replace("\n", "\u21b5") for part in (text[:at], text[at:]))
    wrong = []
    if screen.y != len(screen.rows) - 1 or screen.goes_on[screen.y]:
        wrong.append("something stands below the row, or it wraps")
    if len(row) > room:
        wrong.append("the last column is taken")
    if not shown_before.startswith(prompt):
        wrong.append("the prompt isn't there")
    if "".join(row[x].text for x in marks) != "<" * left + ">" * right:
        wrong.append("there are wrong markers")
    shown_before = shown_before[len(prompt) + left :]
    shown_behind = shown_behind[: len(shown_behind) - right]
    if not (before.endswith(shown_before) and behind.startswith(shown_behind)):
        wrong.append("what is shown isn't the text")
    has_markers = room - len(prompt) >= 4
    if has_markers and (left, right) != (shown_before != before, shown_behind != behind):
        wrong.append("a marker says that something is hidden, or fails to")
    if sum(map(cells, text)) <= room - len(prompt) and (shown_before, shown_behind) != (before, behind):
        wrong.append("something is hidden without need")
    if before and not shown_before and room - len(prompt) >= 8:
        wrong.append("the character before the cursor is hidden")
    if not screen.wraps or screen.is_inverse or not screen.pastes_in_brackets:
        wrong.append("a mode of the terminal is wrong")
    return wrong

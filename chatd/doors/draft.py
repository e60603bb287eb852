"""What is in the row: a text, a cursor between two of its characters, and when it was begun. Knows no keys."""

from __future__ import annotations

from enum import Enum

from chatd.doors.cells import after, before

MOST_KILLED = 8192  # characters that are kept for `yank`


class Limit(Enum):
    """How much there may be."""

    LINES = 200
    SIZE = 64 * 1024  # bytes of a paste, characters of the whole
    LINE = 4096  # bytes of each line
    HIDDEN_LINES = 1  # lines of what is typed unseen


class Draft:
    """A text that is being written, of several lines if they were pasted.

    Whatever would make it larger than its limits is refused, and leaves it as it is. `begun_at` is the time at which
    it was last empty and something came; it is None if and only if there is no text.
    """

    __slots__ = ("_killed", "at", "begun_at", "text")

    def __init__(self) -> None:
        self.text = ""
        self.at = 0
        self.begun_at: float | None = None
        self._killed = ""

    def put(self, text: str, begun_at: float | None) -> None:
        """Let this be the text, the cursor behind it."""
        self.text, self.at, self.begun_at = text, len(text), begun_at if text else None

    def type(self, text: str, now: float) -> bool:
        """Put in as many characters of a text without LF as there is room for; return whether there was for all."""
        fitting = self._fitting(text)
        self._insert(fitting, now)
        return len(fitting) == len(text)

    def insert(self, text: str, now: float, start: int | None = None) -> Limit | None:
        """Put in a whole text, from `start` to the cursor if that is given, or return which limit forbids it."""
        head, tail = self.text[: self.at if start is None else start], self.text[self.at :]
        if limit := _exceeded(head, text, tail):
            return limit
        self.text, self.at = head + tail, len(head)
        self._insert(text, now)
        return None

    def erase(self, place: int) -> str:
        """Take out what lies between the cursor and a place, and return it; "" if nothing can be."""
        start, end = min(self.at, place), max(self.at, place)
        head, erased, tail = self.text[:start], self.text[start:end], self.text[end:]
        if "\n" in erased and _exceeded(head, "", tail):  # it would join two lines
            return ""
        self.text, self.at = head + tail, start
        if not self.text:
            self.begun_at = None
        return erased

    def kill(self, place: int, *, goes_on: bool) -> bool:
        """Erase, and keep it for `yank`, together with what has just been killed if that `goes_on`."""
        is_behind = place > self.at
        erased = self.erase(place)
        kept = self._killed if goes_on else ""
        if erased:
            killed = kept + erased if is_behind else erased + kept
            self._killed = killed if len(killed) <= MOST_KILLED else ""
        return bool(erased)

    def yank(self, now: float) -> bool:
        """Put in what was killed last."""
        return bool(self._killed) and self.insert(self._killed, now) is None

    def transpose(self) -> bool:
        """Exchange the characters on both sides of the cursor, at the end the last two, and go behind them."""
        text = self.text
        middle = self.at if self.at < len(text) else before(text, len(text))
        start, end = before(text, middle), after(text, middle)
        if start == middle or "\n" in text[start:end]:
            return False
        self.text = text[:start] + text[middle:end] + text[start:middle] + text[end:]
        self.at = end
        return True

    def _insert(self, text: str, now: float) -> None:
        if self.begun_at is None and text:
            self.begun_at = now
        self.text = self.text[: self.at] + text + self.text[self.at :]
        self.at += len(text)

    def _fitting(self, typed: str) -> str:
        """Return the characters for which there is room, whether they come one by one or all at once."""
        if 4 * (len(self.text) + len(typed)) <= Limit.LINE.value:
            return typed
        end = self.text.find("\n", self.at)
        line = self.text[self.text.rfind("\n", 0, self.at) + 1 : end if end >= 0 else None]
        room, room_in_all = Limit.LINE.value - len(line.encode()), Limit.SIZE.value - len(self.text)
        fitting = []
        for character in typed:
            size = len(character.encode())
            if size <= room and room_in_all:
                fitting.append(character)
                room, room_in_all = room - size, room_in_all - 1
        return "".join(fitting)


def _exceeded(head: str, text: str, tail: str) -> Limit | None:
    """Return the limit that is exceeded by putting `text` between two parts that keep them all, None if none is.

    A LF at the very end begins no line.
    """
    if len(head) + len(text) + len(tail) > Limit.SIZE.value:
        return Limit.SIZE
    if "\n" in text:
        ends = head.count("\n") + text.count("\n") + tail.count("\n")
        if ends - (tail or text).endswith("\n") >= Limit.LINES.value:
            return Limit.LINES
    end = tail.find("\n")
    changed = head[head.rfind("\n") + 1 :] + text + (tail[:end] if end >= 0 else tail)
    return Limit.LINE if any(len(line.encode()) > Limit.LINE.value for line in changed.split("\n")) else None

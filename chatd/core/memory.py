"""What is remembered of what was said: the last lines of each room, and the port of whoever keeps more of them.

It knows no file, and what must not be remembered at all is decided by whoever calls it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from math import inf
from typing import NamedTuple, Protocol

from chatd.core.events import Spoken, is_acted
from chatd.core.nickname import exact_key


class Kept(NamedTuple):
    """A line that was said in a room, or done there (`acted`).

    `id` grows with each line of the whole chat; `at` is in seconds since 1970; the names are as they were then; `owner`
    is the id of the account of whoever said it, None for people without one. It is a tuple because one is made for each
    line: 0.25 us, against 0.8 us for a frozen dataclass.
    """

    id: int
    at: float
    room: str
    name: str
    owner: int | None
    acted: bool
    text: str


@dataclass(frozen=True, slots=True)
class LinesOf:
    """Which lines are meant: those of an `owner`, or said under a `name` whoever had it, with neither of everybody; in
    a `room`, with None in all; between two times.

    Nobody shares a name with anybody at the same time, so a person without an account is the names they had, each for
    as long as they had it. Case makes no difference to a name.
    """

    owner: int | None = None
    name: str | None = None
    since: float = 0.0
    until: float = inf
    room: str | None = None

    def means(self, line: Kept) -> bool:
        return self.since <= line.at <= self.until and self._is_by(line) and self._is_in(line)

    def _is_by(self, line: Kept) -> bool:
        if self.owner is not None:
            return line.owner == self.owner
        return self.name is None or line.name.casefold() == self.name.casefold()

    def _is_in(self, line: Kept) -> bool:
        return self.room is None or exact_key(line.room) == exact_key(self.room)


class Archive(Protocol):
    """Keeps lines for longer than memory does."""

    def keep(self, line: Kept) -> None:
        """Take a line. Never waits, raises or refuses."""

    async def last(self, room: str, count: int, before: int | None = None) -> list[Kept]:
        """Return the last lines of a room, the oldest first: every line kept before the call, of those before an id.

        @raises ArchiveSilent: if they can't be read now.
        """

    async def search(self, room: str, words: str, count: int) -> list[Kept]:
        """Return the last lines of a room that hold each of the words, or parts of words, in any case; oldest first.

        @raises ArchiveSilent: if they can't be read now.
        """

    async def forget(self, which: Collection[LinesOf]) -> int:
        """Return how many lines are forgotten. When it returns, no file of the archive holds a byte of them.

        @raises ArchiveSilent: if that can't be done now; some of them may be gone.
        """


class Memory:
    """What one chat remembers: so many `lines` of each room, and for longer what the `archive` keeps.

    `lines` may change at any time.
    """

    def __init__(self, lines: int, archive: Archive | None = None) -> None:
        self.lines = lines
        self.archive = archive
        self._newest = 0

    def ring(self, room: str) -> Ring:
        """Return the memory of a room that has just been opened; it is empty."""
        return Ring(self, room)

    def number(self, at: float) -> int:
        """Return the id of a line: when it was said, in milliseconds since 1970, or the next one that is free.

        So ids need no file to be read first, and go on growing when chatd starts again.
        """
        self._newest = max(self._newest + 1, int(at * 1000))
        return self._newest

    def go_on_after(self, id: int) -> None:
        """Give no id that is not greater, though the clock may have been set back."""
        self._newest = max(self._newest, id)


class Ring:
    """The last lines of one room. With `archived` the archive keeps them, too."""

    __slots__ = ("_lines", "_memory", "archived", "room")

    def __init__(self, memory: Memory, room: str) -> None:
        self.room = room
        self.archived = False
        self._memory = memory
        self._lines: deque[Kept] = deque()

    def keep(self, line: Spoken, owner: int | None) -> None:
        """Remember a line that was just said, by an account or with None by somebody without one."""
        memory = self._memory
        if memory.lines or self.archived:
            at = line.at
            kept = Kept(memory.number(at), at, self.room, line.speaker, owner, is_acted(line), line.text)
            self._lines.append(kept)
            if self.archived and memory.archive is not None:
                memory.archive.keep(kept)
        self.trim()

    def last(self, count: int | None = None) -> list[Kept]:
        """Return the last lines, the oldest first: at most `count`, and no more than the memory's `lines`."""
        count = self._memory.lines if count is None else min(count, self._memory.lines)
        return list(self._lines)[-count:] if count > 0 else []

    def trim(self) -> None:
        """Hold no more lines than the memory's `lines`, which may have become fewer."""
        while len(self._lines) > self._memory.lines:
            self._lines.popleft()

    async def recall(self) -> None:
        """Go on where the room left off: put the archive's last lines before those that are here already.

        @raises ArchiveSilent: if they can't be read now; the room begins empty then.
        """
        if self.archived and self._memory.archive is not None:
            earlier = await self._memory.archive.last(self.room, self._memory.lines)
            if self.archived:  # else the room was locked meanwhile
                self.put_before(earlier)

    def put_before(self, earlier: Iterable[Kept]) -> None:
        """Put lines, the oldest first, before those that are here; those that are here already are left out."""
        earlier = list(earlier)
        if earlier:
            self._memory.go_on_after(earlier[-1].id)
        if self._lines:
            earlier = [line for line in earlier if line.id < self._lines[0].id]
        fit = self._memory.lines - len(self._lines)
        if fit > 0:
            self._lines.extendleft(reversed(earlier[-fit:]))

    def forget(self, which: Collection[LinesOf]) -> int:
        """Return how many lines are forgotten. The archive's are not: ask it, too."""
        left = [line for line in self._lines if not any(one.means(line) for one in which)]
        gone = len(self._lines) - len(left)
        self._lines = deque(left)
        return gone

    def clear(self) -> None:
        """Forget all that memory holds of this room."""
        self._lines.clear()

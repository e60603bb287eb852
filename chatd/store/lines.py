"""Kept lines as rows of SQLite. Everything here is given a connection, and waits for the disk.

A line's id is the primary key, so its time needs no index: `late` is by how many milliseconds the id is ahead of it,
mostly 0. 91 MB for a million lines of 51 bytes each.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from math import inf

from chatd.core.memory import Kept, LinesOf
from chatd.core.nickname import exact_key

SCRIPTS = (
    """
    create table room (id integer primary key, key text not null unique);
    create table speaker (id integer primary key, name text not null, owner integer not null, unique (name, owner));
    create table line (
        id integer primary key, late integer not null, room integer not null, speaker integer not null,
        acted integer not null, text text not null);
    create index line_by_room on line (room, id);
    """,
)

_MOST_SPEAKERS = 10_000  # whose ids are remembered
_NOBODY = 0  # the owner of a name without one; in a unique index each null would be another
_SPECIAL = "*?["  # what means something else to GLOB
_SELECT = """
    select line.id, line.id - line.late, speaker.name, speaker.owner, line.acted, line.text
    from line join speaker on speaker.id = line.speaker
    where line.room = (select id from room where key = ?) and line.id - line.late >= ?
"""


class Inserting:
    """Inserts lines, and remembers the ids of their rooms and speakers for as long as a connection is the same."""

    def __init__(self) -> None:
        self._for: sqlite3.Connection | None = None
        self._rooms: dict[str, int] = {}
        self._speakers: dict[tuple[str, int | None], int] = {}

    def insert(self, db: sqlite3.Connection, lines: Sequence[Kept]) -> None:
        """Add lines in their order. Where the clock was set back since the last one, they get ids behind it."""
        if db is not self._for or len(self._speakers) > _MOST_SPEAKERS:
            self.forget()
            self._for = db
        [[newest]] = db.execute("select coalesce(max(id), 0) from line")
        rows = []
        for number, at, room, name, owner, acted, text in lines:
            newest = number if number > newest else newest + 1
            where = self._rooms.get(room) or self._room(db, room)
            who = self._speakers.get((name, owner)) or self._speaker(db, name, owner)
            rows.append((newest, newest - int(at * 1000), where, who, acted, text))
        db.executemany("insert into line (id, late, room, speaker, acted, text) values (?, ?, ?, ?, ?, ?)", rows)

    def forget(self) -> None:
        """Look ids up again: they may have changed."""
        self._for = None
        self._rooms.clear()
        self._speakers.clear()

    def _room(self, db: sqlite3.Connection, room: str) -> int:
        self._rooms[room] = found = _id_of(db, "room", key=exact_key(room))
        return found

    def _speaker(self, db: sqlite3.Connection, name: str, owner: int | None) -> int:
        self._speakers[name, owner] = found = _id_of(db, "speaker", name=name, owner=owner or _NOBODY)
        return found


def last(db: sqlite3.Connection, room: str, count: int, since: float, before: int | None = None) -> list[Kept]:
    """Return the last lines of a room said since that time, the oldest first; those before an id, if there is one."""
    condition, arguments = ("", ()) if before is None else (" and line.id < ?", (before,))
    return _newest(db, room, since, condition, arguments, count)


def search(db: sqlite3.Connection, room: str, words: str, count: int, since: float) -> list[Kept]:
    """Return the last lines of a room that hold each of the words or parts of words, in any case; the oldest first."""
    conditions, arguments = "", []
    for word in words.split():
        condition, patterns = _holds(word)
        conditions += f" and ({condition})"
        arguments += patterns
    return _newest(db, room, since, conditions, arguments, count)


def count(db: sqlite3.Connection) -> int:
    """Return how many lines there are: 6 ms for a million."""
    [[lines]] = db.execute("select count(*) from line")
    return int(lines)


def delete_oldest(db: sqlite3.Connection, most: int) -> int:
    """Return how many lines were deleted, which is as many as that if there are as many."""
    return db.execute("delete from line where id in (select id from line order by id limit ?)", (most,)).rowcount


def delete_before(db: sqlite3.Connection, at: float, most: int) -> int:
    """Delete lines said before a time, of the oldest so many; return how many they were."""
    oldest = "select id from line order by id limit ?"
    condition = f"id in ({oldest}) and id - late < ?"
    return db.execute(f"delete from line where {condition}", (most, _milliseconds(at))).rowcount


def delete_of(db: sqlite3.Connection, which: Collection[LinesOf]) -> int:
    """Return how many lines were deleted, with the names of those of whom nothing is left: 0.1 s for a million."""
    speakers = db.execute("select id, name, owner from speaker").fetchall()
    deleted = 0
    for one in which:
        since, until = _milliseconds(one.since), _milliseconds(one.until) if one.until < inf else 2**62
        condition = "id >= ? and id - late between ? and ?"
        arguments: list[object] = [since, since, until]
        if one.owner is not None or one.name is not None:
            ids = [number for number, name, owner in speakers if _is_of(one, name, owner)]
            condition += f" and speaker in ({_marks(ids)})"
            arguments += ids
        if one.room is not None:
            condition += " and room = (select id from room where key = ?)"
            arguments.append(exact_key(one.room))
        deleted += db.execute(f"delete from line where {condition}", arguments).rowcount
    delete_names(db)
    return deleted


def delete_names(db: sqlite3.Connection) -> None:
    """Delete the names of people and rooms of whom no line is left: 0.1 s for a million lines."""
    db.execute("delete from speaker where id not in (select speaker from line)")
    db.execute("delete from room where id not in (select room from line)")


def _newest(
    db: sqlite3.Connection, room: str, since: float, condition: str, arguments: Iterable[object], count: int
) -> list[Kept]:
    rows = db.execute(
        f"{_SELECT}{condition} order by line.id desc limit ?",
        (exact_key(room), _milliseconds(since), *arguments, count),
    )
    lines = [
        Kept(number, at / 1000, room, name, None if owner == _NOBODY else owner, bool(acted), text)
        for number, at, name, owner, acted, text in rows
    ]
    return lines[::-1]


def _holds(word: str) -> tuple[str, list[str]]:
    """Return a condition that a text holds a word, and its patterns.

    LIKE folds the case of ASCII alone. GLOB folds none, but knows sets of characters: it is for words with other
    letters that have a case, not for Chinese. A set right behind `*` is slow: the first letter has a pattern for each.
    """
    if all(character.isascii() or len(_cases(character)) == 1 for character in word):
        escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return "line.text like ? escape '\\'", [f"%{escaped}%"]
    rest = "".join(map(_glob, word[1:]))
    patterns = [f"*{f'[{first}]' if first in _SPECIAL else first}{rest}*" for first in sorted(_cases(word[0]))]
    return " or ".join(["line.text glob ?"] * len(patterns)), patterns


def _glob(character: str) -> str:
    """Return a pattern of a character in any case."""
    cases = _cases(character)
    return f"[{''.join(sorted(cases))}]" if len(cases) > 1 or character in _SPECIAL else character


def _cases(character: str) -> set[str]:
    """Return a character in each case that it has as one character."""
    upper = character.upper()
    return {case for case in (character, character.lower(), upper, upper.lower(), character.title()) if len(case) == 1}


def _id_of(db: sqlite3.Connection, table: str, **columns: str | int) -> int:
    """Return the id of a row, which is inserted if there is none."""
    condition = " and ".join(f"{column} = ?" for column in columns)
    found = db.execute(f"select id from {table} where {condition}", tuple(columns.values())).fetchone()
    if found is None:
        names = ", ".join(columns)
        inserted = f"insert into {table} ({names}) values ({_marks(columns)})"
        return db.execute(inserted, tuple(columns.values())).lastrowid or 0
    return int(found[0])


def _is_of(which: LinesOf, name: str, owner: int) -> bool:
    if which.owner is not None:
        return owner == which.owner
    return which.name is not None and name.casefold() == which.name.casefold()


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))


def _milliseconds(at: float) -> int:
    return int(at * 1000)

"""Accounts, ignores and letters as rows of SQLite. Everything here is given a connection, and waits for the disk."""

from __future__ import annotations

import json
import sqlite3
import unicodedata
from collections.abc import Collection, Iterable
from importlib.metadata import version

from chatd.core.copies import LetterGone
from chatd.core.letters import Letter, check_fits
from chatd.core.nickname import Nickname, exact_key, nickname
from chatd.core.owners import Owner, SSHKey
from chatd.core.refusals import BadNickname

# Times are in seconds since 1970. `gone` tells other servers that an account was removed and when, and not what it was
# called; `burned` which letters have arrived, and when they were written.
SCRIPTS = (
    """
    create table owner (
        id integer primary key, shown text not null, exact text not null unique, password text, valid_until real,
        since real not null, seen real not null, changed_at real not null, remembered integer not null);
    create table name_key (key text not null, owner integer not null, primary key (key, owner)) without rowid;
    create table owner_key (
        fingerprint text primary key, owner integer not null, comment text not null, since real not null) without rowid;
    create table ignored (owner integer not null, other integer not null, primary key (owner, other)) without rowid;
    create table letter (
        id integer primary key autoincrement, owner integer not null, sender text not null, sender_owner integer,
        at real not null, text text not null);
    create index letter_by_owner on letter (owner);
    create table gone (owner integer primary key, at real not null);
    create table fact (name text primary key, value text not null) without rowid;
    """,
    """
    create table burned (id integer primary key, at real not null);
    create index name_key_by_owner on name_key (owner);
    create index owner_key_by_owner on owner_key (owner);
    create index ignored_by_other on ignored (other);
    update letter set id = abs(random() % 4503599627370496);
    """,
)
GONE_FOR = 366 * 86_400.0  # seconds after which no other server will have missed it


def tables() -> str:
    """Return by which tables of characters names are compared: when they change, so do the names' keys."""
    packages = ("confusable_homoglyphs", "precis_i18n")
    return " ".join([unicodedata.unidata_version, *map(version, packages)])


def owners(db: sqlite3.Connection, ids: Collection[int] | None = None) -> list[Owner]:
    """Return all accounts, or those of some ids, the oldest first."""
    which = "1" if ids is None else "{} in (select value from json_each(?))"
    some = () if ids is None else (json.dumps(list(ids)),)
    keys: dict[int, list[str]] = {}
    for key, owner in db.execute(f"select key, owner from name_key where {which.format('owner')}", some):
        keys.setdefault(owner, []).append(key)
    ssh_keys: dict[int, list[SSHKey]] = {}
    columns = "owner, fingerprint, comment, since"
    for owner, *facts in db.execute(
        f"select {columns} from owner_key where {which.format('owner')} order by since, fingerprint", some
    ):
        ssh_keys.setdefault(owner, []).append(SSHKey(*facts))
    columns = "id, shown, exact, since, seen, changed_at, remembered, password is not null, valid_until is not null"
    return [
        Owner(
            number,
            Nickname(shown, frozenset(keys.get(number, ())), exact),
            since,
            seen,
            changed_at,
            bool(remembered),
            bool(has_password),
            bool(must_change),
            tuple(ssh_keys.get(number, ())),
        )
        for number, shown, exact, since, seen, changed_at, remembered, has_password, must_change in db.execute(
            f"select {columns} from owner where {which.format('id')} order by since, id", some
        )
    ]


def ignored(db: sqlite3.Connection) -> list[tuple[int, int]]:
    """Return who ignores whom."""
    return db.execute("select owner, other from ignored").fetchall()


def bring_keys_up_to_date(db: sqlite3.Connection) -> None:
    """Compute the keys of all names anew if the tables that they come from have changed: 1 s for 20,000 names.

    A name that may not be registered any more keeps the keys that it has.
    """
    now = tables()
    if db.execute("select 1 from fact where name = 'tables' and value = ?", (now,)).fetchone():
        return
    db.execute("begin immediate")
    for owner, shown in db.execute("select id, shown from owner").fetchall():
        try:
            keys = nickname(shown).keys
        except BadNickname:
            continue
        db.execute("update owner set exact = ? where id = ?", (exact_key(shown), owner))
        db.execute("delete from name_key where owner = ?", (owner,))
        _insert_keys(db, owner, keys)
    db.execute("insert or replace into fact (name, value) values ('tables', ?)", (now,))
    db.execute("commit")


def insert(db: sqlite3.Connection, owner: Owner, password: str | None) -> None:
    """Add an account. `password` is as it is stored."""
    db.execute(
        "insert into owner (id, shown, exact, password, since, seen, changed_at, remembered)"
        " values (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            owner.id,
            owner.name.shown,
            owner.name.exact,
            password,
            owner.since,
            owner.seen,
            owner.changed_at,
            owner.remembered,
        ),
    )
    _insert_keys(db, owner.id, owner.name.keys)
    for key in owner.ssh_keys:
        insert_key(db, owner, key)


def delete(db: sqlite3.Connection, owner: int, at: float) -> None:
    """Remove an account with all that is its own; what it wrote to others stays theirs."""
    db.execute("delete from owner where id = ?", (owner,))
    for table in ("name_key", "owner_key", "ignored", "letter"):
        db.execute(f"delete from {table} where owner = ?", (owner,))
    db.execute("delete from ignored where other = ?", (owner,))
    db.execute("update letter set sender_owner = null where sender_owner = ?", (owner,))
    db.execute("insert or replace into gone (owner, at) values (?, ?)", (owner, at))


def set_facts(db: sqlite3.Connection, owner: Owner) -> None:
    """Write down the facts of an account that may change."""
    facts = (owner.seen, owner.changed_at, owner.remembered, owner.id)
    db.execute("update owner set seen = ?, changed_at = ?, remembered = ? where id = ?", facts)


def password(db: sqlite3.Connection, owner: int) -> tuple[str | None, float | None]:
    """Return the password of an account as it is stored, and until when it is valid, None for ever."""
    found = db.execute("select password, valid_until from owner where id = ?", (owner,)).fetchone()
    return (None, None) if found is None else found


def set_password(db: sqlite3.Connection, owner: Owner, stored: str, valid_until: float | None) -> None:
    """Give an account another password."""
    db.execute("update owner set password = ?, valid_until = ? where id = ?", (stored, valid_until, owner.id))
    set_facts(db, owner)


def store_anew(db: sqlite3.Connection, owner: int, before: str, stored: str) -> None:
    """Store the same password in another way, unless it was changed meanwhile."""
    db.execute("update owner set password = ? where id = ? and password = ?", (stored, owner, before))


def insert_key(db: sqlite3.Connection, owner: Owner, key: SSHKey) -> None:
    """Let an SSH key open a name."""
    row = (key.fingerprint, owner.id, key.comment, key.since)
    db.execute("insert into owner_key (fingerprint, owner, comment, since) values (?, ?, ?, ?)", row)
    set_facts(db, owner)


def delete_key(db: sqlite3.Connection, owner: Owner, fingerprint: str) -> None:
    """Let an SSH key open a name no longer."""
    db.execute("delete from owner_key where fingerprint = ?", (fingerprint,))
    set_facts(db, owner)


def set_ignored(db: sqlite3.Connection, owner: Owner, other: int, on: bool) -> None:
    """Let an owner ignore another, or hear them again."""
    if on:
        db.execute("insert or ignore into ignored (owner, other) values (?, ?)", (owner.id, other))
    else:
        db.execute("delete from ignored where owner = ? and other = ?", (owner.id, other))
    set_facts(db, owner)


def letters(db: sqlite3.Connection, owner: int, since: float) -> list[Letter]:
    """Return the letters to an owner that were written since that time."""
    rows = db.execute(
        "select id, owner, sender, sender_owner, at, text from letter where owner = ? and at >= ?", (owner, since)
    )
    return [Letter(*row) for row in rows]


def insert_letter(db: sqlite3.Connection, letter: Letter, addressee: str, since: float) -> None:
    """Keep a letter that was left here.

    @raises LettersFull: if too many wait that were written since that time.
    """
    check_fits(letter, letters(db, letter.owner, since), addressee)
    keep_letter(db, letter)


def keep_letter(db: sqlite3.Connection, letter: Letter) -> bool:
    """Keep a letter, however many wait; return False if it is kept already."""
    kept = db.execute(
        "insert or ignore into letter (id, owner, sender, sender_owner, at, text) values (?, ?, ?, ?, ?, ?)",
        (letter.id, letter.owner, letter.sender, letter.sender_owner, letter.at, letter.text),
    )
    return kept.rowcount > 0


def delete_letters(db: sqlite3.Connection, letters: Iterable[LetterGone]) -> None:
    """Remove letters that have arrived, and remember that they have."""
    for letter in letters:
        db.execute("delete from letter where id = ?", (letter.id,))
        db.execute("insert or ignore into burned (id, at) values (?, ?)", (letter.id, letter.at))


def delete_old(db: sqlite3.Connection, letters_before: float, gone_before: float) -> int:
    """Remove letters from before that time, and return how many they were. What has been gone for long is forgotten,
    too.
    """
    db.execute("delete from gone where at < ?", (gone_before,))
    db.execute("delete from burned where at < ?", (letters_before,))
    return db.execute("delete from letter where at < ?", (letters_before,)).rowcount


def _insert_keys(db: sqlite3.Connection, owner: int, keys: Iterable[str]) -> None:
    db.executemany("insert into name_key (key, owner) values (?, ?)", [(key, owner) for key in keys])

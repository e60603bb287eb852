"""What several servers keep alike, as rows of SQLite: how late it is, and what is made of copies of others.

Everything here is given a connection, and waits for the disk.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from math import inf, nextafter
from secrets import randbits
from zlib import crc32

from chatd.core.copies import GROUPS, AccountCopy, AccountGone, Copy, LetterGone, Stamp
from chatd.core.letters import Letter
from chatd.core.owners import Owner, SSHKey
from chatd.store import accounts

SEEN_WITHIN = 3_600.0  # seconds: so exactly do servers agree on when an owner was last here
READ = 4e9  # the stamp of a letter that has arrived; it is later than that of any that waits
_SOME = "in (select value from json_each(?))"
_STAMPS = f"""
    select id, changed_at, cast(seen / {SEEN_WITHIN} as integer) from owner
    union all select owner, at, 0 from gone where at >= :gone
    union all select id, at, 0 from letter where at >= :letter
    union all select id, {READ}, 0 from burned where at >= :letter
"""


@dataclass(frozen=True, slots=True)
class Oldest:
    """When the oldest letter was written that is kept, and the oldest removal made, in seconds since 1970."""

    letter: float
    gone: float


NO_LETTERS = Oldest(inf, inf)


def later(now: float, before: float) -> float:
    """Return when something changes that has changed `before`, by a clock that may be ahead of this one.

    Of two servers whose clocks are behind none says the same: two copies of one time would both stay.
    """
    return now if now > before else before + (1 + randbits(17)) / 1_000_000


def judged(changed_at: float) -> float:
    """Return when something is taken away that changed at that time: it is the same for all servers."""
    return nextafter(changed_at, inf)


def stamps(db: sqlite3.Connection, oldest: Oldest) -> dict[int, Stamp]:
    """Return how late all is that is kept, by its id."""
    rows = db.execute(_STAMPS, {"gone": oldest.gone, "letter": oldest.letter})
    return {number: (changed_at, seen) for number, changed_at, seen in rows}


def digests(db: sqlite3.Connection, oldest: Oldest) -> list[str]:
    """Return for each group of ids what is the same wherever the same is kept."""
    groups: list[list[tuple[int, Stamp]]] = [[] for _ in range(GROUPS)]
    for number, stamp in sorted(stamps(db, oldest).items()):
        groups[number % GROUPS].append((number, stamp))
    return [sha256(json.dumps(group).encode()).hexdigest()[:16] if group else "" for group in groups]


def copies(db: sqlite3.Connection, ids: Collection[int], oldest: Oldest) -> list[Copy]:
    """Return what is kept under some ids, removals first: a name may have been registered anew behind one."""
    some = (json.dumps(list(ids)),)
    ignored: dict[int, list[int]] = {}
    for number, other in db.execute(f"select owner, other from ignored where owner {_SOME} order by other", some):
        ignored.setdefault(number, []).append(other)
    secrets = {
        number: (password, valid_until)
        for number, password, valid_until in db.execute(
            f"select id, password, valid_until from owner where id {_SOME}", some
        )
    }
    letter = "select id, owner, sender, sender_owner, at, text from letter"
    return [
        *(AccountGone(*row) for row in db.execute(f"select owner, at from gone where owner {_SOME}", some)),
        *(
            AccountCopy(owner, *secrets[owner.id], tuple(ignored.get(owner.id, ())))
            for owner in accounts.owners(db, ids)
        ),
        *(Letter(*row) for row in db.execute(f"{letter} where id {_SOME} and at >= ?", (*some, oldest.letter))),
        *(LetterGone(*row) for row in db.execute(f"select id, at from burned where id {_SOME}", some)),
    ]


def merge(
    db: sqlite3.Connection, told: Iterable[Copy], oldest: Oldest
) -> tuple[list[AccountCopy | AccountGone], list[Letter]]:
    """Keep what is later than what is here; return which accounts are others now, or gone, in the order in which that
    is to be taken over, and which letters are new.
    """
    changed: list[AccountCopy | AccountGone] = []
    letters: list[Letter] = []
    for copy in told:
        match copy:
            case AccountCopy():
                changed += _merge_account(db, copy)
            case AccountGone(_, at):
                if at >= oldest.gone:
                    changed += _remove(db, copy)
            case Letter():
                letters += _merge_letter(db, copy, oldest)
            case LetterGone():
                accounts.delete_letters(db, [copy])
    return changed, letters


def _merge_account(db: sqlite3.Connection, copy: AccountCopy) -> list[AccountCopy | AccountGone]:
    owner = copy.owner
    before = db.execute("select changed_at, seen from owner where id = ?", (owner.id,)).fetchone()
    gone = db.execute("select 1 from gone where owner = ? and at >= ?", (owner.id, owner.changed_at)).fetchone()
    if gone is not None:
        return []
    if before is not None and before[0] >= owner.changed_at:
        return _merge_seen(db, owner) if before[1] < owner.seen else []
    changed: list[AccountCopy | AccountGone] = []
    rival = db.execute(
        "select id, since, changed_at from owner where exact = ? and id != ?", (owner.name.exact, owner.id)
    ).fetchone()
    if rival is not None:
        number, since, changed_at = rival
        if (since, number) < (owner.since, owner.id):
            return _remove(db, AccountGone(owner.id, judged(owner.changed_at)))
        changed += _remove(db, AccountGone(number, judged(changed_at)))
    if before is not None:
        owner = replace(owner, seen=max(owner.seen, before[1]))
    others, ssh_keys = _judge_keys(db, owner)
    if ssh_keys != owner.ssh_keys:
        lost = [key.fingerprint for key in owner.ssh_keys if key not in ssh_keys]
        owner = replace(owner, ssh_keys=ssh_keys, changed_at=owner.changed_at + sum(map(_moment, lost)))
    return [*changed, *others, _put(db, replace(copy, owner=owner))]


def _judge_keys(db: sqlite3.Connection, owner: Owner) -> tuple[list[AccountCopy], tuple[SSHKey, ...]]:
    """Take SSH keys that open two names from the one that they have opened since later; return the other accounts that
    lose some, and which keys this one keeps.
    """
    others: list[AccountCopy] = []
    kept = []
    for key in owner.ssh_keys:
        found = db.execute(
            "select since, owner from owner_key where fingerprint = ? and owner != ?", (key.fingerprint, owner.id)
        ).fetchone()
        if found is not None and tuple(found) < (key.since, owner.id):
            continue
        kept.append(key)
        if found is not None:
            others.append(_take_key(db, found[1], key.fingerprint))
    return others, tuple(kept)


def _moment(fingerprint: str) -> float:
    """Return by how many seconds the loss of a key is later than what it is lost from: the same on all servers, but not
    that of two keys, or two copies that have lost one of them would be as late, and both would stay.
    """
    return (1 + crc32(fingerprint.encode()) % 1_000) / 1_000_000


def _take_key(db: sqlite3.Connection, id: int, fingerprint: str) -> AccountCopy:
    [owner] = accounts.owners(db, [id])
    owner = replace(owner, changed_at=owner.changed_at + _moment(fingerprint))
    accounts.delete_key(db, owner, fingerprint)
    return _account(db, id)


def _merge_seen(db: sqlite3.Connection, owner: Owner) -> list[AccountCopy | AccountGone]:
    db.execute("update owner set seen = ? where id = ?", (owner.seen, owner.id))
    return [_account(db, owner.id)]


def _remove(db: sqlite3.Connection, gone: AccountGone) -> list[AccountCopy | AccountGone]:
    """Have an account gone, unless it, or its removal, is later here."""
    later_here = (
        "select 1 from owner where id = :id and changed_at > :at"
        " union all select 1 from gone where owner = :id and at >= :at"
    )
    if db.execute(later_here, {"id": gone.id, "at": gone.at}).fetchone() is not None:
        return []
    accounts.delete(db, gone.id, gone.at)
    return [gone]


def _put(db: sqlite3.Connection, copy: AccountCopy) -> AccountCopy:
    """Have an account as it is told, whatever it was."""
    owner = copy.owner
    for table, column in (("owner", "id"), ("name_key", "owner"), ("owner_key", "owner"), ("ignored", "owner")):
        db.execute(f"delete from {table} where {column} = ?", (owner.id,))
    db.execute("delete from gone where owner = ?", (owner.id,))
    accounts.insert(db, owner, copy.password)
    db.execute("update owner set valid_until = ? where id = ?", (copy.valid_until, owner.id))
    for other in copy.ignored:
        db.execute(
            "insert into ignored (owner, other) select ?, ? where not exists (select 1 from gone where owner = ?)",
            (owner.id, other, other),
        )
    return _account(db, owner.id)


def _account(db: sqlite3.Connection, id: int) -> AccountCopy:
    return next(copy for copy in copies(db, [id], NO_LETTERS) if isinstance(copy, AccountCopy))


def _merge_letter(db: sqlite3.Connection, letter: Letter, oldest: Oldest) -> list[Letter]:
    if letter.at < oldest.letter:
        return []
    for table, column, number in (("burned", "id", letter.id), ("gone", "owner", letter.owner)):
        if db.execute(f"select 1 from {table} where {column} = ?", (number,)).fetchone() is not None:
            return []
    return [letter] if accounts.keep_letter(db, letter) else []

"""Copies of accounts and letters as nodes tell them: lists of plain data, the first of which says what they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, assert_never

from chatd.core.copies import AccountCopy, AccountGone, Copy, LetterGone
from chatd.core.letters import Letter
from chatd.core.nickname import Nickname, exact_key
from chatd.core.owners import Owner, SSHKey
from chatd.core.text import one_line

MOST_BYTES = 65_536  # of the copies in one entry, unless one alone is larger

Plain = list[Any]


def of_copy(copy: Copy) -> Plain:
    match copy:
        case AccountCopy(owner, password, valid_until, ignored):
            name, ssh_keys = owner.name, [[key.fingerprint, key.comment, key.since] for key in owner.ssh_keys]
            times = [owner.since, owner.seen, owner.changed_at, valid_until]
            facts = [owner.remembered, password, ssh_keys, list(ignored)]
            return ["account", owner.id, name.shown, sorted(name.keys), times, *facts]
        case AccountGone(id, at):
            return ["gone", id, at]
        case Letter(id, owner_id, sender, sender_owner, at, text):
            return ["letter", id, owner_id, sender, sender_owner, at, text]
        case LetterGone(id, at):
            return ["arrived", id, at]
        case _:  # pragma: no cover
            assert_never(copy)


def copy_in(plain: Plain) -> Copy:
    """@raises ValueError: if it is none."""
    match plain:
        case ["account", id, shown, keys, times, remembered, password, ssh_keys, ignored]:
            since, seen, changed_at, valid_until = times
            name = Nickname(one_line(shown), frozenset(keys), exact_key(shown))
            owner = Owner(
                id,
                name,
                since,
                seen,
                changed_at,
                remembered,
                password is not None,
                valid_until is not None,
                tuple(SSHKey(fingerprint, one_line(comment), when) for fingerprint, comment, when in ssh_keys),
            )
            return AccountCopy(owner, password, valid_until, tuple(ignored))
        case ["gone", id, at]:
            return AccountGone(id, at)
        case ["letter", id, owner_id, sender, sender_owner, at, text]:
            return Letter(id, owner_id, one_line(sender), sender_owner, at, one_line(text))
        case ["arrived", id, at]:
            return LetterGone(id, at)
        case _:
            raise ValueError(plain[0])


def in_pieces(copies: Iterable[Copy]) -> Iterator[list[Plain]]:
    """Yield copies as plain data, as many at once as fit into one entry."""
    piece: list[Plain] = []
    size = 0
    for plain in map(of_copy, copies):
        bytes_ = len(json.dumps(plain))
        if piece and size + bytes_ > MOST_BYTES:
            yield piece
            piece, size = [], 0
        piece.append(plain)
        size += bytes_
    if piece:
        yield piece

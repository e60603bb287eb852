"""Which name somebody has who can't have theirs: that name with -2 behind it, or the next number."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from chatd.core.hall import Hall
from chatd.core.nickname import MAX_CHARACTERS, Nickname, nickname
from chatd.core.refusals import BadNickname, NicknameTaken


def is_spare(hall: Hall, name: Nickname, account: int | None = None) -> bool:
    """Say whether a name is nobody's here, and no other account's."""
    try:
        hall.check_free(name, None)
    except NicknameTaken:
        return False
    owner = hall.owners.owner_of(name)
    return owner is None or owner.id == account


def spare_name(hall: Hall, before: str) -> Nickname:
    """Return a free name like that nickname."""
    return next(_variants(hall, before))


def _variants(hall: Hall, before: str) -> Iterator[Nickname]:
    for n in count(2):
        suffix = f"-{n}"
        for length in range(min(len(before), MAX_CHARACTERS - len(suffix)), 0, -1):
            try:
                name = nickname(before[:length] + suffix)
            except BadNickname:
                continue  # it is too wide
            if not is_spare(hall, name):
                break
            yield name

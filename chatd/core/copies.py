"""What several servers keep alike, each on its own disk: accounts and letters, as they are told to each other.

Of two copies of one account the later one holds, whatever way they came; a removal is a change like any other. It knows
no file, and not by which way they are told.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from chatd.core.letters import Letter
from chatd.core.owners import Owner

GROUPS = 256  # in which all that is kept is compared: by the remainder of the id


@dataclass(frozen=True, slots=True)
class AccountCopy:
    """An account with all that its owner comes back by: `password` as it is stored, valid until that time, None for
    ever. `ignored` are the ids of other accounts.
    """

    owner: Owner
    password: str | None
    valid_until: float | None
    ignored: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountGone:
    """The account of that id was removed; `at` in seconds since 1970."""

    id: int
    at: float


@dataclass(frozen=True, slots=True)
class LetterGone:
    """The letter of that id, which was written `at` that time, has arrived."""

    id: int
    at: float


Copy = AccountCopy | AccountGone | Letter | LetterGone
Stamp = tuple[float, float]  # how late a copy is: by its last change, and by when its owner was last here
NEVER: Stamp = (-1.0, -1.0)  # that of what isn't there


class Kept(Protocol):
    """What is kept here, to be compared with what others keep.

    Every method raises PeopleNotWritten or PeopleNotRead if the disk can't be used.
    """

    async def digests(self) -> list[str]:
        """Return for each group what is the same wherever the same is kept of it."""

    async def stamps(self, groups: Collection[int]) -> dict[int, Stamp]:
        """Return how late all is that is kept in some groups, by its id."""

    async def copies(self, ids: Collection[int]) -> list[Copy]:
        """Return what is kept under some ids, removals first, then accounts."""

    async def merge(self, copies: Sequence[Copy]) -> None:
        """Keep what is later than what is here. If that can't be written, nothing has changed."""

"""Private lines that wait for an owner who is away: how many there may be, and in which order they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chatd.core.owner_refusals import LettersFull

MOST_FROM_ONE = 10  # from one sender to one owner
MOST = 100  # to one owner


@dataclass(frozen=True, slots=True)
class Letter:
    """A line for the account `owner`; the sender's name is as it was `at` that time, in seconds since 1970.

    `id` is random, so that no two servers give the same one; `sender_owner` is the sender's account, None for people
    without one.
    """

    id: int
    owner: int
    sender: str
    sender_owner: int | None
    at: float
    text: str

    def has_sender_of(self, other: Letter) -> bool:
        """Say whether the same person wrote both, as far as can be known."""
        if self.sender_owner is not None or other.sender_owner is not None:
            return self.sender_owner == other.sender_owner
        return self.sender.casefold() == other.sender.casefold()


def check_fits(letter: Letter, waiting: Iterable[Letter], nickname: str) -> None:
    """Say whether one more letter may wait beside those for the same owner, who is called `nickname`.

    @raises LettersFull: if not, giving the line back.
    """
    waiting = list(waiting)
    if sum(letter.has_sender_of(other) for other in waiting) >= MOST_FROM_ONE:
        raise LettersFull(nickname, MOST_FROM_ONE, True, unsent=letter.text)
    if len(waiting) >= MOST:
        raise LettersFull(nickname, MOST, False, unsent=letter.text)


def in_order(letters: Iterable[Letter]) -> list[Letter]:
    """Return letters as they are shown: in the order in which they were written."""
    return sorted(letters, key=lambda letter: (letter.at, letter.id))

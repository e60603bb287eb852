"""Who ignored people that are out of sight, because their node is."""

from __future__ import annotations

from chatd.core.hall import Hall
from chatd.core.member import Member

Whose = tuple[str, int]
"""The node and the number of a person."""

_MOST_SHUNNED = 1_000  # of whom nobody knows whether they come back


class Unseen:
    """What binds people at home here to those out of sight, for when these are back, or heard late."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._ignored: dict[Whose, frozenset[Member]] = {}
        self._shunned: dict[Whose, frozenset[int]] = {}  # by the accounts of owners who have left

    def taken_out(self, whose: Whose, member: Member) -> None:
        """That person is out of sight from now on."""
        if member.ignored_by:
            self._ignored = {one: by for one, by in self._ignored.items() if any(other.here for other in by)}
            self._ignored[whose] = member.ignored_by
        for account in member.traces.shunned_by:
            self.shun(whose, account)

    def put_back(self, whose: Whose, member: Member, account: int | None) -> None:
        """They are in sight again, as that member, under an account."""
        for other in self.ignored_by(whose, account):
            other.ignore_member(member)
        self._ignored.pop(whose, None)
        shunned_by = self._shunned.pop(whose, ())
        for owner in shunned_by if account is None else ():
            self._hall.shun(owner, member)

    def ignored_by(self, whose: Whose, account: int | None) -> set[Member]:
        """Return who of those at home here ignored somebody who has that account; between owners it is their accounts
        that say so.
        """
        ignored_by = {one for one in self._ignored.get(whose, ()) if one.here and not one.is_remote}
        return {one for one in ignored_by if account is None or one.traces.account is None}

    def ignored(self, member: Member) -> list[Whose]:
        """Return whom somebody ignored."""
        return [whose for whose, ignored_by in self._ignored.items() if member in ignored_by]

    def ignore(self, whose: Whose, member: Member) -> None:
        """Somebody at home here ignored that person, as their last home says."""
        self._ignored[whose] = self._ignored.get(whose, frozenset()) | {member}

    def shun(self, whose: Whose, account: int) -> None:
        """An owner ignored that person when they left."""
        self._shunned[whose] = self._shunned.get(whose, frozenset()) | {account}
        while len(self._shunned) > _MOST_SHUNNED:
            del self._shunned[next(iter(self._shunned))]

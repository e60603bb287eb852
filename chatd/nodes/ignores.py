"""Who at home here ignores whom of other nodes, also while those are out of sight, or the one who ignores has left."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chatd.core.hall import Hall
from chatd.core.member import Member

Whose = tuple[str, int]
"""The node and the number of a person."""

_MOST_SHUNNED = 1_000  # of whom nobody knows whether they come back


class Ignores:
    """Somebody is out of sight while their node is cut off: `find` returns None then, and so does `id_of`."""

    def __init__(
        self, hall: Hall, id_of: Callable[[Member], Whose | None], find: Callable[[str, int], Member | None]
    ) -> None:
        self._hall = hall
        self._id_of = id_of
        self._find = find
        self._ignored: dict[Whose, frozenset[Member]] = {}  # those out of sight, and who ignored them
        self._shunned: dict[Whose, frozenset[int]] = {}  # likewise, by the accounts of owners who have left

    def of(self, member: Member) -> list[Whose]:
        """Return whom somebody at home here ignores."""
        out_of_sight = [whose for whose, ignored_by in self._ignored.items() if member in ignored_by]
        return [*filter(None, map(self._id_of, member.ignoring)), *out_of_sight]

    def ignored_by(self, whose: Whose, account: int | None) -> set[Member]:
        """Return who of those at home here ignored somebody out of sight, who has that account; between owners it is
        their accounts that say so.
        """
        ignored_by = {one for one in self._ignored.get(whose, ()) if one.here and not one.is_remote}
        return {one for one in ignored_by if account is None or one.traces.account is None}

    def ignore(self, member: Member, others: Iterable[Whose]) -> None:
        """Somebody at home here ignores these, as their last home says."""
        for whose in others:
            other = self._find(*whose)
            if other is not None:
                member.ignore_member(other)
            else:
                self._ignored[whose] = self._ignored.get(whose, frozenset()) | {member}

    def shun(self, account: int, others: Iterable[Whose]) -> None:
        """An owner is leaving who ignores these."""
        for whose in others:
            other = self._find(*whose)
            if other is not None:
                self._hall.holders.shun(account, other)
            else:
                self._shun(account, whose)

    def taken_out(self, whose: Whose, member: Member) -> None:
        """Somebody is out of sight from now on."""
        if member.ignored_by:
            self._ignored = {one: by for one, by in self._ignored.items() if any(other.here for other in by)}
            self._ignored[whose] = member.ignored_by
        for account in member.traces.shunned_by:
            self._shun(account, whose)

    def put_back(self, whose: Whose, member: Member, account: int | None) -> None:
        """They are in sight again, as that member, under an account."""
        for other in self.ignored_by(whose, account):
            other.ignore_member(member)
        self._ignored.pop(whose, None)
        shunned_by = self._shunned.pop(whose, ())
        for owner in shunned_by if account is None else ():
            self._hall.holders.shun(owner, member)

    def _shun(self, account: int, whose: Whose) -> None:
        self._shunned[whose] = self._shunned.get(whose, frozenset()) | {account}
        while len(self._shunned) > _MOST_SHUNNED:
            del self._shunned[next(iter(self._shunned))]

"""Who at home here ignores whom of other nodes, also while those are out of sight, or the one who ignores has left."""

from __future__ import annotations

from collections.abc import Iterable

from chatd.core.hall import Hall
from chatd.core.member import Member
from chatd.nodes.roster import PersonId, Roster

_MOST_SHUNNED = 1_000  # of whom nobody knows whether they come back


class Ignores:
    """Somebody is out of sight while their node is cut off: the roster doesn't have them then."""

    def __init__(self, hall: Hall, roster: Roster) -> None:
        self._hall = hall
        self._roster = roster
        self._ignored: dict[PersonId, frozenset[Member]] = {}  # those out of sight, and who ignored them
        self._shunned: dict[PersonId, frozenset[int]] = {}  # likewise, by the accounts of owners who have left

    def of(self, member: Member) -> list[PersonId]:
        """Return whom somebody at home here ignores."""
        out_of_sight = [person for person, ignored_by in self._ignored.items() if member in ignored_by]
        return [*filter(None, map(self._roster.known_id, member.ignoring)), *out_of_sight]

    def ignored_by(self, person: PersonId, account: int | None) -> set[Member]:
        """Return who of those at home here ignored somebody out of sight, who has that account; between owners it is
        their accounts that say so.
        """
        ignored_by = {one for one in self._ignored.get(person, ()) if one.here and not one.is_remote}
        return {one for one in ignored_by if account is None or one.traces.account is None}

    def ignore(self, member: Member, others: Iterable[PersonId]) -> None:
        """Somebody at home here ignores these, as their last home says."""
        for person in others:
            other = self._roster.sender(*person)
            if other is not None:
                member.ignore_member(other)
            else:
                self._ignored[person] = self._ignored.get(person, frozenset()) | {member}

    def shun(self, account: int, others: Iterable[PersonId]) -> None:
        """An owner is leaving who ignores these."""
        for person in others:
            other = self._roster.sender(*person)
            if other is not None:
                self._hall.holders.shun(account, other)
            else:
                self._shun(account, person)

    def taken_out(self, person: PersonId, member: Member) -> None:
        """Somebody is out of sight from now on."""
        if member.ignored_by:
            self._ignored = {one: by for one, by in self._ignored.items() if any(other.here for other in by)}
            self._ignored[person] = member.ignored_by
        for account in member.traces.shunned_by:
            self._shun(account, person)

    def put_back(self, person: PersonId, member: Member, account: int | None) -> None:
        """They are in sight again, as that member, under an account."""
        for other in self.ignored_by(person, account):
            other.ignore_member(member)
        self._ignored.pop(person, None)
        shunned_by = self._shunned.pop(person, ())
        for owner in shunned_by if account is None else ():
            self._hall.holders.shun(owner, member)

    def _shun(self, account: int, person: PersonId) -> None:
        self._shunned[person] = self._shunned.get(person, frozenset()) | {account}
        while len(self._shunned) > _MOST_SHUNNED:
            del self._shunned[next(iter(self._shunned))]

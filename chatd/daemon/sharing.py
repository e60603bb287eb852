"""Accounts and letters of a daemon that is one of several: what changes here is told, and what others tell is kept."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from chatd.core.copies import AccountGone
from chatd.core.hall import Hall
from chatd.core.owners import Owner
from chatd.core.refusals import HallError
from chatd.nodes.link import Link
from chatd.session.told import account_changed, holder_without_right, registration_lost
from chatd.store.changes import Merged
from chatd.store.people import People


class Tie:
    """Between what is kept here and the link to the others."""

    _log = Logger()

    def __init__(self, hall: Hall, link: Link, people: People) -> None:
        self._hall = hall
        self._link = link
        link.alike.kept = people
        people.changes.tell = link.alike.tell
        people.changes.merged = self._merged

    def _merged(self, merged: Sequence[Merged]) -> None:
        for one in merged:
            if isinstance(one.now, AccountGone):
                registration_lost(self._hall, one.now.id, one.before)
            else:
                account_changed(self._hall, one.now.owner, one.before)
                Deferred.fromCoroutine(self._make_way(one.now.owner)).addErrback(
                    lambda failure: self._log.failure("What another server told of accounts went wrong", failure)
                )

    async def _make_way(self, owner: Owner) -> None:
        """Whoever is at home here under a name that is another's is called otherwise."""
        member = holder_without_right(self._hall, owner)
        if member is None:
            return
        try:
            await self._link.give_other_name(member)
        except HallError as error:
            why = type(error).__name__
            self._log.warn("{nickname} is another's name, and stays: {why}", nickname=member.nickname, why=why)

"""Accounts and letters of a daemon that is one of several: what changes here is told, and what others tell is kept."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from functools import partial
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatd.core.copies import AccountGone
from chatd.core.member import Member
from chatd.core.owners import Owner
from chatd.core.refusals import HallError
from chatd.nodes.link import Link
from chatd.session.session import Server
from chatd.session.told import account_changed, holder_without_right, letters_came, registration_lost
from chatd.store.changes import Merged
from chatd.store.people import People


class Tie:
    """Between what is kept here and the link to the others."""

    _log = Logger()

    def __init__(self, server: Server, link: Link, people: People) -> None:
        self._hall = server.hall
        self._link = link
        self._people = people
        link.people.registered = self._registered
        link.alike.kept = people
        people.changes.tell = link.alike.tell
        people.changes.merged = self._merged
        people.changes.lettered = partial(letters_came, server)

    def _registered(self, member: Member) -> None:
        """Owners here go on ignoring somebody elsewhere who has an account by now."""
        ignoring = {other.traces.account for other in member.ignored_by if not other.is_remote}
        for account in {*ignoring, *member.traces.shunned_by}:
            if account is not None and member.traces.account not in self._hall.owners.ignored_by(account):
                self._aside(self._people.ignore(account, member.traces.account or 0))

    def _aside(self, work: Coroutine[Any, Any, None]) -> None:
        Deferred.fromCoroutine(work).addErrback(self._failed)

    def _failed(self, failure: Failure) -> None:
        if not failure.check(HallError, CancelledError):  # it has been logged; or this daemon stops
            self._log.failure("What another server told of accounts went wrong", failure)

    def _merged(self, merged: Sequence[Merged]) -> None:
        for one in merged:
            if isinstance(one.now, AccountGone):
                registration_lost(self._hall, one.now.id, one.before)
            else:
                account_changed(self._hall, one.now.owner, one.before)
                self._aside(self._make_way(one.now.owner))

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

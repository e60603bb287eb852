"""Owners who come in again by another node than the one that they are at home at: they are at home there from then on.

  new home: tells "home" ----> in its turn, in every hall, the person is at home there, and their name is held there
  old home, in that turn: ends their connection ----> a note to the new one, with what it may not have brought

What nobody can say of a person but their old home follows in the note; the rest of them is in each hall already.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as TimedOut
from twisted.logger import Logger

from chatd.core.events import Cause, Departure, Event
from chatd.core.hall import Hall
from chatd.core.member import Member, unheard
from chatd.core.nickname import nickname
from chatd.core.ports import Deliver
from chatd.core.refusals import OthersUnreachable
from chatd.nodes.errands import ANSWER_WITHIN
from chatd.nodes.facts import event_in, of_events
from chatd.nodes.ignores import Ignores
from chatd.nodes.log import Log
from chatd.nodes.people import People
from chatd.nodes.roster import Roster
from chatd.nodes.shared import Fenced, OutOfReach, Passed
from chatd.nodes.telling import Fact, Told
from chatd.nodes.turn import Turn

LUGGAGE_WITHIN = 1.0  # seconds
MOST_EVENTS = 1_000  # that are brought
_LOST = Departure(Cause.LOST)


class Homes:
    """`gives_way` ends the connection of somebody at home here, and returns what it may not have brought."""

    _log = Logger()

    def __init__(
        self,
        hall: Hall,
        people: People,
        roster: Roster,
        ignores: Ignores,
        log: Log,
        gives_way: Callable[[Member], Sequence[Event]],
    ) -> None:
        self._hall = hall
        self._people = people
        self._roster = roster
        self._ignores = ignores
        self._nodes = log
        self._gives_way = gives_way
        self._coming: dict[int, Deferred[Any]] = {}  # what is expected of the old homes of people, by their numbers

    async def fetch(
        self, member: Member, number: int, deliver: Deliver, dismissed: Callable[[Departure], object]
    ) -> Awaitable[tuple[Event, ...]] | None:
        """Have somebody at home here from now on, under that number, and return what fires with what they have missed;
        None: they have left, or have another name.

        @raises OthersUnreachable: if that can't be.
        """
        if not self._nodes.is_linked:
            raise OthersUnreachable
        node, before = self._roster.id_of(member)
        name, here = member.name, self._nodes.me.id
        moved: Deferred[Member | None] = Deferred()

        def happen() -> None:
            found = self._find(node, before, name.shown)
            told.fact[:] = ["free"]  # if it is told again
            if found is not None:
                self._roster.move(found, here, number)
                found.come_home(deliver, dismissed)
                told.fact[:] = ["came", self._people.row(number, found)]
                if found is not member or moved.called:  # nobody waits for them any longer
                    found.leave(_LOST)
            if not moved.called:
                if found is member:
                    self._coming[number] = Deferred()
                moved.callback(found)

        fact = ["home", node, before, name.shown, self._people.row(number, member)]
        passed = [Passed(key, f"{node} {before}", f"{here} {number}") for key in name.keys]
        told = Told(fact, passed=passed, happen=happen, is_alone=True)
        self._nodes.tell(told)
        try:
            found = await moved.addTimeout(ANSWER_WITHIN, self._nodes.clock)
        except TimedOut:
            raise OthersUnreachable from None
        finally:
            self._nodes.telling.withdraw(lambda one: one is told)
        if found is None:
            return None
        if found is not member:  # they were lost from sight meanwhile
            raise OthersUnreachable
        return Deferred.fromCoroutine(self._unpack(member, number))

    def all_lost(self) -> None:
        """Redis has lost all, so nobody knows whether those who are to come are at home here in the other halls: they
        aren't, and must come in anew.
        """
        for told in self._nodes.telling.waiting():
            if told.fact[0] == "home":
                told.fact[:], told.passed, told.happen = ["free"], (), None

    def noted(self, note: dict[str, Any]) -> None:
        """What the old home of somebody knew of them has come."""
        coming = self._coming.get(note["luggage"])
        if coming is not None:
            coming.callback(note)

    async def _unpack(self, member: Member, number: int) -> tuple[Event, ...]:
        """Take over what the old home of somebody knew of them, and return what they have missed."""
        before = member.ignoring
        try:
            found = await self._coming[number].addTimeout(LUGGAGE_WITHIN, self._nodes.clock)
        except TimedOut:
            member.talk.addressee_unknown()
            return ()
        finally:
            del self._coming[number]
        if not member.is_remote:  # else they have gone on to another home
            member.ignore_only(member.ignoring - before)
            self._ignores.ignore(member, map(tuple, found["ignored"]))
            if found["addressee"] is not None:
                member.talk.address(self._addressee(*found["addressee"]))
        return tuple(event_in(plain) for plain in found["missed"])

    def _addressee(self, person: Sequence[Any] | None, shown: str) -> Member:
        """Return whom somebody talks to; if they have left, who stands for them, so that what is for them alone is
        given back.
        """
        found = None if person is None else self._roster.sender(*person)
        if found is None or not found.here:
            found = Member(self._hall, nickname(shown), unheard, is_remote=True)
            found.here = False
        return found

    def hear(self, node: str, fact: Fact) -> None:
        """Somebody is at home at another node from now on."""
        _, home, before, shown, row = fact
        number, member = row[0], self._find(home, before, shown)
        if member is not None and home == self._nodes.me.id:
            self._send_off(member, node, number)
        elif member is not None:
            self._roster.move(member, node, number)
        elif home == self._nodes.me.id and self._had_left_early(before):
            self._people.hear(node, ["came", row])

    def _find(self, node: str, number: int, shown: str) -> Member | None:
        """Return who that is, if they still are, under that name: all halls come to the same answer."""
        member = self._roster.find(node, number)
        return member if member is not None and member.nickname == shown else None

    def _had_left_early(self, number: int) -> bool:
        """Say whether somebody has left here while the others were out of reach, and for these not yet. They have come
        in elsewhere in time, and so leave from here no more. Who is only about to leave has not left.
        """
        went = [told for told in self._nodes.telling.waiting() if told.fact[:2] == ["went", number]]
        found = [told for told in went if not isinstance(told, Turn) or told.is_over]
        for told in found:
            told.fact[:] = ["free"]
        return bool(found)

    def _send_off(self, member: Member, node: str, number: int) -> None:
        """Somebody at home here has come in at another node. First they are at home there for this hall too: whatever
        may go wrong behind that, all halls agree on it.
        """
        self._hall.broadcaster.settle()
        addressee, ignored = member.talk.addressee, self._ignores.of(member)
        member.leave_home()
        self._roster.move(member, node, number)
        missed = self._gives_way(member)
        luggage = {
            "missed": of_events(missed[-MOST_EVENTS:]),
            "addressee": None if addressee is None else [self._roster.known_id(addressee), addressee.nickname],
            "ignored": ignored,
        }
        self._send(node, {"luggage": number, **luggage})

    def _send(self, node: str, note: dict[str, Any]) -> None:
        async def post() -> None:
            with suppress(OutOfReach, Fenced):  # then they begin with less
                await self._nodes.shared.post(self._nodes.me, node, json.dumps(note, ensure_ascii=False))

        Deferred.fromCoroutine(post()).addErrback(
            lambda failure: self._log.failure("What somebody has missed could not be brought", failure)
        )

"""What the nodes tell of their people and rooms, and what that does in this hall."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from twisted.logger import Logger

from chatd.core.delivery import tell
from chatd.core.events import Cause, Departure, Joined, NicknameLost
from chatd.core.hall import Hall
from chatd.core.member import Member, unheard
from chatd.core.nickname import Nickname, exact_key, nickname
from chatd.core.refusals import HallError, NicknameBanned, NicknameTaken
from chatd.core.relay import Moved, Named
from chatd.core.room import Room
from chatd.core.text import one_line
from chatd.core.traces import Traces
from chatd.nodes.facts import act_in
from chatd.nodes.ignores import Ignores
from chatd.nodes.roster import Roster
from chatd.nodes.spare import spare_name
from chatd.nodes.telling import Fact

_LOST = Departure(Cause.LOST)


class People:
    """`name_lost` is called with who is at home here and has another name now, and the one that has turned out to be
    another's.
    """

    _log = Logger()

    def __init__(
        self,
        hall: Hall,
        home: str,
        roster: Roster,
        ignores: Ignores,
        name_lost: Callable[[Member, Nickname], object],
    ) -> None:
        self._hall = hall
        self._home = home
        self._roster = roster
        self._ignores = ignores
        self._name_lost = name_lost
        self.other_name_given: Callable[[Nickname, Nickname], object] = lambda before, name: None  # to somebody here
        self.registered: Callable[[Member], object] = lambda member: None  # called with who has an account from now on

    def row(self, number: int, member: Member) -> Fact:
        """Return what others must know of a person."""
        return [number, member.nickname, member.room.name, member.room.id, member.since, *traits(member)]

    def room_row(self, room: Room[Member]) -> Fact:
        """Return what others must know of a room."""
        return [room.name, room.id, room.locked, room.ring.archived]

    # What others tell.

    def hear(self, node: str, fact: Fact) -> None:
        """Somebody elsewhere has done something besides, or what their home knows of them has changed."""
        match fact:
            case ["came", row]:
                self._put(node, row)
            case ["people", rows, rooms]:
                self._put_all(node, rows, rooms)
            case ["traits", number, *its]:
                self._set_traits(self._roster.find(node, number), its)
            case ["shunned", account, others]:
                self._ignores.shun(account, map(tuple, others))
            case [_, int(number), *_]:
                member, act = self._roster.find(node, number), act_in(fact)
                if member is not None and act is not None:
                    self._carry_out(member, act)

    def gone(self, node: str) -> None:
        """A node is no more, and so are its people."""
        for _, member in self._roster.of(node):
            self._take_out(member)

    def _carry_out(self, member: Member, act: Any) -> None:
        if isinstance(act, Named):
            if act.name.shown == member.nickname:
                return
            with suppress(NicknameBanned):  # likewise
                self.take_name(act, member)
            return
        with suppress(HallError):  # it is refused at their home, too
            member.carry_out(act)
        if not member.here:
            self._roster.remove(member)

    def _put(self, node: str, row: Fact) -> Member:
        number, shown, room, room_id, since, *its = row
        member = self._roster.find(node, number)
        if member is None:
            name = nickname(shown)
            self.make_way(name, None)
            member = Member(self._hall, name, unheard, is_remote=True)
            member.came_at -= max(0.0, self._hall.now() - since)
            self._roster.add(node, number, member)
            self._hall.admit(member)
            member.traces = Traces(shown, since)
            self._ignores.put_back((node, number), member, its[-1])
        elif member.nickname != shown and member.is_remote:
            self._carry_out(member, Named(nickname(shown)))
        self._bring(member, room, room_id)
        if member.is_remote:
            self._set_traits(member, its)
        return member

    def _bring(self, member: Member, room: str, room_id: str) -> None:
        """Somebody is in that room, as all others see it, if it isn't another here of that name, and locked. Who is at
        home here didn't want that, and is told so.
        """
        if exact_key(member.room.name) != exact_key(room):
            with suppress(HallError):
                member.carry_out(Moved(room, room_id, room_id))
                member.talk.hold_typed_ahead()
                if not member.is_remote and member.here:
                    tell(Joined(self._hall.now(), member.room.name, (member.nickname,)), member)

    def _put_all(self, node: str, rows: list[Fact], rooms: list[Fact]) -> None:
        """These are the people of a node, who come to the end of their rooms; where nobody else is, these are as they
        are there. A locked one that is another of that name is closed to them: they are in the lobby.
        """
        numbers = {row[0] for row in rows}
        for number, member in self._roster.of(node):
            if number not in numbers:
                self._take_out(member)
        for row in rows:
            self.to_the_end(self._put(node, row))
        theirs = {member for _, member in self._roster.of(node)}
        here = {room.name for room in self._hall.rooms.values() if theirs.issuperset(room.members)}
        self._set_rooms([row for row in rooms if row[0] in here])

    def to_the_end(self, member: Member) -> None:
        """Somebody counts as the last who came into their room: they were away, as far as others could see."""
        del member.room.members[member]
        member.room.members[member] = None

    def _set_traits(self, member: Member | None, its: Fact) -> None:
        if member is not None:
            away, quiet, remembered, account = its
            member.away = None if away is None else one_line(away)
            member.quiet, member.traces.remembered = quiet, remembered
            had_one = member.traces.account is not None
            self._hall.holders.stand_in(member, account)
            if member.traces.account is not None and not had_one:
                self.registered(member)

    def _take_out(self, member: Member) -> None:
        self._ignores.taken_out(self._roster.id_of(member), member)
        self._roster.remove(member)
        if member.here:
            member.here = False
        member.go_away(_LOST)

    # Names.

    def take_name(self, named: Named, member: Member) -> None:
        """Somebody's turn to have another name has come.

        @raises NicknameBanned: if it was banned after they asked for it, and before their turn.
        """
        if named.asked_at is not None:  # by that time, for clocks differ
            self._hall.bans.check_name(named.name, named.asked_at)
        self.make_way(named.name, member)
        member.carry_out(named)

    def make_way(self, name: Nickname, member: Member | None) -> None:
        """Whoever is to have that name comes first in the log; if it is another's here, they don't have it any more."""
        while (holder := self._holder(name, member)) is not None:
            if holder.is_remote:
                self._log.warn("{name} was two people's; one is taken out", name=name.shown)
                self._take_out(holder)
            else:
                before = holder.name
                self.give_other_name(holder)
                self._name_lost(holder, before)

    def _holder(self, name: Nickname, member: Member | None) -> Member | None:
        try:
            self._hall.check_free(name, member)
        except NicknameTaken as error:
            return next(one for one in self._hall.members if one.nickname == error.holder)
        return None

    def give_other_name(self, member: Member) -> None:
        """Somebody at home here has lost their name to another."""
        before, name = member.name, spare_name(self._hall, member.nickname)
        self._hall.call(member, Named(name))
        self.other_name_given(before, name)
        self._log.info("{before} is now called {nickname}: the name was lost", before=before.shown, nickname=name.shown)
        tell(NicknameLost(self._hall.now(), name.shown, before.shown), member)

    # The state of the hall.

    def state(self) -> dict[str, Any]:
        """Return who is where, which is the same in each hall, as plain data."""
        hall = self._hall
        rooms = [self.room_row(room) for room in hall.rooms.values()]
        inside = [(self._roster.known_id(member), member) for room in hall.rooms.values() for member in room.members]
        people = [[person[0], *self.row(person[1], member)] for person, member in inside if person is not None]
        return {"rooms": rooms, "people": people}

    def restore(self, state: dict[str, Any]) -> list[tuple[int, Member]]:
        """Have the hall be so; return those at home here whom it doesn't have. They are in the lobby then, as whoever
        comes in is.
        """
        hall, rows = self._hall, state["people"]
        self._identify(state["rooms"])
        there = {(row[0], row[1]) for row in rows}
        for person, member in self._roster.everybody():
            if member.is_remote and person not in there:
                self._take_out(member)
        known = [
            (node, row) for node, *row in rows if node != self._home or self._roster.find(node, row[0]) is not None
        ]
        order = [self._put(node, row) for node, row in known]
        unknown = [(number, member) for number, member in self._roster.of(self._home) if member not in order]
        for _, member in unknown:
            self._bring(member, hall.lobby.name, hall.lobby.id)
        for member in (*order, *(member for _, member in unknown)):
            self.to_the_end(member)
        self._set_rooms(state["rooms"])
        return unknown

    def _identify(self, rows: list[Fact]) -> None:
        """These are the rooms; whoever was invited to another of the same name isn't to this one."""
        for name, room_id, *_ in rows:
            room = self._hall.rooms.get(exact_key(name))
            if room is not None and room.id != room_id:
                room.id, room.opened_by = room_id, None
                for member in self._hall.members:
                    member.forget_invitation(room)

    def _set_rooms(self, rows: list[Fact]) -> None:
        """Have rooms be so; those inside are told whether they are locked."""
        for name, _, locked, archived in rows:
            room = self._hall.rooms.get(exact_key(name))
            if room is None:
                continue
            if room.locked != locked:
                room.turn_lock(room.first, locked)
            if room is not self._hall.lobby:
                room.ring.archived = archived


def traits(member: Member) -> Fact:
    """Return what the home of a person alone knows of them."""
    return [member.away, member.quiet, member.traces.remembered, member.traces.account]

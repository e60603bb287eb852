"""The turns of people at home here: told, carried out when they are read back, and what becomes of them in between."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import cast

from twisted.logger import Logger

from chatd.core.delivery import tell
from chatd.core.events import Acted, Joined, Said
from chatd.core.hall import Hall
from chatd.core.member import Member
from chatd.core.refusals import HallError, NicknameBanned, OthersUnreachable, TooMuchWaits
from chatd.core.relay import Act, Moved, Named, Went
from chatd.nodes.ban_turns import BanTurns
from chatd.nodes.facts import of_act
from chatd.nodes.lines import Lines
from chatd.nodes.log import Log
from chatd.nodes.names import Names
from chatd.nodes.people import People
from chatd.nodes.roster import Roster
from chatd.nodes.turn import Turn


class Turns:
    """`most_waiting` is how many facts may wait while Redis is away before a line is given back."""

    _log = Logger()

    def __init__(
        self,
        hall: Hall,
        people: People,
        roster: Roster,
        lines: Lines,
        log: Log,
        names: Names,
        bans: BanTurns,
        most_waiting: int,
    ) -> None:
        self.most_waiting = most_waiting
        self._hall = hall
        self._people = people
        self._roster = roster
        self._lines = lines
        self._nodes = log
        self._names = names
        self._moves = 0  # so that no two rooms have one id
        self._bans = bans
        self._last: dict[Member, Turn] = {}  # that isn't over

    def begin(self, member: Member, act: Act) -> Turn | None:
        """Have an act carried out in its turn; None: it has been done at once, as the others are out of reach.

        @raises HallError: if it has to wait for them.
        """
        if (
            member.is_remote or member not in self._hall.members
        ):  # they have come in elsewhere while they waited, or left
            raise OthersUnreachable
        _, number = self._roster.id_of(member)
        if isinstance(act, Moved):
            self._moves += 1
            act = replace(act, opens=f"{self._nodes.me.id} {self._moves}")
        turn = Turn(of_act(number, act), self._released(member, act), member=member, act=act)
        turn.happen = lambda: self._take(turn)
        if isinstance(turn.act, Said | Acted) and self._nodes.telling.untold >= self.most_waiting:
            raise TooMuchWaits(self.most_waiting, unsent=turn.act.text)
        if not self._nodes.is_linked:
            self._take_at_once(turn)
            return None
        if self._nodes.is_stale:
            turn.mark_late(self._lines.late(member))
        self._last[member] = turn
        self._nodes.tell(turn)
        return turn

    def last(self, member: Member) -> Turn | None:
        """Return the last turn of somebody that isn't over."""
        return self._last.get(member)

    def parted(self) -> None:
        """The others are out of reach: what can go on without them does."""
        for told in self._nodes.telling.withdraw(lambda told: isinstance(told, Turn) and not told.goes_on):
            turn = cast(Turn, told)
            self._give_up(turn)
            self._ended(turn)
        for told in self._nodes.telling.waiting():
            if isinstance(told, Turn) and not told.is_over:
                if told.goes_on:
                    told.mark_late(self._lines.late(told.member))
                    self._take_safely(told)
                else:
                    told.give_up(OthersUnreachable())
                    self._last.pop(told.member, None)

    def mark_late(self) -> None:
        """What waits will be told from a node that the others have given up, and may have said it in other rooms."""
        for told in self._nodes.telling.waiting():
            if isinstance(told, Turn) and not told.is_over:
                told.mark_late(self._lines.late(told.member))

    def _take_safely(self, turn: Turn) -> None:
        try:
            self._take(turn)
        except Exception:  # a bug must not keep this node apart from the others for good
            self._log.failure("Something could not be done when the others went out of reach")

    def _take_at_once(self, turn: Turn) -> None:
        """@raises HallError: if it has to wait for the others."""
        if not turn.goes_on:
            raise OthersUnreachable
        turn.mark_late(self._lines.late(turn.member))
        self._take(turn)
        self._nodes.tell(turn)

    def _take(self, turn: Turn) -> None:
        member = turn.member
        if turn.is_over:
            return
        if member.is_remote or member not in self._hall.members:
            # They have come in elsewhere meanwhile, or have left while Redis was away.
            if turn.is_line:
                self._lines.hear(self._nodes.me.id, turn.fact)
            self._give_up(turn)
            return
        if turn.is_line and self._lines.is_elsewhere(member, turn.fact[-1]):
            self._lines.hear(self._nodes.me.id, turn.fact)
            turn.end(None)
            self._ended(turn)
            return
        before = member.name
        turn.end(self._take_name(turn.act, member) if isinstance(turn.act, Named) else turn.carry_out())
        if isinstance(turn.act, Named):  # it may have been another's turn that gave them the name before
            free = before.keys - member.name.keys - turn.released.keys()
            self._names.free(dict.fromkeys(free, self._roster.holder(member)))
            self._nodes.go(self._names.make_sure(member))
        self._ended(turn)
        if turn.is_given_up and isinstance(turn.act, Moved) and turn.error is None:  # they were told otherwise
            member.talk.hold_typed_ahead()
            tell(Joined(self._hall.now(), member.room.name, (member.nickname,)), member)

    def _take_name(self, named: Named, member: Member) -> HallError | None:
        """Return why somebody can't have a name, which is nobody's then; None if they have it."""
        try:
            with self._bans.in_turn():
                self._people.take_name(named, member)
        except NicknameBanned as error:
            self._names.release(named.name.keys - member.name.keys)
            return error
        return None

    def _give_up(self, turn: Turn) -> None:
        """It is not carried out, in no hall."""
        if isinstance(turn.act, Named):
            self._names.release(turn.act.name.keys - turn.member.name.keys)
        turn.end(OthersUnreachable())
        self._forget(turn)

    def _ended(self, turn: Turn) -> None:
        self._forget(turn)
        if isinstance(turn.act, Named):
            self._names.taken(turn.act.name.keys)
        elif isinstance(turn.act, Went):
            self._roster.remove(turn.member)

    def _forget(self, turn: Turn) -> None:
        if self._last.get(turn.member) is turn:
            del self._last[turn.member]

    def _released(self, member: Member, act: Act) -> dict[str, str]:
        """Return which keys are free, and whose they were, once an act has had its turn."""
        holder = self._roster.holder(member)
        keys: Collection[str] = ()
        if isinstance(act, Named):
            keys = member.name.keys - act.name.keys
        elif isinstance(act, Went):  # who may be about to have another name
            keys = member.name.keys.union(key for key, one in self._names.claimed.items() if one == holder)
        return dict.fromkeys(keys, holder)

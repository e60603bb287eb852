"""The relay of a hall that is one with others: it brings what happens to its people to the log, and back in turn."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, cast

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from chatd.core.bans import Ban, Bans
from chatd.core.delivery import broadcast, tell
from chatd.core.events import Cause, Departure, Divided, Event, NicknameLost, Reunited, SomeLost
from chatd.core.hall import Hall
from chatd.core.member import Member
from chatd.core.memory import LinesOf
from chatd.core.nickname import Nickname, nickname
from chatd.core.ports import Deliver
from chatd.core.refusals import OthersUnreachable
from chatd.core.relay import Act, Actor, Announcement, BanSet, Errand, LinesForgotten, Named, News, Went
from chatd.nodes.alike import Alike
from chatd.nodes.ban_turns import BanTurns
from chatd.nodes.errands import Errands
from chatd.nodes.facts import lines_in, news_in, of_act, of_lines, of_news
from chatd.nodes.forgettings import Forgettings
from chatd.nodes.homes import Homes
from chatd.nodes.ignores import Ignores
from chatd.nodes.lines import Lines
from chatd.nodes.log import Log
from chatd.nodes.names import Names
from chatd.nodes.people import People, traits
from chatd.nodes.roster import Roster
from chatd.nodes.shared import Known, Node, Shared
from chatd.nodes.spare import spare_name
from chatd.nodes.telling import Fact, Told
from chatd.nodes.turn import Turn
from chatd.nodes.turns import Turns

MOST_WAITING = 10_000  # lines that may wait while Redis is away
LOST = Departure(Cause.LOST)


class Link:
    """A `Relay`, and the `Follower` of the log.

    While Redis is away, people here go on hearing each other at once, and the others hear them later; whatever else
    takes its turn is refused. `news_heard` is called with what is to be forgotten, `bans_heard` as `BanTurns` says.
    `gives_way` is called with somebody at home here who has come in elsewhere: it ends their connection here, and
    returns what that may not have brought.
    """

    _log = Logger()

    def __init__(
        self,
        hall: Hall,
        shared: Shared,
        clock: IReactorTime,
        me: Node,
        news_heard: Callable[[LinesForgotten], object] = lambda news: None,
        bans_heard: Callable[[Sequence[BanSet]], object] = lambda news: None,
        most_waiting: int = MOST_WAITING,
        gives_way: Callable[[Member], Sequence[Event]] = lambda member: (),
    ) -> None:
        self.hall = hall
        self.me = me
        self._news_heard = news_heard
        self.log = Log(shared, clock, me, self)
        self.roster = Roster()
        self._ignores = Ignores(hall, self.roster)
        self.people = People(hall, me.id, self.roster, self._ignores, self._name_lost)
        self.bans = BanTurns(hall, self.log, bans_heard)
        self.people.other_name_given = self.bans.move_mute
        self._forgettings = Forgettings()
        self._lines = Lines(hall, self.roster, self._ignores, self._forgettings)
        self.alike = Alike(self.log)
        self._names = Names(hall, self.people, self.roster, self.log)
        self.turns = Turns(hall, self.people, self.roster, self._lines, self.log, self._names, self.bans, most_waiting)
        self.errands = Errands(hall, self.roster, self.log)
        self._homes = Homes(hall, self.people, self.roster, self._ignores, self.log, gives_way)
        self._number = 0  # of the last person who came
        self._was_parted = False
        self._linked_at: float | None = None
        hall.relay = self

    def start(self) -> None:
        self.log.start()
        self.alike.start()

    async def stop(self) -> None:
        self.alike.stop()
        await self.log.stop()

    # What the hall calls.

    def turn(self, member: Actor, act: Act) -> Turn | None:
        member = cast(Member, member)
        account, ignored = member.traces.account, self._ignores.of(member) if isinstance(act, Went) else []
        turn = self.turns.begin(member, act)
        if account is not None and ignored:  # they may come in elsewhere
            self._ignores.shun(account, ignored)
            self.log.tell(Told(["shunned", account, ignored]))
        return turn

    def check_reached(self) -> None:
        if not self.log.is_linked:
            raise OthersUnreachable

    def unsettled(self, member: Actor, but_lines: bool = False) -> Awaitable[None] | None:
        turn = self.turns.last(cast(Member, member))
        if turn is None or (but_lines and turn.is_line):  # nothing but a line goes on behind a line
            return None
        return turn.settled()

    def claim(self, name: Nickname, member: Actor | None) -> Awaitable[None]:
        if member is None:
            self._number += 1
            return self._names.claim(name, f"{self.me.id} {self._number}")
        return self._names.claim(name, self.roster.holder(cast(Member, member)), member.name.keys)

    def release(self, keys: Collection[str]) -> None:
        self._names.release(keys)

    def came(self, member: Actor) -> None:
        member = cast(Member, member)
        holder = next(self._names.claimed[key] for key in member.name.keys)
        number = int(holder.rpartition(" ")[2])
        self._names.taken(member.name.keys)
        self.roster.add(self.me.id, number, member)
        self.log.tell(Told(["came", self.people.row(number, member)]))

    def changed(self, member: Actor) -> None:
        member = cast(Member, member)
        _, number = self.roster.id_of(member)
        if not self.log.is_linked:  # only how they are in the end need be told
            self.log.telling.withdraw(lambda told: told.fact[:2] == ["traits", number])
        self.log.tell(Told(["traits", number, *traits(member)]))

    def tell(self, news: News) -> None:
        if isinstance(news, LinesForgotten):
            self._forgettings.add(news.which, self.hall.now())
        self.log.tell(Told(of_news(news)))

    def set_ban(self, bans: Bans, news: BanSet) -> list[Ban]:
        return self.bans.set(news)

    def send(self, sender: Actor | None, other: Actor, errand: Errand) -> Awaitable[None]:
        return self.errands.send(cast("Member | None", sender), cast(Member, other), errand)

    async def fetch(
        self, member: Actor, deliver: Deliver, dismissed: Callable[[Departure], object]
    ) -> Awaitable[tuple[Event, ...]] | None:
        self._number += 1
        return await self._homes.fetch(cast(Member, member), self._number, deliver, dismissed)

    async def give_other_name(self, member: Member) -> None:
        """Somebody at home here has a name that is another's by right.

        @raises HallError: if that can't be changed now.
        """
        before, name = member.nickname, spare_name(self.hall, member.nickname)
        renamed = self.hall.rename(member, name.shown)
        if renamed is not None:
            await renamed
        tell(NicknameLost(self.hall.now(), name.shown, before), member)

    # What the log calls.

    def known(self) -> Known:
        nodes = {node for node, _ in map(self.roster.id_of, self.hall.members)} - {self.me.id}
        return Known(tuple(nodes), {**self.roster.holders(), **self._names.claimed})

    def about(self) -> dict[str, Any]:
        return {"people": len(self.roster.of(self.me.id))}

    def state(self) -> Any:
        return {**self.people.state(), **self.bans.state(), "forgotten": of_lines(self._forgettings.all())}

    def restore(self, state: Any) -> None:
        coming = {told.fact[1][0] for told in self.log.telling.waiting() if told.fact[0] == "came"}
        for number, member in self.people.restore(state):
            if member.here and number not in coming:
                self.log.tell(Told(["came", self.people.row(number, member)]))
        self.put_back(state)
        self.bans.restore(state)
        self._forget(lines_in(state["forgotten"]))

    def put_back(self, state: Any) -> None:
        waiting = [told.fact[:2] for told in self.log.telling.waiting()]
        for node, number, shown, *_ in state["people"]:
            if node != self.me.id:
                continue
            member, free = self.roster.find(node, number), dict.fromkeys(nickname(shown).keys, f"{node} {number}")
            if member is None:
                if ["went", number] not in waiting:
                    self.log.tell(Told(of_act(number, Went(LOST)), free))
            elif member.nickname != shown and ["named", number] not in waiting:
                free = {key: holder for key, holder in free.items() if key not in member.name.keys}
                self.log.tell(Told(of_act(number, Named(member.name)), free))

    def heard(self, node: str, fact: Fact, is_new: bool, is_in_state: bool) -> None:
        if fact[0] == "said":
            if is_new:
                self._lines.hear(node, fact)
            return
        if self.alike.hear(node, fact) or self.bans.hear(fact, is_in_state):
            return
        news = news_in(fact)
        if isinstance(news, Announcement):
            if is_new:
                self.hall.announce(news.text, at=news.at)
        elif news is not None:
            self._forgettings.add(news.which, self.hall.now())
            self._news_heard(news)
        elif not is_in_state:
            if fact[0] == "home":
                self._homes.hear(node, fact)
            elif fact[0] == "named":
                with self.bans.in_turn():
                    self.people.hear(node, fact)
            else:
                self.people.hear(node, fact)

    def all_lost(self) -> None:
        self._homes.all_lost()
        self.alike.compare()

    def gone(self, node: str) -> None:
        self.people.gone(node)

    def noted(self, text: str) -> None:
        note = json.loads(text)
        if "luggage" in note:
            self._homes.noted(note)
        else:
            self.errands.noted(note)

    async def claim_again(self) -> list[Told]:
        return await self._names.claim_again()

    def went_ahead(self) -> bool:
        return any(told.fact[0] == "went" for told in self.log.telling.waiting())

    def people_here(self) -> Told:
        self.turns.mark_late()
        here = self.roster.of(self.me.id)
        for _, member in here:
            self.people.to_the_end(member)
        rooms = list(dict.fromkeys(member.room for _, member in here))
        rows = [self.people.row(number, member) for number, member in here]
        return Told(["people", rows, [self.people.room_row(room) for room in rooms]])

    def lost(self) -> None:
        self._tell_people(SomeLost(self.hall.now()))
        self.alike.compare()

    @property
    def linked_for(self) -> float:
        """For how many seconds the others have been in reach, 0 while they aren't."""
        return 0.0 if self._linked_at is None else self.log.clock.seconds() - self._linked_at

    def linked(self) -> None:
        self._linked_at = self.log.clock.seconds()
        if self._was_parted:
            self._tell_people(Reunited(self.hall.now()))
        self._was_parted = False
        self.alike.compare()

    def parted(self) -> None:
        """Let those here hear now what they have said; what was not told yet, the others hear late."""
        self._was_parted, self._linked_at = True, None
        self.errands.give_up()
        self._tell_people(Divided(self.hall.now()))
        self.turns.parted()

    def _forget(self, which: list[LinesOf]) -> None:
        """Somebody took that back while this node was down, or out of reach."""
        new = self._forgettings.add(which, self.hall.now())
        if new:
            self._news_heard(LinesForgotten(tuple(new)))

    def _name_lost(self, member: Member, before: Nickname) -> None:
        self.log.go(self._names.come_under_other_name(member, before))

    def _tell_people(self, event: Event) -> None:
        self.hall.broadcaster.settle()
        broadcast((event,), [member for _, member in self.roster.of(self.me.id)])

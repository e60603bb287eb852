"""Names as the nodes share them: who has which is decided in one place, and known once that has been read back."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress

from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.python.failure import Failure

from chatd.core.hall import Hall
from chatd.core.member import Member
from chatd.core.nickname import Nickname
from chatd.core.refusals import NicknameTaken, OthersUnreachable
from chatd.core.relay import Named
from chatd.nodes.facts import of_act
from chatd.nodes.log import Log
from chatd.nodes.people import People
from chatd.nodes.roster import Roster
from chatd.nodes.shared import Fenced, NameTaken, OutOfReach
from chatd.nodes.telling import Told
from chatd.nodes.turn import Turn

AT_ONCE = 100  # names that are claimed again together
ASK_AGAIN = 0.05  # seconds after which a name is asked for again whose holder is just leaving


class Names:
    """`claimed` are the holders, by keys, of names that nobody has yet."""

    def __init__(self, hall: Hall, people: People, roster: Roster, log: Log) -> None:
        self.claimed: dict[str, str] = {}
        self._hall = hall
        self._people = people
        self._roster = roster
        self._nodes = log

    async def claim(self, name: Nickname, holder: str, kept: Collection[str] = ()) -> None:
        """Have a holder have a name besides the keys of the one that is `kept`.

        @raises NicknameTaken: if it is, or looks like, another's.
        @raises OthersUnreachable: if that can't be asked now.
        """
        await self._nodes.begun()
        if not self._nodes.is_linked:
            raise OthersUnreachable
        try:
            if await self._ask_for(name, holder, kept):
                return
            await self._nodes.wait(ASK_AGAIN)
            if await self._ask_for(name, holder, kept):
                return
        except (OutOfReach, Fenced):
            raise OthersUnreachable from None
        raise NicknameTaken(name.shown, self._who_has(name), self._hall.lost_after)

    async def claim_again(self) -> list[Told]:
        """Have the names again of all at home here, and those that somebody is about to take, since Redis may have lost
        them; return who has another name now.

        @raises OutOfReach, Fenced: if there can be no names now.
        """
        for key, holder in tuple(self.claimed.items()):
            try:
                await self._nodes.shared.claim(self._nodes.me, holder, [key])
            except NameTaken:
                self._give_up(key, holder)
        here = [member for _, member in self._roster.of(self._nodes.me.id)]
        lost = [member for some in _parts(here) for member in await self._refused(some)]
        if lost:
            await self._nodes.read_on()  # they may have come in elsewhere meanwhile, with their names
        renamed = []
        for member in filter(_stays, lost):
            before = member.name
            await self._hold(member)
            if _stays(member) and member.name is not before:
                _, number = self._roster.id_of(member)
                renamed.append(Told(of_act(number, Named(member.name))))
        return renamed

    async def _refused(self, members: list[Member]) -> list[Member]:
        """Claim the names of some people at home here, all at once; return whose are another's."""
        asked = DeferredList([Deferred.fromCoroutine(self._is_refused(one)) for one in members], consumeErrors=True)
        refused = []
        for member, (_, found) in zip(members, await asked, strict=True):
            if isinstance(found, Failure):
                raise found.value
            if found:
                refused.append(member)
        return refused

    async def _is_refused(self, member: Member) -> bool:
        try:
            if _stays(member):
                await self._claim(member)
        except NameTaken:
            return True
        return False

    def _give_up(self, key: str, holder: str) -> None:
        """Somebody here was about to have a name that is another's by now."""
        if self.claimed.get(key) != holder:
            return
        del self.claimed[key]
        for told in self._nodes.telling.waiting():
            if isinstance(told, Turn) and isinstance(told.act, Named) and key in told.act.name.keys:
                told.fact[:], told.released, told.happen = ["free"], {}, None
                told.end(OthersUnreachable())

    async def make_sure(self, member: Member) -> None:
        """Somebody here has just taken a name. Have them have it in Redis, even if an attempt of theirs has freed it
        since; if it is another's by now, have the others know their new name.
        """
        name = member.name
        with suppress(OutOfReach, Fenced):  # once the others can be reached, all names are claimed again
            await self._hold(member)
        if _stays(member) and member.name is not name:
            self._tell_row(member, {})

    async def come_under_other_name(self, member: Member, before: Nickname) -> None:
        """The others have taken out somebody at home here, whose name was another's; have them know the new name."""
        with suppress(OutOfReach, Fenced):  # once the others can be reached, all names are claimed again
            await self._hold(member)
        if _stays(member):
            self._tell_row(member, dict.fromkeys(before.keys - member.name.keys, self._roster.holder(member)))

    def _tell_row(self, member: Member, free: dict[str, str]) -> None:
        """Tell the others of somebody whom they have taken out; and again, for what was done before that had its turn
        was for somebody whom they didn't know.
        """
        _, number = self._roster.id_of(member)
        name, room = member.name, member.room

        def happen() -> None:
            if _stays(member) and (member.name is not name or member.room is not room):
                self._tell_row(member, {})

        self._nodes.tell(Told(["came", self._people.row(number, member)], free, happen=happen))

    def release(self, keys: Collection[str]) -> None:
        """A name was claimed, and won't be used."""
        self.free({key: self.claimed.pop(key) for key in keys if key in self.claimed})

    def taken(self, keys: Collection[str]) -> None:
        """A name that was claimed is somebody's, or nobody's, by now."""
        for key in keys:
            self.claimed.pop(key, None)

    async def _hold(self, member: Member) -> None:
        """Have somebody at home here have their name in Redis, or else another.

        @raises OutOfReach, Fenced: if there can be no names now.
        """
        name = None
        while _stays(member) and name is not member.name:  # it may be another after the wait
            name = member.name
            try:
                await self._claim(member)
            except NameTaken as error:
                await self._nodes.reached(error.place)  # it may be them, who are at home elsewhere by then
                if _stays(member) and name is member.name:
                    self._people.give_other_name(member)

    async def _claim(self, member: Member) -> None:
        """Have somebody at home here have their name in Redis, unless they have left, or have another, meanwhile.

        @raises NameTaken, OutOfReach, Fenced: if they can't.
        """
        holder, name = self._roster.holder(member), member.name
        self._nodes.telling.withhold(name.keys, holder)
        await self._nodes.shared.claim(self._nodes.me, holder, name.keys)
        used = member.name.keys if _stays(member) else frozenset()
        self.free(dict.fromkeys(name.keys - used, holder))

    async def _ask_for(self, name: Nickname, holder: str, kept: Collection[str]) -> bool:
        new = dict.fromkeys(name.keys.difference(kept), holder)
        try:
            place = await self._nodes.shared.claim(self._nodes.me, holder, name.keys)
            self.claimed.update(new)
            await self._nodes.reached(place)
        except NameTaken:
            return False
        except (CancelledError, OutOfReach, Fenced):  # it may have been granted
            for key in new:
                if self.claimed.get(key) == holder:  # and not somebody else's who asks here at the same time
                    del self.claimed[key]
            self.free(new)
            raise
        if any(self.claimed.get(key) != holder for key in new):
            raise OutOfReach("Redis has lost it meanwhile, and it is another's")
        return True

    def free(self, released: dict[str, str]) -> None:
        """Have keys be nobody's, where they are their holders' still."""
        if released:
            self._nodes.tell(Told(["free"], released))

    def _who_has(self, name: Nickname) -> str:
        try:
            self._hall.check_free(name, None)
        except NicknameTaken as error:
            return error.holder
        return name.shown


def _parts(members: list[Member]) -> Iterator[list[Member]]:
    for first in range(0, len(members), AT_ONCE):
        yield members[first : first + AT_ONCE]


def _stays(member: Member) -> bool:
    """Say whether somebody is at home here, and not about to leave."""
    return member.here and not member.is_remote

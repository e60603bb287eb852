"""Names as the nodes share them: who has which is decided in one place, and known once that has been read back."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from twisted.internet.defer import CancelledError

from chatd.core.hall import Hall
from chatd.core.member import Member
from chatd.core.nickname import Nickname
from chatd.core.refusals import NicknameTaken, OthersUnreachable
from chatd.core.relay import Named
from chatd.nodes.facts import of_act
from chatd.nodes.log import Log
from chatd.nodes.people import People
from chatd.nodes.shared import Fenced, NameTaken, OutOfReach
from chatd.nodes.telling import Told

ASK_AGAIN = 0.05  # seconds after which a name is asked for again whose holder is just leaving


class Names:
    """`claimed` are the holders, by keys, of names that nobody has yet."""

    def __init__(self, hall: Hall, people: People, log: Log) -> None:
        self.claimed: dict[str, str] = {}
        self._hall = hall
        self._people = people
        self._nodes = log

    async def claim(self, name: Nickname, holder: str, kept: Collection[str] = ()) -> None:
        """Have a holder have a name besides the keys of the one that is `kept`.

        @raises NicknameTaken: if it is, or looks like, another's.
        @raises OthersUnreachable: if that can't be asked now.
        """
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
            with suppress(NameTaken):
                await self._nodes.shared.claim(self._nodes.me, holder, [key])
        renamed = []
        for number, member in self._people.of(self._nodes.me.id):
            before = member.name
            await self._hold(member)
            if member.name is not before:
                renamed.append(Told(of_act(number, Named(member.name))))
        return renamed

    async def come_under_other_name(self, member: Member, before: Nickname) -> None:
        """The others have taken out somebody at home here, whose name was another's; have them know the new name."""
        with suppress(OutOfReach, Fenced):  # once the others can be reached, all names are claimed again
            await self._hold(member)
        if _stays(member):
            _, number = self._people.id_of(member)
            free = dict.fromkeys(before.keys - member.name.keys, self._people.holder(member))
            self._nodes.tell(Told(["came", self._people.row(number, member)], free))

    def release(self, keys: Collection[str]) -> None:
        """A name was claimed, and won't be used."""
        self._free({key: self.claimed.pop(key) for key in keys if key in self.claimed})

    def taken(self, keys: Collection[str]) -> None:
        """A name that was claimed is somebody's, or nobody's, by now."""
        for key in keys:
            self.claimed.pop(key, None)

    async def _hold(self, member: Member) -> None:
        """Have somebody at home here have their name in Redis, or else another.

        @raises OutOfReach, Fenced: if there can be no names now.
        """
        holder, name = self._people.holder(member), None
        while _stays(member) and name is not member.name:  # it may be another after the wait
            name = member.name
            try:
                await self._nodes.shared.claim(self._nodes.me, holder, name.keys)
            except NameTaken:
                if _stays(member) and name is member.name:
                    self._people.give_other_name(member)
            else:
                used = member.name.keys if _stays(member) else frozenset()
                self._free(dict.fromkeys(name.keys - used, holder))

    async def _ask_for(self, name: Nickname, holder: str, kept: Collection[str]) -> bool:
        new = dict.fromkeys(name.keys.difference(kept), holder)
        try:
            place = await self._nodes.shared.claim(self._nodes.me, holder, name.keys)
            self.claimed.update(new)
            await self._nodes.reached(place)
        except NameTaken:
            return False
        except (CancelledError, OutOfReach, Fenced):  # it may have been granted
            self.taken(new)
            self._free(new)
            raise
        return True

    def _free(self, released: dict[str, str]) -> None:
        if released:
            self._nodes.tell(Told(["free"], released))

    def _who_has(self, name: Nickname) -> str:
        try:
            self._hall.check_free(name, None)
        except NicknameTaken as error:
            return error.holder
        return name.shown


def _stays(member: Member) -> bool:
    """Say whether somebody is at home here, and not about to leave."""
    return member.here and not member.is_remote

"""Names as the nodes share them: who has which is decided in one place, and known once that has been read back."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from twisted.internet.defer import CancelledError

from chatd.core.hall import Hall
from chatd.core.nickname import Nickname
from chatd.core.refusals import NicknameTaken, OthersUnreachable
from chatd.nodes.log import Log
from chatd.nodes.shared import Fenced, NameTaken, OutOfReach
from chatd.nodes.telling import Told

ASK_AGAIN = 0.05  # seconds after which a name is asked for again whose holder is just leaving


class Names:
    """`claimed` are the holders, by keys, of names that nobody has yet."""

    def __init__(self, hall: Hall, log: Log) -> None:
        self.claimed: dict[str, str] = {}
        self._hall = hall
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

    async def claim_again(self) -> None:
        """Have those names again that somebody is about to take, since Redis may have lost them.

        @raises OutOfReach, Fenced: if there can be no names now.
        """
        for key, holder in tuple(self.claimed.items()):
            with suppress(NameTaken):
                await self._nodes.shared.claim(self._nodes.me, holder, [key])

    def release(self, keys: Collection[str]) -> None:
        """A name was claimed, and won't be used."""
        self.free({key: self.claimed.pop(key) for key in keys if key in self.claimed})

    def taken(self, keys: Collection[str]) -> None:
        """A name that was claimed is somebody's, or nobody's, by now."""
        for key in keys:
            self.claimed.pop(key, None)

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
            self.free(new)
            raise
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

"""The hall: who is here, under which names, and in which rooms. It takes the time from whoever builds it."""

from __future__ import annotations

from chatd.core.events import Announced
from chatd.core.member import Deliver, Member
from chatd.core.nickname import Nickname, look_up_key, nickname, room_name
from chatd.core.notices import Clock
from chatd.core.refusals import HallFull, NicknameTaken, NobodyHere, NoSuchRoom
from chatd.core.room import AtOnce, Carrier, Room, broadcast
from chatd.core.text import one_line

LOBBY = "#lobby"


class Hall:
    """The registry of the people here and of their rooms.

    `capacity` is the number of people that fit, None for as many as come; `lost_after` is in how many seconds the doors
    notice a lost connection; `carrier` takes what is said in a room to those who hear it.
    """

    def __init__(
        self, clock: Clock, capacity: int | None = None, lost_after: int = 120, carrier: Carrier | None = None
    ) -> None:
        self.now = clock.seconds
        self._clock = clock
        self.capacity = capacity
        self.lost_after = lost_after
        self.carrier = carrier or AtOnce()
        self.lobby = Room(LOBBY, clock, self.carrier)
        self.rooms: dict[str, Room] = {look_up_key(LOBBY): self.lobby}
        self.members: dict[Member, None] = {}
        self._by_key: dict[str, Member] = {}

    def check_room_for_one_more(self) -> None:
        """@raises HallFull: if nobody else fits."""
        if self.capacity is not None and len(self.members) >= self.capacity:
            raise HallFull(self.capacity)

    def enter(self, typed: str, deliver: Deliver) -> Member:
        """Let a person into the lobby under the nickname that they typed.

        `deliver` is called with each event that concerns them, until they leave; it must not call into the hall.

        @raises BadNickname: for a name that breaks a rule.
        @raises NicknameTaken: for a name that is somebody's, or looks like it.
        @raises HallFull: if nobody else fits.
        """
        self.check_room_for_one_more()
        name = nickname(typed)
        self.claim(name, None)
        member = Member(self, name, deliver)
        self.claim(name, member)
        self.members[member] = None
        self.lobby.enter(member)
        return member

    def find(self, typed: str, unsent: str = "") -> Member:
        """Return who has the name that was typed.

        @raises NobodyHere: giving back `unsent`.
        """
        try:
            return self._by_key[look_up_key(typed)]
        except KeyError:
            raise NobodyHere(typed, unsent) from None

    def find_room(self, typed: str) -> Room:
        """@raises NoSuchRoom: if there is no room of that name."""
        try:
            return self.rooms[look_up_key(typed)]
        except KeyError:
            raise NoSuchRoom(typed) from None

    def announce(self, text: str) -> None:
        """Say something to everybody, in the name of the house."""
        broadcast(Announced(self.now(), one_line(text)), tuple(self.members))

    def claim(self, name: Nickname, member: Member | None) -> None:
        """Give a name to a member, or only see that nobody has it.

        @raises NicknameTaken: if it is another's.
        """
        for key in name.keys:
            holder = self._by_key.get(key)
            if holder is not None and holder is not member:
                raise NicknameTaken(name.shown, holder.nickname, self.lost_after)
        if member is not None:
            self._by_key.update(dict.fromkeys(name.keys, member))

    def release(self, name: Nickname) -> None:
        """Make a name free again."""
        for key in name.keys:
            del self._by_key[key]

    def open_room(self, typed: str) -> Room:
        """Return the room of that name, opened if there was none.

        @raises BadRoomName: for a name that breaks a rule.
        """
        name = room_name(typed)
        return self.rooms.setdefault(look_up_key(name), Room(name, self._clock, self.carrier))

    def close_if_empty(self, room: Room) -> None:
        if not room.members and room is not self.lobby:
            del self.rooms[look_up_key(room.name)]

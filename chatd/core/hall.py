"""The hall: who is here, under which names, and in which rooms. It takes the time from whoever builds it."""

from __future__ import annotations

from dataclasses import replace

from chatd.core.bans import Address, Bans
from chatd.core.counts import Counts
from chatd.core.events import Announced, Joined, Left, Renamed
from chatd.core.member import Member
from chatd.core.nickname import Nickname, exact_key, look_alike_keys, look_up_key, nickname, room_name
from chatd.core.notices import Clock, Notice
from chatd.core.refusals import AlreadySo, HallClosing, HallFull, NicknameTaken, NobodyHere, NoSuchRoom
from chatd.core.room import AtOnce, Carrier, Deliver, Hearer, Room, broadcast
from chatd.core.text import one_line

LOBBY = "#lobby"


class Hall:
    """The registry of the people here and of their rooms, and of those who may not be.

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
        self.counts = Counts()
        self.bans = Bans()
        self.closing = False  # whether nobody is let in any more
        self.lobby = Room(LOBBY, clock, self.carrier, self.counts)
        self.rooms: dict[str, Room] = {look_up_key(LOBBY): self.lobby}
        self.members: dict[Member, None] = {}
        self._by_key: dict[str, Member] = {}
        self._listeners: dict[Hearer, None] = {}

    def check_admission(self, address: Address | None = None) -> None:
        """@raises NotAdmitted: if nobody from that address can come in now; None is this machine itself."""
        self.bans.check_address(address, self.now())
        if self.closing:
            raise HallClosing
        if self.capacity is not None and len(self.members) >= self.capacity:
            raise HallFull(self.capacity)

    def enter(self, typed: str, deliver: Deliver) -> Member:
        """Let a person into the lobby under the nickname that they typed.

        `deliver` is called with each event that concerns them, until they leave; it must not call into the hall.

        @raises BadNickname: for a name that breaks a rule.
        @raises NicknameTaken: for a name that is somebody's, or looks like it.
        @raises NicknameBanned: for a name that is banned.
        @raises NotAdmitted: if nobody else can come in.
        """
        self.check_admission()
        name = nickname(typed)
        self.bans.check_name(name, self.now())
        self.claim(name, None)
        member = Member(self, name, deliver)
        self.claim(name, member)
        self.members[member] = None
        self.lobby.enter(member)
        self._tell_listeners(Joined(self.now(), (name.shown,)))
        return member

    def left(self, member: Member, why: str) -> None:
        """A member has left; who listens is told."""
        del self.members[member]
        self._tell_listeners(Left(self.now(), (member.nickname,), why))

    def rename(self, member: Member, typed: str) -> None:
        """Give a member another nickname. Ignores, invitations, private conversations and a mute stay with the person.

        @raises HallError: as `Member.rename` does.
        """
        before, name = member.name, nickname(typed)
        if name.shown == before.shown:
            raise AlreadySo(f"{name.shown} is the name already")
        self.bans.check_name(name, self.now())
        self.claim(name, member)
        self.release(replace(before, keys=before.keys - name.keys))
        self.bans.rename(before, name, self.now())
        member.name = name
        member.room.renamed(member, before.shown)
        self._tell_listeners(Renamed(self.now(), ((before.shown, name.shown),)))

    def listen(self, hearer: Hearer, on: bool) -> None:
        """Tell somebody who is no member who comes and goes, and what is said in the lobby; or end that."""
        if on:
            self._listeners[hearer] = None
        else:
            self._listeners.pop(hearer, None)
        self.lobby.set_quiet(hearer, not on)

    def find(self, typed: str, unsent: str = "") -> Member:
        """Return who has the name that was typed; only case and width may differ.

        @raises NobodyHere: giving back `unsent`.
        """
        member = self._by_key.get(look_up_key(typed))
        if member is None or member.name.exact != exact_key(typed):
            raise NobodyHere(typed, unsent)
        return member

    def find_room(self, typed: str) -> Room:
        """@raises NoSuchRoom: if there is no room of that name."""
        try:
            return self.rooms[look_up_key(typed)]
        except KeyError:
            raise NoSuchRoom(typed) from None

    def announce(self, text: str) -> None:
        """Say something to everybody, in the name of the house."""
        broadcast(Announced(self.now(), one_line(text)), (*self.members, *self._listeners))

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
        """Return the room of that name, or that it looks like; opened if there was none.

        @raises BadRoomName: for a name that breaks a rule.
        """
        name = room_name(typed)
        key = look_up_key(name)
        for alike in (key, *look_alike_keys(name)):
            if alike in self.rooms:
                return self.rooms[alike]
        return self.rooms.setdefault(key, Room(name, self._clock, self.carrier, self.counts))

    def close_if_empty(self, room: Room) -> None:
        if not room.members and room is not self.lobby:
            del self.rooms[look_up_key(room.name)]

    def _tell_listeners(self, notice: Notice) -> None:
        """Tell them at once, one by one: what is gathered for a room would come behind what somebody says in it."""
        if self._listeners:
            broadcast(notice, tuple(self._listeners))

"""The hall: who is here, under which names, and in which rooms. The clocks are passed in."""

from __future__ import annotations

from collections.abc import Callable

from chatd.core.bans import Address, Bans
from chatd.core.counts import Counts
from chatd.core.delivery import AtOnce, broadcast
from chatd.core.events import Announced, Departure, Joined, Left, Renamed
from chatd.core.member import Member
from chatd.core.nickname import Nickname, look_up_key, nickname, room_name
from chatd.core.notices import Notice
from chatd.core.ports import Broadcaster, Clock, Deliver, Subscriber
from chatd.core.refusals import HallClosing, HallFull, NameKept, NicknameTaken, NobodyHere, NoSuchRoom
from chatd.core.room import Room
from chatd.core.text import one_line

LOBBY = "#lobby"


class Hall:
    """The registry of the people here, of their rooms, and of the bans.

    `clock` measures durations and never goes back; `now` returns the seconds since 1970 that people are shown, by
    default those of the clock. `capacity` is the number of people that fit, None for as many as come; `lost_after` is
    the number of seconds within which a lost connection is noticed; `broadcaster` takes what is said in a room to those
    who hear it.
    """

    def __init__(
        self,
        clock: Clock,
        capacity: int | None = None,
        lost_after: int = 120,
        broadcaster: Broadcaster | None = None,
        now: Callable[[], float] | None = None,
    ) -> None:
        self.clock = clock
        self.now = now or clock.seconds
        self.capacity = capacity
        self.lost_after = lost_after
        self.broadcaster = broadcaster or AtOnce()
        self.counts = Counts()
        self.bans = Bans()
        self.draining = False  # whether nobody is let in any more
        self.lobby = self._room(LOBBY)
        self.rooms: dict[str, Room[Member]] = {look_up_key(LOBBY): self.lobby}
        self.members: dict[Member, None] = {}
        self._by_key: dict[str, Member] = {}
        self._listeners: dict[Subscriber, None] = {}

    def check_admission(self, address: Address | None = None) -> None:
        """@raises NotAdmitted: if nobody from that address can come in now; None is this machine itself."""
        self.bans.check_address(address, self.now())
        if self.draining:
            raise HallClosing
        if self.capacity is not None and len(self.members) >= self.capacity:
            raise HallFull(self.capacity)

    def enter(self, typed: str, deliver: Deliver, dismissed: Callable[[Departure], object] | None = None) -> Member:
        """Let a person into the lobby under the nickname that they typed.

        `deliver` is called with the events that concern them, until they leave; it must not call into the hall.
        `dismissed` is called behind the last of them if the administrator puts the person out.

        @raises BadNickname: for a name that breaks a rule.
        @raises NicknameTaken: for a name that is somebody's, or looks like it.
        @raises NicknameBanned: for a name that is banned.
        @raises NotAdmitted: if nobody else can come in.
        """
        self.check_admission()
        name = nickname(typed)
        self.bans.check_name(name, self.now())
        self._check_free(name, None)
        member = Member(self, name, deliver, dismissed)
        self._by_key.update(dict.fromkeys(name.keys, member))
        self.members[member] = None
        self.lobby.enter(member)
        self._tell_listeners(Joined(self.now(), LOBBY, (name.shown,)))
        return member

    def left(self, member: Member, how: Departure) -> None:
        """A member leaves: the name is free, and those who listen are told."""
        self._release(member.name.keys)
        del self.members[member]
        self._tell_listeners(Left(self.now(), member.room.name, (member.nickname,), how))

    def rename(self, member: Member, typed: str) -> None:
        """Give a member another nickname. Ignores, invitations, private conversations and a mute stay with the person.

        @raises HallError: as `Member.rename` does.
        """
        before, name = member.name, nickname(typed)
        if name.shown == before.shown:
            raise NameKept(name.shown)
        self.bans.check_name(name, self.now())
        self._check_free(name, member)
        self._release(before.keys)
        self._by_key.update(dict.fromkeys(name.keys, member))
        self.bans.rename(before, name, self.now())
        member.take_name(name)
        member.room.renamed(member, before)
        names = ((before.shown, name.shown),)
        elsewhere = [other for other in member.talked_to_by if other.room is not member.room]
        broadcast((Renamed(self.now(), None, names),), elsewhere)
        self._tell_listeners(Renamed(self.now(), member.room.name, names))

    def listen(self, subscriber: Subscriber, on: bool) -> None:
        """Tell somebody who is no member who comes and goes, and what is said in the lobby; or end that."""
        if on:
            self._listeners[subscriber] = None
        else:
            self._listeners.pop(subscriber, None)
        self.lobby.set_listening(subscriber, on)

    def find(self, typed: str, unsent: str = "") -> Member:
        """Return the member who has the name that was typed.

        @raises NobodyHere: giving back `unsent`.
        """
        try:
            return self._by_key[look_up_key(typed)]
        except KeyError:
            raise NobodyHere(typed, unsent=unsent) from None

    def find_room(self, typed: str) -> Room[Member]:
        """@raises NoSuchRoom: if there is no room of that name."""
        try:
            return self.rooms[look_up_key(typed)]
        except KeyError:
            raise NoSuchRoom(typed) from None

    def announce(self, text: str) -> None:
        """Say something to everybody, in the name of the administrator."""
        broadcast((Announced(self.now(), one_line(text)),), (*self.members, *self._listeners))

    def open_room(self, typed: str) -> Room[Member]:
        """Return the room of that name, opened if there was none.

        @raises BadRoomName: for a name that breaks a rule.
        """
        name = room_name(typed)
        key = look_up_key(name)
        if key not in self.rooms:
            self.rooms[key] = self._room(name)
        return self.rooms[key]

    def close_if_empty(self, room: Room[Member]) -> None:
        if not room.members and room is not self.lobby:
            del self.rooms[look_up_key(room.name)]

    def _room(self, name: str) -> Room[Member]:
        return Room(name, self.clock, self.now, self.broadcaster, self.counts)

    def _check_free(self, name: Nickname, member: Member | None) -> None:
        """@raises NicknameTaken: if the name, or one that looks like it, is another's."""
        for key in name.keys:
            holder = self._by_key.get(key)
            if holder is not None and holder is not member:
                raise NicknameTaken(name.shown, holder.nickname, self.lost_after)

    def _release(self, keys: frozenset[str]) -> None:
        for key in keys:
            del self._by_key[key]

    def _tell_listeners(self, notice: Notice) -> None:
        """Tell them at once, one by one: what is gathered for a room would come behind what somebody says in it."""
        if self._listeners:
            broadcast((notice,), tuple(self._listeners))

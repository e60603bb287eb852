"""The hall: who is here, under which names, and in which rooms. The clocks are passed in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from chatd.core.bans import Address, Ban, Bans
from chatd.core.counts import Counts
from chatd.core.delivery import AtOnce, broadcast
from chatd.core.events import Announced, ClosingAnnounced, ClosingCalledOff, Departure, Event, Joined, Left, Renamed
from chatd.core.holders import Holders
from chatd.core.member import Member
from chatd.core.memory import Memory
from chatd.core.nickname import Nickname, exact_key, look_alike_keys, nickname, room_name
from chatd.core.notices import Notice
from chatd.core.owner_refusals import NameOwned
from chatd.core.owners import Owner, Owners
from chatd.core.ports import Broadcaster, Clock, Deliver, Subscriber
from chatd.core.refusals import (
    HallClosing,
    HallError,
    HallFull,
    LooksLike,
    NameKept,
    NicknameTaken,
    NobodyHere,
    NoSuchRoom,
    RoomLocked,
    RoomLooksLike,
)
from chatd.core.register import Register
from chatd.core.relay import Alone, Announcement, BanSet, Named, Relay
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
        self.relay: Relay = Alone()
        self.memory = Memory(0)
        self.owners = Owners()
        self.counts = Counts()
        self.bans = Bans()
        self.draining = False  # whether nobody is let in any more
        self.elsewhere = ""  # where people may go instead, if that is anywhere
        self.rooms: dict[str, Room[Member]] = {}  # by their exact keys
        self._rooms_alike: dict[str, Room[Member]] = {}  # by the keys of what looks like them
        self.lobby = self.open_room(LOBBY)
        self.members: dict[Member, None] = {}
        self._names = Register[Member]()
        self.holders = Holders[Member](self.members, lambda: self.owners, lambda member: self.relay.changed(member))
        self._listeners: dict[Subscriber, Room[Member]] = {}  # with the room that each hears

    def check_admission(self, address: Address | None = None) -> None:
        """@raises NotAdmitted: if nobody from that address can come in now; None is this machine itself."""
        self.bans.check_address(address, self.now())
        if self.draining:
            raise HallClosing(self.elsewhere)
        if self.capacity is not None and len(self.members) >= self.capacity:
            raise HallFull(self.capacity)

    def remember(self, memory: Memory) -> None:
        """Have what is said remembered there from now on; it must be called before anybody is here."""
        self.memory = memory
        self.lobby.ring = memory.ring(LOBBY)

    def owner_of(self, typed: str, account: int | None = None) -> Owner | None:
        """Return who must say that somebody may take a name: whoever owns it, or one that looks like it, but for the
        holder of `account`; None for a name that is free for them.

        @raises BadNickname: for a name that breaks a rule.
        @raises NicknameBanned: for a name that is banned.
        """
        name = nickname(typed)
        owner = self.owners.owner_of(name)
        self.bans.check_name(name, self.now(), owner.id if owner else None)
        return None if owner is None or owner.id == account else owner

    def claim(self, typed: str, account: int | None = None) -> Awaitable[None] | None:
        """Have a name kept for somebody who is about to enter, in all halls that are one with this; None: it is free.

        @raises HallError: as `enter` does, and as `Relay.claim`.
        """
        return self.relay.claim(self._check_entry(typed, account), None)

    def enter(
        self,
        typed: str,
        deliver: Deliver,
        dismissed: Callable[[Departure], object] | None = None,
        account: int | None = None,
    ) -> Member:
        """Let a person into the lobby under the nickname that they typed.

        `deliver` is called with the events that concern them, until they leave; it must not call into the hall.
        `dismissed` is called behind the last of them if the administrator puts the person out. `account` is that of an
        owner who has proven who they are, and isn't here yet. With a relay the name must have been claimed.

        @raises BadNickname: for a name that breaks a rule.
        @raises NicknameTaken: for a name that is somebody's, or looks like it.
        @raises NicknameBanned: for a name that is banned.
        @raises NameOwned: for the name of another's account, or one that looks like it.
        @raises NotAdmitted: if nobody else can come in.
        """
        name = self._check_entry(typed, account)
        member = Member(self, name, deliver, dismissed)
        if account is not None:
            self.holders.give(member, self.owners.demand(account))
        self.admit(member)
        self.relay.came(member)
        return member

    def admit(self, member: Member) -> None:
        """A member comes into the lobby; their name must be free."""
        self._names.take(member.name, member)
        self.members[member] = None
        self.lobby.enter(member)
        self._tell_listeners(Joined(self.now(), LOBBY, (member.nickname,)))

    def _check_entry(self, typed: str, account: int | None) -> Nickname:
        self.check_admission()
        name = nickname(typed)
        self.bans.check_name(name, self.now(), account)
        self.check_free(name, None)
        self._check_owned(name, account)
        return name

    def left(self, member: Member, how: Departure) -> None:
        """A member leaves: the name is free, and those who listen are told."""
        self._names.release(member.name)
        del self.members[member]
        self.holders.left(member)
        self._tell_listeners(Left(self.now(), member.room.name, (member.nickname,), how))

    def rename(self, member: Member, typed: str, account: int | None = None) -> Awaitable[None] | None:
        """Give a member another nickname. Ignores, invitations, private conversations and a mute stay with the person.

        `account` is that of an owner, not here otherwise, who the member has proven to be, and is from then on.

        @raises HallError: as `Member.rename` does.
        """
        name = nickname(typed)
        if name.shown == member.nickname:
            raise NameKept(name.shown)
        new_account = member.traces.account if account is None else account
        self.bans.check_name(name, self.now(), new_account)
        self.check_free(name, member)
        self._check_owned(name, new_account)
        claimed = self.relay.claim(name, member)
        if claimed is not None:
            return self._rename_when(claimed, member, Named(name, account, self.now()))
        return self.relay.turn(member, Named(name, account, self.now()))

    async def _rename_when(self, claimed: Awaitable[None], member: Member, named: Named) -> None:
        await claimed
        try:
            turn = self.relay.turn(member, named)
        except HallError:
            self.relay.release(named.name.keys - member.name.keys)
            raise
        if turn is not None:
            await turn

    def call(self, member: Member, named: Named) -> None:
        """A member has another name from now on, which must be free, and is the owner of that account, if any."""
        before, name = member.name, named.name
        owner = self.owners.get(named.account)
        if owner is not None and self.holders.of(owner.id) is None:  # nor is anybody else who they are by now
            self.holders.give(member, owner)
        self._names.release(before)
        self._names.take(name, member)
        if named.asked_at is not None:
            self.bans.rename(before, name, self.now())
        member.take_name(name)
        member.room.renamed(member, before)
        names = ((before.shown, name.shown),)
        elsewhere = [other for other in member.talk.talked_to_by if other.room is not member.room]
        broadcast((Renamed(self.now(), None, names),), elsewhere)
        self._tell_listeners(Renamed(self.now(), member.room.name, names))

    def listen(self, subscriber: Subscriber, room: Room[Member]) -> None:
        """Tell somebody who is no member who comes and goes, and what is said in one room, while it stays open.

        @raises RoomLocked: if it is locked: those inside want to be alone.
        """
        if room.locked:
            raise RoomLocked(room.name)
        self.listen_no_more(subscriber)
        self._listeners[subscriber] = room
        room.set_listening(subscriber, True)

    def listen_no_more(self, subscriber: Subscriber) -> None:
        room = self._listeners.pop(subscriber, None)
        if room is not None:
            room.set_listening(subscriber, False)

    def find(self, typed: str, unsent: str = "", asker: Member | None = None) -> Member:
        """Return the member who has the name that was typed; only case and width may differ.

        @raises LooksLike: if the name only looks like somebody's; giving back `unsent`.
        @raises NobodyHere: likewise, if it is nobody's; with the one other than `asker` whose name is near, if any.
        """
        member = self._names.named(typed)
        if member is not None:
            return member
        alike = self._names.alike(typed)
        if alike is not None:
            raise LooksLike(typed, alike.nickname, unsent=unsent)
        raise NobodyHere(typed, self._near(typed, asker), unsent=unsent)

    def find_room(self, typed: str) -> Room[Member]:
        """@raises NoSuchRoom: if there is no room of that name."""
        try:
            return self.rooms[exact_key(typed)]
        except KeyError:
            raise NoSuchRoom(typed) from None

    def set_ban(self, news: BanSet) -> list[Ban]:
        """Make or lift a ban, in all halls that are one with this; return those that it takes the place of, or lifts.

        @raises BadNickname: for a name that nobody can have.
        @raises NotBanned, NotMuted: if there is none to lift.
        """
        return self.relay.set_ban(self.bans, news)

    def announce(self, text: str, everywhere: bool = False, at: float | None = None) -> None:
        """Say something to everybody, in the name of the administrator; to those at home in other halls if asked to.

        `at` is when that was, in seconds since 1970, if it wasn't now.
        """
        at = self.now() if at is None else at
        self._tell_everybody(Announced(at, one_line(text)))
        if everywhere:
            self.relay.tell(Announcement(at, text))

    def announce_closing(self, minutes: int | None) -> None:
        """Tell everybody that this closes in so many minutes, 0 for now, None for soon; and where they may go on."""
        self._tell_everybody(ClosingAnnounced(self.now(), minutes, self.elsewhere))

    def call_off_closing(self) -> None:
        """Tell everybody that this stays open."""
        self._tell_everybody(ClosingCalledOff(self.now()))

    def open_room(self, typed: str, id: str = "") -> Room[Member]:
        """Return the room of that name, opened with that id if there was none.

        @raises BadRoomName: for a name that breaks a rule.
        @raises RoomLooksLike: for a new name that looks like another room's.
        """
        name = room_name(typed)
        key = exact_key(name)
        if key not in self.rooms:
            for alike in look_alike_keys(name):
                if alike in self._rooms_alike:
                    raise RoomLooksLike(typed, self._rooms_alike[alike].name)
            room = Room[Member](name, self.clock, self.now, self.broadcaster, self.counts, self.memory.ring(name))
            room.id = id
            self.rooms[key] = room
            self._rooms_alike.update(dict.fromkeys(look_alike_keys(name), room))
        return self.rooms[key]

    def close_if_empty(self, room: Room[Member]) -> None:
        if not room.members and room is not self.lobby:
            del self.rooms[exact_key(room.name)]
            for alike in look_alike_keys(room.name):
                del self._rooms_alike[alike]

    def _near(self, typed: str, asker: Member | None) -> str:
        """Return the nickname of the only other person here who owns that name, or whose name begins like that or is a
        slip away; else "".
        """
        owner = self.owners.named(typed)
        holder = None if owner is None else self.holders.of(owner.id)
        if holder is None or holder is asker:
            holder = self._names.near(typed, asker)
        return "" if holder is None else holder.nickname

    def check_free(self, name: Nickname, member: Member | None) -> None:
        """@raises NicknameTaken: if the name, or one that looks like it, is another's."""
        holder = self._names.holder(name, member)
        if holder is not None:
            raise NicknameTaken(name.shown, holder.nickname, self.lost_after)

    def _check_owned(self, name: Nickname, account: int | None) -> None:
        """@raises NameOwned: if the name, or one that looks like it, is another's though they aren't here, or is just
        becoming somebody's.
        """
        owner = self.owners.owner_of(name)
        if owner is None:
            self.owners.check_not_reserved(name)
        elif owner.id != account:
            raise NameOwned(name.shown, owner.name.shown)

    def _tell_everybody(self, event: Event) -> None:
        broadcast((event,), (*self.members, *self._listeners))

    def _tell_listeners(self, notice: Notice) -> None:
        """Tell them at once, one by one: what is gathered for a room would come behind what somebody says in it."""
        if self._listeners:
            broadcast((notice,), tuple(self._listeners))

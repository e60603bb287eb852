"""A member: what one person in the hall can do, alone and with the room; what they say is in `Talk`.

Every refusal is a `HallError`: then nothing was sent and nothing changed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, assert_never

from chatd.core.delivery import tell
from chatd.core.events import (
    Acted,
    Cause,
    Departure,
    Events,
    Invited,
    Said,
    ToldByAdministrator,
)
from chatd.core.memory import LinesOf
from chatd.core.nickname import Nickname, exact_key, room_name
from chatd.core.ports import Deliver
from chatd.core.refusals import (
    InRoomAlready,
    LobbyStaysOpen,
    LockKept,
    NameChangedHands,
    NotFirstMember,
    NotHeardBy,
    NotIgnored,
    RoomLocked,
    ThatIsYou,
    TooSlow,
)
from chatd.core.relay import Act, Errand, Invite, LockSet, Moved, Named, RememberSet, Went, Whisper
from chatd.core.room import Room
from chatd.core.talk import NOBODY, Talk
from chatd.core.text import one_line, sayable
from chatd.core.traces import Traces

if TYPE_CHECKING:
    from chatd.core.hall import Hall

CLOSED = Departure(Cause.CLOSED)
_MOST_IGNORED_BEFORE = 1_000
_NO_INVITATIONS: Mapping[Room[Member], bool] = MappingProxyType({})


class Member:
    """A person in the hall, from the nickname to the goodbye; what they may do, and the facts about them.

    After `leave` the member is not `here`, hears nothing, and none of the other methods may be called. With a `relay`
    between several halls, what others hear or see of a person takes its turn: such a method returns what to wait for,
    or None if all is done. `is_remote` is a person at home in another of them.
    """

    __slots__ = (
        "_came_in_at",
        "_dismissed",
        "_echo",
        "_hall",
        "_named_at",
        "away",
        "came_at",
        "deliver",
        "here",
        "ignored_before",
        "ignored_by",
        "ignoring",
        "invitations",
        "is_remote",
        "name",
        "quiet",
        "room",
        "talk",
        "traces",
    )

    def __init__(
        self,
        hall: Hall,
        name: Nickname,
        deliver: Deliver,
        dismissed: Callable[[Departure], object] | None = None,
        is_remote: bool = False,
    ) -> None:
        self._hall = hall
        self.is_remote = is_remote
        self.traces = Traces(name.shown, hall.now())
        self._echo = True
        self.hand_over(deliver, dismissed)
        self.here = True
        self.came_at = hall.clock.seconds()
        self.name, self._named_at = name, self.came_at
        self.talk = Talk(hall, self)
        self.room: Room[Member] = hall.lobby
        self._came_in_at = self.came_at  # into the room
        self.quiet = False
        self.away: str | None = None  # why, "" without a reason; None for somebody who is not away
        # All of these are empty nearly always, and then shared: they are replaced, and never changed.
        self.ignoring: frozenset[Member] = NOBODY
        self.ignored_by: frozenset[Member] = NOBODY
        self.ignored_before: tuple[LinesOf, ...] = ()  # lines of those who have left
        self.invitations = _NO_INVITATIONS  # and whether the room's first member invited, who may lock it

    @property
    def nickname(self) -> str:
        return self.name.shown

    @property
    def since(self) -> float:
        """When the person came, in seconds since 1970."""
        return self._hall.now() - (self._hall.clock.seconds() - self.came_at)

    @property
    def listens(self) -> bool:
        """Whether what is said in the room is delivered to them from here."""
        return not (self.quiet or self.is_remote)

    @property
    def is_selective(self) -> bool:
        return bool(self.ignoring) or not self._echo

    def hears(self, speaker: object) -> bool:
        """Say whether the lines of a speaker in the room are for this member."""
        return self._echo if speaker is self else speaker not in self.ignoring

    @property
    def echo(self) -> bool:
        """Whether the member hears their own lines in the room."""
        return self._echo

    @echo.setter
    def echo(self, echo: bool) -> None:
        self._echo = echo
        self.room.divide_again()

    def saw_renamed(self, other: Member) -> bool:
        """Say whether the room told this person of it when somebody took, or gave up, the name that they have."""
        return other.room is self.room and self._came_in_at <= other._named_at

    def forget_invitation(self, room: Room[Member]) -> None:
        """That isn't the room any more that this person was invited to."""
        self.invitations = {one: by_first for one, by_first in self.invitations.items() if one is not room}

    def may_enter(self, room: Room[Member]) -> bool:
        """Say whether this person may enter a room, and see that it is there."""
        return not room.locked or room is self.room or self.invitations.get(room, False)

    def hand_over(self, deliver: Deliver, dismissed: Callable[[Departure], object] | None) -> None:
        """Bring this person's events, and the news that they were put out, to somebody else from now on."""
        self.deliver = deliver
        self._dismissed = dismissed

    def come_home(self, deliver: Deliver, dismissed: Callable[[Departure], object] | None) -> None:
        """Be at home here from now on."""
        self.is_remote = False
        self.hand_over(deliver, dismissed)
        self._hall.holders.come_home(self)
        self.room.set_listening(self, self.listens)

    def leave_home(self) -> None:
        """Be at home in another hall from now on: what binds this person to others is known there alone.

        Somebody who was about to leave here is staying: it was the connection that they have left behind.
        """
        self.is_remote = self.here = True
        self.hand_over(unheard, None)
        self.room.set_listening(self, False)
        self.talk.forget()
        self.ignore_only(NOBODY)
        self._echo, self.invitations = True, _NO_INVITATIONS

    def take_name(self, name: Nickname) -> None:
        """Be called that from now on; the hall has seen that the name is free."""
        self.name = name
        self._named_at = self._hall.clock.seconds()
        self.traces.called(name.shown, self._hall.now())

    def carry_out(self, act: Act) -> None:
        """Do what this person, or their stand-in, has wanted to do; its turn has come.

        @raises HallError: if it can't be done any more.
        """
        match act:
            case Said() | Acted():
                self.room.hears(self, act if act.speaker == self.nickname else replace(act, speaker=self.nickname))
            case Moved(room, invited, opens):
                self._go_to(room, invited, opens)
            case LockSet(locked):
                self.check_may_turn_lock(locked)
                self.room.turn_lock(self, locked)
            case RememberSet(on):
                self.check_first()
                self.room.remember(self, on)
            case Named():
                self._hall.call(self, act)
            case Went(how):
                self.go_away(how)
            case _:  # pragma: no cover
                assert_never(act)

    def rename(self, typed: str, account: int | None = None) -> Awaitable[None] | None:
        """Take another nickname. Ignores, invitations and private conversations stay with the person.

        `account` is that of an owner, not here otherwise, who this person has proven to be.

        @raises BadNickname: for a name that breaks a rule.
        @raises NicknameTaken: for a name that is somebody else's.
        @raises NicknameBanned: for a name that is banned.
        @raises Muted: if this person may not say anything; a name could.
        """
        self.check_may_speak()
        return self._hall.rename(self, typed, account)

    def move(self, typed: str) -> Awaitable[None] | None:
        """Go to another room; it is opened if there is none of that name.

        @raises BadRoomName: for a name that breaks a rule.
        @raises RoomLocked: if this person is not invited.
        @raises Muted: if there is none, and this person may not say anything; a room's name could.
        """
        if exact_key(typed) not in self._hall.rooms:
            self.check_may_speak()
        self.talk.choice_refused()  # unless they get there
        room = self._hall.rooms.get(exact_key(typed))
        invited = room.id if room is not None and self.invitations.get(room, False) else None
        return self._hall.relay.turn(self, Moved(room_name(typed), invited))

    def _go_to(self, typed: str, invited: str | None, opens: str) -> None:
        room = self._hall.open_room(typed, opens)
        if room is self.room:
            self.talk.room_chosen()
            raise InRoomAlready(room.name)
        if room.locked and room.id != invited:
            raise RoomLocked(room.name)
        self.room.leave(self, None)
        self._hall.close_if_empty(self.room)
        self.room, self._came_in_at = room, self._hall.clock.seconds()
        if not room.members and room is not self._hall.lobby:
            room.opened_by = self
        room.enter(self)
        self.talk.room_chosen()

    def turn_lock(self, locked: bool) -> Awaitable[None] | None:
        """Lock the room, so that only the invited enter, or unlock it; what was remembered of it is forgotten.

        @raises HallError: as `check_may_turn_lock` does.
        """
        self.check_may_turn_lock(locked)
        return self._hall.relay.turn(self, LockSet(locked))

    def check_may_turn_lock(self, locked: bool) -> None:
        """Say whether this person may lock or unlock the room.

        @raises LobbyStaysOpen: in the lobby.
        @raises NotFirstMember: if somebody else has been inside for longer.
        @raises LockKept: if there is nothing to change.
        """
        if self.room is self._hall.lobby:
            raise LobbyStaysOpen(self.room.name)
        self.check_first()
        if self.room.locked == locked:
            raise LockKept(self.room.name, locked)

    def set_remembered(self, on: bool) -> Awaitable[None] | None:
        """Have what is said in the room kept on the disk from now on, or no longer; all inside are told.

        @raises NotFirstMember: if somebody else has been inside for longer.
        """
        self.check_first()
        return self._hall.relay.turn(self, RememberSet(on))

    def invite(self, name: str, typed_at: float | None = None) -> Awaitable[None] | None:
        """Invite somebody to this room; into a locked one only its first member may.

        @raises NobodyHere, LooksLike: if nobody has that name.
        @raises NotFirstMember: if the room is locked and somebody else's.
        @raises NotHeardBy: if they ignore this person.
        @raises Muted: if this person may not say anything.
        """
        self.check_may_speak()
        return self.invite_member(self.other(name, typed_at))

    def invite_member(self, other: Member) -> Awaitable[None] | None:
        """Invite somebody. It is refused as `invite` is."""
        if self.room.locked:
            self.check_first()
        if other.room is self.room:
            raise InRoomAlready(self.room.name, other.nickname)
        if other.is_remote:
            return self._hall.relay.send(self, other, Invite())
        self.check_heard_by(other)
        other.talk.expect_from(self)
        if not tell(Invited(self._hall.now(), self.room.name, self.nickname), other):
            raise TooSlow(other.nickname)
        invited = {room: by_first for room, by_first in other.invitations.items() if room.members}
        invited[self.room] = invited.get(self.room, False) or self.room.first is self
        other.invitations = invited
        return None

    def ignore(self, name: str) -> Member:
        """Hear nothing more from somebody, whatever they call themselves. Returns who is ignored.

        @raises NobodyHere, LooksLike: if nobody has that name.
        """
        other = self.other(name)
        self.ignore_member(other)
        return other

    def ignore_member(self, other: Member) -> None:
        """Hear nothing more from somebody."""
        self.ignoring |= {other}
        other.ignored_by |= {self}
        self.room.divide_again()

    def ignore_only(self, others: frozenset[Member]) -> None:
        """Ignore these from now on, and nobody else."""
        for other in self.ignoring - others:
            other.ignored_by -= {self}
        self.ignoring = NOBODY
        for other in others:
            self.ignore_member(other)
        self.room.divide_again()

    def unignore(self, name: str) -> Member:
        """Hear somebody again. Returns who.

        @raises NobodyHere, LooksLike: if nobody has that name.
        @raises NotIgnored: if they were not ignored.
        """
        other = self._hall.find(name)
        if other not in self.ignoring:
            raise NotIgnored(other.nickname)
        self.ignoring -= {other}
        other.ignored_by -= {self}
        other.traces.shunned_by -= {self.traces.account or 0}
        self.room.divide_again()
        return other

    def set_quiet(self, quiet: bool) -> None:
        """Shut out room talk in both directions, or let it in again."""
        self.quiet = quiet
        self.room.set_listening(self, self.listens)
        self._hall.relay.changed(self)

    def set_traced(self, on: bool) -> None:
        """Let what this person says in rooms be remembered from now on, or no longer."""
        self.traces.remembered = on
        self._hall.relay.changed(self)

    def set_away(self, why: str | None) -> None:
        """Tell those who write privately that this person is away, and why, if there is a reason; None is back again.

        @raises Muted: if there is something to say, and this person may not.
        """
        if why:
            self.check_may_speak()
        self.away = None if why is None else one_line(why).strip()
        self._hall.relay.changed(self)

    def leave(self, how: Departure = CLOSED) -> None:
        """Leave the hall; the nickname is free. Leaving twice does nothing."""
        if not self.here:
            return
        self._hall.broadcaster.settle()
        self.here = False
        self.deliver = unheard
        self._hall.relay.turn(self, Went(replace(how, why=one_line(how.why).strip())))

    def go_away(self, how: Departure) -> None:
        """Be gone from the hall: the turn of leaving has come, or their home is no more."""
        self.here = False
        self._hall.broadcaster.settle()
        self._named_at = self._hall.clock.seconds()  # the name is over
        self._hall.left(self, how)
        self.room.leave(self, how)
        self._hall.close_if_empty(self.room)
        self.talk.say_gone()
        self.let_go()

    def hear_administrator(self, text: str) -> None:
        """Be told something by the administrator, alone.

        @raises TooSlow: if the connection can't take it now.
        """
        if not tell(ToldByAdministrator(self._hall.now(), sayable(text)), self):
            raise TooSlow(self.nickname, unsent=text)

    def dismiss(self, how: Departure) -> None:
        """Put this person, who is at home here, out of the hall, whatever door they came by."""
        self.leave(how)
        if self._dismissed is not None:
            self._dismissed(how)

    def let_go(self) -> None:
        """Drop every tie to others, so that nobody who still remembers this member keeps the rest of them alive."""
        self.talk.forget()
        for other in self.ignoring:
            other.ignored_by -= {self}
            if self.traces.account is not None:
                other.traces.shunned_by |= {self.traces.account}
        for other in self.ignored_by:
            other.ignoring -= {self}
            before = (*other.ignored_before, *self.traces.lines(until=self._hall.now()))
            other.ignored_before = before[-_MOST_IGNORED_BEFORE:]
            other.room.divide_again()
        self.deliver = unheard

    def check_named_before(self, typed_at: float | None, unsent: str = "") -> None:
        """@raises NameChangedHands: if something typed at that time was meant for another who had this name."""
        if typed_at is not None and typed_at < self._named_at:
            raise NameChangedHands(self.nickname, unsent=unsent)

    def send(self, other: Member, errand: Errand) -> Awaitable[None] | None:
        """Do what this person, or their stand-in, wants of somebody who is at home here."""
        match errand:
            case Whisper(text):
                return self.talk.whisper_to(other, text)
            case Invite():
                return self.invite_member(other)
        raise AssertionError(errand)  # pragma: no cover

    def other(self, name: str, typed_at: float | None = None) -> Member:
        """Return another person in the hall.

        @raises HallError: as `find` does.
        @raises ThatIsYou: if it is this one.
        """
        other = self.find(name, typed_at)
        if other is self:
            raise ThatIsYou
        return other

    def find(self, name: str, typed_at: float | None = None, unsent: str = "") -> Member:
        """Return who has a name; what was typed at that time, and is `unsent`, was meant for them.

        @raises NobodyHere, LooksLike: if nobody has it.
        @raises NameChangedHands: if they have had it only since later.
        """
        other = self._hall.find(name, unsent, asker=self)
        other.check_named_before(typed_at, unsent)
        return other

    def check_may_speak(self, unsent: str = "") -> None:
        """@raises Muted: if this person may not say anything; giving back `unsent`."""
        self._hall.bans.check_speech(self.name, self._hall.now(), unsent, self.traces.account)

    def check_heard_by(self, other: Member, unsent: str = "") -> None:
        """@raises NotHeardBy: if somebody ignores this person."""
        if self in other.ignoring:
            raise NotHeardBy(other.nickname, unsent=unsent)

    def check_first(self) -> None:
        """@raises NotFirstMember: if somebody else has been in the room for longer."""
        if self.room.first is not self:
            raise NotFirstMember(self.room.name, self.room.first.nickname)


def unheard(events: Events) -> None:
    """Take what is still on its way to somebody who has left."""

"""A member: what one person in the hall can do, alone, with the room and with one other.

Every refusal is a `HallError`: then nothing was sent and nothing changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatd.core.events import (
    Acted,
    AddresseeAway,
    AddresseeChanged,
    AddresseeLeft,
    Event,
    Invited,
    Said,
    Several,
    Whispered,
    WhisperSent,
)
from chatd.core.nickname import Nickname, look_up_key
from chatd.core.refusals import (
    AddresseeGone,
    AddresseeUnclear,
    AlreadySo,
    LobbyStaysOpen,
    NobodyToAnswer,
    NotFirstMember,
    NotHeardBy,
    NothingSaid,
    NotInThatRoom,
    RoomLocked,
    ThatIsYou,
    TooSlow,
    YouAreQuiet,
)
from chatd.core.room import Deliver, Room, broadcast, tell
from chatd.core.text import one_line, shows_nothing

if TYPE_CHECKING:
    from chatd.core.hall import Hall

SWITCH_GUARD = 2.0  # seconds after a switch of the addressee in which the first line is given back
NEVER = float("-inf")


class Member:
    """A person in the hall, from the nickname to the goodbye; what they may do, and the facts about them.

    After `leave` the member is not `here`, hears nothing, and none of the other methods may be called.
    """

    __slots__ = (
        "_hall",
        "_switched_at",
        "addressee",
        "away",
        "came_at",
        "deliver",
        "echo",
        "here",
        "ignored_by",
        "ignoring",
        "invitations",
        "name",
        "quiet",
        "room",
        "talked_to_by",
        "wrote_last",
    )

    def __init__(self, hall: Hall, name: Nickname, deliver: Deliver) -> None:
        self._hall = hall
        self.name = name
        self._switched_at = NEVER  # when the addressee changed by another's line, or a choice was refused
        self.deliver = deliver
        self.here = True
        self.came_at = hall.now()
        self.room = hall.lobby
        self.quiet = False
        self.echo = True
        self.away = ""  # why, or "" for somebody who is not away
        self.addressee: Member | None = None  # None is the room
        self.talked_to_by: dict[Member, None] = {}
        self.wrote_last: Member | None = None  # who last wrote to this person privately
        self.ignoring: set[Member] = set()
        self.ignored_by: set[Member] = set()
        self.invitations: set[Room] = set()

    @property
    def nickname(self) -> str:
        return self.name.shown

    def speak(self, text: str, typed_at: float | None = None) -> None:
        """Say a line to the addressee: the room, or the person chosen. `typed_at` is now, unless the line had to wait.

        @raises AddresseeGone: if that person has left; the line never falls through to the room.
        @raises AddresseeUnclear: for the first line typed within two seconds of a switch that another's line caused, or
            of a choice that was refused, and for every line typed before it.
        @raises HallError: as `say` and `whisper` do.
        """
        self._check_clear(text, typed_at)
        if self.addressee is None:
            self.say(text)
        else:
            self._whisper_to(self.addressee, text)

    def say(self, text: str) -> None:
        """Say a line in the room.

        @raises YouAreQuiet: if this person has shut out room talk.
        @raises Muted: if they may not say anything.
        """
        text = self._fit_for_room(text)
        self.room.hears(self, Said(self._hall.now(), self.nickname, text))

    def act(self, text: str, typed_at: float | None = None) -> None:
        """Do something before the addressee's eyes (`/me`). It is refused as `speak` is."""
        self._check_clear(text, typed_at)
        if self.addressee is None:
            text = self._fit_for_room(text)
            self.room.hears(self, Acted(self._hall.now(), self.nickname, text))
        else:
            self._whisper_to(self.addressee, f"* {self.nickname} {_fit(text)}")

    def whisper(self, name: str, text: str) -> None:
        """Write to one person alone, in whatever room they are.

        @raises NobodyHere: if nobody has that name.
        @raises NotHeardBy: if they ignore this person.
        @raises TooSlow: if their connection can't take it now.
        @raises Muted: if this person may not say anything.
        """
        self._whisper_to(self._hall.find(name, text), text)

    def answer(self, text: str) -> None:
        """Write to who last wrote to this person privately.

        @raises NobodyToAnswer: if nobody did.
        @raises AddresseeGone: if they have left.
        """
        if self.wrote_last is None:
            raise NobodyToAnswer(text)
        self._whisper_to(self.wrote_last, text)

    def talk_to(self, name: str) -> None:
        """Choose who gets what `speak` says from now on: a person, or with "" or the room's own name the room.

        @raises NobodyHere: if nobody has that name.
        @raises NotInThatRoom: for the name of another room.
        """
        self._switched_at = self._hall.now()  # if this is refused, what is typed next may have been meant for `name`
        if name.startswith("#") and look_up_key(name) != look_up_key(self.room.name):
            raise NotInThatRoom(self.room.name)
        self._set_addressee(None if not name or name.startswith("#") else self._other(name))
        self._switched_at = NEVER

    def rename(self, typed: str) -> None:
        """Take another nickname. Ignores, invitations and private conversations stay with the person.

        @raises BadNickname: for a name that breaks a rule.
        @raises NicknameTaken: for a name that is somebody else's.
        @raises NicknameBanned: for a name that is banned.
        @raises Muted: if this person may not say anything; a name could.
        """
        self.check_may_speak()
        self._hall.rename(self, typed)

    def move(self, typed: str) -> None:
        """Go to another room; it is opened if there is none of that name.

        @raises BadRoomName: for a name that breaks a rule.
        @raises RoomLocked: if this person is not invited.
        @raises Muted: if there is none, and this person may not say anything; a room's name could.
        """
        if look_up_key(typed) not in self._hall.rooms:
            self.check_may_speak()
        room = self._hall.open_room(typed)
        if room is self.room:
            raise AlreadySo(f"you are in {room.name} already")
        if not room.admits(self):
            raise RoomLocked(room.name)
        self.room.leave(self)
        self._hall.close_if_empty(self.room)
        self.room = room
        room.enter(self)

    def turn_lock(self, locked: bool) -> None:
        """Lock the room, so that only the invited enter, or unlock it.

        @raises LobbyStaysOpen: in the lobby.
        @raises NotFirstMember: if somebody else has been inside for longer.
        """
        if self.room is self._hall.lobby:
            raise LobbyStaysOpen(self.room.name)
        self._check_first()
        if self.room.locked == locked:
            raise AlreadySo(f"{self.room.name} is {'locked' if locked else 'open'} already")
        self.room.turn_lock(self, locked)

    def invite(self, name: str) -> Member:
        """Invite somebody to this room; into a locked one only its first member may. Returns who was invited.

        @raises NobodyHere: if nobody has that name.
        @raises NotFirstMember: if the room is locked and somebody else's.
        @raises NotHeardBy: if they ignore this person.
        @raises Muted: if this person may not say anything.
        """
        self.check_may_speak()
        other = self._other(name)
        if self.room.locked:
            self._check_first()
        if other.room is self.room:
            raise AlreadySo(f"{other.nickname} is in {self.room.name} already")
        self._check_heard_by(other)
        if not tell(Invited(self._hall.now(), self.nickname, self.room.name), other):
            raise TooSlow(other.nickname, "")
        other.invitations = {room for room in other.invitations if room.members} | {self.room}
        return other

    def ignore(self, name: str) -> Member:
        """Hear nothing more from somebody, whatever they call themselves. Returns who is ignored.

        @raises NobodyHere: if nobody has that name.
        """
        other = self._other(name)
        self.ignoring.add(other)
        other.ignored_by.add(self)
        return other

    def unignore(self, name: str) -> Member:
        """Hear somebody again. Returns who.

        @raises NobodyHere: if nobody has that name.
        @raises AlreadySo: if they were not ignored.
        """
        other = self._hall.find(name)
        if other not in self.ignoring:
            raise AlreadySo(f"you do not ignore {other.nickname}")
        self.ignoring.discard(other)
        other.ignored_by.discard(self)
        return other

    def set_quiet(self, quiet: bool) -> None:
        """Shut out room talk in both directions, or let it in again."""
        self.quiet = quiet
        self.room.set_quiet(self, quiet)

    def set_away(self, why: str) -> None:
        """Tell those who write privately that this person is away, and why; with "" they are back.

        @raises Muted: if there is something to say, and this person may not.
        """
        if why:
            self.check_may_speak()
        self.away = one_line(why).strip()

    def leave(self, why: str = "") -> None:
        """Leave the hall; the nickname is free. Leaving twice does nothing."""
        if not self.here:
            return
        why = one_line(why).strip()
        self._hall.carrier.settle()
        self.here = False
        self._hall.release(self.name)
        self._hall.left(self, why)
        self.room.leave(self, why)
        self._hall.close_if_empty(self.room)
        broadcast(AddresseeLeft(self._hall.now(), self.nickname), tuple(self.talked_to_by))
        self._let_go()

    def _let_go(self) -> None:
        """Drop every tie to others, so that nobody who still remembers this member keeps the rest of them alive."""
        self._set_addressee(None)
        self.wrote_last = None
        self.talked_to_by = {}
        for other in self.ignoring:
            other.ignored_by.discard(self)
        for other in self.ignored_by:
            other.ignoring.discard(self)
        self.deliver = _unheard

    def _check_clear(self, text: str, typed_at: float | None) -> None:
        typed_at = self._hall.now() if typed_at is None else typed_at
        if typed_at - self._switched_at < SWITCH_GUARD:
            if typed_at > self._switched_at:
                self._switched_at = NEVER
            addressee = self.addressee.nickname if self.addressee else self.room.name
            raise AddresseeUnclear(addressee, _fit(text))

    def _whisper_to(self, other: Member, text: str) -> None:
        text = _fit(text)
        if not other.here:
            raise AddresseeGone(other.nickname, text)
        if other is self:
            raise ThatIsYou(text)
        self.check_may_speak(text)
        self._check_heard_by(other, text)
        self.room.notices.tell_before_hearing(self)
        now = self._hall.now()
        if not tell(Whispered(now, self.nickname, text), other):
            raise TooSlow(other.nickname, text)
        self._hall.counts.heard += 1
        self._hall.counts.delivered += 2
        other._written_to_by(self)
        tell(WhisperSent(now, other.nickname, text), self)
        if other.away:
            tell(AddresseeAway(now, other.nickname, other.away), self)

    def _written_to_by(self, sender: Member) -> None:
        """Remember whom to answer; who is in a private conversation turns to who wrote last."""
        self.wrote_last = sender
        before = self.addressee
        if before is not None and before is not sender:
            now = self._hall.now()
            if tell(AddresseeChanged(now, sender.nickname, before.nickname), self):  # else they would not know
                self._set_addressee(sender)
                self._switched_at = now

    def _set_addressee(self, other: Member | None) -> None:
        if self.addressee is not None:
            self.addressee.talked_to_by.pop(self, None)
        self.addressee = other
        if other is not None:
            other.talked_to_by[self] = None

    def _fit_for_room(self, text: str) -> str:
        text = _fit(text)
        self.check_may_speak(text)
        if self.quiet:
            raise YouAreQuiet(text)
        return text

    def _other(self, name: str) -> Member:
        other = self._hall.find(name)
        if other is self:
            raise ThatIsYou
        return other

    def check_may_speak(self, unsent: str = "") -> None:
        """@raises Muted: if this person may not say anything; giving back `unsent`."""
        self._hall.bans.check_speech(self.name, self._hall.now(), unsent)

    def _check_heard_by(self, other: Member, unsent: str = "") -> None:
        if self in other.ignoring:
            raise NotHeardBy(other.nickname, unsent)

    def _check_first(self) -> None:
        if self.room.first is not self:
            raise NotFirstMember(self.room.name, self.room.first.nickname)


def _fit(text: str) -> str:
    """Return a line that may be said.

    @raises NothingSaid: if nothing of it can be shown.
    """
    text = one_line(text)
    if shows_nothing(text):
        raise NothingSaid
    return text


def _unheard(event: Event | Several) -> None:
    """Take what is still on its way to somebody who has left."""

"""Whom somebody talks to: the room or one other, whom an answer goes to, and lines to one person alone."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from chatd.core.delivery import broadcast, tell
from chatd.core.events import (
    Acted,
    AddresseeAway,
    AddresseeChanged,
    AddresseeLeft,
    Left,
    Renamed,
    Said,
    Whispered,
    WhisperSent,
)
from chatd.core.guard import Guard
from chatd.core.nickname import exact_key
from chatd.core.refusals import (
    AddresseeGone,
    AddresseeUnclear,
    NobodyToAnswer,
    NotInThatRoom,
    ThatIsYou,
    TooSlow,
    YouAreQuiet,
)
from chatd.core.relay import Whisper
from chatd.core.text import sayable

if TYPE_CHECKING:
    from chatd.core.hall import Hall
    from chatd.core.member import Member


NOBODY: frozenset[Member] = frozenset()  # an empty set takes 216 bytes, and most people have several


class Talk:
    """What one member says. `addressee` is whom `speak` goes to, None for the room; `wrote_last` is the one who last
    wrote to them privately.

    A method that returns something has to wait for others: it is what to await.
    """

    __slots__ = (
        "_guard",
        "_hall",
        "_me",
        "_reply_guard",
        "_wrote_last_as",
        "addressee",
        "talked_to_by",
        "wrote_last",
    )

    def __init__(self, hall: Hall, me: Member) -> None:
        self._hall = hall
        self._me = me
        self._guard = Guard()  # over the addressee
        self._reply_guard = Guard()  # over `wrote_last`
        self.addressee: Member | None = None
        self.talked_to_by: frozenset[Member] = NOBODY  # whose addressee this member is
        self.wrote_last: Member | None = None
        self._wrote_last_as = me.name  # the name under which they did

    # To whoever is the addressee.

    def speak(self, text: str, typed_at: float | None = None) -> Awaitable[None] | None:
        """Say a line to the addressee: the room, or the person chosen.

        `typed_at` is on the hall's clock, and never later than the truth; None is now.

        @raises AddresseeGone: if that person has left; the line never falls through to the room.
        @raises AddresseeUnclear: if it may have been meant for somebody else (see `Guard`).
        @raises HallError: as `say` and `whisper` do.
        """
        self._check_clear(text, typed_at)
        if self.addressee is None:
            self.say(text)
            return None
        return self.whisper_to(self.addressee, text)

    def act(self, text: str, typed_at: float | None = None) -> Awaitable[None] | None:
        """Do something before the addressee's eyes (`/me`). It is refused as `speak` is."""
        self._check_clear(text, typed_at)
        me = self._me
        if self.addressee is None:
            text = self._fit_for_room(text)
            self._hall.relay.turn(me, Acted(self._hall.now(), me.room.name, me.nickname, text))
            return None
        return self.whisper_to(self.addressee, f"* {me.nickname} {sayable(text)}")

    def say(self, text: str) -> None:
        """Say a line in the room.

        @raises YouAreQuiet: if this person has shut out room talk.
        @raises Muted: if they may not say anything.
        """
        text, me = self._fit_for_room(text), self._me
        self._hall.relay.turn(me, Said(self._hall.now(), me.room.name, me.nickname, text))

    def choose(self, name: str, typed_at: float | None = None) -> None:
        """Choose who gets what `speak` says from now on: a person, or with "" or the room's own name the room.

        @raises NobodyHere, LooksLike: if nobody has that name.
        @raises NameChangedHands: if they have had it only since after the choice was typed.
        @raises NotInThatRoom: for the name of another room.
        """
        self.choice_refused()  # unless the end of this is reached
        if name.startswith("#"):
            self._check_room(name)
        self._chose(None if not name or name.startswith("#") else self._me.other(name, typed_at))

    def turn_to(self, name: str, text: str, typed_at: float | None = None) -> Awaitable[None] | None:
        """Say a line to a person, or to the room by its name, and go on talking to them.

        @raises HallError: as `choose`, `whisper` and `say` do; then the addressee is who it was.
        """
        self.choice_refused()  # unless the end of this is reached
        if name.startswith("#"):
            self._check_room(name, text)
            self.say(text)
            self._chose(None)
            return None
        other = self._me.find(name, typed_at, text)
        written = self.whisper_to(other, text)
        if written is not None:
            return self._turn_when(written, other)
        self._chose(other)
        return None

    async def _turn_when(self, written: Awaitable[None], other: Member) -> None:
        await written
        if self._me.here:
            self._chose(other)

    def address(self, other: Member | None) -> None:
        """Talk to somebody from now on, None for the room."""
        if self.addressee is not None:
            self.addressee.talk.talked_to_by -= {self._me}
        self.addressee = other
        if other is not None:
            other.talk.talked_to_by |= {self._me}

    # To one person alone.

    def whisper(self, name: str, text: str, typed_at: float | None = None) -> Awaitable[None] | None:
        """Write to one person alone, in whatever room they are.

        @raises NobodyHere, LooksLike: if nobody has that name.
        @raises NameChangedHands: if they have had it only since after the line was typed.
        @raises NotHeardBy: if they ignore this person.
        @raises TooSlow: if their connection can't take it now.
        @raises Muted: if this person may not say anything.
        """
        return self.whisper_to(self._me.find(name, typed_at, text), text)

    def answer(self, text: str, typed_at: float | None = None) -> Awaitable[None] | None:
        """Write to the one who last wrote to this person privately.

        @raises NobodyToAnswer: if nobody did.
        @raises AddresseeGone: if they have left.
        @raises AddresseeUnclear: if they wrote so shortly before that the line may have been meant for another.
        """
        if self.wrote_last is None:
            raise NobodyToAnswer(unsent=text)
        if self._reply_guard.stops(self._typed(typed_at)):
            raise AddresseeUnclear(self.wrote_last.nickname, unsent=sayable(text))
        return self.whisper_to(self.wrote_last, text)

    def whisper_to(self, other: Member, text: str) -> Awaitable[None] | None:
        """Write to somebody alone. It is refused as `whisper` is."""
        text, me, hall = sayable(text), self._me, self._hall
        if not other.here:
            raise AddresseeGone(other.nickname, unsent=text)
        if other is me:
            raise ThatIsYou(unsent=text)
        me.check_may_speak(text)
        if other.is_remote:
            return hall.relay.send(me, other, Whisper(text))
        me.check_heard_by(other, text)
        me.room.notices.tell_before_hearing(me)
        other.talk.expect_from(me)
        now = hall.now()
        if not tell(Whispered(now, me.nickname, text), other):
            raise TooSlow(other.nickname, unsent=text)
        hall.counts.heard += 1
        hall.counts.delivered += 2
        other.talk._written_to_by(me)
        tell(WhisperSent(now, other.nickname, text), me)
        if other.away is not None:
            why = "" if other in me.ignoring else other.away
            tell(AddresseeAway(now, other.nickname, why), me)
        return None

    def expect_from(self, sender: Member) -> None:
        """Be told, unless the room was, if somebody who is about to write has the name of another who wrote last."""
        me, before, name = self._me, self.wrote_last, self._wrote_last_as
        me.room.notices.tell_before_private(sender)
        if before is None or before is sender or name.exact != sender.name.exact or me.saw_renamed(before):
            return
        now = self._hall.now()
        if before.here:
            tell(Renamed(now, None, ((name.shown, before.nickname),)), me)
        else:
            tell(Left(now, None, (name.shown,), None), me)

    def _written_to_by(self, sender: Member) -> None:
        """Remember whom to answer; somebody in a private conversation turns to the one who wrote last."""
        now = self._hall.clock.seconds()
        if self.wrote_last is not sender:
            if self.wrote_last is None:
                self._reply_guard.began(now)
            else:
                self._reply_guard.switched(now)
            self.wrote_last = sender
        self._wrote_last_as = sender.name
        before = self.addressee
        if before is not None and before is not sender:
            changed = AddresseeChanged(self._hall.now(), sender.nickname, before.nickname)
            if tell(changed, self._me):  # else they would not know
                self.address(sender)
                self._guard.switched(now)

    # What was typed ahead.

    def hold_typed_ahead(self) -> None:
        """Give back what was typed before this moment and not read yet: it may be meant for nobody here."""
        self._guard.began(self._hall.clock.seconds())

    def hold_typed_ahead_of_take_over(self) -> None:
        """Likewise for who comes by another connection, and wasn't told yet to whom lines and answers go there; those
        that go to the lobby go where they would have gone if nobody had been here.
        """
        now = self._hall.clock.seconds()
        self._reply_guard.began(now)
        if self.addressee is not None or self._me.room is not self._hall.lobby:
            self._guard.began(now)

    def addressee_unknown(self) -> None:
        """The person may have talked to somebody, and nobody here knows to whom: their first line may be for them."""
        self._guard.switched(self._hall.clock.seconds())

    def choice_refused(self) -> None:
        """The person wanted to talk to others and can't; what is typed behind that may have been meant for them."""
        self._guard.choice_refused(self._hall.clock.seconds())

    def room_chosen(self) -> None:
        """The person has chosen where they are: what they type from now on is meant."""
        self._guard.chosen()

    # Leaving.

    def forget(self) -> None:
        """Be in no conversation any more."""
        self.address(None)
        self.wrote_last = None

    def say_gone(self) -> None:
        """Tell those who talk to this member that they are gone."""
        gone = AddresseeLeft(self._hall.now(), self._me.nickname)
        partners, self.talked_to_by = self.talked_to_by, NOBODY
        broadcast((gone,), partners)

    def _chose(self, other: Member | None) -> None:
        self.address(other)
        self._guard.chosen()

    def _check_clear(self, text: str, typed_at: float | None) -> None:
        if self._guard.stops(self._typed(typed_at)):
            addressee = self.addressee.nickname if self.addressee else self._me.room.name
            raise AddresseeUnclear(addressee, unsent=sayable(text))

    def _check_room(self, name: str, unsent: str = "") -> None:
        room = self._me.room.name
        if exact_key(name) != exact_key(room):
            raise NotInThatRoom(room, unsent=unsent)

    def _typed(self, at: float | None) -> float:
        return self._hall.clock.seconds() if at is None else at

    def _fit_for_room(self, text: str) -> str:
        text = sayable(text)
        self._me.check_may_speak(text)
        if self._me.quiet:
            raise YouAreQuiet(unsent=text)
        return text

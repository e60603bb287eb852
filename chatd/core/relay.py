"""How several halls are one: the facts that they tell each other, and the port of whoever carries them.

Each person has one home, the hall that they are connected to, and is the same person in every other hall there. What is
contested (what is said in a room, moves, locks, names) takes its turn in one order that is the same for all halls, and
is carried out in each of them at that place. What only the person's home can know is told.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from chatd.core.bans import Ban, Bans
from chatd.core.events import Acted, Departure, Event, Said
from chatd.core.memory import LinesOf
from chatd.core.nickname import Nickname
from chatd.core.ports import Deliver


@dataclass(frozen=True, slots=True)
class Moved:
    """A person goes to another room, into a locked one only if that is what they are `invited` to, by its id.

    If there is none of that name it is opened, and has the id that it `opens` with.
    """

    room: str
    invited: str | None
    opens: str = ""


@dataclass(frozen=True, slots=True)
class LockSet:
    """The first member of a room locks or unlocks it."""

    locked: bool


@dataclass(frozen=True, slots=True)
class RememberSet:
    """The first member of a room has it kept on the disk, or no longer."""

    on: bool


@dataclass(frozen=True, slots=True)
class Named:
    """A person takes another name, which was claimed; their home alone knows whose `account` is theirs from then on.

    It was `asked_at` that time, in seconds since 1970. None: they had to take it, and a mute of the old name is no part
    of that.
    """

    name: Nickname
    account: int | None = None
    asked_at: float | None = None


@dataclass(frozen=True, slots=True)
class Went:
    """A person leaves the chat."""

    how: Departure


Act = Said | Acted | Moved | LockSet | RememberSet | Named | Went
"""What takes its turn."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What a person's home alone knows of them."""

    away: str | None
    quiet: bool
    account: int | None
    remembered: bool


@dataclass(frozen=True, slots=True)
class Announcement:
    """The administrator has said something to everybody, at a time in seconds since 1970."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class BanSet:
    """A ban or a mute was made, or lifted."""

    ban: Ban
    lifted: bool = False

    def carry_out(self, bans: Bans) -> list[Ban]:
        """Return which bans it takes the place of, or lifts.

        @raises BadNickname: for a name that nobody can have.
        @raises NotBanned, NotMuted: if there is none to lift.
        """
        ban = self.ban
        return [bans.lift(ban.kind, ban.target, ban.account)] if self.lifted else bans.add(ban)


@dataclass(frozen=True, slots=True)
class LinesForgotten:
    """What was said is to be remembered nowhere."""

    which: tuple[LinesOf, ...]


News = Announcement | LinesForgotten


@dataclass(frozen=True, slots=True)
class Whisper:
    """A line for one person alone."""

    text: str


@dataclass(frozen=True, slots=True)
class Invite:
    """An invitation to the sender's room."""


@dataclass(frozen=True, slots=True)
class PutOut:
    """The administrator puts a person out."""

    how: Departure


@dataclass(frozen=True, slots=True)
class Tell:
    """The administrator says something to a person alone."""

    text: str


@dataclass(frozen=True, slots=True)
class GiveName:
    """The administrator gives a person another name."""

    typed: str


Errand = Whisper | Invite | Tell | PutOut | GiveName
"""What is done at one person's home, and nowhere else."""


class Actor(Protocol):
    """A person, as a relay knows them."""

    @property
    def nickname(self) -> str: ...

    @property
    def name(self) -> Nickname: ...

    def carry_out(self, act: Act) -> None:
        """@raises HallError: if it can't be done any more; then nothing has changed, in any hall."""


class Relay(Protocol):
    """Carries what happens to the people at home here to the other halls, and the other way round."""

    def turn(self, member: Actor, act: Act) -> Awaitable[None] | None:
        """Have an act carried out in its turn, in every hall. None: that has been done.

        @raises HallError: if it is refused, here at once or from the awaitable.
        """

    def check_reached(self) -> None:
        """@raises HallError: if what takes its turn would be refused now, as other halls are out of reach."""

    def unsettled(self, member: Actor, but_lines: bool = False) -> Awaitable[None] | None:
        """Return what to wait for until all that the person did has had its turn, None if it has, or if all that has
        not is lines in the room, and those don't count.
        """

    def claim(self, name: Nickname, member: Actor | None) -> Awaitable[None] | None:
        """Keep a name for a person at home here, or for somebody who is about to come; None: it is free.

        @raises NicknameTaken: from the awaitable, if it is, or looks like, another's.
        @raises Unreachable: likewise, if that can't be asked now.
        """

    def release(self, keys: Collection[str]) -> None:
        """A name was claimed, and won't be used."""

    def came(self, member: Actor) -> None:
        """Somebody has come in here, under a name that was claimed."""

    def changed(self, member: Actor) -> None:
        """The traits of a person at home here are others."""

    def tell(self, news: News) -> None:
        """What concerns everybody has happened here."""

    def set_ban(self, bans: Bans, news: BanSet) -> list[Ban]:
        """Make or lift a ban in every hall, at once in this one, whose `bans` these are; return as `BanSet.carry_out`.

        @raises HallError: likewise; then nothing has changed.
        """

    async def fetch(
        self, member: Actor, deliver: Deliver, dismissed: Callable[[Departure], object]
    ) -> Awaitable[tuple[Event, ...]] | None:
        """Have somebody who is at home elsewhere at home here from now on; their connection there is ended.

        When it returns their turn has just come, and `deliver` is called from then on. What it returns fires, soon,
        with what may not have reached them there, and then they talk to whom they talked before. None: they have left
        meanwhile, or have another name.

        @raises HallError: if that can't be, or isn't known in time.
        """

    def send(self, sender: Actor | None, other: Actor, errand: Errand) -> Awaitable[None]:
        """Have something done at the home of somebody who is elsewhere; None as `sender` is the administrator.

        @raises HallError: if it is refused there, or can't be brought there.
        """


class Alone:
    """The relay of a hall that is the only one."""

    def turn(self, member: Actor, act: Act) -> None:
        member.carry_out(act)

    def check_reached(self) -> None:
        """There are no others."""

    def unsettled(self, member: Actor, but_lines: bool = False) -> None:
        """All has happened."""

    def claim(self, name: Nickname, member: Actor | None) -> None:
        """Nobody else could have it."""

    def release(self, keys: Collection[str]) -> None:
        """Nobody else wanted it."""

    def came(self, member: Actor) -> None:
        """Nobody else need know."""

    def changed(self, member: Actor) -> None:
        """Nobody else need know."""

    def tell(self, news: News) -> None:
        """Nobody else need know."""

    def set_ban(self, bans: Bans, news: BanSet) -> list[Ban]:
        return news.carry_out(bans)

    async def fetch(
        self, member: Actor, deliver: Deliver, dismissed: Callable[[Departure], object]
    ) -> Awaitable[tuple[Event, ...]] | None:  # pragma: no cover
        raise AssertionError("everybody is at home here")

    def send(self, sender: Actor | None, other: Actor, errand: Errand) -> Awaitable[None]:  # pragma: no cover
        raise AssertionError("everybody is at home here")

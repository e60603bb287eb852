"""Every refusal of the hall, as a value: what was wrong. Its words are in `session/words/`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from chatd.core.rules import Rule


@dataclass(eq=False)
class HallError(Exception):
    """Something was refused: then nothing was sent and nothing changed.

    `unsent` is the line that was to be sent and is given back, "" where there was none.
    """

    unsent: str = field(default="", kw_only=True)

    logged_as: ClassVar[str] = ""
    """What the log may hold of it, "" for its kind alone: nothing that anybody typed."""

    passes: ClassVar[bool] = False
    """Whether the same may be granted a moment later."""

    def __str__(self) -> str:
        return self.logged_as or type(self).__name__


@dataclass(eq=False)
class BadNickname(HallError):
    """The name breaks a rule for nicknames."""

    typed: str
    rule: Rule


@dataclass(eq=False)
class NicknameTaken(HallError):
    """Somebody has this name, or one that looks like it; a lost connection holds it for `lost_after` seconds."""

    typed: str
    holder: str
    lost_after: int

    passes = True


@dataclass(eq=False)
class NotAdmitted(HallError):
    """The person can't come in, whatever they are called."""


@dataclass(eq=False)
class HallFull(NotAdmitted):
    """As many people are here as the hall holds."""

    capacity: int

    logged_as = "this chat is full"


@dataclass(eq=False)
class HallClosing(NotAdmitted):
    """The administrator lets nobody in any more; `elsewhere` is where people may go instead, "" if that is nowhere."""

    elsewhere: str = ""

    logged_as = "nobody is let in any more"


@dataclass(eq=False)
class Banned(NotAdmitted):
    """The address is banned for so many seconds more, None for good."""

    seconds: float | None
    why: str

    logged_as = "its address is banned"


@dataclass(eq=False)
class NicknameBanned(HallError):
    """The name, or one that looks like it, is banned for so many seconds more, None for good."""

    typed: str
    seconds: float | None
    why: str


@dataclass(eq=False)
class Muted(HallError):
    """The person may not say anything for so many seconds more, None for good."""

    seconds: float | None
    why: str


@dataclass(eq=False)
class NotBanned(HallError):
    """There is no ban to end."""

    target: str


@dataclass(eq=False)
class NotMuted(HallError):
    """There is no mute to end."""

    target: str


@dataclass(eq=False)
class NobodyHere(HallError):
    """Nobody has this name; `near` is the only one here that might be meant, or ""."""

    typed: str
    near: str = ""


@dataclass(eq=False)
class LooksLike(HallError):
    """Nobody has this name; it only looks like somebody's."""

    typed: str
    nickname: str


@dataclass(eq=False)
class ThatIsYou(HallError):
    """One can't talk to, invite or ignore oneself."""


@dataclass(eq=False)
class NothingSaid(HallError):
    """The line holds nothing that can be shown."""


@dataclass(eq=False)
class YouAreQuiet(HallError):
    """A quiet person neither hears nor says room lines."""


@dataclass(eq=False)
class NotHeardBy(HallError):
    """The other ignores this person."""

    nickname: str


@dataclass(eq=False)
class TooSlow(HallError):
    """The other reads too slowly for what is waiting already."""

    nickname: str


@dataclass(eq=False)
class NobodyToAnswer(HallError):
    """Nobody has written privately yet."""


@dataclass(eq=False)
class AddresseeGone(HallError):
    """The other end of the private conversation has left; the line must not fall through to the room."""

    nickname: str


@dataclass(eq=False)
class AddresseeUnclear(HallError):
    """The addressee changed, or was refused, so shortly before that the line may have been meant for another."""

    addressee: str


@dataclass(eq=False)
class NameChangedHands(HallError):
    """The one who has that name has had it only since after the line was typed."""

    nickname: str


@dataclass(eq=False)
class BadRoomName(HallError):
    """The name breaks a rule for rooms."""

    typed: str
    rule: Rule


@dataclass(eq=False)
class RoomLooksLike(HallError):
    """The name of a new room looks like that of another."""

    typed: str
    room: str


@dataclass(eq=False)
class NoSuchRoom(HallError):
    """No room of that name exists."""

    typed: str


@dataclass(eq=False)
class NotInThatRoom(HallError):
    """One talks to the room one is in."""

    room: str


@dataclass(eq=False)
class RoomLocked(HallError):
    """Only the invited enter, or see who is inside."""

    room: str


@dataclass(eq=False)
class NotFirstMember(HallError):
    """Only the member who has been in the room for longest may do this."""

    room: str
    first: str


@dataclass(eq=False)
class LobbyStaysOpen(HallError):
    """The room where everybody arrives can't be locked."""

    room: str


@dataclass(eq=False)
class NameKept(HallError):
    """The new name is the old one."""

    nickname: str


@dataclass(eq=False)
class InRoomAlready(HallError):
    """The person is in that room; `nickname` is None for the one who asked."""

    room: str
    nickname: str | None = None


@dataclass(eq=False)
class LockKept(HallError):
    """The room is locked, or open, already."""

    room: str
    locked: bool


@dataclass(eq=False)
class NotIgnored(HallError):
    """There is nothing to end: that person is heard."""

    nickname: str


@dataclass(eq=False)
class OthersUnreachable(HallError):
    """What is asked for needs the other servers of this chat, and they can't be asked now."""

    passes = True


@dataclass(eq=False)
class NoAnswer(HallError):
    """The server of that person took a private line, or an invitation, and hasn't said what came of it."""

    nickname: str


@dataclass(eq=False)
class TooMuchWaits(HallError):
    """As many lines as may wait for the other servers do."""

    limit: int

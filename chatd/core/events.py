"""All that can happen to a person in the hall, as values that make sense without context.

An event is told to each person it concerns. `at` is when it happened, in seconds since 1970; `room` is where. Names are
as they were at that time. Whatever text an event holds has been through `one_line`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Cause(Enum):
    """Why somebody left the chat."""

    QUIT = "quit"  # what they say of it is in `why`
    CLOSED = "closed"  # their connection, in order
    LOST = "lost"
    STALLED = "stalled"  # they took nothing of what was sent for `seconds`
    BROKEN = "broken"  # by a fault of chatd
    IDLE = "idle"  # they typed nothing for `seconds`
    KICKED = "kicked"  # by the administrator, who says `why`
    BANNED = "banned"  # likewise, for `seconds`, None for good
    STOPPED = "stopped"  # chatd itself


@dataclass(frozen=True, slots=True)
class Departure:
    """How somebody left the chat; `why` is in the words of a person."""

    cause: Cause
    why: str = ""
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody said a line in your room."""

    at: float
    room: str
    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Acted:
    """Somebody in your room did something (`/me`)."""

    at: float
    room: str
    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Whispered:
    """Somebody wrote to you alone."""

    at: float
    sender: str
    text: str


@dataclass(frozen=True, slots=True)
class WhisperSent:
    """The echo of what you wrote to one person alone."""

    at: float
    addressee: str
    text: str


@dataclass(frozen=True, slots=True)
class AddresseeAway:
    """The person you have just written to is away; `why` is "" where it is not said."""

    at: float
    nickname: str
    why: str


@dataclass(frozen=True, slots=True)
class AddresseeChanged:
    """What you type from now on goes to somebody else, because they wrote to you."""

    at: float
    nickname: str
    before: str


@dataclass(frozen=True, slots=True)
class AddresseeLeft:
    """The person you were talking to in private has left the chat."""

    at: float
    nickname: str


@dataclass(frozen=True, slots=True)
class Joined:
    """People entered your room."""

    at: float
    room: str
    nicknames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WentElsewhere:
    """People left your room for another one."""

    at: float
    room: str
    nicknames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """People left the chat; `how` is told if exactly one did. `room` is the one you shared, None for somebody who had
    written to you from another, and whose name has been taken since."""

    at: float
    room: str | None
    nicknames: tuple[str, ...]
    how: Departure | None


@dataclass(frozen=True, slots=True)
class Renamed:
    """People took other names: pairs of old and new. `room` is the one you share, None for a private conversation."""

    at: float
    room: str | None
    names: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LockTurned:
    """The first member of your room locked or unlocked it."""

    at: float
    room: str
    nickname: str
    locked: bool


@dataclass(frozen=True, slots=True)
class RoomIsYours:
    """Whoever was first in your locked room has gone, and now you are."""

    at: float
    room: str


@dataclass(frozen=True, slots=True)
class RememberTurned:
    """What is said in your room is kept on the disk from now on, or no longer."""

    at: float
    room: str
    nickname: str
    remembered: bool


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody invites you to their room."""

    at: float
    room: str
    host: str


@dataclass(frozen=True, slots=True)
class Announced:
    """The administrator speaks to everybody."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class ToldByAdministrator:
    """The administrator speaks to you alone."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class ClosingAnnounced:
    """This server closes in so many minutes, 0 for now, None for soon; nobody new is let in meanwhile.

    `elsewhere` is where people may go on, "" if that is nowhere.
    """

    at: float
    minutes: int | None
    elsewhere: str = ""


@dataclass(frozen=True, slots=True)
class ClosingCalledOff:
    """This server stays open after all."""

    at: float


@dataclass(frozen=True, slots=True)
class MuteChanged:
    """The administrator has muted you, for `seconds` or for good, or lets you speak again."""

    at: float
    muted: bool
    seconds: float | None
    why: str


@dataclass(frozen=True, slots=True)
class NicknameGiven:
    """The administrator has given you another nickname."""

    at: float
    nickname: str


@dataclass(frozen=True, slots=True)
class SaidLate:
    """Somebody said, or did (`acted`), a line in your room `at` that time; it comes only now from another server."""

    at: float
    room: str
    speaker: str
    text: str
    acted: bool


@dataclass(frozen=True, slots=True)
class Divided:
    """The other servers of this chat can't be reached."""

    at: float


@dataclass(frozen=True, slots=True)
class Reunited:
    """They can be reached again."""

    at: float


@dataclass(frozen=True, slots=True)
class SomeLost:
    """Some of what was said on other servers is lost here."""

    at: float


@dataclass(frozen=True, slots=True)
class NicknameLost:
    """Your name is another's, who took it while this server was cut off; you have another one."""

    at: float
    nickname: str
    before: str


@dataclass(frozen=True, slots=True)
class RegistrationLost:
    """Your name isn't registered to you any more: it was somebody's before, as another server tells, or nobody's."""

    at: float
    nickname: str


@dataclass(frozen=True, slots=True)
class KeyLost:
    """Your SSH key doesn't open your name any more: it had opened another's before, as another server tells."""

    at: float
    nickname: str
    fingerprint: str


Event = (
    Said
    | Acted
    | Whispered
    | WhisperSent
    | AddresseeAway
    | AddresseeChanged
    | AddresseeLeft
    | Joined
    | WentElsewhere
    | Left
    | Renamed
    | LockTurned
    | RoomIsYours
    | RememberTurned
    | Invited
    | Announced
    | ToldByAdministrator
    | ClosingAnnounced
    | ClosingCalledOff
    | MuteChanged
    | NicknameGiven
    | SaidLate
    | Divided
    | Reunited
    | SomeLost
    | NicknameLost
    | RegistrationLost
    | KeyLost
)

Spoken = Said | Acted | SaidLate


def is_acted(line: Spoken) -> bool:
    """Say whether a line tells what somebody did."""
    return type(line) is Acted or (type(line) is SaidLate and line.acted)


Events = tuple[Event, ...]
"""What is handed over in one piece: what the same people are told, one event after the other."""

"""What people and operators are answered, as values. Their words are in `session/words/`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

FOR_PEOPLE = {"for": "people"}  # what a program doesn't need to know

# What people are answered.


@dataclass(frozen=True, slots=True)
class Person:
    """One of the people in a list; `away` is why, None for who is here; `since` is in seconds since 1970."""

    name: str
    away: str | None
    quiet: bool
    since: float
    room: str | None = None


@dataclass(frozen=True, slots=True)
class People:
    """Who is in a room, how many of them, and how many are in other rooms. `people` are made as they are sent."""

    room: str
    total: int
    elsewhere: int
    people: Iterable[Person]


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """One of the rooms in a list."""

    name: str
    people: int
    locked: bool


@dataclass(frozen=True, slots=True)
class Rooms:
    """The rooms that one may know of. `rooms` are made as they are sent."""

    rooms: Iterable[RoomFacts]


@dataclass(frozen=True, slots=True)
class CommandFacts:
    """One of the things that may be typed: how, what it does, and the other names of a command. `more` is what one
    should know of it besides, a sentence each.
    """

    usage: str
    help: str
    also: tuple[str, ...] = ()
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Help:
    """What may be typed: all of it, or what somebody new should know."""

    commands: tuple[CommandFacts, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class HelpOn:
    """What one command does."""

    command: CommandFacts


@dataclass(frozen=True, slots=True)
class TalkingTo:
    """Who gets what is typed from now on: a person or a room."""

    name: str


@dataclass(frozen=True, slots=True)
class StillTalkingTo:
    """What is typed goes to a person, though one has gone to another room."""

    nickname: str
    room: str


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who gets what is typed: a person or a room, as before."""

    name: str


@dataclass(frozen=True, slots=True)
class Quiet:
    """Whether the room is shut out."""

    room: str
    quiet: bool


@dataclass(frozen=True, slots=True)
class NicknameSet:
    """You have another nickname."""

    nickname: str


@dataclass(frozen=True, slots=True)
class AwaySet:
    """You are away, or back."""

    away: bool


@dataclass(frozen=True, slots=True)
class StillAway:
    """Others are still told that you are away, though you talk."""


@dataclass(frozen=True, slots=True)
class WhoIs:
    """Where somebody is, None for a locked room, and since when: in seconds since 1970, and for how many.

    `address` is for operators alone.
    """

    nickname: str
    room: str | None
    since: float
    seconds: float
    away: str | None
    quiet: bool
    address: str | None = None


@dataclass(frozen=True, slots=True)
class InvitationSent:
    """Somebody is invited."""

    nickname: str
    room: str


@dataclass(frozen=True, slots=True)
class IgnoreSet:
    """You hear nothing from somebody any more, or hear them again."""

    nickname: str
    ignored: bool


@dataclass(frozen=True, slots=True)
class Ignored:
    """Those from whom you hear nothing."""

    nicknames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TimeShown:
    """The time in front of lines: on, off, or in a zone."""

    time: str


@dataclass(frozen=True, slots=True)
class LanguageSet:
    """The language that you read, and those that there are: by their codes, with what they call themselves."""

    language: str
    languages: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EchoShown:
    """Whether you see your own lines."""

    echo: bool


@dataclass(frozen=True, slots=True)
class ColoursShown:
    """Which colours you see: on, off or 16."""

    colours: str


@dataclass(frozen=True, slots=True)
class BellRings:
    """Whether the bell rings when a line names you."""

    bell: bool


@dataclass(frozen=True, slots=True)
class Editing:
    """Whether the line that you type is edited by the chat; otherwise your client does."""

    here: bool


@dataclass(frozen=True, slots=True)
class FormatSpoken:
    """What is spoken on this connection from now on."""

    format: str


@dataclass(frozen=True, slots=True)
class Motd:
    """The message of the day."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """Which chatd this is, on which Python."""

    chatd: str
    python: str


@dataclass(frozen=True, slots=True)
class Uptime:
    """For how many seconds this chat has been open, and how many people are here."""

    seconds: float
    people: int


@dataclass(frozen=True, slots=True)
class Registered:
    """The nickname is yours alone: you come back by your password or, `by_key`, the SSH key that you came with."""

    nickname: str
    by_key: bool = False


@dataclass(frozen=True, slots=True)
class PasswordChanged:
    """Your nickname has another password, or one now that it had none."""

    nickname: str
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """An SSH key that opens a name since that time; `here` is whether you came with it."""

    fingerprint: str
    comment: str
    since: float
    here: bool


@dataclass(frozen=True, slots=True)
class Keys:
    """What opens your nickname: these SSH keys, and a password or none."""

    nickname: str
    has_password: bool
    keys: tuple[KeyFacts, ...]


@dataclass(frozen=True, slots=True)
class KeyAdded:
    """Another SSH key opens your nickname."""

    nickname: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class KeyRemoved:
    """An SSH key opens your nickname no longer."""

    nickname: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Unregistered:
    """The nickname is anybody's again."""

    nickname: str


@dataclass(frozen=True, slots=True)
class Remembering:
    """Whether what you say in rooms is `remembered`: in memory, where the next to come see so many `lines` of it, and
    for so many `days` on the disk. 0 is not at all.
    """

    remembered: bool
    room: str
    lines: int
    days: int


@dataclass(frozen=True, slots=True)
class Forgotten:
    """So many lines are in memory and on the disk no longer."""

    lines: int


@dataclass(frozen=True, slots=True)
class LetterKept:
    """Your private line waits for an owner who is away, for so many days at most."""

    nickname: str
    days: int


# What operators are answered.


@dataclass(frozen=True, slots=True)
class AnnouncedTo:
    """How many people an announcement went to."""

    people: int


@dataclass(frozen=True, slots=True)
class Listening:
    """Which room the operator hears; None is none."""

    room: str | None


@dataclass(frozen=True, slots=True)
class ToldTo:
    """Somebody was told something, alone."""

    nickname: str


@dataclass(frozen=True, slots=True)
class Everybody:
    """Who is here, in whatever room. `people` are made as they are sent."""

    total: int
    people: Iterable[Person]


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """One connection, or one person without any: `since` in seconds since 1970, `idle` in seconds, `waiting` bytes."""

    nickname: str | None
    room: str | None
    address: str | None
    since: float
    idle: float | None
    waiting: int | None


@dataclass(frozen=True, slots=True)
class Connections:
    """All connections, made as they are sent; `widths` are the columns that nicknames, rooms and addresses take."""

    connections: Iterable[ConnectionFacts]
    widths: tuple[int, int, int] = field(metadata=FOR_PEOPLE)


@dataclass(frozen=True, slots=True)
class Kicked:
    """Somebody was put out."""

    name: str


@dataclass(frozen=True, slots=True)
class BanFacts:
    """A ban or a mute: of what, for how many seconds more, None for good, why, since when, and by which operator."""

    target: str
    muted: bool
    seconds: float | None
    why: str
    since: float | None
    by: str


@dataclass(frozen=True, slots=True)
class AddressHint:
    """How to ban an address too, and who else would be disconnected; None is this machine itself, which can't be."""

    address: str | None
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BanMade:
    """What has come of a ban: what it replaces, who was disconnected, and whether it survives a restart.

    `absent` says that it is of a name that nobody here has.
    """

    ban: BanFacts
    before: tuple[BanFacts, ...]
    disconnected: tuple[str, ...]
    absent: bool
    kept: bool
    hints: tuple[AddressHint, ...]


@dataclass(frozen=True, slots=True)
class MuteMade:
    """Likewise of a mute."""

    ban: BanFacts
    before: tuple[BanFacts, ...]
    absent: bool
    kept: bool


@dataclass(frozen=True, slots=True)
class BanLifted:
    """A ban or mute has ended early."""

    target: str
    muted: bool


@dataclass(frozen=True, slots=True)
class BanList:
    """All bans and mutes that hold."""

    bans: tuple[BanFacts, ...]


@dataclass(frozen=True, slots=True)
class RenameMade:
    """Somebody was given another nickname."""

    before: str
    nickname: str


@dataclass(frozen=True, slots=True)
class Stats:
    """What can be counted, by its name."""

    facts: Mapping[str, Any]
    as_json: bool = field(default=False, metadata=FOR_PEOPLE)  # for a script that reads the text


@dataclass(frozen=True, slots=True)
class Draining:
    """Whether nobody new gets in, and in how many minutes chatd stops."""

    draining: bool
    minutes: int | None


@dataclass(frozen=True, slots=True)
class Stopping:
    """The daemon stops now."""


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What came of reading the configuration again: settings taken over, those that need a restart, and other news."""

    taken_over: tuple[str, ...]
    need_restart: tuple[str, ...]
    news: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LogLevelSet:
    """What is logged at least."""

    level: str


@dataclass(frozen=True, slots=True)
class OwnerFacts:
    """One of the owners of names; times are in seconds since 1970."""

    name: str
    since: float
    seen: float
    here: bool
    has_password: bool
    must_change: bool
    keys: int


@dataclass(frozen=True, slots=True)
class OwnerList:
    """Who owns a name, and how many do. `owners` are made as they are sent."""

    total: int
    width: int = field(metadata=FOR_PEOPLE)
    owners: Iterable[OwnerFacts]


@dataclass(frozen=True, slots=True)
class PasswordReset:
    """The owner of a name comes in by this password once, within so many hours."""

    nickname: str
    password: str
    hours: int


@dataclass(frozen=True, slots=True)
class Disowned:
    """A name is anybody's again."""

    nickname: str


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """One of the daemons of a hall. `behind` is how many seconds it has not read of what the others told it."""

    name: str
    this: bool
    since: float
    people: int
    behind: float


@dataclass(frozen=True, slots=True)
class NodeList:
    """The daemons of this hall, and for how many facts of this one the others still wait."""

    nodes: tuple[NodeFacts, ...]
    untold: int


@dataclass(frozen=True, slots=True)
class BackedUp:
    """All that is on the disk is in a folder, too."""

    folder: str


Answer = (
    People
    | Rooms
    | Help
    | HelpOn
    | TalkingTo
    | Addressee
    | StillTalkingTo
    | Quiet
    | NicknameSet
    | AwaySet
    | StillAway
    | WhoIs
    | InvitationSent
    | IgnoreSet
    | Ignored
    | TimeShown
    | LanguageSet
    | EchoShown
    | ColoursShown
    | BellRings
    | Editing
    | FormatSpoken
    | Motd
    | Version
    | Uptime
    | Registered
    | PasswordChanged
    | Keys
    | KeyAdded
    | KeyRemoved
    | Unregistered
    | Remembering
    | Forgotten
    | LetterKept
    | AnnouncedTo
    | Listening
    | ToldTo
    | Everybody
    | Connections
    | Kicked
    | BanMade
    | MuteMade
    | BanLifted
    | BanList
    | RenameMade
    | Stats
    | Draining
    | Stopping
    | Reloaded
    | LogLevelSet
    | OwnerList
    | PasswordReset
    | Disowned
    | BackedUp
    | NodeList
)
"""What somebody is told who has asked for something."""

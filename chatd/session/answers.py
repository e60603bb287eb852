"""What people are answered, as values. Their words are in `session/words/`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

FOR_PEOPLE = {"for": "people"}  # what a program doesn't need to know


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


ForPeople = (
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
)
"""What people are told who have asked for something."""

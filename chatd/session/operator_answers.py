"""What operators are answered, as values. Their words are in `session/words/operators.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chatd.session.answers import FOR_PEOPLE, Person


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
    """Whether nobody new gets in, and in how many minutes chatd stops; `node` is another daemon of the hall."""

    draining: bool
    minutes: int | None
    node: str | None = None


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
class BackedUp:
    """All that is on the disk is in a folder, too."""

    folder: str


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


ForOperators = (
    AnnouncedTo
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
"""What operators are told who have asked for something."""

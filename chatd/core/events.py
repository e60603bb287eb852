"""All that can happen to a person in the hall.

An event is told to each person it concerns. `at` is when it happened, in seconds since 1970. Names are as they were at
that time. Whatever text an event holds has been through `one_line`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody said a line in your room."""

    at: float
    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Acted:
    """Somebody in your room did something (`/me`)."""

    at: float
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
    """Who you have just written to is away."""

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
    """Who you were talking to in private has left."""

    at: float
    nickname: str


@dataclass(frozen=True, slots=True)
class Joined:
    """People entered your room."""

    at: float
    nicknames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """People left your room; `why` is "" unless exactly one left and there is something to say."""

    at: float
    nicknames: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Renamed:
    """People whom you share a room or a private conversation with took other names: pairs of old and new."""

    at: float
    names: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LockTurned:
    """The first member of your room locked or unlocked it."""

    at: float
    nickname: str
    room: str
    locked: bool


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody invites you to their room."""

    at: float
    host: str
    room: str


@dataclass(frozen=True, slots=True)
class Announced:
    """The administrator speaks to everybody."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Several:
    """Lines that the same people heard one after the other, so that they can be handed over in one piece."""

    events: tuple[Said | Acted, ...]


Event = (
    Said
    | Acted
    | Whispered
    | WhisperSent
    | AddresseeAway
    | AddresseeChanged
    | AddresseeLeft
    | Joined
    | Left
    | Renamed
    | LockTurned
    | Invited
    | Announced
)

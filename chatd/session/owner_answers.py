"""What people are answered about names that they own, and about what is remembered, as values."""

from __future__ import annotations

from dataclasses import dataclass


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


ForOwners = (
    Registered | PasswordChanged | Keys | KeyAdded | KeyRemoved | Unregistered | Remembering | Forgotten | LetterKept
)
"""What owners are told who have asked for something."""

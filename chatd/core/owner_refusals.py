"""Every refusal about owned names, letters and what was said before, as values; their words are in `session/words/`."""

from __future__ import annotations

from dataclasses import dataclass

from chatd.core.refusals import HallError
from chatd.core.rules import Rule


@dataclass(eq=False)
class BadPassword(HallError):
    """The password breaks a rule; it is not given back."""

    rule: Rule


@dataclass(eq=False)
class NameOwned(HallError):
    """The name that somebody wants to own, or one that looks like it, has an owner."""

    typed: str
    holder: str


@dataclass(eq=False)
class OwnsAlready(HallError):
    """Each person owns one name."""

    nickname: str


@dataclass(eq=False)
class TooManyOwners(HallError):
    """As many names are owned as there may be."""

    limit: int


@dataclass(eq=False)
class RegisteredTooOften(HallError):
    """Too many names were registered from one neighbourhood."""

    limit: int
    wait: float


@dataclass(eq=False)
class NotOwned(HallError):
    """Nobody owns that name, or does no longer."""

    typed: str


@dataclass(eq=False)
class TooManyGuesses(HallError):
    """Too many wrong passwords came from one neighbourhood; this one was not looked at."""

    limit: int
    wait: float


@dataclass(eq=False)
class TooManyLogins(HallError):
    """So many passwords wait for being checked that this one was not looked at."""

    passes = True


@dataclass(eq=False)
class OnlyByKey(HallError):
    """The name has SSH keys and no password."""

    nickname: str


@dataclass(eq=False)
class OneTimePasswordOver(HallError):
    """That was the right one, but too late."""

    nickname: str


@dataclass(eq=False)
class KeyTaken(HallError):
    """An SSH key opens one name."""

    holder: str


@dataclass(eq=False)
class TooManyKeys(HallError):
    """A name has as many SSH keys as it may have."""

    limit: int


@dataclass(eq=False)
class NoSuchKey(HallError):
    """The name has no such SSH key."""

    fingerprint: str


@dataclass(eq=False)
class NoPublicKey(HallError):
    """That is no SSH key: neither a line of a `.pub` file, nor one that the person came with."""


@dataclass(eq=False)
class LastKey(HallError):
    """Without this key nobody could come in under the name any more."""


@dataclass(eq=False)
class OwnerNotHere(HallError):
    """Whoever a private line is for owns that name and isn't here, and no letters are kept."""

    nickname: str


@dataclass(eq=False)
class LettersFull(HallError):
    """As many letters wait for an owner as there may be, from one sender (`from_you`) or from all."""

    nickname: str
    limit: int
    from_you: bool


@dataclass(eq=False)
class PeopleNotWritten(HallError):
    """The disk takes nothing."""

    passes = True


@dataclass(eq=False)
class PeopleNotRead(HallError):
    """The disk gives nothing."""

    passes = True


@dataclass(eq=False)
class ArchiveSilent(HallError):
    """What was said before can't be read, or be forgotten, now."""

"""Every refusal about owned names, letters and what was said before: fields, and the sentence that a person reads."""

from __future__ import annotations

from dataclasses import dataclass, field

from chatd.core.refusals import HallError, quoted


def _span(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    if minutes == 1:
        return "a minute"
    return f"{minutes} minutes" if minutes < 120 else f"{round(minutes / 60)} hours"


@dataclass(eq=False)
class OwnerRefusal(HallError):
    """What they have in common: fields, and a sentence that is made of them."""

    unsent: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        HallError.__init__(self, self.sentence(), self.unsent)

    def sentence(self) -> str:
        """Return what was wrong, and what would work."""
        raise NotImplementedError


@dataclass(eq=False)
class BadPassword(OwnerRefusal):
    """The password breaks a rule; it is not given back."""

    rule: str

    def sentence(self) -> str:
        return f"that can't be a password: {self.rule}"


@dataclass(eq=False)
class NameOwned(OwnerRefusal):
    """The name that somebody wants to own, or one that looks like it, has an owner."""

    typed: str
    holder: str

    def sentence(self) -> str:
        like = "" if self.typed == self.holder else f" (it looks like {quoted(self.holder)})"
        return f"{quoted(self.typed)} has an owner{like}; /nick chooses another name"


@dataclass(eq=False)
class OwnsAlready(OwnerRefusal):
    """Each person owns one name."""

    nickname: str

    def sentence(self) -> str:
        return f"you own {self.nickname} already; /unregister gives it up"


@dataclass(eq=False)
class TooManyOwners(OwnerRefusal):
    """As many names are owned as there may be."""

    limit: int

    def sentence(self) -> str:
        return f"{self.limit:,} names have owners, which is all there may be; the administrator can free some"


@dataclass(eq=False)
class RegisteredTooOften(OwnerRefusal):
    """Too many names were registered from one neighbourhood."""

    limit: int
    wait: float

    def sentence(self) -> str:
        return f"{self.limit} names were registered from your address today; try again in {_span(self.wait)}"


@dataclass(eq=False)
class NotOwned(OwnerRefusal):
    """Nobody owns that name, or does no longer."""

    typed: str

    def sentence(self) -> str:
        return f"{quoted(self.typed)} has no owner"


@dataclass(eq=False)
class TooManyGuesses(OwnerRefusal):
    """Too many wrong passwords came from one neighbourhood; this one was not looked at."""

    limit: int
    wait: float

    def sentence(self) -> str:
        return f"{self.limit} wrong passwords came from your address; try again in {_span(self.wait)}"


@dataclass(eq=False)
class TooManyLogins(OwnerRefusal):
    """So many passwords wait for being checked that this one was not looked at."""

    def sentence(self) -> str:
        return "too many people are giving passwords just now; try again in a moment"


@dataclass(eq=False)
class OnlyByKey(OwnerRefusal):
    """The name has SSH keys and no password."""

    nickname: str

    def sentence(self) -> str:
        return f"{self.nickname} has no password, only an SSH key; come with ssh, or choose another nickname"


@dataclass(eq=False)
class OneTimePasswordOver(OwnerRefusal):
    """That was the right one, but too late."""

    nickname: str

    def sentence(self) -> str:
        return f"that password of {self.nickname} was valid for a day; the administrator can give you a new one"


@dataclass(eq=False)
class KeyTaken(OwnerRefusal):
    """An SSH key opens one name."""

    holder: str

    def sentence(self) -> str:
        return f"that key is {self.holder}'s already; a key opens one name"


@dataclass(eq=False)
class TooManyKeys(OwnerRefusal):
    """A name has as many SSH keys as it may have."""

    limit: int

    def sentence(self) -> str:
        return f"{self.limit} keys are all that a name may have; remove one first"


@dataclass(eq=False)
class NoSuchKey(OwnerRefusal):
    """The name has no such SSH key."""

    fingerprint: str

    def sentence(self) -> str:
        return f"there is no key {quoted(self.fingerprint)}"


@dataclass(eq=False)
class LastKey(OwnerRefusal):
    """Without this key nobody could come in under the name any more."""

    def sentence(self) -> str:
        return "that is the only key, and there is no password; /password sets one first"


@dataclass(eq=False)
class OwnerNotHere(OwnerRefusal):
    """Whoever a private line is for owns that name and isn't here, and no letters are kept."""

    nickname: str

    def sentence(self) -> str:
        return f"{self.nickname} owns that name and is not here"


@dataclass(eq=False)
class LettersFull(OwnerRefusal):
    """As many letters wait for an owner as there may be, from one sender (`from_you`) or from all."""

    nickname: str
    limit: int
    from_you: bool

    def sentence(self) -> str:
        whose = f"{self.limit} of your lines" if self.from_you else f"{self.limit} lines"
        return f"{self.nickname} is not here, and {whose} wait for {self.nickname} already"


@dataclass(eq=False)
class PeopleNotWritten(OwnerRefusal):
    """The disk takes nothing."""

    def sentence(self) -> str:
        return "that can't be written to the disk just now, and nothing has changed; try again later"


@dataclass(eq=False)
class PeopleNotRead(OwnerRefusal):
    """The disk gives nothing."""

    def sentence(self) -> str:
        return "that can't be read from the disk just now; try again later"


@dataclass(eq=False)
class ArchiveSilent(OwnerRefusal):
    """What was said before can't be read, or be forgotten, now."""

    def sentence(self) -> str:
        return "what was said before can't be reached just now; try again later"

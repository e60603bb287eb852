"""The refusals of sessions and of their connections, as values; those of the hall are in `core/refusals.py`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from chatd.core.refusals import HallError

# Of what was typed.


@dataclass(eq=False)
class BadUsage(HallError):
    """The command was given too few arguments, too many, or one that it does not know."""

    usage: str
    help: str


@dataclass(eq=False)
class UnknownCommand(HallError):
    """No command has that name; `near` is one that might be meant, or "". `explains` says how to say such a line."""

    name: str
    near: str
    explains: bool = False


@dataclass(eq=False)
class AdministratorOnly(HallError):
    """Only operators have the command of that name."""

    name: str


@dataclass(eq=False)
class CommandElsewhere(HallError):
    """The line is what other programs take for a command. If it is to be said it is typed once more, unless it is all
    that the person `only` came for.
    """

    only: bool = False


@dataclass(eq=False)
class PasswordDue(HallError):
    """Who came with a one-time password for a command alone has to choose another one first."""


@dataclass(eq=False)
class PastedBehindNickname(HallError):
    """The line came together with a nickname that was refused, and is hardly meant to be another."""


@dataclass(eq=False)
class NoSuchTimeZone(HallError):
    """The tz database has no zone of that name."""

    typed: str


@dataclass(eq=False)
class NoSuchLanguage(HallError):
    """chatd has no words of that language; `known` are the codes of those that it has."""

    typed: str
    known: tuple[str, ...]


@dataclass(eq=False)
class NoSuchFormat(HallError):
    """This door speaks no such format."""

    typed: str
    known: tuple[str, ...]


class WhyNoEditor(Enum):
    """Why it can't be chosen who edits a line."""

    CLIENT = "client"  # it speaks no telnet
    REFUSED = "refused"  # by the client
    FORMAT = "format"  # it is for programs
    NO_TERMINAL = "no terminal"  # over SSH
    ALWAYS = "always"  # it is edited here, as for any terminal over SSH


@dataclass(eq=False)
class NoEditor(HallError):
    """Who edits the line stays as it is."""

    why: WhyNoEditor


@dataclass(eq=False)
class NotAnObject(HallError):
    """The line is no JSON object."""


@dataclass(eq=False)
class NothingAsked(HallError):
    """The object has neither `do` nor `line`."""


@dataclass(eq=False)
class BadArgument(HallError):
    """The argument of that name is no text of one line."""

    name: str


@dataclass(eq=False)
class BadDuration(HallError):
    """What was typed is no span of time."""

    typed: str


@dataclass(eq=False)
class TookTooLong(HallError):
    """What was asked for was not done in time."""

    seconds: float

    passes = True


@dataclass(eq=False)
class NicknameFirst(HallError):
    """Somebody without a nickname can only give one, or leave."""


@dataclass(eq=False)
class TooManyNicknames(HallError):
    """One nickname after the other was refused."""

    limit: int

    logged_as = "too many nicknames were refused"


# Of what a connection sends, and of connections.


@dataclass(eq=False)
class NotText(HallError):
    """The line is not UTF-8."""


@dataclass(eq=False)
class ChangedByTelnet(HallError):
    """The line is not UTF-8, and comes from a telnet client that takes some bytes of it for its own keys."""


@dataclass(eq=False)
class TelnetUnfinished(HallError):
    """One of telnet's words had no end; what it held is lost."""


@dataclass(eq=False)
class LineTooLong(HallError):
    """The line has more bytes than `limit`."""

    limit: int


@dataclass(eq=False)
class PasteTooLong(HallError):
    """What was pasted has more than `limit` of a `unit`: "lines", "bytes", or "bytes in a line"."""

    limit: int
    unit: str


@dataclass(eq=False)
class LineCutOff(HallError):
    """The input ended in the middle of a line."""


@dataclass(eq=False)
class WrongProtocol(HallError):
    """A program speaks another protocol where plain text is spoken."""

    protocol: str

    def __str__(self) -> str:
        return f"it speaks {self.protocol} where plain text is spoken"


@dataclass(eq=False)
class NicknameTooLate(HallError):
    """No nickname was given in time."""

    seconds: float

    logged_as = "it gave no nickname in time"


@dataclass(eq=False)
class TooManyConnections(HallError):
    """As many connections are open as there may be."""

    limit: int

    logged_as = "too many connections are open"


@dataclass(eq=False)
class TooManyFromAddress(HallError):
    """As many connections are open from one address as there may be."""

    limit: int

    logged_as = "too many connections are open from its address"


@dataclass(eq=False)
class TooManyArrivals(HallError):
    """One address connects again and again."""

    limit: int
    seconds: float

    logged_as = "its address connects again and again"


# Of what an operator asks for.


@dataclass(eq=False)
class LooksLikeCommand(HallError):
    """A plain line would be announced to everyone; this one was hardly meant to be."""

    name: str


@dataclass(eq=False)
class NoPrivateLines(HallError):
    """An operator typed what would be private to a person in the hall."""


@dataclass(eq=False)
class NotByAddress(HallError):
    """People who come by this machine itself share its address with everything on it."""

    network: str


@dataclass(eq=False)
class NotAnAddress(HallError):
    """What was typed looks like an address or a network, and is none."""

    typed: str


@dataclass(eq=False)
class BadDrain(HallError):
    """What was typed is no number of minutes."""

    typed: str
    longest: int


@dataclass(eq=False)
class NotReloaded(HallError):
    """The configuration can't be used; nothing has changed. `why` is a clause in the words of whoever found out."""

    why: str


@dataclass(eq=False)
class NotKept(HallError):
    """What was done is done, but won't survive a restart; `why` is the system's reason."""

    path: str
    why: str


@dataclass(eq=False)
class NotBackedUp(HallError):
    """What is on the disk could not be copied; `why` says so."""

    why: str


@dataclass(eq=False)
class NoLevels(HallError):
    """The log is not ours."""


@dataclass(eq=False)
class OpenAlready(HallError):
    """People get in."""


@dataclass(eq=False)
class StoppingAlready(HallError):
    """The daemon is about to end."""


# Of passwords.


@dataclass(eq=False)
class WrongPassword(HallError):
    """That is not the password of the owner of a name; it is not given back."""

    nickname: str


@dataclass(eq=False)
class TooManyPasswords(HallError):
    """So many were wrong."""

    limit: int


@dataclass(eq=False)
class PasswordsDiffer(HallError):
    """The new password was not the same when it was typed again."""


@dataclass(eq=False)
class PasswordFirst(HallError):
    """A password is waited for, and nothing else can be done; what was typed is not given back."""


@dataclass(eq=False)
class NotPrivate(HallError):
    """A password is taken only where nobody on the way can read it."""

    nickname: str


@dataclass(eq=False)
class NamesNotOwned(HallError):
    """No name has an owner in this chat."""


OfPasswords = WrongPassword | TooManyPasswords | PasswordsDiffer | PasswordFirst | NotPrivate | NamesNotOwned


@dataclass(eq=False)
class NoSuchNode(HallError):
    """No daemon of this hall is called that."""

    typed: str


@dataclass(eq=False)
class NodeSilent(HallError):
    """Another daemon of this hall was told to do something, and hasn't said what came of it."""

    node: str


@dataclass(eq=False)
class OnlyOne(HallError):
    """This daemon is the only one of its hall."""

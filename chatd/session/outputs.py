"""What a session has to say, as values. Their words are in `session/words/`, their bytes are made by codecs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from chatd.core.events import Departure, Event
from chatd.core.refusals import HallError
from chatd.session.answers import ForPeople
from chatd.session.operator_answers import ForOperators
from chatd.session.owner_answers import ForOwners

# What every session says.


@dataclass(frozen=True, slots=True)
class Welcome:
    """The first words to somebody who has come to the door of a chat."""

    title: str
    people: int
    motd: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hello:
    """The first words in a format for programs: who they are so far, and where."""

    title: str
    people: int
    nickname: str | None
    room: str | None


class Asked(Enum):
    """What a session may wait for."""

    NICKNAME = "nickname"
    PASSWORD = "password"
    NEW_PASSWORD = "new_password"
    AGAIN = "again"  # the new password


@dataclass(frozen=True, slots=True)
class Prompt:
    """The next line answers this; a password is that of `nickname`."""

    asked: Asked
    nickname: str = ""

    @property
    def is_secret(self) -> bool:
        """Whether the answer is for nobody's eyes."""
        return self.asked is not Asked.NICKNAME


@dataclass(frozen=True, slots=True)
class Entered:
    """You are in a room now, and with whom: the first names of all who are there."""

    nickname: str
    room: str
    people: int
    nicknames: tuple[str, ...]


class Of(Enum):
    """Why somebody is shown what happened before."""

    ROOM = "room"  # they have entered it
    MISSED = "missed"  # their other connection may not have shown it
    LETTERS = "letters"  # it waited for them
    LAST = "last"  # they asked for the last lines
    FOUND = "found"  # they searched


@dataclass(frozen=True, slots=True)
class Replay:
    """What happened before, the oldest first; `now` is in seconds since 1970."""

    of: Of
    events: tuple[Event, ...]
    now: float


@dataclass(frozen=True, slots=True)
class KeptHere:
    """For how many days what is said in a room is kept on the disk, and private lines for owners who are away; 0 is not
    at all.
    """

    room: str
    days: int
    letters_days: int


@dataclass(frozen=True, slots=True)
class NameForYou:
    """Your nickname is about to be yours alone."""

    nickname: str


@dataclass(frozen=True, slots=True)
class NewPasswordDue:
    """The password was the administrator's, and another one must be chosen."""


@dataclass(frozen=True, slots=True)
class NoPassword:
    """None was given: somebody who is `entering` chooses another nickname, for others nothing has changed."""

    entering: bool


@dataclass(frozen=True, slots=True)
class PasswordAgain:
    """What a password was given for can't be done now, and it is waited for again."""


@dataclass(frozen=True, slots=True)
class TakenOver:
    """You were here already, by another connection, which is closed."""


@dataclass(frozen=True, slots=True)
class CameElsewhere:
    """You are here by another connection now, and this one is closed."""


@dataclass(frozen=True, slots=True)
class Hint:
    """How to get help, how to see one's lines only once, how to leave, and how to choose another language.

    Who types in a row sees them only once already, and is told what it can do instead.
    """

    has_row: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something was refused."""

    error: HallError
    id: Any = None


@dataclass(frozen=True, slots=True)
class Done:
    """What was asked for under that id is done, and all answers to it came before."""

    id: Any


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The last words. `how` is None for somebody who was never let in and knows why from a refusal."""

    nickname: str | None
    how: Departure | None


@dataclass(frozen=True, slots=True)
class OperatorWelcome:
    """The first words to an operator."""


# What a connection says of itself.


@dataclass(frozen=True, slots=True)
class LineDropped:
    """What was half typed is gone, and nothing has come of it."""


@dataclass(frozen=True, slots=True)
class StillHere:
    """The client has asked whether anybody is there."""


@dataclass(frozen=True, slots=True)
class TypingTooFast:
    """What you type is read later, at so many lines a second or, where these have no limit, bytes."""

    line_rate: int
    byte_rate: int


@dataclass(frozen=True, slots=True)
class Candidates:
    """What the word that you have begun may become, and how many more there are."""

    words: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class LinesSkipped:
    """You did not read fast enough, and so many lines were lost."""

    count: int


@dataclass(frozen=True, slots=True)
class IdleWarning:
    """Unless you type something you will be disconnected."""

    seconds: float


@dataclass(frozen=True, slots=True)
class TypingSeen:
    """The password that is asked for is seen where it is typed."""


Note = (
    Welcome
    | Hello
    | Entered
    | Hint
    | KeptHere
    | NameForYou
    | NewPasswordDue
    | NoPassword
    | PasswordAgain
    | TakenOver
    | CameElsewhere
    | OperatorWelcome
    | LineDropped
    | StillHere
    | TypingTooFast
    | Candidates
    | LinesSkipped
    | IdleWarning
    | TypingSeen
)
"""What somebody is told who hasn't asked."""

Answer = ForPeople | ForOwners | ForOperators
"""What somebody is told who has asked for something."""

Output = Event | Answer | Note | Replay | Refusal | Prompt | Done | Goodbye

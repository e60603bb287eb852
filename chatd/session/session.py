"""One person's talk with the hall, from the welcome to the goodbye; it knows no transport.

AwaitingNickname --a free nickname--> Chatting --quit, kicked, hang-up--> Departed
        |                                                                    ^
        +-----------------quit, hang-up, not admitted------------------------+

An operator's talk (`talk/operator.py`) begins in a state of its own, and ends as any other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from twisted.logger import Logger

from chatd.core.bans import Address
from chatd.core.hall import Hall
from chatd.core.member import Member
from chatd.core.refusals import HallError, NotAdmitted, TooManyNicknames
from chatd.core.room import Room
from chatd.core.text import one_line
from chatd.session import commands
from chatd.session.client import Client
from chatd.session.table import Table
from chatd.session.words import listing, people_are, refusal

MAX_REFUSED_NICKNAMES = 10
_NAMES_IN_GREETING = 10  # who arrives in a room of thousands is not sent them all; /ls does


@dataclass(slots=True)
class Server:
    """What all sessions share: the hall, whose it is, its message of the day, when it opened, who is talking."""

    hall: Hall
    title: str
    motd: tuple[str, ...]
    opened_at: float
    people: dict[Session, None] = field(default_factory=dict)  # with a nickname or not yet, in the order of arrival


class State(Protocol):
    """How far a session has come."""

    @property
    def member(self) -> Member | None:
        """Who it is, None for somebody without a nickname."""

    def begin(self) -> None:
        """Greet who has just come."""

    def ask(self) -> None:
        """Ask again for what is waited for."""

    def heard(self, line: str) -> None:
        """Take one clean line."""

    def leave(self, why: str, logged_as: str) -> None:
        """It is over; `why` is told to others."""


class Session:
    """What a door hands lines of text to; what comes back goes to the door's client.

    `address` is what the log shows, `ip` what may be banned, None on this machine itself.
    """

    __slots__ = ("_state", "address", "began_at", "client", "ip", "server", "typed_at")

    _log = Logger()

    def __init__(
        self,
        server: Server,
        client: Client,
        address: str,
        ip: Address | None = None,
        first: Callable[[Session], State] | None = None,
    ) -> None:
        self.server = server
        self.client = client
        self.address = address
        self.ip = ip
        self.began_at = server.hall.now()
        self.typed_at: float | None = None  # of the line that is being heard
        self._state: State = (first or AwaitingNickname)(self)

    def begin(self) -> None:
        """Greet who has just come, or turn them away."""
        self._state.begin()

    @property
    def awaits_nickname(self) -> bool:
        return isinstance(self._state, AwaitingNickname)

    @property
    def member(self) -> Member | None:
        """Who it is, None for somebody without a nickname."""
        return self._state.member

    def heard(self, line: str, typed_at: float | None = None) -> None:
        """Take one line that the person typed, without its end; `typed_at` is now, unless the line had to wait."""
        self.typed_at = typed_at
        self._state.heard(one_line(line))

    def refuse(self, error: HallError) -> None:
        """Say why something that the person sent is not done, and ask again for what is waited for."""
        self._tell(error)
        self._state.ask()

    def turn_away(self, error: HallError) -> None:
        """Say why the person can't come in, and close."""
        self._log.info("{address} was refused: {why}", address=self.address, why=error.logged_as)
        self._end()
        self._tell(error)
        self.client.hang_up()

    def come_in(self, member: Member) -> None:
        self._log.info("{nickname} came from {address}", nickname=member.nickname, address=self.address)
        self._state = Chatting(self, member)
        self.greet(member)
        self.client.answer(["-- /h lists the commands, quit leaves"])

    def greet(self, member: Member) -> None:
        """Say where the member is now, and with whom."""
        people = member.room.members
        names = [other.nickname for other in islice(people, _NAMES_IN_GREETING)]
        if len(people) > len(names):
            names.append(f"and {len(people) - len(names):,} others")
        head = f"you are {member.nickname} in {member.room.name}; {people_are(len(people))} here:"
        self.client.answer(listing(head, names))

    def log_rename(self, before: str, member: Member) -> None:
        self._log.info("{before} is now called {nickname}", before=before, nickname=member.nickname)

    def depart(self, goodbye: str, why: str = "", logged_as: str = "quit") -> None:
        """End the talk: say `goodbye`, tell the room `why`, log only `logged_as`, for a reason is a person's words."""
        self._end().leave(why, logged_as)
        self.client.answer([goodbye])
        self.client.hang_up()

    def hung_up(self, why: str) -> None:
        """The connection is gone; `why` is told to the room and logged, "" for an orderly end."""
        self._end().leave(why, why or "closed the connection")

    def _tell(self, error: HallError) -> None:
        self.server.hall.counts.refused[type(error).__name__] += 1
        self.client.answer(refusal(error))

    def _end(self) -> State:
        """Return the state that it was in until now."""
        state, self._state = self._state, Departed()
        self.server.people.pop(self, None)
        return state


class AwaitingNickname:
    """Nobody yet: hears nothing of the hall, and is asked until a nickname is free."""

    _log = Logger()

    member: Member | None = None

    def __init__(self, session: Session) -> None:
        self._session = session
        self._refused = 0

    def begin(self) -> None:
        talk, hall = self._session, self._session.server.hall
        try:
            hall.check_admission(talk.ip)
        except NotAdmitted as error:
            talk.turn_away(error)
            return
        talk.server.people[talk] = None
        head = f"-- welcome to {talk.server.title}; {people_are(len(hall.members))} here"
        talk.client.answer([head, *(f"-- {line}" for line in talk.server.motd)])
        self.ask()

    def ask(self) -> None:
        self._session.client.prompt("Nickname: ")

    def heard(self, line: str) -> None:
        typed, talk = line.strip(), self._session
        if commands.is_goodbye(typed):
            talk.depart("-- goodbye")
        elif not typed:
            self.ask()
        else:
            self._enter(typed)

    def _enter(self, typed: str) -> None:
        talk = self._session
        try:
            member = talk.server.hall.enter(typed, talk.client.deliver)
        except NotAdmitted as error:
            talk.turn_away(error)
        except HallError as error:
            kind = type(error).__name__  # what was typed might be a line meant for somebody
            self._log.info("{address} was refused a nickname: {kind}", address=talk.address, kind=kind)
            self._refused += 1
            if self._refused < MAX_REFUSED_NICKNAMES:
                talk.refuse(error)
            else:
                talk.turn_away(TooManyNicknames(MAX_REFUSED_NICKNAMES))
        else:
            talk.come_in(member)

    def leave(self, why: str, logged_as: str) -> None:
        log = self._log.info
        log("{address} left before giving a nickname ({why})", address=self._session.address, why=logged_as)


class Talk:
    """What commands need of whoever gives them, people and operators alike."""

    __slots__ = ("session",)

    table: Table
    sees: Callable[[Room], bool]
    """Says whether they may know that a room is there."""

    def __init__(self, session: Session) -> None:
        self.session = session

    @property
    def server(self) -> Server:
        return self.session.server

    @property
    def client(self) -> Client:
        return self.session.client

    def answer(self, *lines: str) -> None:
        """Show lines that answer what was asked."""
        self.client.answer(f"-- {line}" for line in lines)


class Chatting(Talk):
    """A member of the hall: says lines and gives commands."""

    __slots__ = ("member",)

    _log = Logger()

    table = commands.TABLE

    def __init__(self, session: Session, member: Member) -> None:
        super().__init__(session)
        self.member: Member = member

    def sees(self, room: Room) -> bool:
        return room.admits(self.member)

    def begin(self) -> None:
        """Was greeted already."""

    def ask(self) -> None:
        """Nothing is asked of somebody who chats."""

    def heard(self, line: str) -> None:
        if not line:
            return
        try:
            commands.obey(self, line)
        except HallError as error:
            self.session.refuse(error)

    def leave(self, why: str, logged_as: str) -> None:
        nickname, address = self.member.nickname, self.session.address
        self._log.info("{nickname} left ({why}), was at {address}", nickname=nickname, why=logged_as, address=address)
        self.member.leave(why)


class Departed:
    """Said goodbye: lines that arrive behind it are not heard."""

    member: Member | None = None

    def begin(self) -> None:
        """It is over."""

    def ask(self) -> None:
        """Nothing is asked any more."""

    def heard(self, line: str) -> None:
        """It is too late."""

    def leave(self, why: str, logged_as: str) -> None:
        """Has left already."""

"""One person's talk with the hall, from the welcome to the goodbye; it knows no transport.

AwaitingNickname --a free nickname--> Chatting --quit, dismissed, connection lost--> Departed
        |                                                                               ^
        +--------------------quit, not admitted, connection lost-----------------------+

The states of people are in `entering.py` and `person.py`, those that wait for a password in `secrets.py`; an
operator's session (`operator.py`) has a state of its own instead.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, assert_never

from twisted.logger import Logger

from chatd.core.bans import Address
from chatd.core.events import Cause, Departure, Event
from chatd.core.hall import Hall
from chatd.core.member import Member
from chatd.core.refusals import HallError, HallFull
from chatd.core.room import Room
from chatd.session.accounts import Accounts
from chatd.session.client import Client
from chatd.session.identity import NOBODY
from chatd.session.inputs import Command, Ended, Input, Line, Refused
from chatd.session.outputs import (
    CameElsewhere,
    Done,
    Goodbye,
    KeptHere,
    LineDropped,
    PasswordAgain,
    Prompt,
    Refusal,
)
from chatd.session.state import Departed, State

QUIT, CLOSED = Departure(Cause.QUIT), Departure(Cause.CLOSED)

_LOGGED = {
    Cause.QUIT: "quit",
    Cause.CLOSED: "closed the connection",
    Cause.LOST: "connection lost",
    Cause.STALLED: "connection stalled for {seconds:g} s",
    Cause.BROKEN: "connection broken",
    Cause.IDLE: "idle for {seconds:g} s",
    Cause.KICKED: "disconnected",
    Cause.BANNED: "banned",
    Cause.STOPPED: "chatd stopped",
}


@dataclass(slots=True)
class Server:
    """The hall, whose it is, its message of the day, and everybody who talks with it.

    `language` is the code of the one in which people are greeted. `opened_at` is on the hall's clock; `sessions` are in
    the order of arrival, with a nickname or not yet. `accounts` is None where no name is owned. What is said is kept on
    the disk for `history_days`, 0 is not at all.
    """

    hall: Hall
    title: str
    motd: tuple[str, ...] = ()
    language: str = "en"
    accounts: Accounts | None = None
    history_days: int = 0
    sessions: dict[Session, None] = field(default_factory=dict)
    opened_at: float = field(init=False)

    def __post_init__(self) -> None:
        self.opened_at = self.hall.clock.seconds()

    @property
    def uptime(self) -> float:
        """The seconds since the chat was opened."""
        return self.hall.clock.seconds() - self.opened_at

    def check_admission(self, ip: Address | None) -> None:
        """Say whether somebody from there may give a nickname; owners may have a place in a full hall already, that of
        a lost connection.

        @raises NotAdmitted: if not.
        """
        try:
            self.hall.check_admission(ip)
        except HallFull:
            if not self.hall.holders.accounts:
                raise

    def sessions_of(self, member: Member) -> list[Session]:
        """Return the sessions of one person: more than one while another takes over."""
        return [session for session in self.sessions if session.member is member]

    def give_way(self, member: Member) -> tuple[Event, ...]:
        """End the sessions of somebody who has come in by another connection; return what they may not have brought."""
        missed: list[Event] = []
        for session in self.sessions_of(member):
            missed += session.client.missing()
            session.give_way()
        return tuple(missed)

    def kept_in(self, room: Room[Member]) -> KeptHere:
        """Return what is kept on the disk of what is said in a room, and privately."""
        days = self.history_days if room.ring.archived else 0
        return KeptHere(room.name, days, self.accounts.letters_days if self.accounts else 0)


class Session:
    """What a connection hands inputs to; what comes of them goes to its client.

    `address` is what the log shows, `ip` what may be banned, None on this machine itself; `user` is whose process it is
    at the other end of a Unix socket, "" elsewhere. `first` makes the state in which a session begins. `identity` is
    who the person has proven to be already. One that is `brief`, for a single command, takes over no other connection.
    """

    __slots__ = (
        "_state",
        "address",
        "began_at",
        "brief",
        "client",
        "identity",
        "ip",
        "server",
        "user",
        "was_turned_away",
    )

    _log = Logger()

    def __init__(
        self,
        server: Server,
        client: Client,
        address: str,
        ip: Address | None,
        first: Callable[[Session], State],
        user: str = "",
    ) -> None:
        self.server = server
        self.user = user
        self.client = client
        self.address = address
        self.ip = ip
        self.identity = NOBODY
        self.brief = False
        self.was_turned_away = False
        self.began_at = server.hall.now()
        self._state = first(self)

    @property
    def member(self) -> Member | None:
        """The person, None for somebody without a nickname."""
        return self._state.member

    @property
    def is_entering(self) -> bool:
        """Whether a nickname is waited for."""
        return self._state.is_entering

    @property
    def state(self) -> State:
        """How far the session has come."""
        return self._state

    @property
    def asked(self) -> Prompt | None:
        """What the person is asked for, None if that is nothing in particular."""
        return self._state.asked

    def begin(self, asking: bool = True) -> None:
        """Greet somebody who has just come, or turn them away. `asking`: what is waited for does not follow at once."""
        self._state.begin()
        if asking:
            self._state.ask()

    @property
    def has_ended(self) -> bool:
        """Whether the goodbye was said, or the connection lost."""
        return isinstance(self._state, Departed)

    def become(self, state: State) -> None:
        """Go on in another state."""
        self._state = state

    def is_in(self, state: State) -> bool:
        """Say whether it is in that state, though a password may be waited for in front of it: if not, the session has
        gone on, or ended, meanwhile.
        """
        return self._state.stands_for(state)

    def receive(self, given: Input) -> Awaitable[None] | None:
        """Take what a client has sent.

        If that takes its time, the session is busy until the awaitable is done, and must be given nothing meanwhile.
        """
        match given:
            case Line() | Command():
                return self._obey(given)
            case Refused():
                self._state.not_read(given)
                self.refuse(given.error, given.id)
            case Ended(closed):
                return self._ended(CLOSED if closed else QUIT)
            case _:  # pragma: no cover
                assert_never(given)
        return None

    def refuse(self, error: HallError, given_id: Any = None) -> None:
        """Say why something that the person sent is not done, and ask again for what is waited for."""
        self._tell(error, given_id)
        if error.passes and self.asked is not None and self.asked.is_secret:
            self.client.send(PasswordAgain())
        self._state.ask()

    def interrupted(self) -> None:
        """The person has pressed Ctrl-C, and their client has thrown away what they had begun to type."""
        self.client.send(LineDropped())

    def turn_away(self, error: HallError) -> None:
        """Say why the person can't come in, and close."""
        self._log.info("{address} was refused: {reason}", event="refused", address=self.address, reason=str(error))
        self.was_turned_away = True
        self._end()
        self._tell(error)
        self.client.send(Goodbye(None, None))
        self.client.close()

    def close(self, how: Departure, logged_as: str = "") -> None:
        """End the session: the room is told `how`, then the person; the log is told no reason."""
        member = self.member
        self._end().leave(how, logged_as or logged(how))
        self.client.send(Goodbye(member.nickname if member else None, how))
        self.client.close()

    def give_way(self) -> None:
        """End the session, though not the person: they have come in by another connection."""
        member = self.member
        self._end()
        self.client.send(CameElsewhere())
        self.client.send(Goodbye(member.nickname if member else None, Departure(Cause.CLOSED)))
        self.client.close()

    def lost(self, how: Departure, logged_as: str = "") -> None:
        """The connection is gone; the room is told `how`."""
        self._end().leave(how, logged_as or logged(how))

    def log(self, event: str, what: str, **facts: object) -> None:
        """Log what a person has done: names and addresses, and never what they typed."""
        self._log.info(what, event=event, **facts)

    def log_rename(self, before: str, member: Member) -> None:
        self._log.info("{before} is now called {nickname}", event="renamed", before=before, nickname=member.nickname)

    def _ended(self, how: Departure) -> Awaitable[None] | None:
        """Close, once what the person said last has had its turn: they may still be reading."""
        unsettled = None if self.member is None else self.server.hall.relay.unsettled(self.member)
        if unsettled is not None:
            return self._close_when(unsettled, how)
        self.close(how)
        return None

    async def _close_when(self, settled: Awaitable[None], how: Departure) -> None:
        await settled
        if not self.has_ended:  # meanwhile
            self.close(how)

    def _obey(self, given: Line | Command) -> Awaitable[None] | None:
        try:
            work = self._state.receive(given)
        except HallError as error:
            self.refuse(error, given.id)
            return None
        if work is not None:
            return self._finish(work, given)
        if given.id is not None:
            self.client.send(Done(given.id))
        return None

    async def _finish(self, work: Awaitable[None], given: Line | Command) -> None:
        try:
            await work
        except HallError as error:
            if not self.has_ended:  # meanwhile
                self.refuse(error, given.id)
        else:
            if given.id is not None:
                self.client.send(Done(given.id))

    def _tell(self, error: HallError, given_id: Any = None) -> None:
        self.server.hall.counts.refused[type(error).__name__] += 1
        self.client.send(Refusal(error, given_id))

    def _end(self) -> State:
        """Return the state that it was in until now."""
        state, self._state = self._state, Departed()
        self.server.sessions.pop(self, None)
        return state


def logged(how: Departure) -> str:
    """Return how somebody left as the log has it, without anybody's reason."""
    return _LOGGED[how.cause].format(seconds=how.seconds)

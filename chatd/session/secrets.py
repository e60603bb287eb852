"""The states in which a session waits for a password, in front of another state to which it goes back.

              right                               the same again
Proving ----------------> what was to be done      Choosing ----------------> what was to be done
   |  three wrong ones: the end, or back              |                          |  done, or never to be: back
   +--------- nothing typed: back -------------------+                          |  refused for now: asked again

Until that is done nothing but a password is taken: whoever is refused for now may type it again at once, and must not
do so where a line is a nickname, or is said. What is typed here is said to nobody, logged nowhere and given back to
nobody, whatever becomes of it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import NoReturn, Protocol

from twisted.logger import Logger

from chatd.core.events import Departure
from chatd.core.member import Member
from chatd.core.nickname import Nickname
from chatd.core.owner_refusals import NotOwned, OneTimePasswordOver, OnlyByKey, TooManyGuesses
from chatd.core.owners import Owner, People
from chatd.core.passwords import check_password, prepared
from chatd.core.refusals import HallError
from chatd.core.room import Room
from chatd.session.inputs import Command, Line, Refused
from chatd.session.outputs import Asked, NoPassword, Prompt
from chatd.session.participant import Participant
from chatd.session.refusals import PasswordFirst, PasswordsDiffer, TooManyPasswords, WrongPassword
from chatd.session.session import QUIT, Session
from chatd.session.state import State
from chatd.session.table import Table

MAX_WRONG_PASSWORDS = 3
COST = 5  # of looking at a password, in lines of what a person may say
_QUIT = ("quit", "/quit", "/exit", "/bye")


class Before(State, Protocol):
    """The state that goes on behind this one."""

    session: Session
    table: Table

    def sees(self, room: Room[Member]) -> bool: ...

    def hold_secrets(self) -> None: ...


class Secret(Participant):
    """Waits for a password; everything else about the person is as in the state before."""

    __slots__ = ("before",)

    def __init__(self, before: Before) -> None:
        super().__init__(before.session, before.table)
        self.before = before

    @property
    def member(self) -> Member | None:
        return self.before.member

    @property
    def is_entering(self) -> bool:
        return self.before.is_entering

    def begin(self) -> None:
        """No-op: the person was greeted already."""

    @property
    @abstractmethod
    def asked(self) -> Prompt: ...

    def stands_for(self, state: object) -> bool:
        return state is self or self.before.stands_for(state)

    def receive(self, given: Line | Command) -> Awaitable[None] | None:
        if isinstance(given, Command):
            name = given.name.lower()
            if name not in ("password", "quit"):
                raise PasswordFirst
            typed = given.arguments.get("password", "") if name == "password" else name
        else:
            typed = given.text
        if typed.strip().lower() in _QUIT:
            self.session.close(QUIT)
        elif not typed.strip():
            self.send(NoPassword(self.is_entering))
            self.go_back()
            self.before.ask()
        elif typed.lstrip().startswith("/"):
            raise PasswordFirst
        else:
            return self.take(typed)
        return None

    def not_read(self, given: Refused) -> None:
        self.before.not_read(given)

    def sees(self, room: Room[Member]) -> bool:
        return self.before.sees(room)

    def leave(self, how: Departure, logged_as: str) -> None:
        self.before.leave(how, logged_as)

    def go_back(self) -> None:
        self.session.become(self.before)

    def go_back_refused(self, error: HallError) -> NoReturn:
        """Go back, though another password may have been typed ahead already.

        @raises HallError: the error.
        """
        self.go_back()
        self.before.hold_secrets()
        raise error

    async def finish(self, doing: Awaitable[None]) -> None:
        """Do what the password was given for, and go back, unless that has led on already.

        @raises HallError: if it is refused; if only for now, the password is waited for again, as it is if this is not
            done in time.
        """
        try:
            await doing
        except HallError as error:
            if self.session.is_in(self) and not error.passes:
                self.go_back_refused(error)
            raise
        if self.session.is_in(self):
            self.go_back()

    @abstractmethod
    def take(self, typed: str) -> Awaitable[None] | None:
        """Do what is to be done with a password."""


class Proving(Secret):
    """Waits for the password of an owner; then `proven` is called, for the state before."""

    __slots__ = ("_owner", "_people", "_proven", "_wrong")

    _log = Logger()

    def __init__(self, before: Before, people: People, owner: Owner, proven: Callable[[], Awaitable[None]]) -> None:
        super().__init__(before)
        self._people = people
        self._owner = owner
        self._proven = proven
        self._wrong = 0

    @property
    def asked(self) -> Prompt:
        return Prompt(Asked.PASSWORD, self._owner.name.shown)

    async def take(self, typed: str) -> None:
        session = self.session
        self.client.charge(COST - 1)
        try:
            right = await self._people.check(self._owner.id, typed, self.client.neighbourhood)
        except (TooManyGuesses, NotOwned, OnlyByKey, OneTimePasswordOver) as error:
            if session.is_in(self):
                self._end(error)
            return
        if not session.is_in(self):  # it has ended meanwhile
            return
        if right:
            await self.finish(self._proven())
            return
        nickname = self._owner.name.shown
        self._log.info("{address} gave a wrong password of {nickname}", address=session.address, nickname=nickname)
        self._wrong += 1
        if self._wrong < MAX_WRONG_PASSWORDS:
            raise WrongPassword(nickname)
        self._end(TooManyPasswords(MAX_WRONG_PASSWORDS))

    def _end(self, error: HallError) -> None:
        """Ask no more. Somebody who isn't in yet has to connect again.

        @raises HallError: for others, back in the state before.
        """
        if self.is_entering and isinstance(error, TooManyGuesses | TooManyPasswords):
            self.session.turn_away(error)
            return
        self.go_back_refused(error)


class Choosing(Secret):
    """Waits for a new password, twice; then `chosen` is called with it, for the state before."""

    __slots__ = ("_chosen", "_first", "_name")

    def __init__(self, before: Before, name: Nickname, chosen: Callable[[str], Awaitable[None]]) -> None:
        super().__init__(before)
        self._name = name
        self._chosen = chosen
        self._first: str | None = None

    @property
    def asked(self) -> Prompt:
        return Prompt(Asked.NEW_PASSWORD if self._first is None else Asked.AGAIN, self._name.shown)

    def take(self, typed: str) -> Awaitable[None] | None:
        if self._first is None:
            check_password(typed, self._name)
            self._first = typed
            self.ask()
            return None
        if prepared(typed) != prepared(self._first):
            self._first = None
            raise PasswordsDiffer
        return self._choose(typed)

    async def _choose(self, typed: str) -> None:
        try:
            await self.finish(self._chosen(typed))
        finally:
            self._first = None

"""The states of a person's session: awaiting a nickname, then chatting."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from itertools import islice

from twisted.logger import Logger

from chatd.core.events import Departure, Event
from chatd.core.member import Member
from chatd.core.owners import Owner
from chatd.core.refusals import HallError, HallFull, NotAdmitted
from chatd.core.room import Room
from chatd.session.accounts import Accounts, as_events
from chatd.session.answers import TalkingTo
from chatd.session.inputs import Command, Line
from chatd.session.outputs import (
    Asked,
    Entered,
    Hint,
    NewPasswordDue,
    Of,
    Prompt,
    Replay,
    TakenOver,
    Welcome,
)
from chatd.session.refusals import NicknameFirst, TooManyNicknames, ToTakesNoText
from chatd.session.replays import replay_of
from chatd.session.secrets import Choosing, Proving
from chatd.session.session import QUIT, Participant, Session, clean
from chatd.session.table import Entry, Table

MAX_REFUSED_NICKNAMES = 10
_NAMES_IN_GREETING = 10  # somebody who arrives in a room of thousands is not sent all names; /ls does that


class AwaitingNickname(Participant):
    """Nobody yet: hears nothing of the hall, and is asked until a nickname is free."""

    __slots__ = ("_has_typed", "_refused")

    _log = Logger()

    member: Member | None = None

    @property
    def is_entering(self) -> bool:
        return True

    @property
    def asked(self) -> Prompt:
        return Prompt(Asked.NICKNAME)

    def __init__(self, session: Session, table: Table) -> None:
        super().__init__(session, table)
        self._refused = 0
        self._has_typed = False

    def begin(self) -> None:
        session, server = self.session, self.server
        try:
            server.hall.check_admission(session.ip)
        except NotAdmitted as error:
            # An owner may have a place already, that of a lost connection.
            if not (isinstance(error, HallFull) and server.hall.accounts_here):
                session.turn_away(error)
                return
        server.sessions[session] = None
        self.send(Welcome(server.title, len(server.hall.members), server.motd))
        self.tell_kept(server.hall.lobby)

    def receive(self, given: Line | Command) -> None:
        self._has_typed = True
        if isinstance(given, Command):
            entry = self.table.find(given.name)
            self._obey(entry, entry.take(given.arguments))
            return
        typed = clean(given).strip()
        if typed.startswith("/"):
            name, _, rest = typed[1:].partition(" ")
            entry = self.table.find(name)
            self._obey(entry, entry.parse(rest))
        elif typed == "quit":
            self.session.close(QUIT)
        elif typed:
            self._enter(typed)
        else:
            self.ask()

    def choice_refused(self) -> None:
        """Nobody has been chosen yet."""

    def sees(self, room: Room[Member]) -> bool:
        return not room.locked

    def leave(self, how: Departure, logged_as: str) -> None:
        if not self._has_typed:  # a probe, of which there may be one each second
            self.server.hall.counts.silent += 1
        log = self._log.info if self._has_typed else self._log.debug
        log("{address} left before giving a nickname ({why})", address=self.session.address, why=logged_as)

    def _obey(self, entry: Entry, arguments: list[str]) -> None:
        """Do what can be done without a nickname."""
        match entry.names[0]:
            case "nick":
                self._enter(*arguments)
            case "quit":
                self.session.close(QUIT)
            case "format":
                self.table.run(self, entry, *arguments)
                self.ask()
            case _:
                raise NicknameFirst

    def _enter(self, typed: str) -> None:
        person = Chatting(self.session, self.table)
        server = self.server
        try:
            owner = server.hall.owner_of(typed)
            if owner is not None and server.accounts is not None:
                self._ask_password(server.accounts, owner)
                return
            member = server.hall.enter(typed, self.client.deliver, person.dismissed)
        except HallError as error:
            self._refuse(error)
        else:
            person.come_in(member)

    def _refuse(self, error: HallError) -> None:
        """@raises HallError: unless they have to go."""
        session = self.session
        if isinstance(error, NotAdmitted):
            session.turn_away(error)
            return
        kind = type(error).__name__  # what was typed might be a line meant for somebody
        self._log.info("{address} was refused a nickname: {kind}", address=session.address, kind=kind)
        self._refused += 1
        if self._refused < MAX_REFUSED_NICKNAMES:
            raise error
        session.turn_away(TooManyNicknames(MAX_REFUSED_NICKNAMES))

    def _ask_password(self, accounts: Accounts, owner: Owner) -> None:
        accounts.check_asked(self.client, owner)
        state = Proving(self, accounts.people, owner, partial(self._proven, accounts, owner.id))
        self.session.become(state)
        state.ask()

    async def _proven(self, accounts: Accounts, account: int) -> None:
        """Let an owner in; whoever comes by the administrator's password chooses another one first."""
        owner = accounts.people.owners.demand(account)
        if not owner.must_change:
            await self._come_in(accounts, owner)
            return
        self.send(NewPasswordDue())
        state = Choosing(self, owner.name, partial(self._chosen, accounts, owner))
        self.session.become(state)
        state.ask()

    async def _chosen(self, accounts: Accounts, owner: Owner, password: str) -> None:
        await accounts.people.change_password(owner.id, password)
        if self.session.is_in(self):
            await self._come_in(accounts, owner)

    async def _come_in(self, accounts: Accounts, owner: Owner) -> None:
        person, hall = Chatting(self.session, self.table), self.server.hall
        here = hall.holder_of(owner.id)
        if here is not None:
            person.take_over(here)
        else:
            try:
                member = hall.enter(owner.name.shown, self.client.track(), person.dismissed, owner.id)
            except HallError as error:
                self._refuse(error)
                return
            person.come_in(member)
        accounts.aside(accounts.people.saw(owner.id))
        await person.read_letters()


class Chatting(Participant):
    """A member of the hall: says lines and gives commands."""

    __slots__ = ("member", "typed_at")

    _log = Logger()

    member: Member

    def __init__(self, session: Session, table: Table) -> None:
        super().__init__(session, table)
        self.typed_at: float | None = None  # of what is being received

    def come_in(self, member: Member) -> None:
        self.member = member
        self._log.info("{nickname} came from {address}", nickname=member.nickname, address=self.session.address)
        self.session.become(self)
        self.greet()
        self.replay()
        self.send(Hint())

    def take_over(self, member: Member) -> None:
        """Go on as somebody who is here by another connection, which may be lost: the others notice nothing."""
        hall, client = self.server.hall, self.client
        hall.broadcaster.settle()
        missed: list[Event] = []
        for other in [session for session in self.server.sessions if session.member is member]:
            missed += other.client.missing()
            client.view = other.client.view
            other.give_way()
        member.hand_over(client.track(), self.dismissed)
        self.member = member
        self._log.info("{nickname} came again, from {address}", nickname=member.nickname, address=self.session.address)
        self.session.become(self)
        self.send(TakenOver())
        self.greet()
        if member.addressee is not None:
            self.send(TalkingTo(member.addressee.nickname))
        if missed:
            self.send(Replay(Of.MISSED, tuple(missed), hall.now()))
        self.send(Hint())

    def greet(self) -> None:
        """Say where the member is now, and with whom."""
        member, people = self.member, self.member.room.members
        nicknames = tuple(other.nickname for other in islice(people, _NAMES_IN_GREETING))
        self.send(Entered(member.nickname, member.room.name, len(people), nicknames))

    def replay(self) -> None:
        """Show the last lines of the room."""
        replay = replay_of(self.member.room.ring.last(), Of.ROOM, self.server.hall, self.member)
        if replay.events and not self.member.quiet:
            self.send(replay)

    async def read_letters(self) -> None:
        """Show the lines that wait for an owner; they wait until these have arrived."""
        accounts, account = self.server.accounts, self.member.traces.account
        if accounts is None or account is None or not accounts.letters_days:
            return
        letters = await accounts.people.letters(account)
        if letters and self.session.is_in(self):
            self.send(Replay(Of.LETTERS, as_events(letters), self.server.hall.now()))
            self.client.once_taken(lambda: accounts.aside(accounts.people.burn(letters)))

    def sees(self, room: Room[Member]) -> bool:
        return self.member.may_enter(room)

    def wants_to_see(self, room: Room[Member]) -> bool:
        return room is self.member.room or room.opened_by not in self.member.ignoring

    def begin(self) -> None:
        """No-op: the person was greeted already."""

    def receive(self, given: Line | Command) -> Awaitable[None] | None:
        self.typed_at = given.typed_at
        if isinstance(given, Command):
            entry = self.table.find(given.name)
            return self.table.run(self, entry, *entry.take(given.arguments))
        return self._obey(clean(given))

    def choice_refused(self) -> None:
        self.member.choice_refused()

    def dismissed(self, how: Departure) -> None:
        """The administrator has put this person out."""
        self.session.close(how)

    def leave(self, how: Departure, logged_as: str) -> None:
        nickname, address = self.member.nickname, self.session.address
        self._log.info("{nickname} left ({why}), was at {address}", nickname=nickname, why=logged_as, address=address)
        self.member.leave(how)

    def _obey(self, line: str) -> Awaitable[None] | None:
        mark = line.lstrip()  # an indented command is a command: a slip must not be sent to everyone
        if mark.startswith("//"):
            self.member.speak(mark[1:], self.typed_at)
        elif mark.startswith("/"):
            return self.table.run_line(self, mark[1:], mark)
        elif mark.startswith("@"):
            return self._run("msg", mark[1:])
        elif mark[:3].lower() == "to:":
            if len(mark[3:].split()) > 1:
                self.member.choice_refused()
                raise ToTakesNoText(unsent=line)
            return self._run("to", mark[3:])
        elif mark.rstrip() == "quit":
            self.session.close(QUIT)
        elif line:
            self.member.speak(line, self.typed_at)
        return None

    def _run(self, name: str, typed: str) -> Awaitable[None] | None:
        entry = self.table.find(name)
        return self.table.run(self, entry, *entry.parse(typed))

"""The state of a session that waits for a nickname: it ends when somebody is in the hall, or is turned away."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial

from twisted.logger import Logger

from chatd.core.events import Cause, Departure
from chatd.core.member import Member
from chatd.core.nickname import look_alike_keys
from chatd.core.owners import Owner
from chatd.core.ports import Deliver
from chatd.core.refusals import HallError, NicknameTaken, NotAdmitted
from chatd.core.room import Room
from chatd.core.text import one_line
from chatd.session.accounts import Accounts
from chatd.session.inputs import Command, Line, Refused
from chatd.session.outputs import (
    Asked,
    NewPasswordDue,
    Prompt,
    Welcome,
)
from chatd.session.participant import Participant
from chatd.session.person import Chatting
from chatd.session.refusals import (
    NicknameFirst,
    PasswordDue,
    PastedBehindNickname,
    TooManyNicknames,
)
from chatd.session.secrets import Choosing, Proving
from chatd.session.session import QUIT, Session, logged
from chatd.session.table import Entry, Table
from chatd.session.typed import is_quit, marked

MAX_REFUSED_NICKNAMES = 10
_QUESTIONS = ("h", "ls", "motd", "rooms", "uptime", "version", "whois")  # commands that anybody may be answered


class AwaitingNickname(Participant):
    """Nobody yet: hears nothing of the hall, and is asked until a nickname is free."""

    __slots__ = ("_has_typed", "_name_is_taken", "_refused", "_refused_at", "_secrets_before")

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
        self._refused_at: float | None = None  # when the last refused nickname was typed
        self._has_typed = False
        self._name_is_taken = False
        self._secrets_before = float("-inf")  # what was typed up to this time may be a password

    def begin(self) -> None:
        session, server = self.session, self.server
        try:
            server.check_admission(session.ip)
        except NotAdmitted as error:
            session.turn_away(error)
            return
        server.sessions[session] = None
        self.send(Welcome(server.title, len(server.hall.members), server.motd))
        self.tell_kept(server.hall.lobby)

    def receive(self, given: Line | Command) -> Awaitable[None] | None:
        self._has_typed = True
        if isinstance(given, Command):
            entry = self.table.find(given.name)
            return self._obey(entry, entry.take(given.arguments))
        typed = "" if given.hidden else marked(one_line(given.text).strip())
        if typed.startswith("/"):
            return self._obey_line(typed[1:])
        if is_quit(typed):
            self.session.close(QUIT)
        elif not typed or (given.typed_at is not None and given.typed_at <= self._secrets_before):
            self.ask()
        elif given.typed_at is not None and given.typed_at == self._refused_at:
            raise PastedBehindNickname(unsent=typed)
        else:
            self._refused_at = given.typed_at  # unless they get in
            return self._enter(typed)
        return None

    def answers(self, line: str) -> bool:
        """Whether a single command is answered though the name is taken: the person may be who has it."""
        typed = marked(line)
        if not (self._may_ask and typed.startswith("/") and line == one_line(line)):
            return False
        entry = self.table.command_in(typed[1:])
        return entry is not None and entry.names[0] in _QUESTIONS

    @property
    def _may_ask(self) -> bool:
        return self.session.brief and self._name_is_taken

    def not_read(self, given: Refused) -> None:
        self._refused_at = given.typed_at

    def sees(self, room: Room[Member]) -> bool:
        return not room.locked

    def leave(self, how: Departure, logged_as: str) -> None:
        is_probe = not self._has_typed and logged_as == logged(how)  # of which there may be one each second
        self.server.hall.counts.silent += is_probe
        log = self._log.debug if is_probe else self._log.info
        told = "{address} left before giving a nickname ({reason})"
        log(told, event="left", address=self.session.address, reason=logged_as)

    def _obey_line(self, typed: str) -> Awaitable[None] | None:
        try:
            entry, arguments = self.table.parse(typed)
        except HallError:  # whatever it is, it comes later
            raise NicknameFirst from None
        return self._obey(entry, arguments)

    def _obey(self, entry: Entry, arguments: list[str]) -> Awaitable[None] | None:
        """Do what can be done without a nickname."""
        match entry.names[0]:
            case "nick":
                return self._enter(*arguments)
            case "quit":
                self.session.close(QUIT)
            case "format" | "lang":
                self.table.run(self, entry, *arguments)
                self.ask()
            case name if self._may_ask and name in _QUESTIONS:
                return self.table.run(self, entry, *arguments)
            case _:
                raise NicknameFirst
        return None

    def _enter(self, typed: str) -> Awaitable[None] | None:
        server = self.server
        try:
            owner = server.hall.owner_of(typed)
            if owner is not None and server.accounts is not None:
                return self._check_owner(server.accounts, owner)
            claimed = server.hall.claim(typed)
            if claimed is not None:
                return self._admit_when(claimed, typed)
            self._admit(typed, self.client.deliver)
        except HallError as error:
            self._refuse(error)
        return None

    async def _admit_when(self, claimed: Awaitable[None], typed: str) -> None:
        try:
            if await self._is_granted(claimed, typed):
                self._admit(typed, self.client.deliver)
        except HallError as error:
            self._refuse(error)

    async def _is_granted(self, claimed: Awaitable[None], typed: str) -> bool:
        """Wait until a name is claimed, and say whether somebody is still here for it.

        @raises HallError: if it can't be, and they are.
        """
        try:
            await claimed
        except HallError:
            if self.session.is_in(self):
                raise
            return False
        if not self.session.is_in(self):
            self._let_go(typed)
            return False
        return True

    def _let_go(self, typed: str) -> None:
        """A name was claimed, and won't be used."""
        self.server.hall.relay.release(look_alike_keys(typed))

    def _admit(self, typed: str, deliver: Deliver, account: int | None = None) -> Chatting:
        """Let a person in under a name that was claimed.

        @raises HallError: as `Hall.enter` does; then the name is claimed no longer.
        """
        person, hall = Chatting(self.session, self.table), self.server.hall
        try:
            member = hall.enter(typed, deliver, person.dismissed, account)
        except HallError:
            self._let_go(typed)
            raise
        person.come_in(member)
        return person

    def _refuse(self, error: HallError) -> None:
        """@raises HallError: unless they have to go."""
        session = self.session
        if isinstance(error, NotAdmitted):
            session.turn_away(error)
            return
        kind = type(error).__name__  # what was typed might be a line meant for somebody
        told = "{address} was refused a nickname: {reason}"
        self._log.info(told, event="nickname refused", address=session.address, reason=kind)
        self._refused += 1
        self._name_is_taken = isinstance(error, NicknameTaken)
        if self._refused < MAX_REFUSED_NICKNAMES:
            raise error
        session.turn_away(TooManyNicknames(MAX_REFUSED_NICKNAMES))

    def _check_owner(self, accounts: Accounts, owner: Owner) -> Awaitable[None] | None:
        """Let an owner in, once they have proven to be that."""
        if self.session.identity.is_of(owner):
            return self._known(accounts, owner)
        try:
            accounts.check_asked(self.client, owner)
        except HallError:
            self.hold_secrets()
            raise
        self._wait_for_password(accounts, owner).ask()
        return None

    def _wait_for_password(self, accounts: Accounts, owner: Owner) -> Proving:
        state = Proving(self, accounts.people, owner, partial(self._proven, accounts, owner.id))
        self.session.become(state)
        return state

    def _known(self, accounts: Accounts, owner: Owner) -> Awaitable[None]:
        """Let an owner in who has proven to be that before. If they did by the password, that may be what they type
        next when they are refused.
        """
        proven = self._proven(accounts, owner.id)
        if self.session.identity.holds_key_of(owner) or self.session.brief:
            return proven
        return self._wait_for_password(accounts, owner).finish(proven)

    def hold_secrets(self) -> None:
        """No password is asked for, or no more, where the person may have typed one ahead: it is no nickname."""
        self._secrets_before = self.server.hall.clock.seconds()

    async def _proven(self, accounts: Accounts, account: int) -> None:
        """Let an owner in; whoever comes by the administrator's password chooses another one first."""
        owner = accounts.people.owners.demand(account)
        if not owner.must_change or self.session.identity.holds_key_of(owner):
            await self._come_in(accounts, owner)
            return
        if self.session.brief:
            raise PasswordDue
        self.send(NewPasswordDue())
        state = Choosing(self, owner.name, partial(self._chosen, accounts, owner))
        self.session.become(state)
        state.ask()

    async def _chosen(self, accounts: Accounts, owner: Owner, password: str) -> None:
        await accounts.people.change_password(owner.id, password)
        if self.session.is_in(self):
            await self._wait_for_password(accounts, owner).finish(self._come_in(accounts, owner))

    async def _come_in(self, accounts: Accounts, owner: Owner) -> None:
        try:
            person = await self._as_owner(owner)
        except HallError as error:
            self._refuse(error)
            return
        if person is not None:
            accounts.aside(accounts.people.saw(owner.id))
            await person.read_letters()

    async def _as_owner(self, owner: Owner) -> Chatting | None:
        """Let an owner in and return who they are here; None if they have gone meanwhile.

        @raises HallError: if they can't come in.
        """
        person, hall, name = Chatting(self.session, self.table), self.server.hall, owner.name.shown
        here = hall.holders.of(owner.id)
        leaving = None if here is None or here.here else hall.relay.unsettled(here)
        if leaving is not None:  # by another connection, and their turn hasn't come yet
            await leaving
            if not self.session.is_in(self):
                return None
        claimed = hall.claim(name, owner.id) if hall.holders.of(owner.id) is None else None
        if claimed is not None and not await self._is_granted(claimed, name):
            return None
        here = hall.holders.of(owner.id)  # they may have come in meanwhile
        if here is None:
            return self._admit(name, self.client.track(), owner.id)
        if claimed is not None:
            self._let_go(name)
        if self.session.brief:
            raise NicknameTaken(name, here.nickname, hall.lost_after)
        if here.is_remote:
            return await self._fetch(here, person, owner)
        person.take_over(here)
        return person

    async def _fetch(self, member: Member, person: Chatting, owner: Owner) -> Chatting | None:
        """Let in an owner who is here by another server: they come over, with all that is theirs.

        @raises HallError: if they can't.
        """
        missed = await self.server.hall.relay.fetch(member, self.client.track(), person.dismissed)
        if not self.session.is_in(self):
            if missed is not None:
                member.leave(Departure(Cause.LOST))
            return None
        if missed is None:  # they have just left there
            return await self._as_owner(owner)
        await person.go_on_from_elsewhere(member, missed)
        return person

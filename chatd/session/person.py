"""The state of a person who is in the hall: they say lines and give commands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import islice
from unicodedata import normalize

from twisted.logger import Logger

from chatd.core.events import AddresseeLeft, Departure, Event
from chatd.core.letters import Letter
from chatd.core.member import Member
from chatd.core.refusals import AddresseeUnclear
from chatd.core.room import Room
from chatd.core.text import one_line
from chatd.session.accounts import Accounts, as_events
from chatd.session.answers import StillAway, TalkingTo
from chatd.session.inputs import Command, Line, Refused
from chatd.session.outputs import Entered, Hint, Of, Replay, TakenOver
from chatd.session.participant import Participant
from chatd.session.refusals import (
    BadUsage,
    CommandElsewhere,
    UnknownCommand,
)
from chatd.session.replays import replay_of
from chatd.session.session import QUIT, Session
from chatd.session.table import Table, split_name, split_word
from chatd.session.typed import is_marked, is_quit, marked

# What people type to leave, to get help or to see who is here in other programs, alone on a line.
COMMANDS_ELSEWHERE = frozenset({"help", "?", "exit", "bye", "logout", "list", "ls", "退出", "帮助", "幫助"})
_LONGEST_ELSEWHERE = 10
_CHOICES = ("to", "join", "leave")  # commands that choose who hears what is typed behind them
_NAMES_IN_GREETING = 10  # somebody who arrives in a room of thousands is not sent all names; /ls does that


class Chatting(Participant):
    """A member of the hall: says lines and gives commands."""

    __slots__ = ("_explained_slashes", "_given_back", "_secrets_before", "_told_away", "member", "typed_at")

    _log = Logger()

    member: Member

    def __init__(self, session: Session, table: Table) -> None:
        super().__init__(session, table)
        self.typed_at: float | None = None  # of what is being received
        self._given_back = ""  # what looked like a command of another program
        self._explained_slashes = False
        self._told_away = False  # that others still take this person for away
        self._secrets_before = float("-inf")  # what was typed up to this time may be a password

    def once(self, turn: Awaitable[None] | None, call: Callable[[], object]) -> Awaitable[None] | None:
        """Call that once something has had its turn, unless the session has ended by then: at once for None."""
        if turn is None:
            call()
            return None
        return self._call_once(turn, call)

    async def _call_once(self, turn: Awaitable[None], call: Callable[[], object]) -> None:
        await turn
        if self.session.is_in(self):
            call()

    def come_in(self, member: Member) -> None:
        self.member = member
        nickname, address = member.nickname, self.session.address
        self._log.info("{nickname} came from {address}", event="came", nickname=nickname, address=address)
        self.session.become(self)
        self.greet()
        self.replay()
        self.send(Hint())

    def take_over(self, member: Member) -> None:
        """Go on as somebody who is here by another connection, which may be lost: the others notice nothing."""
        hall, client = self.server.hall, self.client
        hall.broadcaster.settle()
        for other in self.server.sessions_of(member):
            client.view = other.client.view.but(colours=client.view.colours)  # these are the terminal's
        missed = self.server.give_way(member)
        member.hand_over(client.track(), self.dismissed)
        self._go_on_as(member)
        self._go_on_with(missed)

    async def go_on_from_elsewhere(self, member: Member, coming: Awaitable[tuple[Event, ...]]) -> None:
        """Go on as somebody who was here by a connection of another server, and whose turn to come over it is."""
        self._go_on_as(member)
        missed = await coming
        if self.session.is_in(self):
            self._go_on_with(missed)

    def _go_on_as(self, member: Member) -> None:
        self.member = member
        nickname, address = member.nickname, self.session.address
        self._log.info("{nickname} came again, from {address}", event="came again", nickname=nickname, address=address)
        self.session.become(self)
        self.send(TakenOver())
        self.greet()

    def _go_on_with(self, missed: tuple[Event, ...]) -> None:
        self.member.talk.hold_typed_ahead_of_take_over()
        addressee = self.member.talk.addressee
        if addressee is not None and addressee.here:
            self.send(TalkingTo(addressee.nickname))
        elif addressee is not None:
            self.send(AddresseeLeft(self.server.hall.now(), addressee.nickname))
        if missed:
            self.send(Replay(Of.MISSED, missed, self.server.hall.now()))
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
        """Show the lines that wait for an owner. A single command shows none."""
        accounts, account = self.server.accounts, self.member.traces.account
        if accounts is None or account is None or not accounts.letters_days or self.session.brief:
            return
        letters = await accounts.people.letters(account)
        if self.session.is_in(self):
            self.show_letters(accounts, letters)

    def show_letters(self, accounts: Accounts, letters: list[Letter]) -> None:
        """Show letters, which are on the disk until they have arrived."""
        if letters:
            self.send(Replay(Of.LETTERS, as_events(letters), self.server.hall.now()))
            self.client.once_taken(lambda: accounts.aside(accounts.people.burn(letters)))

    def sees(self, room: Room[Member]) -> bool:
        return self.member.may_enter(room)

    def wants_to_see(self, room: Room[Member]) -> bool:
        return room is self.member.room or room.opened_by not in self.member.ignoring

    def begin(self) -> None:
        """No-op: the person was greeted already."""

    def receive(self, given: Line | Command) -> Awaitable[None] | None:
        relay = self.server.hall.relay
        unsettled = relay.unsettled(self.member)
        if unsettled is None or (self._is_for_room(given) and relay.unsettled(self.member, but_lines=True) is None):
            return self._receive(given)
        return self._receive_behind(unsettled, given)

    def _is_for_room(self, given: Line | Command) -> bool:
        """Whether it is one more line for the room: such need not wait for each other's turns."""
        return (
            isinstance(given, Line)
            and self.member.talk.addressee is None
            and not is_marked(one_line(given.text).lstrip())
        )

    async def _receive_behind(self, unsettled: Awaitable[None], given: Line | Command) -> None:
        await unsettled
        work = self._receive(given) if self.session.is_in(self) else None
        if work is not None:
            await work

    def _receive(self, given: Line | Command) -> Awaitable[None] | None:
        self.typed_at = given.typed_at
        if isinstance(given, Command):
            try:
                entry = self.table.find(given.name)
                return self.table.run(self, entry, *entry.take(given.arguments))
            except (BadUsage, UnknownCommand):
                self._not_understood(given.name)
                raise
        if given.hidden and given.text:
            raise AddresseeUnclear(self.talks_to)
        return self._obey(one_line(given.text))

    def not_read(self, given: Refused) -> None:
        if given.chooses:
            self.member.talk.choice_refused()

    def say(self, text: str) -> Awaitable[None] | None:
        """Say a line to whom this person talks."""
        spoken = self.member.talk.speak(text, self.typed_at)
        if spoken is None and self.member.away is None and not self._told_away:  # as it nearly always is
            return None
        return self.once(spoken, self.talked)

    def turn_to(self, name: str, text: str) -> Awaitable[None] | None:
        """Talk to somebody from now on, or with "" to the room; `text` is the first thing said to them, if any."""
        if text:
            return self.once(self.member.talk.turn_to(name, text, self.typed_at), self._turned)
        self.member.talk.choose(name, self.typed_at)
        self.answer(TalkingTo(self.talks_to))
        return None

    def _turned(self) -> None:
        self.answer(TalkingTo(self.talks_to))
        self.talked()

    @property
    def talks_to(self) -> str:
        """The person or the room that hears what this person says."""
        other = self.member.talk.addressee
        return other.nickname if other else self.member.room.name

    def talked(self) -> None:
        """Something was said; somebody who is away is reminded, once, that others think so."""
        if self.member.away is None:
            self._told_away = False
        elif not self._told_away:
            self._told_away = True
            self.answer(StillAway())

    def hold_secrets(self) -> None:
        """No password is asked for, or no more, where the person may have typed one ahead: that must not be said."""
        self._secrets_before = self.server.hall.clock.seconds()

    def dismissed(self, how: Departure) -> None:
        """The administrator has put this person out."""
        self.session.close(how)

    def leave(self, how: Departure, logged_as: str) -> None:
        nickname, address = self.member.nickname, self.session.address
        told = "{nickname} left ({reason}), was at {address}"
        self._log.info(told, event="left", nickname=nickname, reason=logged_as, address=address)
        self.member.leave(how)

    def _obey(self, line: str) -> Awaitable[None] | None:
        typed = marked(line.lstrip())  # an indented command is a command: a slip must not be sent to everyone
        mark = typed[:1]
        if mark == "/":
            return self.say(typed[1:]) if typed.startswith("//") else self._command(typed[1:], line)
        if mark == "@":
            return self._whisper(typed[1:], line)
        if typed[:3].lower() == "to:":
            return self._choose(typed[3:], line)
        if is_quit(typed):
            self.session.close(QUIT)
        elif line:
            self._check_is_said(typed, line)
            return self.say(line)
        return None

    def _command(self, typed: str, line: str) -> Awaitable[None] | None:
        try:
            return self.table.run_line(self, typed, line)
        except (BadUsage, UnknownCommand) as error:
            if isinstance(error, UnknownCommand):
                error.explains = not self._explained_slashes
                self._explained_slashes = True
            self._not_understood(split_word(typed)[0])
            raise

    def _not_understood(self, name: str) -> None:
        """A command was misused or mistyped: what was typed ahead may be meant for others, or be a password."""
        meant = self.table.meant(name)
        if meant is not None and meant.names[0] in _CHOICES:
            self.member.talk.choice_refused()
        elif meant is not None and meant.takes_secrets:
            self.hold_secrets()

    def _whisper(self, typed: str, line: str) -> Awaitable[None] | None:
        name, text = split_name(typed)
        entry = self.table.find("msg")
        if not (name and text):
            raise BadUsage("@name text", entry.help, unsent=line)
        return self.table.run(self, entry, name, text)

    def _choose(self, typed: str, line: str) -> Awaitable[None] | None:
        name, text = split_name(typed)
        if text and not name:
            self.member.talk.choice_refused()
            raise BadUsage("to:name [text]", self.table.find("to").help, unsent=line)
        return self.turn_to(name, text)

    def _check_is_said(self, typed: str, line: str) -> None:
        """Say whether a line is one to be said.

        @raises AddresseeUnclear: for one that may be a password; it is not given back.
        @raises CommandElsewhere: for one that may be a command; the same line right behind is one to be said.
        """
        if self.typed_at is not None and self.typed_at <= self._secrets_before:
            raise AddresseeUnclear(self.talks_to)
        word = normalize("NFKC", typed).rstrip().lower() if len(typed) <= _LONGEST_ELSEWHERE else ""
        if word in COMMANDS_ELSEWHERE and word != self._given_back:
            self._given_back = word
            self.member.talk.hold_typed_ahead()  # who takes this for the end may go on in another program
            raise CommandElsewhere(self.session.brief, unsent=line)
        self._given_back = ""

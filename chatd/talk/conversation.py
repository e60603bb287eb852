"""One person's talk with the hall, from the welcome to the goodbye; it knows no transport.

AwaitingNickname --a free nickname--> Chatting --quit, hang-up--> Departed
        |                                                            ^
        +--------------------quit, hang-up, a full hall--------------+
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from twisted.logger import Logger

from chatd.core.events import Event, Several
from chatd.core.hall import Hall
from chatd.core.member import Member
from chatd.core.refusals import HallError, HallFull, TooManyNicknames
from chatd.core.text import one_line
from chatd.talk import commands
from chatd.talk.rendering import View, listing, people_are, refusal

MAX_REFUSED_NICKNAMES = 10
_NAMES_IN_GREETING = 10  # who arrives in a room of thousands is not sent them all; /ls does


class Terminal(Protocol):
    """Where a conversation shows itself. Each door brings its own."""

    view: View

    def deliver(self, event: Event | Several) -> object:
        """Show an event, or several, rendered for the view."""

    def answer(self, lines: Iterable[str]) -> None:
        """Show these lines."""

    def prompt(self, text: str) -> None:
        """Show a text after which the person types on the same line."""

    def charge(self, lines: int) -> None:
        """Count what was just asked for as so many lines more of what this person may say in a while."""

    def hang_up(self) -> None:
        """Show what is still waiting, then close."""


@dataclass(frozen=True, slots=True)
class House:
    """What all conversations share: the hall, whose it is, its message of the day, when it opened."""

    hall: Hall
    title: str
    motd: tuple[str, ...]
    opened_at: float


class Conversation:
    """What a door hands lines of text to; what comes back goes to the door's terminal."""

    _log = Logger()

    def __init__(self, house: House, terminal: Terminal, address: str) -> None:
        self.house = house
        self.terminal = terminal
        self.address = address
        self.typed_at: float | None = None  # of the line that is being heard
        self._state: AwaitingNickname | Chatting | Departed = AwaitingNickname(self)

    def begin(self) -> None:
        """Welcome the person, or turn them away from a full hall."""
        hall = self.house.hall
        try:
            hall.check_room_for_one_more()
        except HallFull as error:
            self.turn_away(error)
            return
        head = f"-- welcome to {self.house.title}; {people_are(len(hall.members))} here"
        self.terminal.answer([head, *(f"-- {line}" for line in self.house.motd)])
        self._state.ask()

    @property
    def awaits_nickname(self) -> bool:
        return isinstance(self._state, AwaitingNickname)

    def heard(self, line: str, typed_at: float | None = None) -> None:
        """Take one line that the person typed, without its end; `typed_at` is now, unless the line had to wait."""
        self.typed_at = typed_at
        self._state.heard(one_line(line))

    def refuse(self, error: HallError) -> None:
        """Say why something that the door received is not a line."""
        self.terminal.answer(refusal(error))
        self._state.ask()

    def turn_away(self, error: HallError) -> None:
        """Say why the person can't come in, and close."""
        self._log.info("{address} was refused: {error}", address=self.address, error=error)
        self.terminal.answer(refusal(error))
        self._state = Departed()
        self.terminal.hang_up()

    def come_in(self, member: Member) -> None:
        self._log.info("{nickname} came from {address}", nickname=member.nickname, address=self.address)
        self._state = Chatting(self, member)
        self.greet(member)
        self.terminal.answer(["-- /h lists the commands, quit leaves"])

    def greet(self, member: Member) -> None:
        """Say where the member is now, and with whom."""
        people = member.room.members
        names = [other.nickname for other in islice(people, _NAMES_IN_GREETING)]
        if len(people) > len(names):
            names.append(f"and {len(people) - len(names):,} others")
        head = f"you are {member.nickname} in {member.room.name}; {people_are(len(people))} here:"
        self.terminal.answer(listing(head, names))

    def rename(self, member: Member, typed: str) -> None:
        before = member.nickname
        member.rename(typed)
        self._log.info("{before} is now called {nickname}", before=before, nickname=member.nickname)

    def depart(self, goodbye: str, why: str = "", logged_as: str = "quit") -> None:
        """End the talk: say `goodbye`, tell the room `why`, log only `logged_as`, for a reason is a person's words."""
        state, self._state = self._state, Departed()
        state.leave(why, logged_as)
        self.terminal.answer([goodbye])
        self.terminal.hang_up()

    def hung_up(self, why: str) -> None:
        """The connection is gone; `why` is told to the room and logged, "" for an orderly end."""
        state, self._state = self._state, Departed()
        state.leave(why, why or "closed the connection")


class AwaitingNickname:
    """Nobody yet: hears nothing of the hall, and is asked until a nickname is free."""

    _log = Logger()

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._refused = 0

    def ask(self) -> None:
        self._conversation.terminal.prompt("Nickname: ")

    def heard(self, line: str) -> None:
        typed, talk = line.strip(), self._conversation
        if commands.is_goodbye(typed):
            talk.depart("-- goodbye")
        elif not typed:
            self.ask()
        else:
            self._enter(typed)

    def _enter(self, typed: str) -> None:
        talk = self._conversation
        try:
            member = talk.house.hall.enter(typed, talk.terminal.deliver)
        except HallFull as error:
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
        log("{address} left before giving a nickname ({why})", address=self._conversation.address, why=logged_as)


class Chatting:
    """A member of the hall: says lines and gives commands."""

    _log = Logger()

    def __init__(self, conversation: Conversation, member: Member) -> None:
        self.conversation = conversation
        self.member = member

    @property
    def house(self) -> House:
        return self.conversation.house

    @property
    def terminal(self) -> Terminal:
        return self.conversation.terminal

    def answer(self, *lines: str) -> None:
        """Show lines that answer what the person asked."""
        self.terminal.answer(f"-- {line}" for line in lines)

    def ask(self) -> None:
        """Nothing is asked of somebody who chats."""

    def heard(self, line: str) -> None:
        if not line:
            return
        try:
            commands.obey(self, line)
        except HallError as error:
            self.terminal.answer(refusal(error))

    def leave(self, why: str, logged_as: str) -> None:
        nickname, address = self.member.nickname, self.conversation.address
        self._log.info("{nickname} left ({why}), was at {address}", nickname=nickname, why=logged_as, address=address)
        self.member.leave(why)


class Departed:
    """Said goodbye: lines that arrive behind it are not heard."""

    def ask(self) -> None:
        """Nothing is asked any more."""

    def heard(self, line: str) -> None:
        """It is too late."""

    def leave(self, why: str, logged_as: str) -> None:
        """Has left already."""

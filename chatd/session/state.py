"""What every state of a session does, and the last one: departed."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from chatd.core.events import Departure
from chatd.core.member import Member
from chatd.session.inputs import Command, Line, Refused
from chatd.session.outputs import Prompt


class State(Protocol):
    """How far a session has come."""

    @property
    def member(self) -> Member | None:
        """The person, None for somebody without a nickname."""

    @property
    def is_entering(self) -> bool:
        """Whether a nickname is waited for."""

    def begin(self) -> None:
        """Greet somebody who has just come."""

    @property
    def asked(self) -> Prompt | None:
        """What the person is asked for, None if that is nothing in particular."""

    def ask(self) -> None:
        """Ask again for what is waited for."""

    def receive(self, given: Line | Command) -> Awaitable[None] | None:
        """Do what somebody asks for; what takes its time is returned to be awaited.

        @raises HallError: if it is refused.
        """

    def not_read(self, given: Refused) -> None:
        """Something that was typed could not be read; it may have been a nickname, or a choice of whom lines go to."""

    def leave(self, how: Departure, logged_as: str) -> None:
        """Clean up when the session ends; the room is told `how`."""

    def stands_for(self, state: object) -> bool:
        """Say whether it is that very state, or waits for a password in front of it."""


class Departed:
    """Said goodbye: what arrives behind it is ignored."""

    member: Member | None = None
    is_entering = False
    asked = None

    def begin(self) -> None:
        """No-op: the session has ended."""

    def ask(self) -> None:
        """No-op: the session has ended."""

    def receive(self, given: Line | Command) -> None:
        """No-op: the session has ended."""

    def not_read(self, given: Refused) -> None:
        """No-op: the session has ended."""

    def leave(self, how: Departure, logged_as: str) -> None:
        """No-op: the session has ended."""

    def stands_for(self, state: object) -> bool:
        """Nothing goes on behind it."""
        return False

"""What commands need of the state in which they are given, by people and operators alike."""

from __future__ import annotations

from abc import ABC, abstractmethod

from chatd.core.member import Member
from chatd.core.room import Room
from chatd.session.client import Client
from chatd.session.outputs import Answer, Hello, Output, Prompt
from chatd.session.session import Server, Session
from chatd.session.table import Table


class Participant(ABC):
    """A state in which commands can be given."""

    __slots__ = ("session", "table")

    @property
    def is_entering(self) -> bool:
        return False

    @property
    def asked(self) -> Prompt | None:
        return None

    def __init__(self, session: Session, table: Table) -> None:
        self.session = session
        self.table = table

    @property
    def server(self) -> Server:
        return self.session.server

    @property
    def client(self) -> Client:
        return self.session.client

    def ask(self) -> None:
        """Ask for what is waited for, if anything is."""
        if self.asked is not None:
            self.send(self.asked)

    def stands_for(self, state: object) -> bool:
        return state is self

    def say_hello(self) -> None:
        """Say where the session stands to a client that begins to speak another format."""
        member, server = self.session.member, self.server
        nickname, room = (member.nickname, member.room.name) if member else (None, None)
        self.send(Hello(server.title, len(server.hall.members), nickname, room))

    def tell_kept(self, room: Room[Member]) -> None:
        """Say what is kept on the disk of what is said in a room, if anything is."""
        kept = self.server.kept_in(room)
        if kept.days or kept.letters_days:
            self.send(kept)

    def answer(self, answer: Answer) -> None:
        """Show what was asked for."""
        self.client.send(answer)

    def send(self, output: Output) -> None:
        self.client.send(output)

    @abstractmethod
    def sees(self, room: Room[Member]) -> bool:
        """Say whether they may know that a room is there."""

    def wants_to_see(self, room: Room[Member]) -> bool:
        """Say whether its name is not that of somebody whom they ignore."""
        return True

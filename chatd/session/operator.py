"""How an operator talks with the daemon: a state of the session. It knows no file and no process.

Whoever may open the operator's door is the administrator.
"""

from __future__ import annotations

from collections.abc import Awaitable, Container
from typing import Any, Protocol

from twisted.logger import Logger

from chatd.core.events import Departure, Events
from chatd.core.member import Member
from chatd.core.room import Room
from chatd.core.text import one_line
from chatd.session.inputs import Command, Line, Refused
from chatd.session.operator_answers import NodeList, Reloaded
from chatd.session.outputs import OperatorWelcome
from chatd.session.participant import Participant
from chatd.session.refusals import LooksLikeCommand, NoPrivateLines
from chatd.session.session import QUIT, Session
from chatd.session.table import Table
from chatd.session.typed import is_quit, marked


class Daemon(Protocol):
    """What only the daemon itself can do."""

    async def keep_bans(self) -> bool:
        """Write them to their file; return False if there is none.

        @raises NotKept: if they can't be written.
        """

    async def reload(self) -> Reloaded:
        """Read the configuration again; return what came of it.

        @raises NotReloaded: if it can't be read; then nothing has changed.
        """

    async def backup(self, folder: str) -> str:
        """Copy all that is on the disk into a new folder, and return where that is.

        @raises NotBackedUp: if that can't be done.
        """

    async def nodes(self) -> NodeList:
        """Return who else is one of the daemons of this hall.

        @raises OnlyOne: if nobody can be.
        @raises OthersUnreachable: if that can't be asked now.
        """

    def set_log_level(self, level: str) -> None:
        """Log what is at least so important; one of `LOG_LEVELS`."""

    def log_level(self) -> str:
        """Return what is logged at least.

        @raises NoLevels: if that is not ours to say.
        """

    async def drain_node(self, node: str, minutes: int | None) -> None:
        """Have another daemon of the hall let nobody new in, and stop in that many minutes; None lets people in again.

        @raises OnlyOne, NoSuchNode: if there is none of that name.
        @raises OpenAlready: if people get in there.
        @raises OthersUnreachable, NodeSilent: if it can't be told, or gives no answer.
        """

    def drain(self, minutes: int | None) -> None:
        """Let nobody in any more, and stop after so many minutes; None is not at all."""

    def open_again(self) -> None:
        """Let people in again, and stop no more."""

    def stop(self) -> None:
        """Say goodbye to everybody, and end."""

    def stats(self) -> dict[str, Any]:
        """Return what can be counted, by its name."""


class Operating(Participant):
    """Speaks to everyone, and keeps order. Hears nothing of the hall but what it asks for."""

    _log = Logger()

    member: Member | None = None
    nickname = "the operator"
    is_selective = False

    def __init__(self, session: Session, table: Table, daemon: Daemon, looks: Container[str]) -> None:
        """`looks` are the commands that change nothing: they need no slash."""
        super().__init__(session, table)
        self.daemon = daemon
        self._looks = looks

    def deliver(self, events: Events) -> object:
        return self.client.deliver(events)

    def hears(self, speaker: object) -> bool:
        return True

    def sees(self, room: Room[Member]) -> bool:
        return True

    @property
    def name(self) -> str:
        """Who the operator is on the system that chatd runs on, "" if that can't be known."""
        return self.session.user

    @property
    def _called(self) -> str:
        return f"Operator {self.name}" if self.name else "An operator"

    def log(self, event: str, what: str, **facts: object) -> None:
        """Log what an operator has done: names and addresses, and never a reason."""
        self._log.info(f"{{operator}} {what}", event=event, operator=self._called, **facts)

    def begin(self) -> None:
        self._log.debug(
            "{operator} came by {address}", event="operator came", operator=self._called, address=self.session.address
        )
        self.say_hello()

    def say_hello(self) -> None:
        self.send(OperatorWelcome())

    def receive(self, given: Line | Command) -> Awaitable[None] | None:
        if isinstance(given, Command):
            entry = self.table.find(given.name)
            return self.table.run(self, entry, *entry.take(given.arguments))
        line = one_line(given.text)
        return self._obey(line.lstrip()) if line.strip() else None

    def not_read(self, given: Refused) -> None:
        """No-op: an operator talks to everyone."""

    def leave(self, how: Departure, logged_as: str) -> None:
        self.server.hall.listen_no_more(self)
        self._log.debug("{operator} left ({reason})", event="operator left", operator=self._called, reason=logged_as)

    def _obey(self, line: str) -> Awaitable[None] | None:
        line = marked(line)
        if line.startswith("/") and not line.startswith("//"):
            return self.table.run_line(self, line[1:])
        if is_quit(line):
            self.session.close(QUIT)
            return None
        if line.startswith("@") or line[:3].lower() == "to:":
            raise NoPrivateLines(unsent=line)
        if (entry := self.table.command_in(line)) is not None:
            if entry.names[0] in self._looks:
                return self.table.run_line(self, line)
            raise LooksLikeCommand(line.partition(" ")[0], unsent=line)
        return self.table.run(self, self.table.find("announce"), line.removeprefix("/"))

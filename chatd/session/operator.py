"""How an operator talks with the daemon: a state of the conversation. It knows no file and no process.

Whoever may open the operator's door is the administrator. Lines are done one after the other, also those that take
their time, so that their answers come in order, and before the goodbye.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from chatd.core.events import Event, Several
from chatd.core.member import Member
from chatd.core.refusals import HallError
from chatd.core.room import Room
from chatd.session.operator_commands import TABLE
from chatd.session.session import Session, Talk

WELCOME = "-- chatd, the operator's door: a plain line is announced to everyone; /h helps"
MOST_WAITING = 1_000  # lines behind one that takes its time


class TooMuchAtOnce(HallError):
    """More was typed than can wait."""

    def __init__(self, line: str) -> None:
        super().__init__("what you typed before is not done yet; wait for its answer", line)


class LooksLikeCommand(HallError):
    """A plain line would be announced to everyone; this one was hardly meant to be."""

    def __init__(self, line: str) -> None:
        name = line.partition(" ")[0]
        super().__init__(f"/{name} is a command and begins with /; /announce says the line to everyone", line)


class NoPrivateLines(HallError):
    """An operator typed what would be private to a person in the hall."""

    def __init__(self, line: str) -> None:
        super().__init__("there are no private lines here: /announce text says it to everyone", line)


class Daemon(Protocol):
    """What only the daemon itself can do."""

    async def keep_bans(self) -> bool:
        """Write them to their file; return False if there is none.

        @raises HallError: if they can't be written.
        """

    async def reload(self) -> list[str]:
        """Read the configuration again; return what came of it, a line each.

        @raises HallError: if it can't be read; then nothing has changed.
        """

    def set_log_level(self, level: str) -> None:
        """Log what is at least so important; one of `LOG_LEVELS`."""

    def drain(self, minutes: int | None) -> None:
        """Let nobody in any more, and stop after so many minutes; None is not at all."""

    def open_again(self) -> None:
        """End that."""

    def stop(self) -> None:
        """Say goodbye to everybody, and end."""

    def stats(self) -> dict[str, Any]:
        """Return what can be counted, by its name."""


class Operating(Talk):
    """Speaks to everyone, and keeps order. Hears nothing of the hall but what it asks for."""

    _log = Logger()

    table = TABLE
    member: Member | None = None
    nickname = "the operator"

    def __init__(self, session: Session, daemon: Daemon) -> None:
        super().__init__(session)
        self.daemon = daemon
        self._waiting: deque[str] = deque()  # lines behind the one that is being dealt with
        self._busy = self._gone = False

    def deliver(self, event: Event | Several) -> object:
        return self.client.deliver(event)

    def sees(self, room: Room) -> bool:
        return True

    def log(self, what: str, **facts: object) -> None:
        """Log what an operator has done: names and addresses, and never a reason."""
        self._log.info(f"An operator {what}", **facts)

    def begin(self) -> None:
        self._log.debug("An operator came by {address}", address=self.session.address)
        self.client.answer([WELCOME])

    def ask(self) -> None:
        """Nothing is asked of an operator."""

    def heard(self, line: str) -> None:
        if not line.strip():
            return
        if len(self._waiting) >= MOST_WAITING:
            self.session.refuse(TooMuchAtOnce(line))
            return
        self._waiting.append(line)
        if not self._busy:
            Deferred.fromCoroutine(self._work())

    def leave(self, why: str, logged_as: str) -> None:
        self._gone = True
        self.server.hall.listen(self, False)
        self._log.debug("An operator left ({why})", why=logged_as)

    async def _work(self) -> None:
        """Deal with what is waiting, one line after the other, until none is, or the operator has gone."""
        self._busy = True
        while self._waiting and not self._gone:
            await self._obey(self._waiting.popleft())
        self._busy = False

    async def _obey(self, line: str) -> None:
        try:
            done = self._begin_to(line.lstrip())
            if done is not None:
                await done
        except HallError as error:
            self.session.refuse(error)
        except Exception:  # a bug of ours must not keep the lines behind it waiting
            self._log.failure("An operator's line could not be dealt with")
            self.client.answer(["!! that did not work, by a fault of chatd; its log says more"])

    def _begin_to(self, line: str) -> Awaitable[None] | None:
        if line.startswith("/") and not line.startswith("//"):
            return TABLE.run(self, line[1:])
        if line.rstrip() == "quit":
            return TABLE.run(self, "quit")
        if line.startswith("@") or line[:3].lower() == "to:":
            raise NoPrivateLines(line)
        if TABLE.is_command(line):
            raise LooksLikeCommand(line)
        return TABLE.run(self, f"announce {line.removeprefix('/')}")

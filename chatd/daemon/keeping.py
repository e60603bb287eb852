"""What outlives the process: the state folder, with the bans, the owners of names, and what was said if that is kept.

It is opened behind the fork, when nobody is here yet, and closed when nobody is any more.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import LoopingCall
from twisted.internet.threads import deferToThread
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatd.core.hall import LOBBY
from chatd.core.memory import Memory
from chatd.core.refusals import HallError
from chatd.daemon.settings import BadSetting, Settings
from chatd.session.accounts import Accounts
from chatd.session.refusals import NotBackedUp
from chatd.session.session import Server
from chatd.store.folder import NOTHING, StateFolder, StoreError
from chatd.store.history import History
from chatd.store.people import People
from chatd.store.state_file import StateFile
from chatd.store.worker import WorkerThread

BANS, PEOPLE, HISTORY = "bans.json", "people.sqlite", "history.sqlite"
_DAY = 86_400.0


class Keeping:
    """What a server keeps. `folder`, `bans`, `people` and `history` are None where there is none, and before `open`."""

    _log = Logger()

    def __init__(self, settings: Settings, server: Server, reactor: Any) -> None:
        """@raises BadSetting: if something is to be kept and can't be."""
        _check(settings)
        self._settings = settings
        self._server = server
        self._reactor = reactor
        self.folder: StateFolder | None = None
        self.bans: StateFile | None = None
        self.people: People | None = None
        self.history: History | None = None
        self.may_free: Callable[[], bool] = lambda: True  # whether it is known here when owners were seen last
        self._freeing = LoopingCall(self._free_unused)
        self._freeing.clock = reactor
        server.hall.remember(Memory(settings.history_lines))

    def open(self) -> None:
        """Take the folder, and read what must be known before anybody comes in. It waits for the disk.

        @raises StoreError: if something in it can't be used that can't be done without.
        """
        self.folder = folder = StateFolder.take(self._settings.state or NOTHING)
        if folder is None:
            return
        try:
            self._open_people(folder.path)
            self._open_history(folder.path)
        except StoreError:
            folder.release()
            raise
        self.bans = StateFile(folder.path / BANS)

    def apply(self, settings: Settings) -> None:
        """Go by other settings from now on, as far as they can change."""
        self._settings = settings
        self._server.hall.memory.lines = settings.history_lines
        for room in self._server.hall.rooms.values():
            room.ring.trim()
        if self.history is not None:
            self.history.most = settings.history_most
        if self.people is not None and self._server.accounts is not None:
            self.people.letters_days = self._server.accounts.letters_days = settings.letters_days

    async def close(self) -> None:
        """Have all on the disk that was to be kept. It takes no longer than a few seconds, whatever the disk does."""
        if self._freeing.running:
            self._freeing.stop()
        await gatherResults([Deferred.fromCoroutine(one.close()) for one in (self.people, self.history) if one])
        if self.folder is not None:
            self.folder.release()
            self.folder = None

    async def backup(self, typed: str) -> str:
        """Copy all that is kept into a new folder, which is found from the state folder; return where it is.

        @raises NotBackedUp: if that can't be done.
        """
        if self.folder is None:
            raise NotBackedUp("there is no state folder")
        target = self.folder.path / typed
        try:
            await deferToThread(target.mkdir, 0o700)
            if self.people is not None:
                await self.people.backup(target / PEOPLE)
            if self.history is not None:
                await self.history.backup(target / HISTORY)
            hall = self._server.hall
            await StateFile(target / BANS).save({"bans": hall.bans.plain(hall.now())})
        except OSError as error:
            raise NotBackedUp(f"{error.strerror}: {target}") from None
        except StoreError as error:
            raise NotBackedUp(str(error)) from None
        return str(target)

    def figures(self) -> dict[str, int]:
        """Return what can be counted, by its name."""
        people, history = self.people, self.history
        return {
            "owners": len(self._server.hall.owners),
            "owners_ok": int(people is None or not people.trouble),
            "history_ok": int(history is None or not history.trouble),
            "history_waiting": history.waiting if history else 0,
            "history_lost": history.lost if history else 0,
        }

    def _open_people(self, folder: Path) -> None:
        settings, server = self._settings, self._server
        if settings.owned_names == "no":
            return
        new_worker = partial(WorkerThread, reactor=self._reactor)
        self.people = people = People(
            folder / PEOPLE, settings.letters_days, self._reactor, server.hall.now, new_worker
        )
        people.open()
        server.hall.owners = people.owners
        server.accounts = Accounts(people, self._aside, settings.owned_names == "tls", settings.letters_days)
        people.start()
        self._freeing.start(_DAY, now=not settings.redis)  # one of several has to hear first when owners were seen

    def _open_history(self, folder: Path) -> None:
        settings, hall = self._settings, self._server.hall
        path = folder / HISTORY
        if not settings.history_days:
            if path.exists():
                self._log.warn("What was said before is still on the disk, and not read: {path}", path=path)
            return
        new_worker = partial(WorkerThread, reactor=self._reactor)
        self.history = history = History(
            path, settings.history_days, settings.history_most, self._reactor, hall.now, new_worker
        )
        history.open()
        hall.memory.archive = history
        self._server.history_days = settings.history_days
        hall.lobby.ring.archived = True
        hall.lobby.ring.put_before(history.last_at_start(LOBBY, settings.history_lines))
        history.start()

    async def _free_unused(self) -> None:
        hall, people, days = self._server.hall, self.people, self._settings.unused_names_days
        if people is None or not self.may_free():
            return
        try:
            freed = await people.free_unused(hall.now() - days * _DAY, hall.holders.accounts)
        except HallError:  # which has been logged; tomorrow is another day
            return
        for owner in freed:
            self._log.info("{name} is anybody's again: unused for {days} days", name=owner.name.shown, days=days)

    def _aside(self, work: Coroutine[Any, Any, None]) -> None:
        Deferred.fromCoroutine(work).addErrback(self._failed)

    def _failed(self, failure: Failure) -> None:
        if not failure.check(HallError):  # those have been logged
            self._log.failure("Something that nobody waits for failed", failure)


def _check(settings: Settings) -> None:
    """@raises BadSetting: if something is to be kept and there is no place for it."""
    if settings.history_days and settings.state is None:
        raise BadSetting("history-days: there is no state folder to keep that in; --state names one")
    if settings.letters_days and (settings.state is None or settings.owned_names == "no"):
        raise BadSetting("letters-days: letters are for owners of names; that needs --state and --owned-names")

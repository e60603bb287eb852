"""What was said, on the disk: an archive that can be done without. Damaged, it is put aside and begun anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.defer import TimeoutError as TimedOut
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatd.core.memory import Kept, LinesOf
from chatd.core.owner_refusals import ArchiveSilent
from chatd.store import lines
from chatd.store.backlog import Backlog
from chatd.store.database import ANSWERED_WITHIN, Database, NewWorker
from chatd.store.folder import StoreError
from chatd.store.sqlite_file import FileNewer, SQLiteFile

FORGOTTEN_WITHIN = 15.0  # seconds
PRUNED_EVERY = 60.0  # seconds
STEP = 1_000  # lines in one transaction, so that what is said meanwhile waits for a few milliseconds only
NAMES_EVERY = 24 * 60  # prunings
_DAY = 86_400.0

T = TypeVar("T")


class History:
    """An `Archive` of so many `days` and at most so many lines; both may change at any time.

    `waiting`, `lost` and `trouble` say how the disk is doing: lines that are not on it yet, lines that never will be,
    and why nothing can be written now, "" where it can.
    """

    _log = Logger()

    def __init__(
        self,
        path: Path,
        days: float,
        most: int,
        clock: IReactorTime,
        now: Callable[[], float],
        new_worker: NewWorker,
    ) -> None:
        self.days = days
        self.most = most
        self._now = now
        self._clock = clock
        self._db = Database(SQLiteFile(path, lines.SCRIPTS, disposable=True), clock, new_worker)
        self._inserting = lines.Inserting()
        self._backlog = Backlog(self._write, clock)
        self._pruning = LoopingCall(self.prune)
        self._pruning.clock = clock
        self._prunings = 0

    @property
    def waiting(self) -> int:
        return self._backlog.waiting

    @property
    def lost(self) -> int:
        return self._backlog.lost

    @property
    def trouble(self) -> str:
        return self._backlog.trouble

    def open(self) -> None:
        """Find out whether the file can be used; it waits for the disk, so do it at the start.

        A disk that can't be used is logged, and tried again when there is something to keep.

        @raises FileNewer: for the file of a later chatd.
        """
        try:
            self._db.open()
        except FileNewer:
            raise
        except StoreError as error:
            self._log.error("What is said can't be kept for now: {why}", why=error)

    def last_at_start(self, room: str, count: int) -> list[Kept]:
        """Return the last lines of a room, none if they can't be read; it waits for the disk, so do it at the start."""
        try:
            with closing(self._db.file.open_to_read()) as db:
                return lines.last(db, room, count, self._oldest())
        except (StoreError, sqlite3.Error) as error:
            self._log.error("What was said before can't be read: {why}", why=error)
            return []

    def start(self) -> None:
        """Look for damage, and from now on delete what is too old or too much."""
        self._db.ask(self._db.file.check, within=60.0).addErrback(_noted)
        self._pruning.start(PRUNED_EVERY, now=True).addErrback(_noted)

    async def close(self) -> None:
        """Put all that was kept on the disk. It takes no longer than a few seconds, whatever the disk does."""
        if self._pruning.running:
            self._pruning.stop()
        await self._db.close(self._backlog.close)

    def keep(self, line: Kept) -> None:
        self._backlog.add(line)

    async def last(self, room: str, count: int, before: int | None = None) -> list[Kept]:
        return await self._ask(partial(lines.last, room=room, count=count, since=self._oldest(), before=before))

    async def search(self, room: str, words: str, count: int) -> list[Kept]:
        return await self._ask(partial(lines.search, room=room, words=words, count=count, since=self._oldest()))

    async def forget(self, which: Collection[LinesOf]) -> int:
        def meant(line: Kept) -> bool:
            return any(one.means(line) for one in which)

        return await self._forget(meant, partial(lines.delete_of, which=which))

    async def backup(self, target: Path) -> None:
        """Write all that was kept before the call to a new file.

        @raises StoreError: if that can't be done, or the file is there already.
        """
        await self._backlog.settle()
        await self._db.backup(target)

    async def prune(self) -> None:
        """Delete what is too old or too much, in steps between which others have their turn."""
        try:
            over = await self._db.ask(lines.count) - self.most
            deleted, gone = 1, 0
            while deleted and over > 0 and self._pruning.running:
                deleted = await self._db.write(partial(lines.delete_oldest, most=min(STEP, over)))
                over -= deleted
                gone += deleted
            deleted = 1
            while deleted and self._pruning.running:
                deleted = await self._db.write(partial(lines.delete_before, at=self._oldest(), most=STEP))
                gone += deleted
            if self._prunings % NAMES_EVERY == 0:
                await self._db.write(partial(self._deleted, lines.delete_names))
            await self._db.write(partial(self._delete_leftovers, self._oldest()))
            if gone:
                await self._db.erase()
        except StoreError as error:
            self._log.error("What is too old can't be deleted: {why}", why=error)
        self._prunings += 1

    def _write(self, batch: Sequence[Kept]) -> Deferred[None]:
        return self._db.write(partial(self._inserting.insert, lines=batch))

    async def _ask(self, question: Callable[[sqlite3.Connection], list[Kept]]) -> list[Kept]:
        answer = Deferred.fromCoroutine(self._settled(question)).addTimeout(ANSWERED_WITHIN, self._clock)
        try:
            return await answer
        except (StoreError, TimedOut) as error:
            self._log.error("What was said before can't be read: {why}", why=str(error) or "no answer in time")
            raise ArchiveSilent from None

    async def _settled(self, question: Callable[[sqlite3.Connection], list[Kept]]) -> list[Kept]:
        await self._backlog.settle()
        return await self._db.ask(question)

    async def _forget(self, meant: Callable[[Kept], bool], delete: Callable[[sqlite3.Connection], int]) -> int:
        forgetting = Deferred.fromCoroutine(self._forgotten(meant, delete)).addTimeout(FORGOTTEN_WITHIN, self._clock)
        try:
            return await forgetting
        except (StoreError, TimedOut) as error:
            self._log.error("What was said before can't be forgotten: {why}", why=str(error) or "no answer in time")
            raise ArchiveSilent from None

    async def _forgotten(self, meant: Callable[[Kept], bool], delete: Callable[[sqlite3.Connection], int]) -> int:
        waiting = await self._backlog.forget(meant)
        deleted = await self._db.write(partial(self._deleted, delete))
        await self._db.erase()
        return waiting + deleted

    def _oldest(self) -> float:
        return self._now() - self.days * _DAY

    # In the writer's thread.

    def _deleted(self, delete: Callable[[sqlite3.Connection], T], db: sqlite3.Connection) -> T:
        self._inserting.forget()
        return delete(db)

    def _delete_leftovers(self, before: float, db: sqlite3.Connection) -> None:
        """What was put aside, or was copied before a change of version, is kept no longer than the lines in it."""
        for path in self._db.file.leftovers():
            if path.stat().st_mtime < before:
                path.unlink()


def _noted(failure: Failure) -> None:
    """What was found has been logged and dealt with, or the history was closed meanwhile."""
    failure.trap(StoreError, CancelledError)

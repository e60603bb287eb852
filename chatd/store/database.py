"""An SQLite file behind two threads, one that writes and one that answers questions; the reactor waits for neither."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as TimedOut
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatd.store.sqlite_file import FileDamaged, FileUnusable, SQLiteFile
from chatd.store.worker import Stopped, Worker

ANSWERED_WITHIN = 2.0  # seconds
CLOSED_WITHIN = 3.0  # seconds, so that SIGTERM stays within five
_STEPS = 100_000  # of SQLite's machine, some milliseconds, after which a question looks whether it is still asked

T = TypeVar("T")
NewWorker = Callable[[str], Worker]


class Database:
    """Writes and reads in the order in which it is asked to.

    A file that is disposable is begun anew where it is damaged or was removed. All methods are for the reactor's
    thread; `new_worker` makes a thread of that name.
    """

    _log = Logger()

    def __init__(self, file: SQLiteFile, clock: IReactorTime, new_worker: NewWorker) -> None:
        self.file = file
        self._clock = clock
        self._new_worker = new_worker
        self._writer = new_worker(f"{file.path.name} writer")
        self._reader = new_worker(f"{file.path.name} reader")
        self._db: sqlite3.Connection | None = None  # the writer's, once it has begun
        self._news: list[str] = []  # what the writer has to say in the log
        self._asked: set[Deferred[Any]] = set()

    def open(self) -> sqlite3.Connection:
        """Return a connection for what must be read before anything else.

        It waits for the disk, so do it at the start, but behind a fork: SQLite's locks don't outlive one.

        @raises StoreError: if the file can't be used.
        """
        try:
            return self._ready()
        finally:
            self._tell()

    def write(self, job: Callable[[sqlite3.Connection], T]) -> Deferred[T]:
        """Do a job in a transaction of its own, and return what it returns once that is on the disk.

        What the job raises takes back all that it did. A write can't be cancelled once it has begun.

        @raises StoreError: if it can't be written.
        """
        return self._writer.do(partial(self._transact, job)).addBoth(self._told)

    def erase(self) -> Deferred[None]:
        """Let what was deleted before be on the disk no longer: neither in the file nor in the log beside it.

        @raises StoreError: if that can't be done, or somebody is reading what was there before.
        """
        return self._writer.do(self._empty_log)

    def ask(self, question: Callable[[sqlite3.Connection], T], within: float = ANSWERED_WITHIN) -> Deferred[T]:
        """Return what a question returns, when all writes that were asked for before it are done.

        @raises StoreError: if it can't be read, or not in so many seconds.
        """
        answer = Deferred.fromCoroutine(self._ask(question)).addTimeout(within, self._clock)
        answer.addErrback(self._too_late)
        return self._until_closed(answer)

    def backup(self, target: Path) -> Deferred[None]:
        """Write all that is there now to a new file, while reading and writing go on.

        @raises StoreError: if it can't be written, or is there already.
        """
        return self._until_closed(Deferred.fromCoroutine(self._backup(target)))

    async def close(self, first: Callable[[], Awaitable[None]] | None = None) -> None:
        """Wait for `first`, do what was asked for, and let the file go. It takes no longer than a few seconds, whatever
        the disk does; nothing may be asked for any more.
        """
        for answer in list(self._asked):
            answer.cancel()
        ending = Deferred.fromCoroutine(self._end(first)).addTimeout(CLOSED_WITHIN, self._clock)
        try:
            await ending
        except TimedOut:
            self._log.error("{path} could not be closed: the disk does not answer", path=self.file.path)

    async def _ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        await self._writer.do(self._ready).addBoth(self._told)
        reading = _Reading(self.file, question)
        try:
            return await self._reader.do(reading.read, reading.interrupt)
        except FileDamaged as error:
            if self.file.disposable:
                await self._writer.do(partial(self._begin_anew, error, reading.identity)).addBoth(self._told)
            raise

    async def _backup(self, target: Path) -> None:
        def copy(db: sqlite3.Connection) -> None:
            if target.exists():
                raise FileUnusable(f"it is there already: {target}")
            self.file.copy(db, target)

        await self._writer.do(self._ready).addBoth(self._told)
        worker = self._new_worker(f"{self.file.path.name} backup")
        copying = _Reading(self.file, copy)
        try:
            await worker.do(copying.read, copying.interrupt)
        finally:
            worker.end()

    async def _end(self, first: Callable[[], Awaitable[None]] | None) -> None:
        if first is not None:
            await first()
        await self._reader.end()
        with suppress(Stopped):  # it was closed before
            await self._writer.do(self._close)
        await self._writer.end()

    def _until_closed(self, answer: Deferred[T]) -> Deferred[T]:
        self._asked.add(answer)
        return answer.addBoth(self._answered, answer)

    def _answered(self, result: T, answer: Deferred[T]) -> T:
        self._asked.discard(answer)
        return result

    def _too_late(self, failure: Failure) -> NoReturn:
        failure.trap(TimedOut)
        raise FileUnusable(f"no answer in time: {self.file.path} can't be used") from None

    def _told(self, result: T) -> T:
        self._tell()
        return result

    def _tell(self) -> None:
        while self._news:
            self._log.error("{news}", news=self._news.pop(0))

    # In the writer's thread.

    def _transact(self, job: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return self._try(job)
        except FileDamaged as error:
            self._begin_anew(error)
            return self._try(job)

    def _try(self, job: Callable[[sqlite3.Connection], T]) -> T:
        db = self._connected()
        try:
            db.execute("begin immediate")
            result = job(db)
            db.execute("commit")
        except sqlite3.Error as error:
            self._close()  # which takes back what was not committed
            raise self.file.refusal(error) from error
        except BaseException:
            db.execute("rollback")
            raise
        return result

    def _empty_log(self) -> None:
        try:
            [[busy, _, _]] = self._connected().execute("pragma wal_checkpoint(truncate)").fetchall()
        except sqlite3.Error as error:
            self._close()
            raise self.file.refusal(error) from error
        if busy:
            raise FileUnusable(f"somebody reads it: {self.file.path} may still hold what was deleted")

    def _ready(self) -> sqlite3.Connection:
        try:
            return self._connected()
        except FileDamaged as error:
            self._begin_anew(error)
            return self._connected()

    def _connected(self) -> sqlite3.Connection:
        if self._db is not None and self.file.disposable and not self.file.is_there():
            self._close()
            self._news.append(
                f"removed or replaced while chatd runs: {self.file.path}; chatd goes on with what is there"
            )
        if self._db is None:
            self._db = self.file.open()
        self.file.check_same()
        return self._db

    def _begin_anew(self, error: FileDamaged, identity: object = None) -> None:
        """Put a damaged file aside, unless that has been done meanwhile.

        @raises FileDamaged: if it is none that can be done without.
        """
        if not self.file.disposable:
            raise error
        if identity is None or identity == self.file.identity():
            self._close()
            aside = self.file.put_aside()
            self._news.append(f"{error}; it is kept as {aside.name}, and begun anew")

    def _close(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            with suppress(sqlite3.Error):
                db.close()


class _Reading:
    """A question with a connection of its own, which is opened when the question's turn comes: 0.2 ms."""

    def __init__(self, file: SQLiteFile, question: Callable[[sqlite3.Connection], Any]) -> None:
        self._file = file
        self._question = question
        self._stopped = False
        self.identity: object = None

    def read(self) -> Any:
        """@raises StoreError: if it can't be read."""
        self.identity = self._file.identity()
        with closing(self._file.open_to_read()) as db:
            db.set_progress_handler(lambda: self._stopped, _STEPS)
            try:
                return self._question(db)
            except sqlite3.Error as error:
                raise self._file.refusal(error) from error

    def interrupt(self) -> None:
        """Make it fail soon; called by another thread.

        SQLite's own interrupt is lost if it comes a moment before the statement begins.
        """
        self._stopped = True

"""All accounts, in memory and on the disk, so that both always say the same."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, DeferredLock, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from chatd.core.copies import AccountCopy, AccountGone
from chatd.core.owner_refusals import PeopleNotRead, PeopleNotWritten
from chatd.core.owners import Owners
from chatd.store import accounts
from chatd.store.database import Database, NewWorker
from chatd.store.folder import StoreError
from chatd.store.sqlite_file import SQLiteFile

T = TypeVar("T")
Change = Callable[[], Coroutine[Any, Any, T]]


class Ledger:
    """The file of accounts and `owners`, what it says.

    `trouble` is why nothing can be written, "" where it can.
    """

    _log = Logger()

    def __init__(self, path: Path, clock: IReactorTime, new_worker: NewWorker) -> None:
        self.owners = Owners()
        self.trouble = ""
        self._db = Database(SQLiteFile(path, accounts.SCRIPTS, disposable=False), clock, new_worker)
        self._in_order = DeferredLock()

    def open(self) -> None:
        """Read all accounts; it waits for the disk, so do it at the start.

        @raises StoreError: if they can't be read, or are damaged, or of a later chatd.
        """
        db = self._db.open()
        try:
            with _no_collection():
                self._read_all(db)
        except sqlite3.Error as error:
            raise self._db.file.refusal(error) from error

    async def close(self) -> None:
        """Have all changes that are under way on the disk. It takes no longer than a few seconds, whatever it does."""
        await self._db.close(lambda: self._in_order.run(lambda: succeed(None)))

    def backup(self, target: Path) -> Deferred[None]:
        """Write all that is there to a new file. @raises StoreError: if that can't be done."""
        return self._db.backup(target)

    def change(self, change: Change[T]) -> Deferred[T]:
        """Make one change after the other, so that what one has checked is still so when it is on the disk.

        It goes on though whoever waits for it has gone: else memory might not learn what the disk says.
        """
        return going_on(self._in_order.run(lambda: Deferred.fromCoroutine(change())))

    async def write(self, job: Callable[[sqlite3.Connection], T], unsent: str = "") -> T:
        """Do a job in a transaction of its own.

        @raises PeopleNotWritten: if it can't be written, giving `unsent` back; then nothing has changed.
        """
        try:
            result = await self._db.write(job)
        except StoreError as error:
            if not self.trouble:
                self._log.error("Accounts and letters can't be changed: {why}", why=error)
            self.trouble = str(error)
            raise PeopleNotWritten(unsent=unsent) from None
        if self.trouble:
            self._log.info("Accounts and letters can be changed again")
            self.trouble = ""
        return result

    def take(self, changed: Iterable[AccountCopy | AccountGone]) -> None:
        """Have memory say what the disk says of some accounts."""
        for copy in changed:
            if isinstance(copy, AccountGone):
                self.owners.remove(copy.id)
            else:
                self.owners.put(copy.owner)
                self.owners.set_ignored(copy.owner.id, copy.ignored)

    async def erase(self) -> None:
        """Let what was deleted before be on the disk no longer; where somebody reads it, the next time will do."""
        try:
            await self._db.erase()
        except StoreError as error:
            self._log.info("What was deleted may still be on the disk: {why}", why=error)

    async def read(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """@raises PeopleNotRead: if the question can't be answered now."""
        try:
            return await self._db.ask(question)
        except StoreError as error:
            self._log.error("Accounts and letters can't be read: {why}", why=error)
            raise PeopleNotRead from None

    def _read_all(self, db: sqlite3.Connection) -> None:
        self._db.file.check(db)
        accounts.bring_keys_up_to_date(db)
        for owner in accounts.owners(db):
            self.owners.put(owner)
        for number, other in accounts.ignored(db):
            self.owners.ignore(number, other)


def going_on(doing: Deferred[T]) -> Deferred[T]:
    """Return the same result; when that is cancelled, it is only waited for no longer."""
    waiting: Deferred[T] = Deferred()
    doing.addCallbacks(waiting.callback, waiting.errback)
    return waiting


@contextmanager
def _no_collection() -> Iterator[None]:
    """Make many objects, none of which is garbage, without having them searched for it again and again."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()

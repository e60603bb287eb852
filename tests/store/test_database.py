"""Tests for chatd.store.database."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorFromThreads, IReactorTime
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase, TestCase

from chatd.store.database import Database, NewWorker
from chatd.store.sqlite_file import FileDamaged, FileGone, FileNewer, FileUnusable, SQLiteFile
from chatd.store.worker import Stopped, WorkerThread
from tests.store.at_once import AtOnce, ByHand

WORDS = "create table word (word text not null)"
ENDLESS = "with recursive number (n) as (select 1 union all select n + 1 from number) select count(*) from number"

IN_THREADS = partial(WorkerThread, reactor=IReactorFromThreads(reactor))


def add(word: str) -> Callable[[sqlite3.Connection], sqlite3.Cursor]:
    return lambda db: db.execute("insert into word values (?)", (word,))


def words(db: sqlite3.Connection) -> list[str]:
    return [word for (word,) in db.execute("select word from word order by rowid")]


class Held(WorkerThread):
    """A thread that does nothing until it is let go."""

    def __init__(self, name: str) -> None:
        super().__init__(name, IReactorFromThreads(reactor))
        self.let_go = threading.Event()
        self.do(self.let_go.wait)


class Files(SynchronousTestCase):
    """What all tests of a database have: a folder, and databases that are closed in the end."""

    def make(self, clock: IReactorTime, new_worker: NewWorker, *, disposable: bool) -> Database:
        if not hasattr(self, "path"):
            folder = Path(self.mktemp()).absolute()
            folder.mkdir()
            self.path = folder / "words.sqlite"
        database = Database(SQLiteFile(self.path, (WORDS,), disposable=disposable), clock, new_worker)
        self.addCleanup(lambda: Deferred.fromCoroutine(database.close()))
        return database

    def damage(self) -> None:
        """Overwrite the file's header."""
        with self.path.open("r+b") as file:
            file.write(b"x" * 100)


class DatabaseTests(Files):
    """What a database does, whichever thread does it."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.precious = self.make(self.clock, AtOnce, disposable=False)
        self.disposable = self.make(self.clock, AtOnce, disposable=True)

    def test_write(self) -> None:
        """What was written is there when it is answered, and for whoever asks next."""
        self.successResultOf(self.precious.write(add("hello")))
        with closing(sqlite3.connect(self.path)) as db:
            self.assertEqual(words(db), ["hello"])
        self.assertEqual(self.successResultOf(self.precious.ask(words)), ["hello"])

    def test_refused(self) -> None:
        """A write that is refused has changed nothing, and the next one is none the worse."""

        def refuse(db: sqlite3.Connection) -> None:
            add("never")(db)
            raise KeyError

        self.failureResultOf(self.precious.write(refuse), KeyError)
        self.successResultOf(self.precious.write(add("hello")))
        self.failureResultOf(self.precious.write(lambda db: db.execute("insert into nowhere values (1)")), FileUnusable)
        self.successResultOf(self.precious.write(add("again")))
        self.assertEqual(self.successResultOf(self.precious.ask(words)), ["hello", "again"])

    def test_bad_question(self) -> None:
        """A question that can't be answered is refused."""
        self.precious.open()
        self.failureResultOf(self.precious.ask(lambda db: db.execute("select * from nowhere")), FileUnusable)

    def test_erase(self) -> None:
        """What is erased is gone from the file and from the log beside it."""
        for database in (self.precious, self.disposable):
            secret = "xyzzy" * 50
            self.successResultOf(database.write(add(secret)))
            self.successResultOf(database.write(lambda db: db.execute("delete from word")))
            self.successResultOf(database.erase())
            for path in self.path.parent.iterdir():
                self.assertNotIn(b"xyzzy", path.read_bytes())

    def test_cannot_erase(self) -> None:
        """Where somebody reads what is to be erased, it is not said to be gone."""
        self.successResultOf(self.precious.write(add("hello")))
        self.precious.open().execute("pragma busy_timeout = 10")
        with closing(sqlite3.connect(self.path, isolation_level=None)) as reading:
            reading.execute("begin")
            words(reading)
            self.successResultOf(self.precious.write(lambda db: db.execute("delete from word")))
            refusal = self.failureResultOf(self.precious.erase(), FileUnusable).value
        self.assertIn("may still hold what was deleted", str(refusal))
        self.successResultOf(self.precious.erase())

    def test_cannot_erase_damaged(self) -> None:
        """Nor is it where the file can't be written."""
        self.fill_and_damage_within()
        self.precious.open().set_progress_handler(lambda: 1, 1)
        self.failureResultOf(self.precious.erase(), FileUnusable)

    def test_damaged_precious(self) -> None:
        """A damaged file that is precious is refused as it is, at the start and later."""
        self.successResultOf(self.precious.write(add("hello")))
        self.successResultOf(Deferred.fromCoroutine(self.precious.close()))
        self.damage()
        before = self.path.read_bytes()
        self.assertRaises(FileDamaged, self.precious.open)
        self.failureResultOf(self.precious.write(add("hello")), FileDamaged)
        self.failureResultOf(self.precious.ask(words), FileDamaged)
        self.assertEqual([path.read_bytes() for path in self.path.parent.iterdir()], [before])

    def test_damaged_disposable(self) -> None:
        """A damaged one that is disposable is put aside, and begun anew, with one line in the log."""
        for begin_anew in (self.disposable.open, lambda: self.disposable.write(add("hello"))):
            self.path.write_bytes(b"x" * 5000)
            with capturedLogs() as events:
                begin_anew()
            [line] = map(formatEvent, events)
            [aside] = self.disposable.file.leftovers()
            self.assertIn(f"it is kept as {aside.name}, and begun anew", line)
            self.assertEqual(aside.read_bytes(), b"x" * 5000)
            aside.unlink()
            self.successResultOf(Deferred.fromCoroutine(self.disposable.close()))
        self.assertEqual(self.successResultOf(self.disposable.ask(words)), ["hello"])

    def test_damage_found_by_reading(self) -> None:
        """So it is where a question finds the damage; that question is refused, the next one answered."""
        self.fill_and_damage_within()
        with capturedLogs() as events:
            self.failureResultOf(self.disposable.ask(words), FileDamaged)
        self.assertEqual(len(events), 1)
        self.assertEqual(self.successResultOf(self.disposable.ask(words)), [])

    def test_precious_damage_found_by_reading(self) -> None:
        """A precious file stays where it is, and the question is refused."""
        self.fill_and_damage_within()
        self.failureResultOf(self.precious.ask(words), FileDamaged)
        self.assertEqual(self.precious.file.leftovers(), [])

    def test_damage_found_twice(self) -> None:
        """A file that was begun anew is not put aside for the damage that another question found in the one before."""
        self.fill_and_damage_within()
        workers: list[ByHand] = []

        def by_hand(name: str) -> ByHand:
            workers.append(ByHand(name))
            return workers[-1]

        database = Database(SQLiteFile(self.path, (WORDS,), disposable=True), self.clock, by_hand)
        questions = [database.ask(words), database.ask(words)]
        writer, reader = workers
        writer.work(2)
        reader.work(2)
        with capturedLogs():
            writer.work(1)
            self.successResultOf(self.disposable.write(add("anew")))
            writer.work(1)
        for question in questions:
            self.failureResultOf(question, FileDamaged)
        self.assertEqual(self.successResultOf(self.disposable.ask(words)), ["anew"])

    def fill_and_damage_within(self) -> None:
        self.successResultOf(self.disposable.write(lambda db: [add("x" * 500)(db) for _ in range(50)]))
        self.successResultOf(Deferred.fromCoroutine(self.disposable.close()))
        with self.path.open("r+b") as file:
            file.seek(3 * 4096)
            file.write(b"\xff" * 4096)

    def test_newer(self) -> None:
        """A file of a later chatd is refused, disposable or not."""
        self.successResultOf(self.disposable.write(lambda db: db.execute("pragma user_version = 7")))
        self.successResultOf(Deferred.fromCoroutine(self.disposable.close()))
        for database in (self.precious, self.disposable):
            self.assertRaises(FileNewer, database.open)

    def test_removed_precious(self) -> None:
        """A precious file that was removed while it is used is refused until it is back."""
        self.successResultOf(self.precious.write(add("hello")))
        moved = self.path.rename(f"{self.path}.moved")
        self.failureResultOf(self.precious.write(add("lost")), FileGone)
        self.failureResultOf(self.precious.ask(words), FileGone)
        self.assertFalse(self.path.exists())
        moved.rename(self.path)
        self.successResultOf(self.precious.write(add("again")))
        self.assertEqual(self.successResultOf(self.precious.ask(words)), ["hello", "again"])

    def test_removed_disposable(self) -> None:
        """A disposable one is begun anew, and that is said once."""
        self.successResultOf(self.disposable.write(add("hello")))
        self.path.unlink()
        with capturedLogs() as events:
            self.successResultOf(self.disposable.write(add("anew")))
            self.successResultOf(self.disposable.write(add("more")))
        [line] = map(formatEvent, events)
        self.assertIn("removed or replaced while chatd runs: ", line)
        self.assertEqual(self.successResultOf(self.disposable.ask(words)), ["anew", "more"])

    def test_backup(self) -> None:
        """A backup has all that was written before it; one that would take the place of a file is refused."""
        self.successResultOf(self.precious.write(add("hello")))
        target = self.path.with_name("backup")
        self.successResultOf(self.precious.backup(target))
        with closing(sqlite3.connect(target)) as db:
            self.assertEqual(words(db), ["hello"])
        refusal = self.failureResultOf(self.precious.backup(target), FileUnusable).value
        self.assertIn("it is there already", str(refusal))


class OrderTests(Files):
    def setUp(self) -> None:
        self.clock = Clock()
        self.workers: dict[str, ByHand] = {}
        self.database = self.make(self.clock, self.by_hand, disposable=False)
        self.writer, self.reader = self.workers["words.sqlite writer"], self.workers["words.sqlite reader"]
        self.database.open()

    def by_hand(self, name: str) -> ByHand:
        self.workers[name] = ByHand(name)
        return self.workers[name]

    def tearDown(self) -> None:
        closing = Deferred.fromCoroutine(self.database.close())
        while self.writer.waiting:
            self.writer.work()
        self.successResultOf(closing)

    def test_behind_writes(self) -> None:
        """A question is asked when all that was to be written before it is."""
        self.database.write(add("hello"))
        answer = self.database.ask(words)
        self.database.write(add("later"))
        self.writer.work(1)
        self.assertEqual(self.reader.waiting, [])
        self.writer.work(1)
        self.reader.work(1)
        self.assertEqual(self.successResultOf(answer), ["hello"])

    def test_too_late(self) -> None:
        """A question that isn't answered in time is refused, whether it is being answered or waits for its turn."""
        for turns in (0, 1):
            answer = self.database.ask(words, within=2.0)
            self.writer.work(turns)
            self.clock.advance(1.9)
            self.assertNoResult(answer)
            self.clock.advance(0.2)
            refusal = self.failureResultOf(answer, FileUnusable).value
            self.assertTrue(str(refusal).startswith("no answer in time: "), refusal)

    def test_closing(self) -> None:
        """When it is closed, whoever waits for an answer is told that there is none."""
        answers = [self.database.ask(words), self.database.backup(self.path.with_name("backup"))]
        ending = Deferred.fromCoroutine(self.database.close())
        for answer in answers:
            self.failureResultOf(answer, CancelledError)
        self.writer.work(3)
        self.successResultOf(ending)


class ThreadTests(Files, TestCase):
    """What is only true, or false, of real threads."""

    async def test_order(self) -> None:
        """Each question sees all writes before it, and none is lost when it is closed at once."""
        database = self.make(reactor, IN_THREADS, disposable=False)
        answers = []
        for number in range(200):
            database.write(add(str(number)))
            answers.append(database.ask(lambda db: len(words(db)), within=30))
        for number, answer in enumerate(answers):
            self.assertGreaterEqual(await answer, number + 1)
        for number in range(200):
            database.write(add(str(number)))
        await database.close()
        for asked in (database.write(add("late")), database.ask(words)):
            with self.assertRaises(Stopped):
                await asked
        with closing(sqlite3.connect(self.path)) as db:
            self.assertEqual(len(words(db)), 400)

    async def test_interrupt(self) -> None:
        """A question that takes for ever ends in time, and the next one is answered."""
        database = self.make(reactor, IN_THREADS, disposable=False)
        database.write(add("hello"))
        with self.assertRaises(FileUnusable):
            await database.ask(lambda db: db.execute(ENDLESS).fetchall(), within=0.1)
        self.assertEqual(await database.ask(words), ["hello"])

    async def test_closed_meanwhile(self) -> None:
        """A question that takes for ever does not hold up the end."""
        database = self.make(reactor, IN_THREADS, disposable=False)
        begun = threading.Event()

        def endless(db: sqlite3.Connection) -> Any:
            begun.set()
            return db.execute(ENDLESS).fetchall()

        database.write(add("hello"))
        answer = database.ask(endless, within=60)
        await WorkerThread("waits", IReactorFromThreads(reactor)).do(partial(begun.wait, 5))
        before = reactor.seconds()
        await database.close()
        self.assertLess(reactor.seconds() - before, 1.0)
        with self.assertRaises(CancelledError):
            await answer

    async def test_hanging_disk(self) -> None:
        """Nor does a disk that never answers: that is logged."""
        clock, held = Clock(), []

        def hold(name: str) -> WorkerThread:
            held.append(Held(name))
            return held[-1]

        database = self.make(clock, hold, disposable=False)
        with capturedLogs() as events:
            ending = Deferred.fromCoroutine(database.close())
            clock.advance(3.1)
        self.assertTrue(ending.called)
        self.assertIn("the disk does not answer", formatEvent(events[0]))
        for worker in held:
            worker.let_go.set()

    async def test_backup_meanwhile(self) -> None:
        """Writing and reading go on while a backup is made."""
        database = self.make(reactor, IN_THREADS, disposable=False)
        await database.write(lambda db: db.executemany("insert into word values (?)", [("x" * 100,)] * 100_000))
        backup = database.backup(self.path.with_name("backup"))
        for number in range(20):
            await database.write(add(str(number)))
            self.assertEqual(await database.ask(lambda db: words(db)[-1]), str(number))
        await backup
        with closing(sqlite3.connect(self.path.with_name("backup"))) as db:
            self.assertGreaterEqual(len(words(db)), 100_000)
            self.assertEqual(db.execute("pragma quick_check").fetchall(), [("ok",)])

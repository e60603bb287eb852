"""Tests for chatd.store.history."""

import os
import sqlite3
from collections.abc import Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import Said
from chatd.core.memory import Archive, LinesOf, Memory
from chatd.core.owner_refusals import ArchiveSilent
from chatd.store.database import NewWorker
from chatd.store.history import PRUNED_EVERY, History
from chatd.store.sqlite_file import FileNewer, FileUnusable
from tests.store.at_once import AtOnce, ByHand

T = TypeVar("T")

DAY = 86_400.0
NOW = 1_000 * DAY


class HistoryTestCase(SynchronousTestCase):
    """A history whose threads do each job at once, with a clock of its own."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(NOW)
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        self.path = self.folder / "history.sqlite"
        self.history = self.make()

    def make(self, new_worker: NewWorker = AtOnce) -> History:
        history = History(self.path, 7, 1_000_000, self.clock, self.clock.seconds, new_worker)
        archive: Archive = history
        self.memory = Memory(20, archive)
        self.lobby = self.memory.ring("#lobby")
        self.lobby.archived = True
        return history

    def say(self, *texts: str, name: str = "alice", owner: int | None = None, at: float | None = None) -> None:
        for text in texts:
            self.lobby.keep(Said(self.clock.seconds() if at is None else at, "#lobby", name, text), owner)

    def wait_for(self, doing: Coroutine[Any, Any, T]) -> T:
        return self.successResultOf(Deferred.fromCoroutine(doing))

    def texts(self, room: str = "#lobby") -> list[str]:
        return [line.text for line in self.wait_for(self.history.last(room, 10_000))]

    def close(self) -> None:
        self.wait_for(self.history.close())

    def on_disk(self) -> list[str]:
        with closing(sqlite3.connect(self.path)) as db:
            return [text for (text,) in db.execute("select text from line order by id")]


class KeepingTests(HistoryTestCase):
    def test_kept(self) -> None:
        """What was said is there for whoever asks right behind it, and when chatd starts again."""
        self.say("one", "two")
        self.assertEqual(self.texts(), ["one", "two"])
        self.close()
        self.history = self.make()
        self.assertEqual([line.text for line in self.history.last_at_start("#lobby", 1)], ["two"])
        self.wait_for(self.lobby.recall())
        self.assertEqual([line.text for line in self.lobby.last()], ["one", "two"])
        self.say("three")
        self.assertEqual(self.texts(), ["one", "two", "three"])

    def test_written_by_itself(self) -> None:
        """It is on the disk a quarter of a second later, though nobody asks."""
        self.say("one")
        self.clock.advance(0.25)
        self.assertEqual(self.on_disk(), ["one"])
        self.assertEqual((self.history.waiting, self.history.lost, self.history.trouble), (0, 0, ""))

    def test_search(self) -> None:
        """What was said can be searched, what is older than the days that it is kept for cannot."""
        self.say("lunch, long ago", at=NOW - 8 * DAY)
        self.say("lunch?", "no", "Lunch!")
        found = self.wait_for(self.history.search("#lobby", "lunch", 20))
        self.assertEqual([line.text for line in found], ["lunch?", "Lunch!"])
        self.history.days = 9
        self.assertEqual(len(self.wait_for(self.history.search("#lobby", "lunch", 20))), 3)
        self.assertEqual(self.texts()[0], "lunch, long ago")

    def test_before(self) -> None:
        """Lines before one of them can be asked for."""
        self.say(*"abcde")
        third = self.wait_for(self.history.last("#lobby", 3))[0]
        self.assertEqual([line.text for line in self.wait_for(self.history.last("#lobby", 1, third.id))], ["b"])

    def test_close(self) -> None:
        """At the end nothing is lost, and only the file is left."""
        self.history.start()
        self.say(*(str(number) for number in range(12_000)))
        self.close()
        self.assertEqual(len(self.on_disk()), 12_000)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["history.sqlite"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_backup(self) -> None:
        """A backup has all that was said before it."""
        self.say("one")
        target = self.folder / "backup"
        self.wait_for(self.history.backup(target))
        self.path.unlink()
        target.rename(self.path)
        self.assertEqual(self.on_disk(), ["one"])
        self.failureResultOf(Deferred.fromCoroutine(self.history.backup(self.path)), FileUnusable)


class ForgetTests(HistoryTestCase):
    def holds(self, text: str) -> bool:
        """Say whether any file has these bytes."""
        return any(text.encode() in path.read_bytes() for path in self.folder.iterdir())

    def test_forget(self) -> None:
        """What is forgotten is in no file, nor is the name of whom nothing is left; the rest stays."""
        self.say("xyzzy" * 20, name="mallory", owner=7)
        self.say("hello")
        self.clock.advance(0.25)
        self.say("plugh" * 20, name="mallory", owner=7)
        self.assertTrue(self.holds("xyzzy"))
        self.assertEqual(self.wait_for(self.history.forget([LinesOf(owner=7)])), 2)
        for text in ("xyzzy", "plugh", "mallory"):
            self.assertFalse(self.holds(text), text)
        self.assertEqual(self.texts(), ["hello"])
        self.say("again", name="mallory", owner=7)
        self.assertEqual(self.texts(), ["hello", "again"])

    def test_room(self) -> None:
        """A room, or everything, can be emptied."""
        den = self.memory.ring("#den")
        den.archived = True
        den.keep(Said(NOW, "#den", "alice", "xyzzy"), None)
        self.say("hello")
        self.assertEqual(self.wait_for(self.history.forget([LinesOf(room="#DEN")])), 1)
        self.assertFalse(self.holds("xyzzy"))
        self.assertEqual((self.texts("#den"), self.texts()), ([], ["hello"]))
        self.assertEqual(self.wait_for(self.history.forget([LinesOf()])), 1)
        self.assertEqual(self.texts(), [])

    def test_waiting(self) -> None:
        """What waits for the disk is forgotten, too, and never gets there; it is not said to be gone from the file."""
        self.say("xyzzy")
        self.texts()
        moved = self.folder.rename(f"{self.folder}-moved")
        self.say("plugh", "plover", name="bob")
        with capturedLogs():
            self.clock.advance(0.25)
            forget = self.history.forget([LinesOf(name="alice"), LinesOf(name="bob")])
            self.failureResultOf(Deferred.fromCoroutine(forget), ArchiveSilent)
            self.assertEqual(self.history.waiting, 0)
            self.say("frotz")
            for room, left in (("#den", 1), ("#lobby", 0)):
                self.failureResultOf(Deferred.fromCoroutine(self.history.forget([LinesOf(room=room)])), ArchiveSilent)
                self.assertEqual(self.history.waiting, left)
        moved.rename(self.folder)
        self.assertEqual(self.texts(), ["xyzzy"])


class PruningTests(HistoryTestCase):
    def test_old(self) -> None:
        """Each minute what has become too old is deleted, with the names of those who said it, and from the log too."""
        self.say(*(str(number) for number in range(2_500)), name="bob", at=NOW - 7 * DAY + 30)
        self.say("new")
        self.history.start()
        self.clock.advance(PRUNED_EVERY - 1)
        self.assertEqual(len(self.on_disk()), 2_501)
        self.clock.advance(1)
        self.assertEqual(self.on_disk(), ["new"])
        self.assertEqual(Path(f"{self.path}-wal").stat().st_size, 0)
        self.clock.pump([PRUNED_EVERY] * 24 * 60)
        with closing(sqlite3.connect(self.path)) as db:
            self.assertEqual(db.execute("select name from speaker").fetchall(), [("alice",)])
        self.close()

    def test_many(self) -> None:
        """Of more lines than there may be, the oldest go."""
        self.history.most = 1_200
        self.say(*(str(number) for number in range(4_000)))
        self.texts()
        self.history.start()
        self.assertEqual(self.on_disk(), [str(number) for number in range(2_800, 4_000)])
        self.close()

    def test_emptied_meanwhile(self) -> None:
        """Pruning comes to its end though somebody else deletes the same lines."""
        self.history.most = 0
        self.say("one", "two")
        self.texts()
        workers = {name: ByHand() for name in ("history.sqlite writer", "history.sqlite reader")}
        other = self.make(workers.__getitem__)
        other.most = 0
        other.start()
        for _ in range(20):
            for worker in workers.values():
                worker.work(len(worker.waiting))
            self.wait_for(self.history.forget([LinesOf()]))
        self.assertEqual([worker.waiting for worker in workers.values()], [[], []])

    def test_leftovers(self) -> None:
        """What was put aside is kept no longer than the lines in it."""
        old, new = (self.folder / f"history.sqlite.damaged-{name}" for name in ("old", "new"))
        for path, days in ((old, 7.5), (new, 6.5)):
            path.touch()
            os.utime(path, (NOW - days * DAY,) * 2)
        self.say("hello")
        self.history.start()
        self.assertEqual((old.exists(), new.exists()), (False, True))
        self.close()

    def test_fails(self) -> None:
        """Where nothing can be deleted, that is logged, and tried again a minute later."""
        self.say("old", at=NOW - 8 * DAY)
        self.texts()
        self.folder.rename(f"{self.folder}-moved")
        with capturedLogs() as events:
            self.history.start()
        self.assertIn("What is too old can't be deleted", formatEvent(events[-1]))
        Path(f"{self.folder}-moved").rename(self.folder)
        self.clock.advance(PRUNED_EVERY)
        self.assertEqual(self.on_disk(), [])
        self.close()

    def test_closed_meanwhile(self) -> None:
        """Pruning ends where the history does."""
        workers: list[ByHand] = []

        def by_hand(name: str) -> ByHand:
            workers.append(ByHand(name))
            return workers[-1]

        self.say("old", at=NOW - 8 * DAY)
        self.texts()
        self.history = self.make(by_hand)
        self.history.start()
        writer, reader = workers
        closed = Deferred.fromCoroutine(self.history.close())
        while writer.waiting or reader.waiting:
            for worker in workers:
                worker.work(len(worker.waiting))
        self.successResultOf(closed)
        self.assertEqual(self.on_disk(), ["old"])


class TroubleTests(HistoryTestCase):
    def test_damaged(self) -> None:
        """A damaged file is put aside at the start, and begun anew."""
        self.path.write_bytes(b"x" * 5_000)
        with capturedLogs() as events:
            self.history.open()
        self.assertEqual(len(events), 1)
        self.say("hello")
        self.assertEqual(self.texts(), ["hello"])

    def test_damaged_within(self) -> None:
        """Damage that SQLite doesn't notice by itself is looked for at the start."""
        self.say(*("hello " * 50 for _ in range(100)))
        self.close()
        with self.path.open("r+b") as file:
            file.seek(8 * 4096)
            file.write(b"\xff" * 4096)
        self.history = self.make()
        with capturedLogs() as events:
            self.history.open()
            self.assertEqual(events, [])
            self.history.start()
        self.assertIn("and begun anew", formatEvent(events[0]))
        self.assertEqual(self.texts(), [])
        self.close()

    def test_newer(self) -> None:
        """The file of a later chatd is refused."""
        self.history.open()
        self.close()
        with closing(sqlite3.connect(self.path)) as db:
            db.execute("pragma user_version = 7")
        refusal = self.assertRaises(FileNewer, self.make().open)
        self.assertIn("made by a later chatd (version 7)", str(refusal))

    def test_no_disk(self) -> None:
        """A folder that can't be used keeps nobody from talking; when it is there again, so is what was said."""
        moved = self.folder.rename(f"{self.folder}-moved")
        with capturedLogs() as events:
            self.history.open()
            self.assertEqual(self.history.last_at_start("#lobby", 20), [])
            self.say("one")
            self.clock.advance(0.25)
            for question in (self.history.last("#lobby", 20), self.history.search("#lobby", "one", 20)):
                self.failureResultOf(Deferred.fromCoroutine(question), ArchiveSilent)
        self.assertEqual(sum("wait in memory" in formatEvent(event) for event in events), 1)
        self.assertEqual((self.history.waiting, self.history.lost), (1, 0))
        self.assertIn("No such file or directory", self.history.trouble)
        moved.rename(self.folder)
        self.say("two")
        self.clock.advance(5.0)
        self.assertEqual((self.texts(), self.history.trouble), (["one", "two"], ""))

    def test_full(self) -> None:
        """When the disk is full lines wait, and are there when it has room again."""
        self.history.open()
        self.say("before")
        self.texts()
        db = self.history._db.open()
        [[pages]] = db.execute("pragma page_count")
        db.execute(f"pragma max_page_count = {pages + 1}").fetchall()
        with capturedLogs() as events:
            self.say(*("x" * 1_000 for _ in range(100)))
            self.clock.advance(0.25)
            self.assertIn("database or disk is full", self.history.trouble)
            self.assertEqual(self.history.waiting, 100)
            self.clock.advance(5.0)  # SQLite forgets its bound with the connection
        self.assertEqual((len(self.texts()), self.history.waiting, self.history.lost), (101, 0, 0))
        self.assertEqual(len(events), 2)

    def test_read_only(self) -> None:
        """A file that can't be written is no different."""
        self.say("before")
        self.texts()
        self.history._db.open().execute("pragma query_only = on")
        self.say("one")
        with capturedLogs():
            self.clock.advance(0.25)
            self.assertIn("readonly", self.history.trouble)
            self.clock.advance(5.0)
        self.assertEqual(self.texts(), ["before", "one"])

    def test_removed(self) -> None:
        """A file that was removed is begun anew; what is said then is in it."""
        self.say("before")
        self.texts()
        self.path.unlink()
        self.say("after")
        with capturedLogs() as events:
            self.clock.advance(0.25)
        self.assertEqual(len(events), 1)
        self.assertEqual((self.on_disk(), self.texts()), (["after"], ["after"]))

    def test_no_answer(self) -> None:
        """A disk that hangs is waited for no longer than two seconds by those who ask, and by nobody else."""
        self.history = self.make(ByHand)
        self.say("one")
        asked = Deferred.fromCoroutine(self.history.last("#lobby", 20))
        forgotten = Deferred.fromCoroutine(self.history.forget([]))
        self.say("two")
        self.assertNoResult(asked)
        with capturedLogs():
            self.clock.advance(2.1)
            self.failureResultOf(asked, ArchiveSilent)
            self.clock.advance(15.0)
            self.failureResultOf(forgotten, ArchiveSilent)

"""What is on the disk when a process ends, whichever way, and when a disk is really full."""

import random
import signal
import sqlite3
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from subprocess import PIPE, Popen, run

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.task import Clock, deferLater
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SkipTest, SynchronousTestCase, TestCase

import tests
from chatd.core.events import Said
from chatd.core.memory import Memory
from chatd.store.backlog import BATCH, RETRY
from chatd.store.history import History
from chatd.store.worker import WorkerThread

ROOT = Path(tests.__file__).parent.parent
SLACK = 0.75  # seconds, for a machine that is busy with other tests


class EndingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        self.process = Popen([sys.executable, "-m", "tests.store.chatter", self.folder], stdout=PIPE, cwd=ROOT)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)

    def end(self, how: signal.Signals) -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
        """End the process after a while; return what it kept and what the disk holds, with the times."""
        assert self.process.stdout is not None
        wanted = random.randrange(1_000, 2_000)
        said = [self.process.stdout.readline() for _ in range(wanted)]
        self.process.send_signal(how)
        said += self.process.stdout
        kept = [(int(number), float(at)) for number, at in map(bytes.split, said)]
        with closing(sqlite3.connect(self.folder / "history.sqlite")) as db:
            self.assertEqual(db.execute("pragma integrity_check").fetchall(), [("ok",)])
            rows = [(int(text), at / 1000) for text, at in db.execute("select text, id - late from line order by id")]
        self.assertEqual([number for number, _ in rows], [number for number, _ in kept[: len(rows)]])
        return kept, rows

    def test_kill(self) -> None:
        """Behind kill -9, what was said in the last quarter of a second is lost at most, and nothing before it."""
        kept, rows = self.end(signal.SIGKILL)
        self.assertLess(kept[-1][1] - rows[-1][1], BATCH + SLACK)

    def test_terminate(self) -> None:
        """Behind SIGTERM nothing is lost."""
        kept, rows = self.end(signal.SIGTERM)
        self.assertEqual(len(rows), len(kept))
        self.assertEqual(self.process.wait(), 0)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["history.sqlite"])


class DiskTests(TestCase):
    """On file systems of our own. Without the right to mount one, test_history has to do."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        if run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", self.folder], check=False).returncode:
            raise SkipTest("only root may mount a tmpfs")
        self.addCleanup(lambda: run(["umount", "-l", self.folder], check=True))

    def make(self) -> None:
        self.clock = Clock()
        path, threads = self.folder / "history.sqlite", partial(WorkerThread, reactor=IReactorFromThreads(reactor))
        self.history = history = History(path, 7, 1_000_000, self.clock, self.clock.seconds, threads)
        self.addCleanup(lambda: Deferred.fromCoroutine(history.close()))
        self.history.open()
        self.ring = Memory(0, self.history).ring("#lobby")
        self.ring.archived = True

    def say(self, numbers: range) -> None:
        for number in numbers:
            self.ring.keep(Said(self.clock.seconds(), "#lobby", "alice", str(number)), None)

    async def test_full(self) -> None:
        """A full disk loses nothing: each line is there, once and in order, when there is room again."""
        ballast = self.folder / "ballast"
        ballast.write_bytes(bytes(300_000))
        self.make()
        with capturedLogs() as events:
            self.say(range(18_001))
            await self.until_in_trouble()
            self.assertIn("disk is full", self.history.trouble)
            self.assertGreater(self.history.waiting, 0)
            ballast.unlink()
            run(["mount", "-o", "remount,size=20m", self.folder], check=True)
            await self.until_out_of_trouble()
        await self.assert_kept(18_001)
        self.assertEqual(sum("Lines" in formatEvent(event) for event in events), 2)

    async def test_read_only(self) -> None:
        """So it is with a disk that can't be written when chatd starts."""
        self.make()
        self.say(range(10))
        await self.history.close()
        run(["mount", "-o", "remount,ro", self.folder], check=True)
        with capturedLogs() as events:
            self.make()
            self.assertIn("What is said can't be kept for now", formatEvent(events[0]))
            self.say(range(10, 20))
            await self.until_in_trouble()
            run(["mount", "-o", "remount,rw", self.folder], check=True)
            await self.until_out_of_trouble()
        await self.assert_kept(20)

    async def until_in_trouble(self) -> None:
        self.clock.advance(BATCH)
        while not self.history.trouble:
            await deferLater(reactor, 0.02)

    async def until_out_of_trouble(self) -> None:
        self.clock.advance(RETRY)
        while self.history.trouble:
            await deferLater(reactor, 0.02)

    async def assert_kept(self, lines: int) -> None:
        found = await self.history.last("#lobby", 20_000)
        self.assertEqual([line.text for line in found], [str(number) for number in range(lines)])
        self.assertEqual((self.history.waiting, self.history.lost), (0, 0))

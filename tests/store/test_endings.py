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
from twisted.internet.task import Clock, deferLater
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SkipTest, SynchronousTestCase, TestCase

import tests
from chatd.core.memory import Memory
from chatd.store.history import History
from chatd.store.worker import WorkerThread

ROOT = Path(tests.__file__).parent.parent
BATCH, SLACK = 0.25, 0.75  # seconds; the slack is for a machine that is busy with other tests


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


class FullDiskTests(TestCase):
    """On a file system with room for half a megabyte. Without the right to mount one, test_history has to do."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        if run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", self.folder], check=False).returncode:
            raise SkipTest("only root may mount a tmpfs")
        self.addCleanup(run, ["umount", "-l", self.folder], check=True)
        self.clock = Clock()
        path, threads = self.folder / "history.sqlite", partial(WorkerThread, reactor=reactor)
        self.history = History(path, 7, 1_000_000, self.clock, self.clock.seconds, threads)
        self.addCleanup(lambda: Deferred.fromCoroutine(self.history.close()))
        self.ring = Memory(0, self.history).ring("#lobby")
        self.ring.archived = True

    async def test_full(self) -> None:
        """A full disk loses nothing: each line is there, once and in order, when there is room again."""
        ballast = self.folder / "ballast"
        ballast.write_bytes(bytes(300_000))
        self.history.open()
        with capturedLogs() as events:
            for number in range(18_001):
                self.ring.keep(self.clock.seconds(), "alice", None, False, str(number))
            self.clock.advance(0.25)
            await self.until_in_trouble(True)
            self.assertIn("disk is full", self.history.trouble)
            self.assertGreater(self.history.waiting, 0)
            ballast.unlink()
            run(["mount", "-o", "remount,size=20m", self.folder], check=True)
            self.clock.advance(5.0)
            await self.until_in_trouble(False)
        found = await self.history.last("#lobby", 20_000)
        self.assertEqual([line.text for line in found], [str(number) for number in range(18_001)])
        self.assertEqual((self.history.waiting, self.history.lost), (0, 0))
        self.assertEqual(
            len([event for event in events if "History" in str(event) or "Lines" in formatEvent(event)]), 2
        )

    async def until_in_trouble(self, trouble: bool) -> None:
        while bool(self.history.trouble) is not trouble:
            await deferLater(reactor, 0.02)

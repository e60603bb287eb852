"""Tests for chatd.store.backlog."""

from collections.abc import Sequence

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.memory import Kept
from chatd.store.backlog import MOST_AT_ONCE, MOST_WAITING, Backlog
from chatd.store.sqlite_file import FileUnusable

FULL = FileUnusable("database or disk is full: history.sqlite can't be used")


def line(number: int) -> Kept:
    return Kept(number, float(number), "#lobby", "alice", None, False, str(number))


class BacklogTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.disk: list[int] = []
        self.batches: list[tuple[list[int], Deferred[None]]] = []
        self.backlog = Backlog(self.write, self.clock)

    def write(self, lines: Sequence[Kept]) -> Deferred[None]:
        self.batches.append(([line.id for line in lines], Deferred()))
        return self.batches[-1][1]

    def add(self, *numbers: int) -> None:
        for number in numbers:
            self.backlog.add(line(number))

    def land(self) -> None:
        """The batch that is on its way is on the disk."""
        batch, landed = self.batches.pop(0)
        self.disk += batch
        landed.callback(None)

    def refuse(self) -> None:
        """It could not be written."""
        self.batches.pop(0)[1].errback(FULL)

    def test_batch(self) -> None:
        """Lines are written together a quarter of a second after the first of them, and then nothing is due."""
        self.add(1)
        self.clock.advance(0.2)
        self.add(2)
        self.assertEqual(self.batches, [])
        self.clock.advance(0.05)
        self.land()
        self.assertEqual((self.disk, self.backlog.waiting), ([1, 2], 0))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_one_at_a_time(self) -> None:
        """While a batch is written the next one gathers, however long that takes."""
        self.add(1)
        self.clock.advance(0.25)
        self.add(2)
        self.clock.advance(0.25)
        self.add(3)
        self.assertEqual(len(self.batches), 1)
        self.assertEqual(self.backlog.waiting, 3)
        self.land()
        self.clock.advance(0.25)
        self.land()
        self.add(4)
        self.clock.advance(0.25)
        self.add(5)
        self.clock.advance(0.25)
        self.land()
        self.land()
        self.assertEqual(self.disk, [1, 2, 3, 4, 5])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_trouble(self) -> None:
        """What could not be written is tried again, with what came meanwhile; the log has a line at either end."""
        self.add(1)
        with capturedLogs() as events:
            self.clock.advance(0.25)
            self.add(2)
            self.refuse()
            self.assertEqual(self.backlog.trouble, str(FULL))
            self.add(3)
            self.clock.advance(4.9)
            self.assertEqual(self.batches, [])
            self.clock.advance(0.1)
            self.refuse()
            self.clock.advance(5.0)
            self.land()
        self.assertEqual((self.disk, self.backlog.trouble, self.backlog.lost), ([1, 2, 3], "", 0))
        begins, ends = map(formatEvent, events)
        self.assertIn("wait in memory: database or disk is full", begins)
        self.assertIn("kept on the disk again", ends)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_bound(self) -> None:
        """So many wait; of more the oldest are lost, and counted. What waited is written soon after the trouble."""
        self.add(1)
        self.clock.advance(0.25)
        self.refuse()
        self.add(*range(2, MOST_WAITING + 4))
        self.assertEqual((self.backlog.waiting, self.backlog.lost), (MOST_WAITING, 3))
        self.clock.advance(5.0)
        self.add(MOST_WAITING + 4)  # while the others are written
        for _ in range(MOST_WAITING // MOST_AT_ONCE):
            self.assertEqual(len(self.batches[0][0]), MOST_AT_ONCE)
            self.land()
        self.assertEqual((self.backlog.waiting, self.backlog.lost), (0, 4))
        self.assertEqual(self.disk[:2], [4, 5])
        self.assertEqual(self.disk[-1], MOST_WAITING + 4)

    def test_bound_of_failed(self) -> None:
        """What comes back from the disk counts, too."""
        self.add(1, 2)
        self.clock.advance(0.25)
        self.add(*range(3, MOST_WAITING + 4))
        self.assertEqual((self.backlog.waiting, self.backlog.lost), (MOST_WAITING, 3))
        self.refuse()
        self.assertEqual((self.backlog.waiting, self.backlog.lost), (MOST_WAITING, 3))
        self.clock.advance(5.0)
        self.assertEqual(self.batches[0][0][:3], [1, 2, 6])
        self.refuse()

    def test_settle(self) -> None:
        """Who settles waits for what was added before, and for nothing else."""
        settled = Deferred.fromCoroutine(self.backlog.settle())
        self.successResultOf(settled)
        self.add(1)
        self.clock.advance(0.25)
        self.add(2)
        settled = Deferred.fromCoroutine(self.backlog.settle())
        self.add(3)
        self.land()
        self.assertNoResult(settled)
        self.add(4)
        self.land()
        self.successResultOf(settled)
        self.assertEqual((self.disk, self.backlog.waiting), ([1, 2, 3], 1))

    def test_settle_in_trouble(self) -> None:
        """In trouble nobody waits: what can't be written is not there."""
        self.add(1)
        settled = Deferred.fromCoroutine(self.backlog.settle())
        self.refuse()
        self.successResultOf(settled)
        self.successResultOf(Deferred.fromCoroutine(self.backlog.settle()))

    def test_settle_cancelled(self) -> None:
        """Who gives up waiting changes nothing for the rest."""
        self.add(1)
        gives_up, waits = (Deferred.fromCoroutine(self.backlog.settle()) for _ in range(2))
        gives_up.cancel()
        self.failureResultOf(gives_up)
        self.land()
        self.successResultOf(waits)

    def test_forget(self) -> None:
        """What is to be forgotten waits no longer, even if it was on its way to a full disk."""
        self.add(1)
        self.clock.advance(0.25)
        self.refuse()
        self.add(2, 3)
        self.clock.advance(5.0)
        forgotten = Deferred.fromCoroutine(self.backlog.forget(lambda line: line.id < 3))
        self.assertNoResult(forgotten)
        self.refuse()
        self.assertEqual(self.successResultOf(forgotten), 2)
        self.clock.advance(5.0)
        self.land()
        self.assertEqual(self.disk, [3])

    def test_forget_all(self) -> None:
        """When nothing waits any more, nothing is written."""
        self.add(1)
        self.clock.advance(0.25)
        self.refuse()
        self.assertEqual(self.successResultOf(Deferred.fromCoroutine(self.backlog.forget(lambda line: True))), 1)
        self.clock.advance(5.0)
        self.assertEqual((self.batches, self.clock.getDelayedCalls()), ([], []))

    def test_forget_nothing(self) -> None:
        """What is on the disk is not the backlog's to forget."""
        self.add(1)
        forgotten = Deferred.fromCoroutine(self.backlog.forget(lambda line: True))
        self.land()
        self.assertEqual(self.successResultOf(forgotten), 0)

    def test_close(self) -> None:
        """At the end all that waits is written at once."""
        self.add(1)
        self.clock.advance(0.25)
        self.add(2)
        closed = Deferred.fromCoroutine(self.backlog.close())
        self.land()
        self.assertNoResult(closed)
        self.land()
        self.successResultOf(closed)
        self.assertEqual((self.disk, self.clock.getDelayedCalls()), ([1, 2], []))

    def test_close_in_trouble(self) -> None:
        """Where that can't be done even now, the log says how much is lost."""
        self.add(1)
        self.clock.advance(0.25)
        with capturedLogs() as events:
            self.refuse()
            self.add(2)
            closed = Deferred.fromCoroutine(self.backlog.close())
            self.refuse()
        self.successResultOf(closed)
        self.assertIn("2 lines could not be kept: database or disk is full", formatEvent(events[-1]))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_recovers_at_the_end(self) -> None:
        """A disk that takes lines again at the very end gets all of them."""
        self.add(1)
        self.clock.advance(0.25)
        self.refuse()
        closed = Deferred.fromCoroutine(self.backlog.close())
        self.land()
        self.successResultOf(closed)
        self.assertEqual(self.disk, [1])

    def test_bug(self) -> None:
        """A bug keeps lines waiting as a disk does, but its traceback is in the log."""
        self.add(1)
        self.clock.advance(0.25)
        self.batches.pop(0)[1].errback(ZeroDivisionError())
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.clock.advance(5.0)
        self.land()
        self.assertEqual(self.disk, [1])

    def test_at_once(self) -> None:
        """A disk that is done at once is none the worse."""

        def write(lines: Sequence[Kept]) -> Deferred[None]:
            self.disk.extend(line.id for line in lines)
            return succeed(None)

        backlog = Backlog(write, self.clock)
        for number in range(12_000):
            backlog.add(line(number))
        self.clock.advance(0.25)
        self.assertEqual((len(self.disk), backlog.waiting), (12_000, 0))
        backlog.add(line(12_000))
        self.successResultOf(Deferred.fromCoroutine(backlog.settle()))
        self.assertEqual((len(self.disk), self.clock.getDelayedCalls()), (12_001, []))

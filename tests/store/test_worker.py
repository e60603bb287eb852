"""Tests for chatd.store.worker."""

import threading
from functools import partial

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.interfaces import IReactorFromThreads
from twisted.trial.unittest import TestCase

from chatd.store.worker import Stopped, WorkerThread


class WorkerThreadTests(TestCase):
    def setUp(self) -> None:
        self.worker = WorkerThread("a worker", IReactorFromThreads(reactor))
        self.addCleanup(self.worker.end)
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.addCleanup(self.go_on.set)

    def wait(self) -> None:
        """A job that takes as long as a test wants."""
        self.begun.set()
        self.go_on.wait(5)

    async def test_in_order(self) -> None:
        """Jobs are done in the order in which they are given, in one thread that is not the caller's."""
        done: list[int] = []

        def job(number: int) -> str:
            done.append(number)
            return threading.current_thread().name

        names = await gatherResults([self.worker.do(partial(job, number)) for number in range(100)])
        self.assertEqual(done, list(range(100)))
        self.assertEqual(set(names), {"a worker"})

    async def test_fails(self) -> None:
        """What a job raises comes back, and the next one is done all the same."""
        with self.assertRaises(ZeroDivisionError):
            await self.worker.do(lambda: 1 / 0)
        self.assertEqual(await self.worker.do(lambda: 1), 1)

    async def test_answers_in_the_callers_thread(self) -> None:
        """The answer comes in the reactor's thread."""
        where = await self.worker.do(int).addCallback(lambda _: threading.current_thread())
        self.assertIs(where, threading.current_thread())

    async def test_cancelled_before(self) -> None:
        """A job that is cancelled before its turn is not done."""
        done: list[str] = []
        first = self.worker.do(self.wait)
        second = self.worker.do(lambda: done.append("second"))
        second.cancel()
        self.go_on.set()
        await first
        with self.assertRaises(CancelledError):
            await second
        await self.worker.end()
        self.assertEqual(done, [])

    async def test_interrupted(self) -> None:
        """One that has begun is interrupted; what it says then is nobody's business."""
        answer = self.worker.do(self.wait, self.go_on.set)
        self.begun.wait(5)
        answer.cancel()
        with self.assertRaises(CancelledError):
            await answer
        await self.worker.do(int)

    async def test_end(self) -> None:
        """The end comes when all jobs are done; a worker that had none ends at once."""
        done: list[int] = []
        for number in range(3):
            self.worker.do(partial(done.append, number))
        await self.worker.end()
        self.assertEqual(done, [0, 1, 2])
        with self.assertRaises(Stopped):
            await self.worker.do(int)
        await self.worker.end()
        ended: Deferred[None] = WorkerThread("idle", IReactorFromThreads(reactor)).end()
        self.assertTrue(ended.called)

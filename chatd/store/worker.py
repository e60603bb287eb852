"""A thread that does one job after the other, so that what is slow holds up nobody else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import Protocol, TypeVar

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IReactorFromThreads
from twisted.python.failure import Failure

from chatd.store.folder import StoreError

T = TypeVar("T")


def _nothing() -> None:
    """Let it go on."""


def _answer(answer: Deferred[T], result: T | Failure) -> None:
    if not answer.called:  # cancelled meanwhile
        answer.callback(result)


class Stopped(StoreError):
    """No more jobs are done: chatd stops."""


class Worker(Protocol):
    """Does jobs in the order in which they are given."""

    def do(self, job: Callable[[], T], interrupt: Callable[[], None] = _nothing) -> Deferred[T]:
        """Return what the job returns or raises, in the thread of the caller.

        When that is cancelled, a job that has not begun is not done at all, and for one that has `interrupt` is called.

        @raises Stopped: behind `end`.
        """

    def end(self) -> Deferred[None]:
        """Fire when all jobs are done; no others will be."""


class WorkerThread:
    """A worker with a thread of its own, which starts with the first job: a process may fork before that.

    The thread holds up nothing at the end of the process: who needs its jobs done waits for `end`.
    """

    def __init__(self, name: str, reactor: IReactorFromThreads) -> None:
        self._reactor = reactor
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._ended: Deferred[None] = Deferred()
        self._ending = False

    def do(self, job: Callable[[], T], interrupt: Callable[[], None] = _nothing) -> Deferred[T]:
        if self._ending:
            return fail(Stopped("chatd stops"))
        answer: Deferred[T] = Deferred(lambda _: interrupt())

        def work() -> None:
            if answer.called:  # cancelled before its turn
                return
            try:
                result: T | Failure = job()
            except BaseException:
                result = Failure()
            self._reactor.callFromThread(_answer, answer, result)

        if self._thread.ident is None:
            self._thread.start()
        self._jobs.put(work)
        return answer

    def end(self) -> Deferred[None]:
        if not self._ending:
            self._ending = True
            if self._thread.ident is None:
                self._ended.callback(None)
            self._jobs.put(None)
        return self._ended

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            del job  # and what it holds, before the next one comes
        self._reactor.callFromThread(partial(self._ended.callback, None))

"""A worker without a thread: each job is done when it is given, in the order of the calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from twisted.internet.defer import Deferred, execute, succeed

from chatd.store.worker import Worker

T = TypeVar("T")


class AtOnce:
    def __init__(self, name: str = "") -> None:
        self.name = name

    def do(self, job: Callable[[], T], interrupt: Callable[[], None] = lambda: None) -> Deferred[T]:
        return execute(job)

    def end(self) -> Deferred[None]:
        return succeed(None)


_: type[Worker] = AtOnce


class ByHand(AtOnce):
    """Does a job when a test says so, and none that was cancelled before."""

    def __init__(self, name: str = "") -> None:
        super().__init__(name)
        self.waiting: list[Callable[[], None]] = []
        self.interrupted = 0

    def do(self, job: Callable[[], T], interrupt: Callable[[], None] = lambda: None) -> Deferred[T]:
        answer: Deferred[T] = Deferred(lambda _: interrupt())

        def work() -> None:
            if not answer.called:
                execute(job).addCallbacks(answer.callback, answer.errback)

        self.waiting.append(work)
        return answer

    def work(self, jobs: int = 1) -> None:
        """Do the next jobs."""
        for _ in range(jobs):
            self.waiting.pop(0)()

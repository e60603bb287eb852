"""Lines on their way to the disk: gathered into batches, and waiting where it takes none. It knows no file."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatd.core.memory import Kept
from chatd.store.folder import StoreError

BATCH = 0.25  # seconds of lines in one batch: what a kill -9 loses. A commit costs 0.6 ms whatever is in it
RETRY = 5.0  # seconds
MOST_WAITING = 20_000  # lines, some 8 MB
MOST_AT_ONCE = 5_000  # so that little is added while a batch is written after a long wait


class Backlog:
    """Takes lines without ever waiting, and has one batch of them at a time written.

    Those that could not be written wait for another try. `waiting` is how many are not on the disk yet, `lost` how many
    were given up because there were too many, `trouble` why nothing can be written, "" where it can.
    """

    _log = Logger()

    def __init__(self, write: Callable[[Sequence[Kept]], Deferred[None]], clock: IReactorTime) -> None:
        self._write = write
        self._clock = clock
        self._lines: deque[Kept] = deque()
        self._flying: list[Kept] = []  # the batch that is being written
        self._due: IDelayedCall | None = None
        self._landings: list[Deferred[None]] = []  # of those who wait for the end of that batch
        self._added = 0
        self.lost = 0
        self.trouble = ""

    @property
    def waiting(self) -> int:
        return len(self._lines) + len(self._flying)

    def add(self, line: Kept) -> None:
        """Have a line written soon."""
        self._added += 1
        self._lines.append(line)
        if self._due is None:
            self._due = self._clock.callLater(BATCH, self._send)
        if len(self._lines) > MOST_WAITING - MOST_AT_ONCE:  # else it can't be too many
            self._drop_most()

    async def settle(self) -> None:
        """Wait until each line that was added before is on the disk, or turned out not to get there for now."""
        mark = self._added
        while self._added - self.waiting < mark and not self.trouble:
            self._send()
            await self._landing()

    async def forget(self, meant: Callable[[Kept], bool]) -> int:
        """Drop the lines that are meant; when it returns, none of them waits any more. Returns how many did."""
        await self.settle()
        while self._flying:
            await self._landing()
        left = [line for line in self._lines if not meant(line)]
        dropped = len(self._lines) - len(left)
        self._lines = deque(left)
        return dropped

    async def close(self) -> None:
        """Write all that waits, if that can be done at once. No line may be added any more."""
        while self.waiting:
            self._send()
            await self._landing()
            if self.trouble:
                self._log.error(
                    "{lines:,} lines could not be kept: {trouble}", lines=self.waiting, trouble=self.trouble
                )
                break
        self._cancel()

    def _send(self) -> None:
        """Have the next batch written: at once, or soon after the one that is on its way has landed."""
        self._cancel()
        if self._flying:
            return
        self._flying = [self._lines.popleft() for _ in range(min(len(self._lines), MOST_AT_ONCE))]
        if self._flying:
            self._write(self._flying).addCallbacks(self._written, self._not_written)

    def _written(self, result: object) -> None:
        self._flying = []
        if self.trouble:
            self._log.info("Lines are kept on the disk again; {lost:,} were lost so far", lost=self.lost)
            self.trouble = ""
        if self._lines and (self._due is None or len(self._lines) >= MOST_AT_ONCE):
            self._send()
        self._land()

    def _not_written(self, failure: Failure) -> None:
        self._lines.extendleft(reversed(self._flying))
        self._flying = []
        self._drop_most()
        if not self.trouble:
            self._log.error("Lines can't be kept on the disk, and wait in memory: {why}", why=failure.value)
        if not failure.check(StoreError):
            self._log.failure("A batch of lines could not be written", failure)
        self.trouble = str(failure.value)
        self._cancel()
        self._due = self._clock.callLater(RETRY, self._send)
        self._land()

    def _landing(self) -> Deferred[None]:
        landing: Deferred[None] = Deferred()
        if self._flying:
            self._landings.append(landing)
        else:
            landing.callback(None)
        return landing

    def _land(self) -> None:
        landings, self._landings = self._landings, []
        for landing in landings:
            landing.callback(None)

    def _cancel(self) -> None:
        due, self._due = self._due, None
        if due is not None and due.active():
            due.cancel()

    def _drop_most(self) -> None:
        while self.waiting > MOST_WAITING and self._lines:
            self._lines.popleft()
            self.lost += 1

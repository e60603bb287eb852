"""Brings what is said to all outboxes: lines are encoded once, put in together, and sent together.

Nearly all that a delivery costs is the kernel's `send`. So lines wait in outboxes, and all of these are flushed in one
round: at once when the server is quiet, at most every few milliseconds under load, when many lines share one `send`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from chatd.core.delivery import broadcast
from chatd.core.events import Event, Spoken
from chatd.core.ports import Subscriber

FLUSH_INTERVAL = 0.005  # seconds of rest after a round, at least
REST_FOR_EACH = 0.00002  # seconds at most, for each outbox: under load, more lines share a send in a room of thousands
LONGEST_REST = 0.1  # seconds
PIECE = 2048  # characters said that are put into outboxes together: with a line more, less than the smallest sendq


class Flushed(Protocol):
    """What waits for a round: an outbox."""

    def flush(self) -> None: ...


class Batcher:
    """Flushes all outboxes in which something waits, together.

    It is the hall's broadcaster too: what the same people hear between two rounds is put into them in one piece.
    Whatever else comes to any outbox settles that first, so that everybody sees everything in the order it happened.
    """

    _log = Logger()

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._waiting: list[Flushed] = []
        self._round: IDelayedCall | None = None
        self._next_at = 0.0
        self._rest = FLUSH_INTERVAL
        self._is_loaded = False  # whether the next round had to wait for the end of a rest
        self.lines: list[Event] = []  # that are not in the outboxes yet
        self._size = 0  # characters in them
        self._audience: tuple[Subscriber, ...] = ()  # of these lines
        self._selected: dict[Subscriber, list[Event]] = {}  # which of these lines the selective hear

    def carry(self, line: Spoken, audience: tuple[Subscriber, ...], selected: Iterable[Subscriber] = ()) -> None:
        if audience is not self._audience or self._size > PIECE:
            self.settle()
            self._audience = audience
        self.lines.append(line)
        for subscriber in selected:
            self._selected.setdefault(subscriber, []).append(line)
        self._size += len(line.text) + len(line.speaker) + 12  # and what stands around them
        if self._round is None:
            self._schedule()

    def settle(self) -> None:
        if self.lines:
            lines, self.lines, self._size = self.lines, [], 0
            selected, self._selected = self._selected, {}
            broadcast(tuple(lines), self._audience)
            for subscriber, heard in selected.items():
                broadcast(tuple(heard), (subscriber,))

    def expect(self, outbox: Flushed) -> None:
        """Flush this outbox in the next round."""
        if self._round is None:
            self._schedule()
        self._waiting.append(outbox)

    def stop(self) -> None:
        """Do no more rounds; all connections are closed."""
        if self._round is not None:
            self._round.cancel()
            self._round = None

    def _schedule(self) -> None:
        rest = self._next_at - self._clock.seconds()
        self._is_loaded = rest > 0
        self._round = self._clock.callLater(max(rest, 0), self._go_round)

    def _go_round(self) -> None:
        self.settle()
        self._round = None
        waiting, self._waiting = self._waiting, []
        for outbox in waiting:
            try:
                outbox.flush()
            except Exception:  # a bug of ours must not keep the others waiting
                self._log.failure("An outbox could not be flushed")
        if self._is_loaded:
            self._rest = min(2 * self._rest, max(FLUSH_INTERVAL, REST_FOR_EACH * len(waiting)), LONGEST_REST)
        else:
            self._rest = FLUSH_INTERVAL
        self._next_at = self._clock.seconds() + self._rest

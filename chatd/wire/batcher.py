"""Brings what is said to all outboxes: lines are rendered once, put in together, and sent together.

Nearly all that a delivery costs is the kernel's `send`. So lines wait in outboxes, and all of these are flushed in one
round: at once when the server is quiet, at most every few milliseconds under load, when many lines share one `send`.
"""

from __future__ import annotations

from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from chatd.core.events import Acted, Event, Said, Several
from chatd.core.room import Subscriber, broadcast
from chatd.session.words import View, render

FLUSH_INTERVAL = 0.005  # seconds of rest after a round, at least
REST_FOR_EACH = 0.00002  # seconds, for each outbox in the round: in a room of thousands, more lines share a send
LONGEST_REST = 0.1  # seconds
PIECE = 1024  # characters said that are put into outboxes together: far less than the smallest bound of an outbox


class Flushed(Protocol):
    """What waits for a round: an outbox."""

    def flush(self) -> None: ...


class Press:
    """The bytes of one event, made once for each view: the hearers of a line come one after the other."""

    __slots__ = ("event", "lines")

    def __init__(self) -> None:
        self.event: Event | Several | None = None
        self.lines: dict[View, bytes] = {}  # of that event

    def lines_of(self, event: Event | Several, view: View) -> bytes:
        if event is not self.event:
            self.event = event
            self.lines = {}
        try:
            return self.lines[view]
        except KeyError:
            events = event.events if isinstance(event, Several) else (event,)
            lines = self.lines[view] = b"".join(encoded(render(event, view)) for event in events)
            return lines


def encoded(line: str) -> bytes:
    return f"{line}\r\n".encode()


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
        self._lines: list[Said | Acted] = []  # not in the outboxes yet
        self._size = 0  # characters in them
        self._subscribers: tuple[Subscriber, ...] = ()  # of these lines

    def carry(self, line: Said | Acted, subscribers: tuple[Subscriber, ...]) -> None:
        if subscribers is not self._subscribers or self._size > PIECE:
            self.settle()
            self._subscribers = subscribers
        self._lines.append(line)
        self._size += len(line.text) + len(line.speaker) + 12  # and what stands around them
        self._schedule()

    def settle(self) -> None:
        if self._lines:
            lines, self._lines, self._size = self._lines, [], 0
            broadcast(lines[0] if len(lines) == 1 else Several(tuple(lines)), self._subscribers)

    def expect(self, outbox: Flushed) -> None:
        """Flush this outbox in the next round."""
        self._schedule()
        self._waiting.append(outbox)

    def _schedule(self) -> None:
        if self._round is None:
            rest = self._next_at - self._clock.seconds()
            self._round = self._clock.callLater(min(max(rest, 0), LONGEST_REST), self._go_round)

    def stop(self) -> None:
        """Go no more rounds; all connections are closed."""
        if self._round is not None:
            self._round.cancel()
            self._round = None

    def _go_round(self) -> None:
        self.settle()
        self._round = None
        waiting, self._waiting = self._waiting, []
        for outbox in waiting:
            try:
                outbox.flush()
            except Exception:  # a bug of ours must not keep the others waiting
                self._log.failure("An outbox could not be flushed")
        rest = max(FLUSH_INTERVAL, REST_FOR_EACH * len(waiting))
        self._next_at = self._clock.seconds() + min(rest, LONGEST_REST)

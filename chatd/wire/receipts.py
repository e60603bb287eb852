"""What may not have reached a peer yet: the last events that it was sent, until it has acknowledged them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from chatd.core.events import Event, Events
from chatd.wire.codec import Codec

LOOK_EVERY = 2.0  # seconds between two looks at what has been acknowledged
LOOK_AT_THE_END = 0.05  # the same when the connection is about to be closed
MOST = 500  # entries, each of which may be some lines


class Sender(Protocol):
    """The connection whose receipts they are."""

    @property
    def codec(self) -> Codec:
        """What is spoken on it."""

    @property
    def unacknowledged(self) -> int:
        """The bytes of all that was to be sent which the peer has not acknowledged."""


class Receipts:
    """Remembers events that were delivered for no longer than it takes to hear that they have arrived.

    Bytes are acknowledged in order, so it is the last of them that are missing. What was sent besides events is not
    counted: then some events count as missing that aren't.
    """

    __slots__ = ("_clock", "_deliver", "_look", "_rest", "_sender", "_sent")

    def __init__(self, deliver: Callable[[Events], bool], sender: Sender, clock: IReactorTime) -> None:
        self._deliver = deliver
        self._sender = sender
        self._clock = clock
        self._sent: deque[Events | Callable[[], object]] = deque(maxlen=MOST)
        self._rest = LOOK_EVERY
        self._look: IDelayedCall | None = None

    def deliver(self, events: Events) -> bool:
        """Deliver events, and remember them if they are on their way."""
        if not self._deliver(events):
            return False
        self._sent.append(events)
        if self._look is None:
            self._look_later(LOOK_EVERY)
        return True

    def once_taken(self, call: Callable[[], object]) -> None:
        """Call that when all that was sent so far has arrived, soon or never."""
        self._sent.append(call)
        if self._look is None:
            self._look_later(LOOK_EVERY)

    def missing(self) -> tuple[Event, ...]:
        """Return what has not arrived, as far as is known."""
        entries = self._last(self._sender.unacknowledged)
        return tuple(event for entry in entries if not callable(entry) for event in entry)

    def finish(self, call: Callable[[], object]) -> None:
        """Call that when nobody waits any more for what was sent to arrive."""
        if any(callable(entry) for entry in self._sent):
            self.once_taken(call)
            self._look_later(LOOK_AT_THE_END)
        else:
            call()

    def arrived(self) -> None:
        """The peer has closed behind the end: all that was sent has arrived."""
        calls = [entry for entry in self._sent if callable(entry)]
        self._sent.clear()
        for call in calls:
            call()

    def stop(self) -> None:
        """The connection is gone."""
        self._sent.clear()
        if self._look is not None and self._look.active():
            self._look.cancel()
        self._look = None

    def _look_later(self, seconds: float) -> None:
        if self._look is not None:
            self._look.cancel()
        self._rest = seconds
        self._look = self._clock.callLater(seconds, self._forget_arrived)

    def _forget_arrived(self) -> None:
        self._look = None
        left = self._last(self._sender.unacknowledged)
        arrived = len(self._sent) - len(left)
        calls = [entry for entry in (self._sent.popleft() for _ in range(arrived)) if callable(entry)]
        if self._sent:
            self._look_later(self._rest)
        for call in calls:
            call()

    def _last(self, size: int) -> list[Events | Callable[[], object]]:
        """Return the entries behind the last one that is all within what was acknowledged."""
        left: list[Events | Callable[[], object]] = []
        entries: Iterator[Events | Callable[[], object]] = reversed(self._sent)
        while size > 0 and (entry := next(entries, None)) is not None:
            if not callable(entry):
                size -= sum(len(piece) for event in entry for piece in self._sender.codec.encode(event))
            left.append(entry)
        return left[::-1]

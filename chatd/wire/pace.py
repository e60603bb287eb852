"""How fast one connection is read, and when what is read of it was typed.

What is not read yet waits at the client: it is heard later, and not lost.
"""

from __future__ import annotations

from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from chatd.core.counts import Counts
from chatd.wire.gate import PerAddress, RateLimit
from chatd.wire.limits import Limits
from chatd.wire.wire import Wire

CAUGHT_UP = 1.0  # seconds without anything to read, after which nothing can be waiting at the client any more


class Paced(Protocol):
    """The connection that is read."""

    @property
    def is_busy(self) -> bool:
        """Whether nothing more may be handed over for now."""

    def typing_too_fast(self) -> None:
        """There are lines that have to wait. It is said once."""


class Pace:
    """Stops a wire from reading while enough was read of it, and while its connection is busy.

    It reads on only in a turn of the reactor of its own. `read_at` is never later than the truth: what may have waited
    at the client counts as typed when the connection last had nothing waiting.
    """

    __slots__ = (
        "_behind_until",
        "_clock",
        "_connection",
        "_counts",
        "_held",
        "_rate",
        "_reading",
        "_spent",
        "_told",
        "_wire",
        "neighbours",
        "read_at",
    )

    def __init__(
        self,
        wire: Wire,
        clock: IReactorTime,
        limits: Limits,
        counts: Counts,
        connection: Paced,
    ) -> None:
        self._wire = wire
        self._clock = clock
        self._counts = counts
        self._connection = connection
        self._rate = RateLimit(limits, 1, clock.seconds())
        self._told = False
        self._reading = True
        self._held: IDelayedCall | None = None  # until it may read on
        self._behind_until = float("-inf")  # until then, what is read may have waited at the client
        self._spent = 0.0  # of what the neighbours share, in seconds, since it was last read on
        self.neighbours: PerAddress | None = None
        self.read_at = clock.seconds()  # when what is being read was typed, at the latest

    @property
    def is_full(self) -> bool:
        """Whether nothing more may be read for now."""
        return bool(self._rate.wait(self._clock.seconds()))

    def apply(self, limits: Limits) -> None:
        """Go by other limits from now on. A pause that has begun keeps its length."""
        self._rate.apply(limits)

    def note_read(self, now: float) -> None:
        """Something has arrived."""
        if now < self._behind_until:
            self._behind_until = now + CAUGHT_UP
        else:
            self.read_at = now

    def spend(self, lines: int, size: int) -> None:
        """Count what was read."""
        now = self._clock.seconds()
        if self._told and self._rate.is_full(now):
            self._told = False
        self._rate.spend(lines, size, now)
        if self.neighbours is not None:
            self._spent += self.neighbours.rate.spend(lines, size, now)

    def hold_back(self) -> None:
        """Read on only when more may be said, and the answers are taken: who reads none can't ask for more."""
        now = self._clock.seconds()
        wait = self._rate.wait(now)
        if self.neighbours is not None:
            wait = max(wait, self.neighbours.wait(self._spent, now))
        if not wait:
            self._spent = 0.0
        if wait and self._held is None:
            self._counts.held_back += wait
            self._held = self._clock.callLater(wait, self._go_on)
            if not self._told and self._wire.lines_wait:
                self._told = True
                self._connection.typing_too_fast()
        if self._reading and (wait or self._connection.is_busy):
            self._reading = False
            self._wire.stop_reading()

    def go_on_soon(self) -> None:
        """The connection may not be busy any more."""
        if self._held is None and not self._reading:
            self._held = self._clock.callLater(0, self._go_on)

    def stop(self) -> None:
        """The connection is gone."""
        if self._held is not None:
            self._held.cancel()
            self._held = None

    def _go_on(self) -> None:
        self._held = None
        self._spent = 0.0
        if not (self._reading or self._connection.is_busy):
            self._reading = True
            self._behind_until = self._clock.seconds() + CAUGHT_UP
            self._wire.read_on()

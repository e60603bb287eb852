"""Who may connect, and how fast each connection is read: limits in all, for each address and for each person."""

from __future__ import annotations

from collections import deque

from twisted.internet.interfaces import IReactorTime

from chatd.session.refusals import TooManyArrivals, TooManyConnections, TooManyFromAddress
from chatd.wire.limits import Limits
from chatd.wire.token_bucket import TokenBucket

ARRIVALS_WITHIN = 10.0  # seconds in which an address may open `max_arrivals` connections
SHARE = 4  # connections from one address together are read this many times as fast as one


class RateLimit:
    """How fast something is read, in lines and in bytes."""

    __slots__ = ("_bytes", "_lines", "_share")

    def __init__(self, limits: Limits, share: int, now: float) -> None:
        self._share = share
        self._lines = TokenBucket(share * limits.line_rate, share * limits.line_burst, now)
        self._bytes = TokenBucket(share * limits.byte_rate, share * limits.byte_burst, now)

    def apply(self, limits: Limits) -> None:
        """Go by other limits from now on."""
        self._lines.change(self._share * limits.line_rate, self._share * limits.line_burst)
        self._bytes.change(self._share * limits.byte_rate, self._share * limits.byte_burst)

    def spend(self, lines: float, size: int, now: float) -> float:
        """Count what was read; return the seconds that reading it takes at this rate."""
        return max(self._lines.spend(lines, now), self._bytes.spend(size, now))

    def wait(self, now: float) -> float:
        """Return the seconds until the next line may be read."""
        return max(self._lines.wait(now), self._bytes.wait(now))

    def is_full(self, now: float) -> bool:
        """Say whether nothing was spent for so long that everything may be spent again."""
        return self._lines.is_full(now) and self._bytes.is_full(now)


class PerAddress:
    """The connections from one address, or from one /64 of IPv6. What they may say together, they share equally."""

    def __init__(self, limits: Limits, now: float) -> None:
        self.connections = 0
        self.arrivals: deque[float] = deque()  # when those of the last seconds were let in
        self.rate = RateLimit(limits, SHARE, now)

    def wait(self, spent: float, now: float) -> float:
        """Return the seconds that one must wait who has spent so many: its own share of what all owe, and no more."""
        return min(self.rate.wait(now), spent * self.connections)

    def note_arrival(self, most: int, now: float) -> None:
        """@raises TooManyArrivals: unless it is long enough since so many were let in."""
        while self.arrivals and now - self.arrivals[0] >= ARRIVALS_WITHIN:
            self.arrivals.popleft()
        if len(self.arrivals) >= most:
            raise TooManyArrivals(most, ARRIVALS_WITHIN)
        self.arrivals.append(now)


class Gate:
    """Counts connections, in all and by address. Loopback and Unix-socket peers are exempt from limits by address."""

    def __init__(self, limits: Limits, clock: IReactorTime) -> None:
        self.limits = limits
        self.connections = 0
        self._clock = clock
        self._by_address: dict[str, PerAddress] = {}
        self._left: dict[str, float] = {}  # when the last connection from an address was closed, oldest first

    def admit(self, where: str) -> PerAddress | None:
        """Count a connection from an address that `neighbourhood` returned; every such call is paired with `leave`.

        @raises HallError: if there are too many; then it is counted all the same.
        """
        now = self._clock.seconds()
        self._forget(now)
        self.connections += 1
        neighbours = self._arrive(where, now) if where else None
        if self.connections > self.limits.max_connections:
            raise TooManyConnections(self.limits.max_connections)
        if neighbours is not None:
            if neighbours.connections > self.limits.max_per_address:
                raise TooManyFromAddress(self.limits.max_per_address)
            neighbours.note_arrival(self.limits.max_arrivals, now)
        return neighbours

    def apply(self, limits: Limits) -> None:
        """Go by other limits from now on; nobody who is in is sent away."""
        self.limits = limits
        for neighbours in self._by_address.values():
            neighbours.rate.apply(limits)

    def leave(self, where: str) -> None:
        """A connection is closed."""
        self.connections -= 1
        if where:
            neighbours = self._by_address[where]
            neighbours.connections -= 1
            if not neighbours.connections:
                self._left[where] = self._clock.seconds()

    def _arrive(self, where: str, now: float) -> PerAddress:
        self._left.pop(where, None)
        if where not in self._by_address:
            self._by_address[where] = PerAddress(self.limits, now)
        neighbours = self._by_address[where]
        neighbours.connections += 1
        return neighbours

    def _forget(self, now: float) -> None:
        """Drop the addresses that nobody has been connected from for so long that all their buckets are full."""
        while self._left:
            where, left_at = next(iter(self._left.items()))
            if now - left_at < ARRIVALS_WITHIN:
                break
            del self._left[where], self._by_address[where]

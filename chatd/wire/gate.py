"""Who may connect, and how fast each connection is read: limits in all, for each address and for each person."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address

from twisted.internet import address as network
from twisted.internet.interfaces import IAddress, IReactorTime

from chatd.core.bans import WIDTH_OF_ONE, Address, around
from chatd.core.refusals import HallError
from chatd.wire.token_bucket import TokenBucket

ARRIVALS, ARRIVALS_WITHIN = 20, 10.0  # connections from one address, in seconds
SHARE = 4  # connections from one address together are read this many times as fast as one


class TooManyConnections(HallError):
    """As many connections are open as there may be."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit:,} connections are open, which is all there may be; come back later")


class TooManyFromAddress(HallError):
    """As many connections are open from one address as there may be."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{limit:,} connections from your address are open, which is all there may be; close one first"
        )


class TooManyArrivals(HallError):
    """One address connects again and again."""

    def __init__(self) -> None:
        limit = f"{ARRIVALS} connections in {ARRIVALS_WITHIN:g} seconds"
        super().__init__(f"your address has made more than {limit}; wait a little and try again")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection may send at once and in each second after that, in lines and bytes; how many there may be."""

    line_rate: int
    line_burst: int
    byte_rate: int
    byte_burst: int
    max_connections: int
    max_per_address: int

    def too_fast(self) -> str:
        """Return what somebody is told whose lines wait."""
        pace = f"{self.line_rate} lines" if self.line_rate else f"{self.byte_rate // 1024} KiB"
        return f"you are typing faster than {pace} a second; your lines are being sent at that pace"


class Pace:
    """How fast something is read, in lines and in bytes."""

    __slots__ = ("_bytes", "_lines", "_share")

    def __init__(self, limits: Limits, share: int, now: float) -> None:
        self._share = share
        self._lines = TokenBucket(share * limits.line_rate, share * limits.line_burst, now)
        self._bytes = TokenBucket(share * limits.byte_rate, share * limits.byte_burst, now)

    def take_limits(self, limits: Limits) -> None:
        """Go on at another pace."""
        self._lines.change(self._share * limits.line_rate, self._share * limits.line_burst)
        self._bytes.change(self._share * limits.byte_rate, self._share * limits.byte_burst)

    def spend(self, lines: float, size: int, now: float) -> None:
        self._lines.spend(lines, now)
        self._bytes.spend(size, now)

    def wait(self, now: float) -> float:
        """Return the seconds until the next line may be read."""
        return max(self._lines.wait(now), self._bytes.wait(now))

    def is_full(self, now: float) -> bool:
        return self._lines.is_full(now)


class Neighbours:
    """The connections from one address, or from one /64 of IPv6."""

    def __init__(self, limits: Limits, now: float) -> None:
        self.connections = 0
        self.arrivals: deque[float] = deque(maxlen=ARRIVALS)  # when the last of them were let in
        self.pace = Pace(limits, SHARE, now)

    def note_arrival(self, now: float) -> None:
        """@raises TooManyArrivals: unless it is long enough since so many were let in."""
        if len(self.arrivals) == ARRIVALS and now - self.arrivals[0] < ARRIVALS_WITHIN:
            raise TooManyArrivals
        self.arrivals.append(now)


class Gate:
    """Counts connections, in all and by address; people on this machine itself share no address."""

    def __init__(self, limits: Limits, clock: IReactorTime) -> None:
        self.limits = limits
        self.connections = 0
        self._clock = clock
        self._by_address: dict[str, Neighbours] = {}
        self._left: dict[str, float] = {}  # when the last connection from an address was closed, oldest first

    def admit(self, where: str) -> Neighbours | None:
        """Count a connection from an address that `neighbourhood` returned; every such call is paired with `leave`.

        @raises HallError: one of the above, if there are too many; then it is counted all the same.
        """
        now = self._clock.seconds()
        self._forget(now)
        self.connections += 1
        neighbours = self._arrive(where, now) if where else None
        if self.connections > self.limits.max_connections:
            raise TooManyConnections(self.limits.max_connections)
        if neighbours is not None and neighbours.connections > self.limits.max_per_address:
            raise TooManyFromAddress(self.limits.max_per_address)
        if neighbours is not None:
            neighbours.note_arrival(now)
        return neighbours

    def take_limits(self, limits: Limits) -> None:
        """Go by other limits from now on; nobody who is in is sent away."""
        self.limits = limits
        for neighbours in self._by_address.values():
            neighbours.pace.take_limits(limits)

    def leave(self, where: str) -> None:
        """A connection is closed."""
        self.connections -= 1
        if where:
            neighbours = self._by_address[where]
            neighbours.connections -= 1
            if not neighbours.connections:
                self._left[where] = self._clock.seconds()

    def _arrive(self, where: str, now: float) -> Neighbours:
        self._left.pop(where, None)
        neighbours = self._by_address.setdefault(where, Neighbours(self.limits, now))
        neighbours.connections += 1
        return neighbours

    def _forget(self, now: float) -> None:
        """Drop the addresses that nobody has been connected from for so long that all their allowances are full."""
        while self._left:
            where, left_at = next(iter(self._left.items()))
            if now - left_at < ARRIVALS_WITHIN:
                break
            del self._left[where], self._by_address[where]


def ip_address_of(address: IAddress) -> Address | None:
    """Return the IP address of a peer, None for this machine itself. IPv4 peers of a dual-stack socket are IPv4."""
    if not isinstance(address, network.IPv4Address | network.IPv6Address):
        return None
    ip = ip_address(address.host)
    ip = ip if isinstance(ip, IPv4Address) else ip.ipv4_mapped or ip
    return None if ip.is_loopback else ip


def neighbourhood(address: IAddress) -> str:
    """Return what an address shares its limits with: its IPv4 address or its IPv6 /64, "" for this machine itself."""
    ip = ip_address_of(address)
    if ip is None or isinstance(ip, IPv4Address):
        return str(ip or "")
    return str(around(ip, WIDTH_OF_ONE))


def shown_address(address: IAddress) -> str:
    """Return an address as the log shows it."""
    if not isinstance(address, network.IPv4Address | network.IPv6Address):
        return "a Unix socket"
    ip = ip_address_of(address) or ip_address(address.host)
    return f"{ip}:{address.port}" if isinstance(ip, IPv4Address) else f"[{ip}]:{address.port}"

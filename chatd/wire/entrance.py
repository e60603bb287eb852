"""What all connections of one kind share, by whatever ports they come. Knows nothing of what is said on them."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from chatd.session.session import Server, Session
from chatd.session.state import State
from chatd.wire.batcher import Batcher
from chatd.wire.codec import EncodedEvents
from chatd.wire.gate import Gate
from chatd.wire.limits import Limits

LOOKED_AT = 4  # times within the peer timeout: how often each connection is looked at, to see whether its peer is there


class Inside(Protocol):
    """A connection, as the entrance knows it."""

    session: Session

    @property
    def waiting(self) -> int: ...

    def apply(self, limits: Limits) -> None: ...

    def apply_idle_timeout(self, limit: int | None) -> None: ...

    def drop_vanished(self) -> None: ...

    def close_within(self, seconds: float) -> None: ...


class Entrance:
    """What all connections of one kind share, by whatever ports they come.

    `first` makes the state in which their sessions begin; `name` is what the log calls them.
    """

    def __init__(
        self,
        server: Server,
        clock: IReactorTime,
        batcher: Batcher,
        limits: Limits,
        first: Callable[[Session], State],
        name: str,
    ) -> None:
        self.server = server
        self.clock = clock
        self.batcher = batcher
        self.limits = limits
        self.first = first
        self.name = name
        self.gate = Gate(limits, clock)
        self.encoded = EncodedEvents()
        self.connections: set[Inside] = set()
        self._to_look_at: list[Inside] = []
        self._at_once = 0  # of them
        self._closed: Deferred[None] | None = None  # fires when there is none of them any more

    def gone(self, connection: Inside) -> None:
        """A connection is lost."""
        self.connections.discard(connection)
        if self._closed is not None and not self.connections:
            closed, self._closed = self._closed, None
            closed.callback(None)

    def apply(self, limits: Limits) -> None:
        """Go by other limits from now on, for those who are inside too."""
        before, self.limits = self.limits, limits
        self.gate.apply(limits)
        for connection in self.connections:
            connection.apply(limits)
            if limits.idle_timeout != before.idle_timeout:
                connection.apply_idle_timeout(limits.idle_timeout)

    def drop_vanished(self) -> None:
        """Give up those whose peers have vanished. Called each second, it looks at some: nobody waits for all."""
        if not self._to_look_at:
            self._to_look_at = list(self.connections)
            self._at_once = ceil(len(self._to_look_at) * LOOKED_AT / self.limits.peer_timeout)
        for connection in self._to_look_at[-self._at_once :]:
            connection.drop_vanished()
        del self._to_look_at[-self._at_once :]

    async def close_all(self, seconds: float) -> None:
        """Close every connection, giving each so long to take what is waiting."""
        for connection in tuple(self.connections):
            connection.close_within(seconds)
        if self.connections:
            self._closed = Deferred()
            await self._closed

"""When a connection ends that nobody ends: no nickname is given, nothing is typed, or the goodbye is not taken."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from math import inf
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.protocols.policies import TimeoutMixin

from chatd.core.events import Cause, Departure
from chatd.session.outputs import IdleWarning, Output
from chatd.session.refusals import NicknameTooLate
from chatd.session.session import Session
from chatd.wire.wire import Wire

NICKNAME_WITHIN = 60.0  # seconds
IDLE_WARNING = 60.0  # seconds before an idle person is disconnected
SLOW_GOODBYE = 30.0  # seconds in which what is waiting may still be taken by somebody who has left
LINGER = 1.0  # seconds in which the client may close its side, once all is sent


class Phase(Enum):
    """How far a connection has come to its end."""

    TALKING = auto()
    LEAVING = auto()  # the goodbye is said, but not all is sent
    SENT = auto()  # all is sent; it is the client's turn to close


class Mortal(Protocol):
    """The connection."""

    session: Session

    def send(self, output: Output) -> None: ...


class Lifetime(TimeoutMixin):
    """The phases of one connection, and its one timeout: for the nickname, then for idleness, then for the goodbye.

    `idle_timeout` is in seconds, None for ever.
    """

    def __init__(self, connection: Mortal, wire: Wire, clock: IReactorTime, idle_timeout: int | None) -> None:
        self._connection = connection
        self._wire = wire
        self._clock = clock
        self._idle_timeout = idle_timeout
        self._phase = Phase.TALKING
        self._typed_at = clock.seconds()
        self._is_warned = False
        self._gone_by = inf  # on the clock, when the chat is closed

    @property
    def is_talking(self) -> bool:
        """Whether no goodbye has been said."""
        return self._phase is Phase.TALKING

    @property
    def idle(self) -> float:
        """The seconds since the person has typed anything."""
        idle: float = self._clock.seconds() - self._typed_at
        return idle

    def begin(self) -> None:
        """A nickname is waited for."""
        self.setTimeout(NICKNAME_WITHIN)

    def typed(self, now: float) -> None:
        """The person has typed something."""
        self._typed_at = now

    def apply_idle_timeout(self, limit: int | None) -> None:
        """Go by another limit on idleness, and warn the person before it ends."""
        self._idle_timeout = limit
        if self.is_talking and not self._connection.session.is_entering:
            self._is_warned = False
            self.setTimeout(None if limit is None else 0)

    def leaving(self) -> None:
        """The goodbye is said."""
        self._phase = Phase.LEAVING
        self._end_within(SLOW_GOODBYE)

    def all_sent(self) -> None:
        """All is sent; it is the client's turn to close."""
        self._phase = Phase.SENT
        self._end_within(LINGER)

    def close_within(self, seconds: float) -> None:
        """Say goodbye for chatd, and be gone by then even if the client reads nothing, or up to the last moment."""
        self._gone_by = self._clock.seconds() + seconds
        if self.is_talking:
            self._connection.session.close(Departure(Cause.STOPPED))
        self._end_within(seconds)

    def stop(self) -> None:
        """The connection is gone."""
        self.setTimeout(None)

    def callLater(self, period: float, func: Callable[[], None]) -> IDelayedCall:
        call: IDelayedCall = self._clock.callLater(period, func)
        return call

    def timeoutConnection(self) -> None:
        session, limit = self._connection.session, self._idle_timeout
        if self._phase is Phase.SENT:  # orderly: the kernel goes on sending what the client has yet to take
            self._wire.close()
        elif self._phase is Phase.LEAVING:
            self._wire.abort()
        elif session.is_entering:
            session.turn_away(NicknameTooLate(NICKNAME_WITHIN))
        elif limit is not None:
            self._judge_idleness(limit)

    def _judge_idleness(self, limit: int) -> None:
        if self.idle < limit - IDLE_WARNING:
            self._is_warned = False
            self.setTimeout(limit - IDLE_WARNING - self.idle)
        elif not self._is_warned:
            self._is_warned = True
            self._connection.send(IdleWarning(IDLE_WARNING))
            self.setTimeout(IDLE_WARNING)
        else:
            self._connection.session.close(Departure(Cause.IDLE, seconds=limit))

    def _end_within(self, seconds: float) -> None:
        self.setTimeout(max(0.0, min(seconds, self._gone_by - self._clock.seconds())))

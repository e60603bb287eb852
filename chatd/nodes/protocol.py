"""One connection to Redis: commands out, answers in their order, each within its time. hiredis packs and parses."""

from __future__ import annotations

from collections import deque
from typing import Any

import hiredis
from twisted.internet import tcp
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IDelayedCall, IReactorTime
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from chatd.nodes.shared import OutOfReach
from chatd.wire.direct import DirectSocket

DIAL_WITHIN = 2.0  # seconds, for a connection
_LATE = 0.25  # seconds by which a timer is late in a process that was frozen
_THAWED = 1.0  # seconds in which the answers must come then
_TO_READ = 0.01  # seconds, for what lies in the socket already


class RedisProtocol(Protocol):
    """Each command is written at once: by the reactor's next turn Redis may have answered it."""

    transport: Any

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._reader = hiredis.Reader(encoding="utf-8", errors="replace")
        self._waiting: deque[tuple[float, Deferred[Any]]] = deque()  # until when, and who
        self._timer: IDelayedCall | None = None
        self._lost = ""  # why there is no connection any more
        self._is_gone = False  # nothing may be asked of the transport any more

    def makeConnection(self, transport: Any) -> None:
        super().makeConnection(DirectSocket(transport) if isinstance(transport, tcp.Connection) else transport)

    def ask(self, within: float, *command: str | int) -> Deferred[Any]:
        """Return the answer to a command.

        @raises OutOfReach: if there is none within so many seconds, or a second after this process was frozen; then
            the connection is closed, since answers come in order.
        @raises hiredis.ReplyError: if Redis refuses it.
        """
        packed = hiredis.pack_command(command)  # type: ignore[arg-type]  # its stub knows one alone
        answer: Deferred[Any] = Deferred()
        if self._lost:
            answer.errback(OutOfReach(self._lost))
            return answer
        until = self._clock.seconds() + within
        self._waiting.append((until, answer))
        if self._timer is None:
            self._timer = self._clock.callLater(within, self._check, until)
        self.transport.write(packed)
        return answer

    def close(self) -> None:
        if not self._is_gone:
            self.transport.abortConnection()

    def dataReceived(self, data: bytes) -> None:
        self._reader.feed(data)
        try:
            while (answer := self._reader.gets()) is not False:
                if not self._waiting:
                    return self._lose("it answers what was not asked")
                _, waiting = self._waiting.popleft()
                waiting.callback(Failure(answer) if isinstance(answer, Exception) else answer)
        except hiredis.ProtocolError as error:
            self._lose(f"it doesn't speak as Redis does: {error}")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._is_gone = True
        self._lose(reason.getErrorMessage())

    def _check(self, due: float, has_read: bool = False) -> None:
        """Look whether the oldest command has had its answer, once what has come meanwhile was read."""
        now = self._clock.seconds()
        self._timer = None
        if now - due > _LATE:
            self._waiting = deque((max(until, now + _THAWED), waiting) for until, waiting in self._waiting)
        if self._waiting:
            until = self._waiting[0][0]
            if until > now:
                self._timer = self._clock.callLater(until - now, self._check, until)
            elif has_read:
                self._lose("no answer in time")
            else:
                self._timer = self._clock.callLater(_TO_READ, self._check, now + _TO_READ, True)

    def _lose(self, why: str) -> None:
        self._lost = self._lost or why
        self.close()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, deque()
        for _, answer in waiting:
            answer.errback(OutOfReach(self._lost))


class RedisFactory(Factory):
    """Makes the protocol of one connection."""

    noisy = False

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock

    def buildProtocol(self, addr: IAddress | None) -> RedisProtocol:
        return RedisProtocol(self._clock)

"""One connection, whatever is spoken on it, and what all connections of one kind share.

What comes in: the door hands over each line (`receive`) and the end (`ended`); the codec makes an input of it, the
session takes that. What goes out: the session's outputs and the hall's events, encoded by the codec, by the outbox.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import Enum, auto
from math import ceil
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as TimedOut
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.protocols.policies import TimeoutMixin

from chatd.core.events import Cause, Departure, Events
from chatd.core.refusals import HallError
from chatd.session.inputs import Ended, Input, Refused
from chatd.session.outputs import IdleWarning, Output, TypingTooFast
from chatd.session.refusals import NicknameTooLate, NoSuchFormat, TookTooLong
from chatd.session.session import Server, Session, State
from chatd.session.view import View, view
from chatd.wire.addresses import ip_address_of, neighbourhood, shown_address
from chatd.wire.batcher import Batcher
from chatd.wire.codec import Codec, EncodedEvents
from chatd.wire.gate import Gate, PerAddress, RateLimit
from chatd.wire.limits import Limits
from chatd.wire.outbox import Outbox
from chatd.wire.sockets import has_vanished, prepare
from chatd.wire.users import user_of

NICKNAME_WITHIN = 60.0  # seconds
IDLE_WARNING = 60.0  # seconds before an idle person is disconnected
SLOW_GOODBYE = 30.0  # seconds in which what is waiting may still be taken by somebody who has left
LINGER = 1.0  # seconds in which the client may close its side, once all is sent
DONE_WITHIN = 30.0  # seconds in which what takes its time must be done
LOOKED_AT = 4  # times within the peer timeout: how often each connection is looked at, to see whether its peer is there
CAUGHT_UP = 1.0  # seconds without anything to read, after which nothing can be waiting at the client any more


class Wire(Protocol):
    """What a door brings for each of its connections besides the codecs."""

    def stop_reading(self) -> None:
        """Hand over no further line, and read nothing from the transport."""

    def read_on(self) -> None:
        """Hand over what has been read already, then read again."""

    @property
    def lines_wait(self) -> bool:
        """Whether a whole line has been read that is not handed over yet."""

    def taken(self) -> int:
        """Return a number that grows when the peer takes something of what was handed to the transport."""

    def close(self) -> None:
        """Close the transport in order."""

    def abort(self) -> None:
        """Close the transport at once, whatever is still waiting."""


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
        self.connections: set[Connection] = set()
        self._to_look_at: list[Connection] = []
        self._at_once = 0  # of them
        self._closed: Deferred[None] | None = None  # fires when there is none of them any more

    def gone(self, connection: Connection) -> None:
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


class Phase(Enum):
    """How far a connection has come to its end."""

    TALKING = auto()
    LEAVING = auto()  # the goodbye is said, but not all is sent
    SENT = auto()  # all is sent; it is the client's turn to close


class Connection(TimeoutMixin):
    """The client of its session, and the reader of its outbox.

    1. It hands an input to the session only when the one before is done, and in the order in which they were typed.
    2. It reads on only in a turn of the reactor of its own: never within a broadcast, or people would see events in
       different orders.
    3. `typed_at` is never later than the truth: what may have waited at the client counts as typed when the connection
       last had nothing waiting.
    4. It has one timeout: for the nickname, then for idleness, in the end for the goodbye.
    """

    _log = Logger()

    deliver: Callable[[Events], bool]

    def __init__(
        self, entrance: Entrance, wire: Wire, transport: Any, codecs: Mapping[str, Callable[[], Codec]], format: str
    ) -> None:
        clock, limits = entrance.clock, entrance.limits
        self._entrance = entrance
        self._clock = clock
        self._wire = wire
        self._transport = transport
        self._codecs = codecs
        self.codec = codecs[format]()
        self.codec.view = view("on", entrance.server.language)
        self._outbox = Outbox(
            transport,
            self,
            self.codec,
            entrance.encoded,
            entrance.batcher,
            clock,
            limit=limits.sendq,
            patience=limits.stall_timeout,
        )
        self.deliver = self._outbox.deliver  # bound directly: it is called for each line that the person hears
        self._phase = Phase.TALKING
        self._read_closed = self._is_lost = False
        self._reading = True
        self._held: IDelayedCall | None = None  # until it may read on
        self._work: Deferred[None] | None = None  # what the session is busy with
        self._told_rate = self._warned = False
        self._rate = RateLimit(limits, 1, clock.seconds())
        self._neighbours: PerAddress | None = None
        self._heard_at = clock.seconds()
        self._typed_at = self._heard_at  # for what is being read
        self._behind_until = float("-inf")  # until then, what is read may have waited at the client
        address = transport.getPeer()
        self._where = neighbourhood(address)
        self.session = Session(
            entrance.server,
            self,
            shown_address(address),
            ip_address_of(address),
            entrance.first,
            user_of(transport),
        )

    def begin(self) -> None:
        """Let the person in, or say why not."""
        self._entrance.connections.add(self)
        prepare(self._transport, self._entrance.limits.peer_timeout)
        self.setTimeout(NICKNAME_WITHIN)
        try:
            self._neighbours = self._entrance.gate.admit(self._where)
        except HallError as error:
            self.session.turn_away(error)
        else:
            self.session.begin()

    # What the door calls.

    def note_typed(self) -> None:
        """The person has typed something; what their client sends by itself doesn't count."""
        self._heard_at = self._clock.seconds()

    def note_read(self) -> None:
        """Something has arrived."""
        now = self._clock.seconds()
        if now < self._behind_until:
            self._behind_until = now + CAUGHT_UP
        else:
            self._typed_at = now

    def receive(self, line: bytes) -> None:
        """Take a line, without its end."""
        self._spend(1, len(line) + 1)
        self._take(self.codec.decode(line, self._typed_at))
        self._hold_back()

    def note_discarded(self, size: int) -> None:
        """So many bytes were read that are part of no line; they are read at the same pace."""
        self._spend(0, size)
        self._hold_back()

    def refuse(self, error: HallError) -> None:
        """Refuse something that is no line at all."""
        self._take(Refused(error))

    def ended(self) -> None:
        """The client has sent all it will, and may still be reading (`nc -N`)."""
        self._read_closed = True
        if self._phase is Phase.TALKING:
            self._take(Ended(closed=True))
        else:
            self._wire.close()

    def all_sent(self) -> None:
        """All is sent; now it is the client's turn to close."""
        self._phase = Phase.SENT
        self.setTimeout(LINGER)

    def lost(self, how: Departure, logged_as: str = "") -> None:
        """The connection is gone."""
        self._is_lost = True
        self.session.lost(how, logged_as)
        self._outbox.stopProducing()
        self.setTimeout(None)
        if self._held is not None:
            self._held.cancel()
            self._held = None
        work, self._work = self._work, None
        if work is not None:
            work.cancel()
        self._entrance.gate.leave(self._where)
        self._entrance.gone(self)

    def give_up(self, how: Departure) -> None:
        """End the connection at once."""
        self.session.lost(how)
        self._wire.abort()

    # What the session calls: this is its client.

    @property
    def view(self) -> View:
        return self.codec.view

    @view.setter
    def view(self, view: View) -> None:
        self._entrance.batcher.settle()
        self.codec.view = view

    @property
    def idle(self) -> float:
        idle: float = self._clock.seconds() - self._heard_at
        return idle

    @property
    def waiting(self) -> int:
        return self._outbox.waiting

    def send(self, output: Output) -> None:
        self._outbox.answer(iter(self.codec.encode(output)))

    def write(self, data: bytes) -> None:
        """Send what the door itself has to say, behind all that waits."""
        self._outbox.answer(iter((data,)))

    def charge(self, lines: int) -> None:
        self._spend(lines, 0)

    def speak(self, format: str) -> None:
        if format not in self._codecs:
            raise NoSuchFormat(format, tuple(self._codecs))
        self._entrance.batcher.settle()
        self.write(self.codec.end())
        codec = self._codecs[format]()
        codec.view = self.codec.view
        self.codec = self._outbox.codec = codec

    def close(self) -> None:
        self._phase = Phase.LEAVING
        self.setTimeout(SLOW_GOODBYE)
        self._outbox.finish()
        if self._read_closed:
            self._wire.close()

    # What the outbox and the entrance call.

    def taken(self) -> int:
        return self._wire.taken()

    def stalled(self, seconds: float) -> None:
        self.give_up(Departure(Cause.STALLED, seconds=seconds))

    def skipped(self, lines: int) -> None:
        self._entrance.server.hall.counts.skipped += lines

    def answered(self) -> None:
        self._go_on_soon()

    def apply(self, limits: Limits) -> None:
        """Go by other limits from now on. A pause that has begun keeps its length."""
        self._rate.apply(limits)
        self._outbox.apply(limits.sendq, limits.stall_timeout)
        prepare(self._transport, limits.peer_timeout)

    def apply_idle_timeout(self, limit: int | None) -> None:
        """Go by another limit on idleness, and warn the person before it ends."""
        if self._phase is Phase.TALKING and not self.session.is_entering:
            self._warned = False
            self.setTimeout(None if limit is None else 0)

    def drop_vanished(self) -> None:
        """Give up if the peer has vanished."""
        if not self._is_lost and has_vanished(self._transport, self._entrance.limits.peer_timeout):
            self.give_up(Departure(Cause.LOST))

    def close_within(self, seconds: float) -> None:
        """Say goodbye for chatd, and be gone by then even if the client reads nothing."""
        if self._phase is Phase.TALKING:
            self.session.close(Departure(Cause.STOPPED))
        self.setTimeout(seconds)

    # Inputs, one after the other.

    def _take(self, given: Input) -> None:
        work = self.session.receive(given)
        if work is not None:
            working = Deferred.fromCoroutine(self._attend(work))
            if not working.called:
                self._work = working

    async def _attend(self, work: Awaitable[None]) -> None:
        """See what the session is busy with to its end."""
        try:
            await Deferred.fromCoroutine(_coroutine(work)).addTimeout(DONE_WITHIN, self._clock)
        except TimedOut:
            self.session.refuse(TookTooLong(DONE_WITHIN))
        except Exception:
            if self._is_lost:
                return  # it was cancelled, or fails too late to matter
            self.broken()
        self._work = None
        self._go_on_soon()

    def broken(self) -> None:
        """A bug of ours is being handled: it must end this connection and no other."""
        self._log.failure("Something that was typed could not be dealt with")
        self.give_up(Departure(Cause.BROKEN))

    # How fast the connection is read. What is not read yet waits at the client: it is heard later, and not lost.

    def _spend(self, lines: int, size: int) -> None:
        now = self._clock.seconds()
        if self._told_rate and self._rate.is_full(now):
            self._told_rate = False
        self._rate.spend(lines, size, now)
        if self._neighbours is not None:
            self._neighbours.rate.spend(lines, size, now)

    def _hold_back(self) -> None:
        """Read on only when more may be said, and the answers are taken: who reads none can't ask for more."""
        now = self._clock.seconds()
        wait = self._rate.wait(now)
        if self._neighbours is not None:
            wait = max(wait, self._neighbours.rate.wait(now))
        if wait and self._held is None:
            self._entrance.server.hall.counts.held_back += wait
            self._held = self._clock.callLater(wait, self._go_on)
            if not self._told_rate and self._wire.lines_wait:
                self._told_rate = True
                limits = self._entrance.limits
                self.send(TypingTooFast(limits.line_rate, limits.byte_rate))
        if self._reading and (wait or self._is_busy):
            self._reading = False
            self._wire.stop_reading()

    @property
    def _is_busy(self) -> bool:
        return self._outbox.busy or self._work is not None

    def _go_on_soon(self) -> None:
        if self._held is None and not self._reading:
            self._held = self._clock.callLater(0, self._go_on)

    def _go_on(self) -> None:
        self._held = None
        if not (self._reading or self._is_busy):
            self._reading = True
            self._behind_until = self._clock.seconds() + CAUGHT_UP
            self._wire.read_on()

    # The timeout.

    def callLater(self, period: float, func: Callable[[], None]) -> IDelayedCall:
        call: IDelayedCall = self._clock.callLater(period, func)
        return call

    def timeoutConnection(self) -> None:
        limit = self._entrance.limits.idle_timeout
        if self._phase is Phase.SENT:  # orderly: the kernel goes on sending what the client has yet to take
            self._wire.close()
        elif self._phase is Phase.LEAVING:
            self._wire.abort()
        elif self.session.is_entering:
            self.session.turn_away(NicknameTooLate(NICKNAME_WITHIN))
        elif limit is not None:
            self._judge_idleness(limit)

    def _judge_idleness(self, limit: int) -> None:
        if self.idle < limit - IDLE_WARNING:
            self._warned = False
            self.setTimeout(limit - IDLE_WARNING - self.idle)
        elif not self._warned:
            self._warned = True
            self.send(IdleWarning(IDLE_WARNING))
            self.setTimeout(IDLE_WARNING)
        else:
            self.session.close(Departure(Cause.IDLE, seconds=limit))


async def _coroutine(work: Awaitable[None]) -> None:
    await work

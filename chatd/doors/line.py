"""The door that telnet and nc reach: lines of UTF-8 in, lines of UTF-8 out (docs/protocol.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IHalfCloseableProtocol,
    ILoggingContext,
    IReactorTime,
    ITCPTransport,
)
from twisted.internet.protocol import Factory, connectionDone
from twisted.logger import Logger
from twisted.protocols.basic import LineReceiver
from twisted.protocols.policies import TimeoutMixin
from twisted.python.failure import Failure
from zope.interface import implementer

from chatd.core.events import Event, Several
from chatd.core.refusals import HallError, LineCutOff, LineTooLong, NicknameTooLate, NotText, SpokeTLS
from chatd.doors.telnet import END_OF_INPUT, Keyboard, erased, needs_erasing
from chatd.session.session import Server, Session, State
from chatd.session.words import View
from chatd.wire.batcher import Batcher, Press, encoded
from chatd.wire.gate import Gate, Limits, Neighbours, Pace, ip_address_of, neighbourhood, shown_address
from chatd.wire.outbox import Outbox
from chatd.wire.sockets import prepare

EOF_TYPED = b"\x15\x04"  # how Keyboard hands on telnet's EOF, behind whatever was half typed
MAX_LINE = 4096  # bytes
NICKNAME_WITHIN = 60.0  # seconds
IDLE_WARNING = 60.0  # seconds before an idle person is disconnected
SLOW_GOODBYE = 30.0  # seconds in which what is waiting may still be taken by somebody who has left
LINGER = 1.0  # seconds in which the client may close its side, once all is sent
CLIENT_HELLO = b"\x16\x03"  # RFC 8446, 5.1: how TLS begins, and no nickname


@dataclass(frozen=True, slots=True)
class Terms:
    """What every connection is granted: `sendq` is in bytes, times are in seconds, `idle_timeout` None is for ever."""

    limits: Limits
    sendq: int
    stall_timeout: int
    peer_timeout: int
    idle_timeout: int | None


@implementer(IHalfCloseableProtocol)
class LineDoor(LineReceiver, TimeoutMixin):
    """One connection: a `Terminal` for its conversation, and the `Reader` of its outbox.

    Its one timeout is that for the nickname, then that of idleness, and in the end that of the goodbye.
    """

    _log = Logger()

    delimiter = b"\n"
    MAX_LENGTH = MAX_LINE
    transport: ITCPTransport
    deliver: Callable[[Event | Several], bool]

    def __init__(self, factory: LineFactory) -> None:
        self.factory = factory
        self._excess = b""  # of a line that is too long
        self._at_prompt = False
        self._closing = self._all_sent = self._all_read = False
        self._read_at = self._heard_at = factory.clock.seconds()
        self._pace = Pace(factory.terms.limits, 1, self._heard_at)
        self._neighbours: Neighbours | None = None
        self._held: IDelayedCall | None = None
        self._told_pace = self._warned = False
        self._behind = False  # what is read may have been typed at any time since `_read_at`

    # What Twisted calls.

    def connectionMade(self) -> None:
        factory, transport = self.factory, self.transport
        address = transport.getPeer()
        self._where = neighbourhood(address)
        self._outbox = Outbox(
            transport,
            self,
            factory.press,
            factory.batcher,
            factory.clock,
            limit=factory.terms.sendq,
            patience=factory.terms.stall_timeout,
        )
        self._keyboard = Keyboard(lambda reply: self._outbox.answer(iter([reply])))  # bounded, and never skipped
        self.deliver = self._outbox.deliver  # without a call of our own in between: it is called for each line heard
        self._session = Session(factory.server, self, shown_address(address), ip_address_of(address), factory.first)
        factory.doors.add(self)
        prepare(transport, factory.terms.peer_timeout)
        self.setTimeout(NICKNAME_WITHIN)
        try:
            self._neighbours = factory.gate.admit(self._where)
        except HallError as error:
            self._session.turn_away(error)
        else:
            self._session.begin()

    def dataReceived(self, data: bytes) -> None:
        if data and not (self._behind and not self._pace.is_full(self.factory.clock.seconds())):
            self._behind = False
            self._read_at = self.factory.clock.seconds()
        if data.startswith(CLIENT_HELLO) and self._session.awaits_nickname:
            self._session.turn_away(SpokeTLS())
            return
        try:
            text = self._keyboard.typed(data)
            if len(text) < len(data):  # telnet's own words are read at the same pace
                self._spend(0, len(data) - len(text))
            super().dataReceived(text)
            if len(text) < len(data):
                self._hold_back()
            while self._excess:
                excess, self._excess = self._excess, b""
                self.rawDataReceived(excess)
        except Exception:  # a bug of ours: it must end this connection and no other
            self._log.failure("A line could not be dealt with")
            self._give_up("connection broken")

    def lineReceived(self, line: bytes) -> None:
        self._at_prompt = False
        self._spend(1, len(line) + 1)
        if line.endswith(EOF_TYPED):
            line = END_OF_INPUT.encode()
        try:
            text = line.decode()
        except UnicodeDecodeError:
            self._session.refuse(NotText())
        else:
            if needs_erasing(line):
                text = erased(text)
            self._session.heard("quit" if text == END_OF_INPUT else text, self._read_at)
        self._hold_back()

    def lineLengthExceeded(self, line: bytes) -> None:
        self._at_prompt = False
        self._session.refuse(LineTooLong(MAX_LINE))
        self.setRawMode()
        self._excess = line  # LineReceiver stops here; dataReceived goes on

    def rawDataReceived(self, data: bytes) -> None:
        """Throw away the rest of a line that is too long."""
        excess, newline, rest = data.partition(b"\n")
        self._spend(0, len(excess))
        self._hold_back()
        if newline:
            if excess.endswith(EOF_TYPED):
                self._session.heard("quit")
            self.setLineMode()
            super().dataReceived(rest)

    def readConnectionLost(self) -> None:
        """The client has sent all it will, and may still be reading (`nc -N`)."""
        self._all_read = True
        if self.line_mode and self.clearLineBuffer():
            self._session.refuse(LineCutOff())
        if self._closing:
            self.transport.loseConnection()
        else:
            self._session.heard("quit")

    def writeConnectionLost(self) -> None:
        """All is sent; now it is the client's turn to close."""
        self._all_sent = True
        self.setTimeout(LINGER)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        why = str(reason.value) if reason.check(HandshakeFailed) else "connection lost"
        self._session.hung_up("" if reason.check(ConnectionDone) else why)
        self._outbox.stopProducing()
        self.setTimeout(None)
        if self._held is not None:
            self._held.cancel()
        self.factory.gate.leave(self._where)
        self.factory.gone(self)

    def callLater(self, period: float, func: Callable[[], None]) -> IDelayedCall:
        call: IDelayedCall = self.factory.clock.callLater(period, func)
        return call

    def timeoutConnection(self) -> None:
        if self._closing and self._all_sent:  # orderly: the kernel goes on sending what the client has yet to take
            self.transport.loseConnection()
        elif self._closing:
            self.transport.abortConnection()
        elif self._session.awaits_nickname:
            self._session.turn_away(NicknameTooLate(NICKNAME_WITHIN))
        elif self.factory.terms.idle_timeout is not None:
            self._judge_idleness(self.factory.terms.idle_timeout)

    # What the conversation calls: this is its terminal.

    @property
    def view(self) -> View:
        return self._outbox.view

    @view.setter
    def view(self, view: View) -> None:
        self._outbox.view = view

    @property
    def idle(self) -> float:
        idle: float = self.factory.clock.seconds() - self._heard_at
        return idle

    @property
    def waiting(self) -> int:
        return self._outbox.waiting

    def answer(self, lines: Iterable[str]) -> None:
        if self._at_prompt:
            lines = ("", *lines)
        self._at_prompt = False
        self._outbox.answer(encoded(line) for line in lines)

    def prompt(self, text: str) -> None:
        self._at_prompt = True
        self._outbox.answer(iter([text.encode()]))

    def charge(self, lines: int) -> None:
        self._spend(lines, 0)

    def hang_up(self) -> None:
        self._closing = True
        self.setTimeout(SLOW_GOODBYE)
        self._outbox.finish()
        if self._all_read:
            self.transport.loseConnection()

    # What the outbox and the factory call.

    def stalled(self, seconds: float) -> None:
        self._give_up(f"connection stalled for {seconds:g} s")

    def skipped(self, lines: int) -> None:
        self.factory.server.hall.counts.skipped += lines

    def answered(self) -> None:
        self._go_on()

    def take_terms(self, terms: Terms) -> None:
        """Be held to other terms from now on. What is held back already, waits as it would have."""
        self._pace.take_limits(terms.limits)
        self._outbox.take_terms(terms.sendq, terms.stall_timeout)
        prepare(self.transport, terms.peer_timeout)

    def take_idle_timeout(self, limit: int | None) -> None:
        """Be held to another limit on idleness, and be warned before it ends."""
        if not (self._closing or self._session.awaits_nickname):
            self._warned = False
            self.setTimeout(None if limit is None else 0)

    def close_within(self, seconds: float) -> None:
        """Say goodbye for chatd, and be gone by then even if the client reads nothing."""
        if not self._closing:
            self._session.depart("-- goodbye", "chatd stopped", "chatd stopped")
        self.setTimeout(seconds)

    def _give_up(self, why: str) -> None:
        self._session.hung_up(why)
        self.transport.abortConnection()

    # How fast the connection is read. What is not read yet waits at the client: it is heard later, and not lost.

    def _spend(self, lines: int, size: int) -> None:
        now = self._heard_at = self.factory.clock.seconds()
        if self._told_pace and self._pace.is_full(now):
            self._told_pace = False
        self._pace.spend(lines, size, now)
        if self._neighbours is not None:
            self._neighbours.pace.spend(lines, size, now)

    def _hold_back(self) -> None:
        """Read on only when more may be said, and the answers are taken: who reads none can't ask for more."""
        wait = self._pace.wait(self._heard_at)
        if self._neighbours is not None:
            wait = max(wait, self._neighbours.pace.wait(self._heard_at))
        if wait and self._held is None:
            self.factory.server.hall.counts.held_back += wait
            self._held = self.factory.clock.callLater(wait, self._let_go)
            if not self._told_pace and b"\n" in self._buffer:
                self._told_pace = True
                self.answer([f"-- {self.factory.terms.limits.too_fast()}"])
        if wait or self._outbox.busy:
            self._behind = True
            self.pauseProducing()

    def _let_go(self) -> None:
        self._held = None
        self._go_on()

    def _go_on(self) -> None:
        if self.paused and self._held is None and not self._outbox.busy:
            self.resumeProducing()

    def _judge_idleness(self, limit: int) -> None:
        if self.idle < limit - IDLE_WARNING:
            self._warned = False
            self.setTimeout(limit - IDLE_WARNING - self.idle)
        elif not self._warned:
            self._warned = True
            self.answer([f"-- you will be disconnected in {IDLE_WARNING:.0f} s unless you type something"])
            self.setTimeout(IDLE_WARNING)
        else:
            why = f"idle for {limit} s"
            self._session.depart(f"-- goodbye: you were {why}", why, why)


class HandshakeFailed(Exception):
    """Why a connection was lost before its door could be reached; `str()` is for the log."""


@implementer(ILoggingContext)
class LineFactory(Factory):
    """What all line doors share: the server, the terms, the gate, the batcher, the press, the registry of connections.

    `first` makes the state in which a conversation begins, None is that of a person; `name` is what the log calls it.
    """

    noisy = False

    def __init__(
        self,
        server: Server,
        clock: IReactorTime,
        batcher: Batcher,
        terms: Terms,
        first: Callable[[Session], State] | None = None,
        name: str = "Line door",
    ) -> None:
        self.name = name
        self.server = server
        self.first = first
        self.clock = clock
        self.terms = terms
        self.gate = Gate(terms.limits, clock)
        self.batcher = batcher
        self.press = Press()
        self.doors: set[LineDoor] = set()
        self._closed: Deferred[None] | None = None  # fires when there is none of them any more

    def logPrefix(self) -> str:
        return self.name

    def buildProtocol(self, addr: IAddress | None) -> LineDoor:
        return LineDoor(self)

    def gone(self, door: LineDoor) -> None:
        """A connection is lost."""
        self.doors.discard(door)
        if self._closed is not None and not self.doors:
            closed, self._closed = self._closed, None
            closed.callback(None)

    def take_terms(self, terms: Terms) -> None:
        """Hold everybody to other terms from now on, those who are inside too."""
        before, self.terms = self.terms, terms
        self.gate.take_limits(terms.limits)
        for door in self.doors:
            door.take_terms(terms)
            if terms.idle_timeout != before.idle_timeout:
                door.take_idle_timeout(terms.idle_timeout)

    async def close_all(self, seconds: float) -> None:
        """Close every connection, giving each so long to take what is waiting."""
        for door in tuple(self.doors):
            door.close_within(seconds)
        if self.doors:
            self._closed = Deferred()
            await self._closed

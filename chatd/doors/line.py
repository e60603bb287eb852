"""The door that telnet and nc reach: lines of UTF-8 in, lines of UTF-8 out (docs/protocol.md)."""

from __future__ import annotations

from collections.abc import Iterable

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress, IDelayedCall, IHalfCloseableProtocol, IReactorTime, ITCPTransport
from twisted.internet.protocol import Factory, connectionDone
from twisted.logger import Logger
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from zope.interface import implementer

from chatd.core.events import Event
from chatd.core.refusals import HallError, LineTooLong, NotText
from chatd.doors.outbox import Outbox, Post
from chatd.doors.telnet import END_OF_INPUT, Keyboard, erased, needs_erasing
from chatd.talk.conversation import Conversation, House
from chatd.talk.rendering import View, render, view

MAX_LINE = 4096  # bytes
SLOW_GOODBYE = 30.0  # seconds in which what is waiting may still be taken by somebody who has left
LINGER = 1.0  # seconds in which the client may close its side, once all is sent


class Press:
    """The bytes of one event, made once for each view: the hearers of a line come one after the other."""

    def __init__(self) -> None:
        self._event: Event | None = None
        self._lines: dict[View, bytes] = {}

    def line(self, event: Event, view: View) -> bytes:
        if event is not self._event:
            self._event = event
            self._lines = {}
        try:
            return self._lines[view]
        except KeyError:
            line = self._lines[view] = encoded(render(event, view))
            return line


def encoded(line: str) -> bytes:
    return f"{line}\r\n".encode()


@implementer(IHalfCloseableProtocol)
class LineDoor(LineReceiver):
    """One connection: a `Terminal` for its conversation, and the `Reader` of its outbox."""

    _log = Logger()

    delimiter = b"\n"
    MAX_LENGTH = MAX_LINE
    transport: ITCPTransport

    def __init__(self, factory: LineFactory) -> None:
        self.factory = factory
        self.gone: Deferred[None] = Deferred()
        self.view = view("on")
        self._excess = b""
        self._goodbye: IDelayedCall | None = None

    # What Twisted calls.

    def connectionMade(self) -> None:
        factory, transport = self.factory, self.transport
        self._press = factory.press
        self._keyboard = Keyboard(transport.write)
        self._outbox = Outbox(
            transport, self, factory.post, factory.clock, limit=factory.sendq, patience=factory.stall_timeout
        )
        self._conversation = Conversation(factory.house, self, shown_address(transport.getPeer()))
        factory.doors.add(self)
        self._conversation.begin()

    def dataReceived(self, data: bytes) -> None:
        try:
            super().dataReceived(self._keyboard.typed(data))
            while self._excess:
                excess, self._excess = self._excess, b""
                self.rawDataReceived(excess)
        except Exception:  # a bug of ours: it must end this connection and no other
            self._log.failure("A line could not be dealt with")
            self._conversation.hung_up("connection broken")
            self.transport.abortConnection()

    def lineReceived(self, line: bytes) -> None:
        try:
            text = line.decode()
        except UnicodeDecodeError:
            self._conversation.refuse(NotText())
            return
        if needs_erasing(line):
            text = erased(text)
        self._conversation.heard("quit" if text == END_OF_INPUT else text)
        if self._outbox.busy:
            self.pauseProducing()  # until `answered`: who doesn't read the answers can't ask for more

    def lineLengthExceeded(self, line: bytes) -> None:
        self._conversation.refuse(LineTooLong(MAX_LINE))
        self.setRawMode()
        self._excess = line  # LineReceiver stops here; dataReceived goes on

    def rawDataReceived(self, data: bytes) -> None:
        """Throw away the rest of a line that is too long."""
        _, newline, rest = data.partition(b"\n")
        if newline:
            self.setLineMode()
            super().dataReceived(rest)

    def readConnectionLost(self) -> None:
        """The client has sent all it will, and may still be reading (`nc -N`)."""
        if self.line_mode and self.clearLineBuffer():
            self._conversation.refuse(LineCutOff())
        self._conversation.heard("quit")
        self.transport.loseConnection()

    def writeConnectionLost(self) -> None:
        """All is sent; now it is the client's turn to close."""
        self._abort_in(LINGER)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._conversation.hung_up("" if reason.check(ConnectionDone) else "connection lost")
        self._outbox.stopProducing()
        if self._goodbye is not None and self._goodbye.active():
            self._goodbye.cancel()
        self.factory.doors.discard(self)
        self.gone.callback(None)

    # What the conversation calls: this is its terminal.

    def deliver(self, event: Event) -> bool:
        return self._outbox.append(self._press.line(event, self.view))

    def answer(self, lines: Iterable[str]) -> None:
        self._outbox.answer(encoded(line) for line in lines)

    def prompt(self, text: str) -> None:
        self._outbox.answer(iter([text.encode()]))

    def hang_up(self) -> None:
        self._abort_in(SLOW_GOODBYE)
        self._outbox.finish()

    # What the outbox calls: this is its reader.

    def stalled(self, seconds: float) -> None:
        self._conversation.hung_up(f"connection stalled for {seconds:g} s")
        self.transport.abortConnection()

    def answered(self) -> None:
        self.resumeProducing()

    def close_within(self, seconds: float) -> None:
        """Say goodbye for the house, and be gone by then even if the client reads nothing."""
        self._conversation.hung_up("chatd stopped")
        self.hang_up()
        self._abort_in(seconds)

    def _abort_in(self, seconds: float) -> None:
        if self._goodbye is not None and self._goodbye.active():
            self._goodbye.cancel()
        self._goodbye = self.factory.clock.callLater(seconds, self.transport.abortConnection)


class LineCutOff(HallError):
    """The input ended in the middle of a line."""

    def __init__(self) -> None:
        super().__init__("your last line had no end; it was not sent; end each line with a newline")


class LineFactory(Factory):
    """What all line doors share: the house, the post, the press, and the registry of open connections."""

    noisy = False

    def __init__(self, house: House, clock: IReactorTime, *, sendq: int, stall_timeout: float) -> None:
        self.house = house
        self.clock = clock
        self.sendq = sendq
        self.stall_timeout = stall_timeout
        self.post = Post(clock)
        self.press = Press()
        self.doors: set[LineDoor] = set()

    def buildProtocol(self, addr: IAddress | None) -> LineDoor:
        return LineDoor(self)

    async def close_all(self, seconds: float) -> None:
        """Close every connection, giving each so long to take what is waiting."""
        doors = tuple(self.doors)
        for door in doors:
            door.close_within(seconds)
        await DeferredList([door.gone for door in doors])
        self.post.stop()


def shown_address(address: IAddress) -> str:
    """Return an address as the log shows it; dual-stack sockets show IPv4 peers as `::ffff:1.2.3.4`."""
    if isinstance(address, IPv4Address | IPv6Address):
        host = address.host.removeprefix("::ffff:")
        return f"[{host}]:{address.port}" if ":" in host else f"{host}:{address.port}"
    return "a Unix socket"

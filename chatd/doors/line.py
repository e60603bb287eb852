"""The door that telnet, nc and programs reach: lines over TCP, TLS or a Unix socket."""

from __future__ import annotations

from twisted.internet.address import UNIXAddress
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IHalfCloseableProtocol,
    IHandshakeListener,
    ILoggingContext,
    ISSLTransport,
)
from twisted.internet.protocol import Factory, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from chatd.core.events import Cause, Departure
from chatd.doors.framing import Framing
from chatd.doors.jsonl import JSON_CODECS
from chatd.doors.keyboard import Keyboard
from chatd.doors.strangers import HTTP_HEAD, TLS_HELLO, protocol_of
from chatd.doors.telnet import Telnet, Terminal
from chatd.doors.telnet_row import TelnetRow
from chatd.doors.text import TextCodec
from chatd.session.outputs import StillHere
from chatd.session.refusals import LineCutOff, TelnetUnfinished, WrongProtocol
from chatd.wire.codec import Codec
from chatd.wire.connection import Connection
from chatd.wire.entrance import Entrance
from chatd.wire.sockets import taken, unacknowledged


class HandshakeFailed(Exception):
    """Why a connection was lost before its door could be reached; `str()` is for the log."""


GREETED_AFTER = 0.1  # seconds; by then, a client that speaks first, such as a browser, has begun


@implementer(IHalfCloseableProtocol, IHandshakeListener)
class LineDoor(Framing):
    """The framing of one connection, and its `Wire`: telnet's words are taken out, what is left is cut into lines."""

    def __init__(self, entrance: Entrance) -> None:
        super().__init__()
        self._entrance = entrance
        self._is_first = True  # no line was received yet

    def connectionMade(self) -> None:
        terminal = Terminal()
        self._telnet = telnet = Telnet(terminal, self)
        self._terminal = terminal
        self.keys = Keyboard(terminal, telnet)
        self._row = TelnetRow(self, telnet, terminal, self._entrance.clock)
        self.connection = Connection(self._entrance, self, self.transport)
        if isinstance(self.transport.getPeer(), UNIXAddress):
            self._greeting: IDelayedCall | None = None
        else:
            self.connection.hold_greeting()
            self._greeting = self._entrance.clock.callLater(GREETED_AFTER, self._greet)
        self.connection.begin()

    def handshakeCompleted(self) -> None:
        """Only now could the client say anything."""
        if self._greeting is not None:
            self._greeting.reset(GREETED_AFTER)

    def dataReceived(self, data: bytes) -> None:
        if self._is_first and data.startswith(TLS_HELLO):
            self.connection.session.turn_away(WrongProtocol("TLS"))
            return
        if self._row.is_on:
            self._row.take(data)
        else:
            super().dataReceived(data)
        if self._terminal.speaks_telnet:
            self._row.check()
        if self._greeting is not None:
            self._greet()

    def _greet(self) -> None:
        """Send the greeting, now that the client has begun to speak, or waits for it."""
        self._stop_waiting()
        self.connection.greet()

    def _stop_waiting(self) -> None:
        greeting, self._greeting = self._greeting, None
        if greeting is not None and greeting.active():
            greeting.cancel()

    def lineReceived(self, line: bytes) -> None:
        if self._telnet.offer.hides:
            self._telnet.offer.show_typing()
        if self._is_first:
            self._is_first = False
            if self.connection.session.is_entering and (protocol := protocol_of(line)):
                self._turn_away(protocol)
        if self._row.begun is not None:
            self._lines -= 1
            self._row.finish(line)
        else:
            super().lineReceived(line)

    def _turn_away(self, protocol: str) -> None:
        """Tell a program that this is a chat, and close: what it says next must not be taken for a nickname."""
        if self._greeting is not None:
            self.connection.take_greeting_back()
        if protocol == "HTTP":
            self.connection.write(HTTP_HEAD)
        self.connection.session.turn_away(WrongProtocol(protocol))

    def readConnectionLost(self) -> None:
        self._terminal.closes_itself = True
        if self.take_rest():
            self.connection.refuse(LineCutOff())
        self._row.end(self.connection.ended)

    def writeConnectionLost(self) -> None:
        self.connection.all_sent()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._row.stop()
        self._stop_waiting()
        if reason.check(HandshakeFailed):
            self.connection.lost(Departure(Cause.LOST), str(reason.value))
        else:
            self.connection.lost(Departure(Cause.CLOSED if reason.check(ConnectionDone) else Cause.LOST))

    # What telnet's words call.

    def reply(self, data: bytes) -> None:
        self.connection.write(data)

    def asked_whether_here(self) -> None:
        self.connection.send(StillHere())

    def interrupted(self) -> None:
        self.connection.session.interrupted()

    def word_unfinished(self) -> None:
        self.connection.refuse(TelnetUnfinished())

    def resized(self) -> None:
        """What follows is laid out for another width, and shared with those who see alike."""
        self.connection.view = self.connection.view

    # What the connection calls: this is its wire.

    formats = ("text", *JSON_CODECS)

    def codec_for(self, format: str) -> Codec:
        return TextCodec(self._terminal) if format == "text" else JSON_CODECS[format]()

    def stop_reading(self) -> None:
        self._row.pause()
        if not self._row.is_on:
            super().stop_reading()

    def read_on(self) -> None:
        if self._row.go_on():
            super().read_on()

    @property
    def lines_wait(self) -> bool:
        return self._row.lines_wait or super().lines_wait

    def edit(self, on: bool) -> None:
        if on:
            self._row.ask()
        else:
            self._row.turn_off()

    def leave_row(self) -> None:
        self._row.leave()

    def taken(self) -> int:
        return taken(self.transport)

    @property
    def is_encrypted(self) -> bool:
        return ISSLTransport.providedBy(self.transport)

    def unacknowledged(self) -> int:
        return unacknowledged(self.transport)

    def hide_typing(self) -> bool:
        return self._row.is_on or self._telnet.hide_typing()

    def close(self) -> None:
        self.transport.loseConnection()

    def abort(self) -> None:
        self.transport.abortConnection()


@implementer(ILoggingContext)
class LineFactory(Factory):
    """Makes the line doors of one entrance, for any of its ports."""

    noisy = False

    def __init__(self, entrance: Entrance) -> None:
        self.entrance = entrance

    def logPrefix(self) -> str:
        return self.entrance.name

    def buildProtocol(self, addr: IAddress | None) -> LineDoor:
        return LineDoor(self.entrance)

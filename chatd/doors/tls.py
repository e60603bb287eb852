"""TLS in front of any door: `ssl:` endpoints and the handshake.

The door behind it knows nothing of TLS. It is connected from the start, so that it is counted, limited and closed as
any other; what it says before the handshake is done waits in Twisted's transport.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from twisted.application.internet import TimerService
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IAddress,
    IHalfCloseableProtocol,
    IHandshakeListener,
    IProtocol,
    IProtocolFactory,
    IReactorTime,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure
from zope.interface import implementer

try:
    from OpenSSL import SSL
    from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
except ImportError:
    raise ImportError("TLS needs pyOpenSSL: pip install '.[tls]'") from None

from chatd.doors.certificate import Certificate, InThread, in_words
from chatd.doors.endpoints import split
from chatd.doors.line import HandshakeFailed
from chatd.wire.lifetime import LINGER

CHECK_EVERY = 60.0  # seconds
HANDSHAKE_WITHIN = 15.0  # seconds
HANDSHAKE_RECORD = b"\x16"  # RFC 8446, 5.1: all that a TLS client sends begins with it, and no text does
RECORD_HEADER = 5  # bytes: the type, two of the version, two of the length of what follows
SPEAKS_TLS = b"!! this port speaks TLS: use openssl s_client -quiet -connect HOST:PORT, or ncat --ssl HOST PORT\r\n"


def behind_tls(
    endpoint: str,
    doors: IProtocolFactory,
    clock: IReactorTime,
    in_thread: InThread = deferToThread,
    now: Callable[[], float] = time.time,
) -> tuple[str, TLSFactory, TimerService]:
    r"""Return the plain endpoint below an `ssl:` one, the factory to open there, and the service that renews for it.

    `ssl:2429:privateKey=FILE:certKey=FILE` is opened on `tcp:2429`, `ssl:systemd:domain=INET6:name=tls:privateKey=FILE`
    on what systemd hands over; other parts, such as `interface=`, are that endpoint's own. `\:` is a colon in a name.
    `certKey` may hold a chain, the server's own certificate first; without it, the key's file holds both.

    @raises ValueError: if a file is missing, or they don't fit together.
    """
    below, files = split(endpoint, "privateKey", "certKey")
    if not below or "privateKey" not in files:
        raise ValueError("a port and its key are needed, as in ssl:2429:privateKey=key.pem:certKey=chain.pem")
    certificate = Certificate(files["privateKey"], files.get("certKey", files["privateKey"]), now, in_thread)
    watch = TimerService(CHECK_EVERY, lambda: Deferred.fromCoroutine(certificate.check()))
    watch.clock = clock
    return below, TLSFactory(certificate, doors, clock), watch


class TLSFactory(TLSMemoryBIOFactory):
    """Puts TLS in front of the doors that another factory builds."""

    def __init__(self, certificate: Certificate, doors: IProtocolFactory, clock: IReactorTime) -> None:
        super().__init__(certificate, False, doors, clock)
        self.certificate = certificate
        self.clock = clock

    def buildProtocol(self, addr: IAddress | None) -> TLSConnection:
        return TLSConnection(self, Handshake(self.wrappedFactory.buildProtocol(addr), self.clock))


@implementer(IHalfCloseableProtocol)
class TLSConnection(TLSMemoryBIOProtocol):
    """The TLS of one connection; until it is agreed on, the `Handshake` sees first what arrives.

    OpenSSL is given one record at a time, and none while the door is held back: behind lines that wait may come the
    client's goodbye (close_notify), at which Twisted closes, and the lines would be lost.
    """

    def __init__(self, factory: TLSFactory, door: IProtocol) -> None:
        super().__init__(factory, door)
        self._clock = factory.clock
        self._unread = bytearray()  # at most what the wire reads at once, and one record
        self._held_back = False

    def dataReceived(self, data: bytes) -> None:
        within = self.wrappedProtocol
        if not isinstance(within, Handshake) or within.is_tls(data):
            self._unread += data
            self._read_records()

    def pauseProducing(self) -> None:
        self._held_back = True
        self._wire.pauseProducing()

    def resumeProducing(self) -> None:
        self._held_back = False
        self._clock.callLater(0, self._read_on)  # when the door has said, or holds back again, what it has already

    def readConnectionLost(self) -> None:
        """The client has sent all it will, and may still be reading (`ncat --ssl` in a pipe)."""
        if IHalfCloseableProtocol.providedBy(self.wrappedProtocol):
            self.wrappedProtocol.readConnectionLost()
        self._wire.loseConnection()

    def writeConnectionLost(self) -> None:
        """Only who speaks plain text is told so and closed one way; the TLS of others can't bear that."""

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]
        self._held_back = True  # for good: there is nobody to read for
        super().connectionLost(reason)

    @property
    def _wire(self) -> Any:
        return self.transport

    def _read_on(self) -> None:
        self._read_records()
        if not (self._held_back or self._wire.disconnecting):
            self._wire.resumeProducing()

    def _read_records(self) -> None:
        while not self._held_back and len(self._unread) >= RECORD_HEADER:
            size = RECORD_HEADER + int.from_bytes(self._unread[3:RECORD_HEADER])
            if len(self._unread) < size:
                break
            record = bytes(self._unread[:size])
            del self._unread[:size]
            super().dataReceived(record)


@implementer(IHandshakeListener)
class Handshake(Protocol):
    """Stands between a connection and its door until TLS is agreed on; if it never is, the door is told why."""

    transport: TLSConnection

    def __init__(self, door: IProtocol, clock: IReactorTime) -> None:
        self._door = door
        self._clock = clock
        self._silent = True
        self._failed = ""

    def connectionMade(self) -> None:
        self._deadline = self._clock.callLater(HANDSHAKE_WITHIN, self._give_up)
        self._door.makeConnection(self.transport)

    def is_tls(self, data: bytes) -> bool:
        """Take what arrives; return whether OpenSSL should have it."""
        if self._silent and not data.startswith(HANDSHAKE_RECORD):
            self._say_what_is_spoken("plain text where TLS is spoken")
        self._silent = False
        return not self._failed

    def handshakeCompleted(self) -> None:
        self._deadline.cancel()
        self.transport.wrappedProtocol = self._door
        if IHandshakeListener.providedBy(self._door):
            self._door.handshakeCompleted()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._deadline.active():
            self._deadline.cancel()
        why = in_words(reason.value) if isinstance(reason.value, SSL.Error) else "connection closed"
        self._door.connectionLost(Failure(HandshakeFailed(self._failed or f"no TLS handshake: {why}")))

    def _give_up(self) -> None:
        why = f"no TLS handshake within {HANDSHAKE_WITHIN:g} s"
        if self._silent:  # perhaps somebody with telnet, waiting for the welcome
            self._say_what_is_spoken(why)
        else:
            self._failed = why
            self.transport.abortConnection()

    def _say_what_is_spoken(self, failed: str) -> None:
        self._failed = failed
        wire: Any = self.transport.transport
        wire.write(SPEAKS_TLS)
        wire.loseWriteConnection()  # what else is on its way here would reset a closed socket, and the line be lost
        if self._deadline.active():
            self._deadline.cancel()
        self._deadline = self._clock.callLater(LINGER, wire.abortConnection)

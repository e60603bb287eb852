"""People who come through a proxy, which says where they come from (the PROXY protocol of HAProxy, versions 1 and 2).

The door is opened only when that is known: limits, bans and the log go by it. Whoever reaches such a port can say
anything, so it is for the proxy alone.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IAddress, IHalfCloseableProtocol, IProtocol, IProtocolFactory, IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.protocols.haproxy._wrapper import HAProxyProtocolWrapper
from twisted.protocols.policies import WrappingFactory
from twisted.python.failure import Failure
from zope.interface import implementer

from chatd.wire.addresses import shown_address

HEADER_WITHIN = 15.0  # seconds
NO_HEADER = b"!! this port is for a proxy: a header of the PROXY protocol must come first\r\n"
_TOLD_APART_BY = 16  # bytes; what Twisted wants to see at once to tell the versions apart
PREFIX = "haproxy:"  # of an endpoint, as Twisted calls it


class ProxiedFactory(WrappingFactory["ProxiedConnection"]):
    """Puts the PROXY protocol in front of the doors that another factory builds."""

    noisy = False

    def __init__(self, doors: IProtocolFactory, clock: IReactorTime) -> None:
        super().__init__(doors)
        self.clock = clock

    def buildProtocol(self, addr: IAddress | None) -> ProxiedConnection:
        return ProxiedConnection(self, self.wrappedFactory.buildProtocol(addr))


@implementer(IHalfCloseableProtocol)
class ProxiedConnection(HAProxyProtocolWrapper):
    """One connection of a proxy, and the door behind it, once its header has arrived."""

    _log = Logger()
    _begun = b""

    def __init__(self, factory: ProxiedFactory, door: IProtocol) -> None:
        super().__init__(factory, _BehindHeader())
        self._clock = factory.clock
        self._door = door

    def connectionMade(self) -> None:
        self._deadline = self._clock.callLater(HEADER_WITHIN, self.loseConnection)

    def dataReceived(self, data: bytes) -> None:
        if self._parser is None:
            data = self._begun + data
            if len(data) < _TOLD_APART_BY and b"\n" not in data:
                self._begun = data
                return
            if data.startswith(b"PROXY UNKNOWN\r\n"):  # Twisted's parser knows it with a space behind it only
                data = data.replace(b"\r\n", b" \r\n", 1)
        try:
            super().dataReceived(data)
        except ValueError:  # a port that is no number
            self.loseConnection()
        waiting = self.wrappedProtocol
        if isinstance(waiting, _BehindHeader) and self._proxyInfo is not None:
            self._deadline.cancel()
            transport: Any = self
            self.wrappedProtocol = self._door
            self._door.makeConnection(transport)
            if waiting.data:
                self._door.dataReceived(waiting.data)

    def loseConnection(self) -> None:
        if self._is_waiting and not self.disconnecting:
            self._log.info("{peer} was refused: no header of the PROXY protocol", peer=shown_address(self.getPeer()))
            self.write(NO_HEADER)
        super().loseConnection()

    def readConnectionLost(self) -> None:
        if IHalfCloseableProtocol.providedBy(self.wrappedProtocol):
            self.wrappedProtocol.readConnectionLost()
        else:
            self._wire.loseConnection()

    def writeConnectionLost(self) -> None:
        if IHalfCloseableProtocol.providedBy(self.wrappedProtocol):
            self.wrappedProtocol.writeConnectionLost()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._deadline.active():
            self._deadline.cancel()
        super().connectionLost(reason)

    @property
    def _is_waiting(self) -> bool:
        return isinstance(self.wrappedProtocol, _BehindHeader)

    @property
    def _wire(self) -> Any:
        return self.transport


class _BehindHeader(Protocol):
    """Stands in for the door, and keeps what arrived with the header."""

    data = b""

    def dataReceived(self, data: bytes) -> None:
        self.data = data

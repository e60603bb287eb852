"""Tests for chatd.wire.direct, on real sockets."""

import socket
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from chatd.wire.direct import DirectSocket

MUCH = 8_000_000  # bytes; more than the kernel takes for somebody who does not read


class Noting(Protocol):
    """A server's side that writes at once, and notes what it is told."""

    transport: Any

    def connectionMade(self) -> None:
        self.told: list[str] = []
        self.drained: Deferred[None] = Deferred()
        self.lost: Deferred[None] = Deferred()
        self.direct = DirectSocket(self.transport, lambda: self.told.append("full"), self._drain)
        self.factory.connected.callback(self)

    def connectionLost(self, reason: Any = None) -> None:
        self.lost.callback(None)

    def _drain(self) -> None:
        self.told.append("drained")
        self.drained.callback(None)


class DirectSocketTests(TestCase):
    async def connect(self) -> tuple[Noting, socket.socket]:
        factory: Any = Factory.forProtocol(Noting)
        factory.connected = Deferred()
        port: Any = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        client = socket.create_connection(("127.0.0.1", port.getHost().port), 5)
        self.addCleanup(client.close)
        server: Noting = await factory.connected
        self.addCleanup(lambda: server.lost)
        self.addCleanup(client.close)
        return server, client

    async def test_at_once(self) -> None:
        """What the kernel takes is with it when `write` returns."""
        server, client = await self.connect()
        server.direct.write(b"hello")
        client.setblocking(False)
        self.assertEqual(client.recv(100), b"hello")
        self.assertEqual(server.told, [])

    async def test_slow_reader(self) -> None:
        """Nothing is lost and nothing overtakes for somebody who reads slowly; when all is taken, that is told."""
        server, client = await self.connect()
        sent = [bytes([letter]) * (MUCH // 4) for letter in b"abcd"]
        for piece in sent:
            server.direct.write(piece)
        self.assertEqual(server.told, ["full"])
        got = await deferToThread(_read, client, MUCH)
        await server.drained
        self.assertEqual((got, server.told), (b"".join(sent), ["full", "drained"]))
        server.direct.write(b"more")
        self.assertEqual(await deferToThread(_read, client, 4), b"more")

    async def test_lost(self) -> None:
        """What is written to a connection that is lost goes nowhere."""
        server, client = await self.connect()
        client.close()
        await server.lost
        server.direct.write(b"hello")
        self.assertEqual(server.told, [])

    async def test_all_else(self) -> None:
        """All else is the socket's."""
        server, client = await self.connect()
        self.assertEqual(server.direct.getPeer().port, client.getsockname()[1])


def _read(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += client.recv(1 << 20)
    return data

"""Tests for chatd.wire.sockets, on real sockets."""

import socket

from twisted.internet import reactor, tcp
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import deferLater
from twisted.internet.testing import StringTransport
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.trial.unittest import TestCase

from chatd.wire.sockets import KERNEL_BUFFER, PROBES, below, has_vanished, prepare, taken
from tests.short_folder import short_folder


class Accepted(Protocol):
    transport: tcp.Connection


class PrepareTests(TestCase):
    def endpoints(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """Return where to listen, and the family of the socket."""
        path = short_folder(self) / "socket"
        return ("tcp:0:interface=127.0.0.1", socket.AF_INET), (f"unix:{path}", socket.AF_UNIX)

    async def accepted(self, endpoint: str, family: int) -> tuple[tcp.Connection, socket.socket]:
        """Return the transport and the socket of a connection that was accepted at an endpoint."""
        made: Deferred[Accepted] = Deferred()

        class Accepting(Accepted):
            def connectionMade(self) -> None:
                made.callback(self)

        port = await serverFromString(reactor, endpoint).listen(Factory.forProtocol(Accepting))
        self.addCleanup(port.stopListening)
        client = socket.socket(family)
        self.addCleanup(client.close)
        host = port.getHost()
        client.connect(host.name if family == socket.AF_UNIX else ("127.0.0.1", host.port))
        protocol = await made
        self.addCleanup(protocol.transport.abortConnection)
        return protocol.transport, protocol.transport.getHandle()

    def assertPrepared(self, handle: socket.socket) -> None:
        options = {
            socket.TCP_NODELAY: 1,
            socket.TCP_KEEPIDLE: 60,
            socket.TCP_KEEPINTVL: 15,
            socket.TCP_KEEPCNT: PROBES,
            socket.TCP_USER_TIMEOUT: 0,
        }
        self.assertEqual({option: handle.getsockopt(socket.IPPROTO_TCP, option) for option in options}, options)
        self.assertEqual(handle.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), 1)
        self.assertEqual(handle.getsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE), 1)
        self.assertEqual(handle.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF), 2 * KERNEL_BUFFER)

    async def test_tcp(self) -> None:
        """A vanished peer is found within two minutes, lines leave at once, and the kernel buffers little."""
        transport, handle = await self.accepted("tcp:0:interface=127.0.0.1", socket.AF_INET)
        prepare(transport, 120)
        self.assertPrepared(handle)

    async def test_below_another_protocol(self) -> None:
        """So it is below TLS, whose transport wraps the socket's."""
        transport, handle = await self.accepted("tcp:0:interface=127.0.0.1", socket.AF_INET)
        wrapper = ProtocolWrapper(WrappingFactory(Factory()), Protocol())
        wrapper.transport = transport
        prepare(wrapper, 120)
        self.assertPrepared(handle)

    async def test_has_vanished(self) -> None:
        """Who reads nothing, but whose kernel answers, has not vanished; a Unix socket has nobody who could."""
        for endpoint, family in self.endpoints():
            transport, handle = await self.accepted(endpoint, family)
            handle.setblocking(False)
            transport.write(b"x" * 1_000_000)
            await deferLater(reactor, 1.2)
            self.assertFalse(has_vanished(transport, 1))
        self.assertFalse(has_vanished(StringTransport(), 1))

    async def test_unix(self) -> None:
        """A Unix socket has no peer that could vanish; its buffer is bounded likewise."""
        _, (endpoint, family) = self.endpoints()
        transport, handle = await self.accepted(endpoint, family)
        prepare(transport, 120)
        self.assertEqual(handle.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF), 2 * KERNEL_BUFFER)

    async def test_taken(self) -> None:
        """It is seen when a peer takes something, though the kernel's buffer is full again at once, also below TLS."""
        for endpoint, family in self.endpoints():
            transport, _ = await self.accepted(endpoint, family)
            wrapper = ProtocolWrapper(WrappingFactory(Factory()), Protocol())
            wrapper.transport = transport
            self.assertIs(below(wrapper), transport)
            before = taken(wrapper)
            transport.write(b"x" * 1000)
            await deferLater(reactor, 0.05)
            self.assertEqual(taken(transport) > before, family == socket.AF_INET)  # a Unix socket has no buffer between
        self.assertEqual(taken(StringTransport()), 0)

    async def test_no_socket(self) -> None:
        """A transport in memory is left as it is."""
        transport = StringTransport()
        prepare(transport, 120)
        self.assertEqual(transport.value(), b"")

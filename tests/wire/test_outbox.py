"""Tests for chatd.wire.outbox, over an in-memory transport and over a real socket pair."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

from twisted.internet import reactor, tcp
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock, deferLater
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase, TestCase

from chatd.core.events import Announced, Events
from chatd.doors.jsonl import JSONCodec
from chatd.doors.text import TextCodec
from chatd.wire.batcher import FLUSH_INTERVAL, Batcher
from chatd.wire.codec import EncodedEvents
from chatd.wire.outbox import Outbox, Reader
from chatd.wire.sockets import prepare, taken

LIMIT = 16 * 1024


class Person:
    """Whose outbox it is: notes what it is told."""

    def __init__(self) -> None:
        self.stalled_for: list[float] = []
        self.answers = self.lost = 0
        self.transport: object = None

    def taken(self) -> int:
        return taken(self.transport)

    def stalled(self, seconds: float) -> None:
        self.stalled_for.append(seconds)

    def skipped(self, lines: int) -> None:
        self.lost += lines

    def answered(self) -> None:
        self.answers += 1


_: type[Reader] = Person


class Wire(StringTransport):
    """A transport that knows in how many pieces it was given something."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.writes.append(data)
        super().write(data)


class Accepted(Protocol):
    transport: tcp.Connection


def outbox_for(
    transport: StringTransport | tcp.Connection,
    person: Person,
    batcher: Batcher,
    clock: IReactorTime,
    limit: int = LIMIT,
) -> Outbox:
    person.transport = transport
    return Outbox(transport, person, TextCodec(), EncodedEvents(), batcher, clock, limit=limit, patience=60)


class OutboxTests(SynchronousTestCase):
    """An outbox before a transport that takes all at once, until it is told to pause."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.batcher = Batcher(self.clock)
        self.person = Person()
        self.transport = Wire()
        self.outbox = self.make(self.transport)
        self.clock.advance(1)

    def make(self, transport: StringTransport) -> Outbox:
        return outbox_for(transport, self.person, self.batcher, self.clock)

    def sent(self) -> bytes:
        data: bytes = self.transport.value()
        self.transport.clear()
        return data

    def test_at_once(self) -> None:
        """In a quiet house a line leaves in the same turn of the reactor."""
        self.assertTrue(self.outbox.append(b"hello\r\n"))
        self.clock.advance(0)
        self.assertEqual(self.sent(), b"hello\r\n")

    def test_together(self) -> None:
        """Under load lines wait for a few milliseconds, and leave in one write, in order."""
        self.outbox.append(b"1\r\n")
        self.clock.advance(0)
        self.sent()
        self.transport.writes.clear()
        for line in (b"2\r\n", b"3\r\n", b"4\r\n"):
            self.clock.advance(FLUSH_INTERVAL / 4)
            self.outbox.append(line)
        self.assertEqual(self.transport.writes, [])
        self.clock.advance(FLUSH_INTERVAL / 4)
        self.assertEqual(self.transport.writes, [b"2\r\n3\r\n4\r\n"])

    def test_all_in_one_round(self) -> None:
        """All outboxes with something in them are flushed in the same round."""
        other_transport = StringTransport()
        other = self.make(other_transport)
        self.outbox.append(b"a\r\n")
        other.append(b"b\r\n")
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        self.clock.advance(0)
        self.assertEqual((self.sent(), other_transport.value()), (b"a\r\n", b"b\r\n"))

    def test_answer(self) -> None:
        """An answer stands behind what was there before it, and before what comes after it."""
        self.outbox.append(b"1\r\n")
        self.outbox.answer(iter([b"2\r\n", b"3\r\n"]))
        self.outbox.append(b"4\r\n")
        self.assertFalse(self.outbox.busy)
        self.clock.advance(0)
        self.assertEqual(self.sent(), b"1\r\n2\r\n3\r\n4\r\n")

    def test_long_answer(self) -> None:
        """An answer longer than the bound is made piece by piece; none of it is lost, and its end is told."""
        lines = [b"%05d\r\n" % number for number in range(10_000)]
        self.outbox.answer(iter(lines))
        self.assertTrue(self.outbox.busy)
        received = b""
        while self.outbox.busy:
            self.clock.advance(FLUSH_INTERVAL)
            piece = self.sent()
            self.assertLessEqual(len(piece), 3 * LIMIT)
            received += piece
        self.assertEqual(received, b"".join(lines))
        self.assertEqual(self.person.answers, 1)

    def test_slow_reader(self) -> None:
        """Beyond the bound lines are skipped whole; when the reader reads again, it is told how many."""
        self.outbox.pauseProducing()
        taken = [self.outbox.append(b"%04d%s\r\n" % (n, b"x" * 94)) for n in range(200)]
        fitting = LIMIT // 100
        self.assertEqual(taken, [True] * fitting + [False] * (200 - fitting))
        self.assertEqual((self.person.lost, self.outbox.waiting), (200 - fitting, 100 * fitting))
        self.clock.advance(1)
        self.assertEqual(self.sent(), b"")
        self.outbox.resumeProducing()
        lines = self.sent().split(b"\r\n")
        self.assertEqual([line[:4] for line in lines[:-1]], [b"%04d" % n for n in range(fitting)])
        self.clock.advance(1)
        self.assertEqual(self.sent(), b"-- %d lines skipped while your connection was slow\r\n" % (200 - fitting))
        self.assertEqual(self.outbox.waiting, 0)
        self.assertTrue(self.outbox.append(b"again\r\n"))

    def test_one_line_skipped(self) -> None:
        """A short line behind a skipped one is skipped too, so that the notice stands where the gap is."""
        self.outbox.pauseProducing()
        self.outbox.append(b"x" * (LIMIT - 10))
        self.assertFalse(self.outbox.append(b"too long for it\r\n"))
        self.assertFalse(self.outbox.append(b"hi\r\n"))
        self.outbox.resumeProducing()
        self.sent()
        self.clock.advance(1)
        self.assertEqual(self.sent(), b"-- 2 lines skipped while your connection was slow\r\n")

    def test_caught_up_between(self) -> None:
        """A line that comes after the reader has caught up stands behind the notice."""
        self.outbox.pauseProducing()
        self.outbox.append(b"x" * LIMIT)
        self.outbox.append(b"skipped\r\n")
        self.outbox.resumeProducing()
        self.assertTrue(self.outbox.append(b"y" * (LIMIT - 100)))
        self.clock.advance(1)
        self.assertEqual(
            self.sent(),
            b"x" * LIMIT + b"-- 1 line skipped while your connection was slow\r\n" + b"y" * (LIMIT - 100),
        )

    def test_burst(self) -> None:
        """A burst longer than the bound is no reason to skip anything while the transport takes it."""
        for number in range(1000):
            self.assertTrue(self.outbox.append(b"%04d%s\r\n" % (number, b"x" * 94)))
        self.clock.advance(1)
        self.assertEqual(len(self.sent()), 100_000)

    def test_answer_waits(self) -> None:
        """An answer asked for while the transport is blocked is made as far as the bound, before what comes next."""
        made: list[int] = []

        def noted(numbers: range) -> Iterator[int]:
            for number in numbers:
                made.append(number)
                yield number

        self.outbox.pauseProducing()
        self.outbox.answer(b"%04d\r\n" % n for n in noted(range(5000)))
        self.clock.advance(1)
        self.assertLess(len(made), LIMIT // 6 + 2)
        self.assertTrue(self.outbox.busy)
        self.outbox.resumeProducing()
        self.clock.pump([0.01] * 10)
        self.assertEqual(self.sent(), b"".join(b"%04d\r\n" % n for n in range(5000)))
        self.assertEqual(self.person.answers, 1)

    def test_answer_then_event(self) -> None:
        """A short answer that waits is read before a line that came after it."""
        self.outbox.pauseProducing()
        self.outbox.append(b"1\r\n")
        self.outbox.answer(iter([b"2\r\n"]))
        self.outbox.append(b"3\r\n")
        self.outbox.resumeProducing()
        self.assertEqual(self.sent(), b"1\r\n2\r\n3\r\n")

    def test_goodbye_to_a_slow_reader(self) -> None:
        """Who is skipping lines is still answered at the end."""
        self.outbox.pauseProducing()
        self.outbox.append(b"x" * LIMIT)
        self.outbox.append(b"skipped\r\n")
        self.outbox.answer(iter([b"-- goodbye\r\n"]))
        self.outbox.finish()
        self.assertTrue(self.sent().endswith(b"-- 1 line skipped while your connection was slow\r\n-- goodbye\r\n"))

    def test_stalled(self) -> None:
        """Who takes nothing for a minute is given up."""
        self.outbox.pauseProducing()
        self.clock.advance(59.9)
        self.assertEqual(self.person.stalled_for, [])
        self.clock.advance(0.2)
        self.assertEqual(self.person.stalled_for, [60])

    def test_slow_but_not_stalled(self) -> None:
        """Who takes something now and then is not."""
        for _ in range(5):
            self.outbox.pauseProducing()
            self.clock.advance(59)
            self.outbox.resumeProducing()
        self.clock.advance(100)
        self.assertEqual(self.person.stalled_for, [])

    def test_finish(self) -> None:
        """At the end all that waits is handed over, with the count of what was skipped; then it closes."""
        self.outbox.pauseProducing()
        self.outbox.append(b"x" * LIMIT)
        self.outbox.append(b"skipped\r\n")
        self.outbox.finish()
        self.assertEqual(self.sent(), b"x" * LIMIT + b"-- 1 line skipped while your connection was slow\r\n")
        self.assertTrue(self.transport.disconnecting)
        self.assertIsNone(self.transport.producer)
        self.outbox.finish()
        self.assertFalse(self.outbox.append(b"late\r\n"))
        self.outbox.answer(iter([b"late\r\n"]))
        self.outbox.resumeProducing()
        self.clock.advance(100)
        self.assertEqual((self.sent(), self.person.stalled_for), (b"", []))

    def test_connection_gone(self) -> None:
        """What waits for a connection that is gone is dropped, and nothing is timed any more."""
        self.outbox.append(b"1\r\n")
        self.outbox.pauseProducing()
        self.outbox.stopProducing()
        self.outbox.resumeProducing()
        self.clock.advance(100)
        self.assertEqual((self.sent(), self.person.stalled_for), (b"", []))


class Framed:
    """A row that says when it was asked, and how often."""

    def __init__(self) -> None:
        self.dirty = False

    def around(self, data: bytes) -> bytes:
        was_dirty, self.dirty = self.dirty, False
        return b"<" + data + b">" if data or was_dirty else b""

    def finish(self, data: bytes) -> bytes:
        return self.around(data) + b"."


class Listening(JSONCodec):
    """A codec that keeps what it was told of."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Events] = []

    def hear(self, events: Events) -> None:
        self.heard.append(events)


class SocketTests(TestCase):
    """An outbox before a real TCP socket, whose other end reads when the test says so."""

    async def connected(self, limit: int) -> tuple[Outbox, socket.socket, Accepted]:
        made: Deferred[Accepted] = Deferred()

        class Accepting(Accepted):
            def connectionMade(self) -> None:
                made.callback(self)

        endpoint = serverFromString(reactor, "tcp:0:interface=127.0.0.1")
        port = await endpoint.listen(Factory.forProtocol(Accepting))
        self.addCleanup(port.stopListening)
        client = socket.socket()
        self.addCleanup(client.close)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        client.connect(("127.0.0.1", port.getHost().port))
        client.setblocking(False)
        protocol = await made
        self.addCleanup(protocol.transport.abortConnection)
        prepare(protocol.transport, peer_timeout=120)
        outbox = outbox_for(protocol.transport, Person(), Batcher(reactor), reactor, limit)
        return outbox, client, protocol

    async def read(self, client: socket.socket, until: bytes) -> bytes:
        """Return what the client receives up to the end of `until`."""
        received = b""
        while not received.endswith(until):
            await deferLater(reactor, 0)
            try:
                data = client.recv(65536)
            except BlockingIOError:
                continue
            if not data:
                break
            received += data
        return received

    async def test_in_order(self) -> None:
        """Far more than any buffer holds arrives whole and in order at a reader that lags behind."""
        outbox, client, _ = await self.connected(limit=4 * 1024 * 1024)
        lines = [b"%06d %s\r\n" % (number, b"x" * 91) for number in range(30_000)]
        for line in lines:
            self.assertTrue(outbox.append(line))
        outbox.flush()
        outbox.append(b"the end\r\n")
        self.assertEqual(await self.read(client, b"the end\r\n"), b"".join(lines) + b"the end\r\n")

    async def test_bounded(self) -> None:
        """A reader that reads nothing costs no more than the bound, and is told what it missed when it reads."""
        outbox, client, protocol = await self.connected(limit=64 * 1024)
        taken = 0
        for number in range(20_000):
            taken += outbox.append(b"%06d %s\r\n" % (number, b"x" * 91))
            if number % 100 == 0:
                await deferLater(reactor, 0)
        self.assertLess(taken, 20_000)
        in_transport = len(protocol.transport.dataBuffer) + protocol.transport._tempDataLen
        waiting = sum(map(len, outbox._lines)) + len(outbox._rest) + in_transport
        self.assertLessEqual(waiting, 64 * 1024)
        received = await self.read(client, b"was slow\r\n")
        lines = received.splitlines()
        self.assertEqual([int(line[:6]) for line in lines[:-1]], list(range(taken)))
        self.assertEqual(lines[-1], f"-- {20_000 - taken:,} lines skipped while your connection was slow".encode())
        self.assertTrue(outbox.append(b"again\r\n"))
        self.assertEqual(await self.read(client, b"again\r\n"), b"again\r\n")

    async def test_slow_is_not_stalled(self) -> None:
        """Who takes a little in a minute, too little for the kernel to ask for more, is not given up; who stops is."""
        outbox, client, protocol = await self.connected(limit=1024 * 1024)
        person = outbox._reader
        assert isinstance(person, Person)
        clock = outbox._clock = Clock()
        for number in range(9_000):
            outbox.append(b"%06d %s\r\n" % (number, b"x" * 91))
        outbox.flush()
        await deferLater(reactor, 0.05)
        before = taken(protocol.transport)
        while taken(protocol.transport) == before:
            with contextlib.suppress(BlockingIOError):
                client.recv(4096)
            await deferLater(reactor, 0)
        clock.advance(60)
        self.assertEqual(person.stalled_for, [])
        clock.advance(60)
        self.assertEqual(person.stalled_for, [60])

    async def test_finish(self) -> None:
        """What is waiting at the end arrives before the connection closes, however slowly it is read."""
        outbox, client, _ = await self.connected(limit=1024 * 1024)
        for number in range(9_000):
            outbox.append(b"%06d %s\r\n" % (number, b"x" * 91))
        outbox.finish()
        received = await self.read(client, b"never")
        self.assertEqual(len(received), 900_000)

    async def test_row(self) -> None:
        """What a socket has not taken yet stays as it was framed, whatever comes meanwhile, and comes first."""
        outbox, client, _ = await self.connected(limit=4 * 1024 * 1024)
        outbox.row = row = Framed()
        outbox.append(b"a" * 900_000 + b"\n")
        outbox.flush()
        outbox.append(b"b\n")
        row.dirty = True
        outbox.redraw()
        received = await self.read(client, b"b\n>")
        self.assertEqual(received.count(b"<"), received.count(b">"))
        self.assertTrue(received.startswith(b"<" + b"a" * 900_000 + b"\n>"))
        self.assertIn(b"<b\n>", received)


class RowTests(SynchronousTestCase):
    """A row is asked once for each flush, and what it has framed is never framed again."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.person = Person()
        self.batcher = Batcher(self.clock)
        self.row = Framed()

    def boxed(self, transport: Any) -> Outbox:
        outbox = outbox_for(transport, self.person, self.batcher, self.clock, limit=1 << 20)
        outbox.row = self.row
        return outbox

    def test_once_for_each_flush(self) -> None:
        """Many lines, or none, are framed together."""
        transport = StringTransport()
        outbox = self.boxed(transport)
        for number in range(3):
            outbox.append(b"%d\n" % number)
        self.clock.advance(1)
        self.row.dirty = True
        outbox.redraw()
        outbox.redraw()
        self.clock.advance(1)
        outbox.redraw()
        self.clock.advance(1)
        self.assertEqual(transport.value(), b"<0\n1\n2\n><>")

    def test_finish(self) -> None:
        """The last words stand above the row, which is taken away."""
        transport = StringTransport()
        outbox = self.boxed(transport)
        outbox.append(b"bye\n")
        outbox.finish()
        self.assertEqual(transport.value(), b"<bye\n>.")
        outbox.redraw()

    def test_other_codec(self) -> None:
        """When another codec is spoken, what waits is shown above the row before that goes."""
        transport = StringTransport()
        outbox = self.boxed(transport)
        outbox.append(b"1\n")
        outbox.speak(TextCodec())
        outbox.append(b"2\n")
        self.clock.advance(1)
        self.assertEqual(transport.value(), b"<1\n>.2\n")

    def test_hears(self) -> None:
        """A codec for which it matters who hears events is told of them before it encodes them, another isn't."""
        outbox = self.boxed(StringTransport())
        codec, events = Listening(), (Announced(0, "hello"),)
        outbox.deliver(events)
        outbox.speak(codec)
        outbox.deliver(events)
        self.assertEqual(codec.heard, [events])

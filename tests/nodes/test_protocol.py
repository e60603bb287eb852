"""One connection to Redis: its answers, and the ends that it can come to."""

from __future__ import annotations

from typing import Any

import hiredis
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from chatd.nodes.protocol import RedisFactory
from chatd.nodes.shared import OutOfReach


class RedisProtocolTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.protocol = RedisFactory(self.clock).buildProtocol(None)
        self.transport = StringTransport()
        self.protocol.makeConnection(self.transport)

    def lost(self, why: str) -> None:
        """Why the connection is lost is said to all who ask from now on; nothing waits any more."""
        error = self.failureResultOf(self.protocol.ask(1, "PING"), OutOfReach)
        self.assertIn(why, error.getErrorMessage())
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_in_order(self) -> None:
        """Each has its own answer, however the bytes are cut, also when it is nothing or a list of lists."""
        asked = [self.protocol.ask(1, *command) for command in (("GET", "é"), ("SET", "n", 5), ("XREAD",))]
        self.assertEqual(
            self.transport.value(),
            b"*2\r\n$3\r\nGET\r\n$2\r\n\xc3\xa9\r\n*3\r\n$3\r\nSET\r\n$1\r\nn\r\n$1\r\n5\r\n*1\r\n$5\r\nXREAD\r\n",
        )
        for byte in b"$-1\r\n:7\r\n*1\r\n*2\r\n$2\r\n\xc3\xa9\r\n$1\r\n\xff\r\n":
            self.protocol.dataReceived(bytes([byte]))
        self.assertEqual([self.successResultOf(one) for one in asked], [None, 7, [["é", "\ufffd"]]])

    def test_refused(self) -> None:
        """What Redis refuses is no end of the connection."""
        asked = [self.protocol.ask(1, "EVALSHA"), self.protocol.ask(1, "PING")]
        self.protocol.dataReceived(b"-FENCED\r\n+PONG\r\n")
        self.assertEqual(self.failureResultOf(asked[0], hiredis.ReplyError).getErrorMessage(), "FENCED")
        self.assertEqual(self.successResultOf(asked[1]), "PONG")

    def test_cancelled(self) -> None:
        """Whoever gives up waiting leaves the others their own answers."""
        asked = [self.protocol.ask(1, "PING"), self.protocol.ask(1, "GET", "x")]
        asked[0].cancel()
        self.failureResultOf(asked[0], CancelledError)
        self.protocol.dataReceived(b"+PONG\r\n+x\r\n")
        self.assertEqual(self.successResultOf(asked[1]), "x")

    def test_in_time(self) -> None:
        """An answer has its own time, however many came before it, and however long nothing was asked."""
        for idle in (0, 0, 5, 0):
            self.clock.pump([0.1] * idle * 10)
            asked = self.protocol.ask(1, "PING")
            self.clock.pump([0.1] * 9)
            self.protocol.dataReceived(b"+PONG\r\n")
            self.assertEqual(self.successResultOf(asked), "PONG")
        self.assertFalse(self.transport.disconnecting)

    def test_out_of_time(self) -> None:
        """One answer that doesn't come ends all that wait behind it."""
        asked = [self.protocol.ask(1, "PING"), self.protocol.ask(9, "PING")]
        self.clock.pump([0.1] * 9)
        self.assertNoResult(asked[0])
        self.clock.pump([0.1] * 3)
        for one in asked:
            self.assertIn("in time", self.failureResultOf(one, OutOfReach).getErrorMessage())
        self.assertTrue(self.transport.disconnecting)
        self.lost("in time")

    def test_frozen(self) -> None:
        """The time for which this process was frozen doesn't count, but what follows does."""
        asked = self.protocol.ask(1, "PING")
        self.clock.advance(10)
        self.clock.pump([0.1] * 5)
        self.assertNoResult(asked)
        self.clock.pump([0.1] * 7)
        self.failureResultOf(asked, OutOfReach)

    def test_frozen_before_an_answer(self) -> None:
        """An answer that lies there when a frozen process goes on counts, however short it was frozen."""
        asked = self.protocol.ask(1, "PING")
        self.clock.advance(1.1)
        self.protocol.dataReceived(b"+PONG\r\n")
        self.clock.advance(0.1)
        self.assertEqual(self.successResultOf(asked), "PONG")
        self.assertFalse(self.transport.disconnecting)

    def test_asked_when_thawed(self) -> None:
        """What is asked first when a frozen process goes on has all its time."""
        self.protocol.ask(2, "PING")
        self.clock.callLater(1.5, self.protocol.dataReceived, b"+PONG\r\n")
        asked: list[Deferred[Any]] = []
        self.clock.callLater(1.6, lambda: asked.append(self.protocol.ask(2, "PING")))
        self.clock.advance(10)
        self.clock.pump([0.1] * 19)
        self.assertNoResult(asked[0])

    def test_no_command(self) -> None:
        """What can't be packed is no question, and leaves the others their own answers."""
        with self.assertRaises(UnicodeEncodeError):
            self.protocol.ask(1, "GET", "\ud800")
        asked = self.protocol.ask(1, "PING")
        self.protocol.dataReceived(b"+PONG\r\n")
        self.assertEqual(self.successResultOf(asked), "PONG")

    def test_closed_twice(self) -> None:
        """A transport that is gone is left alone: over TLS it can't be closed again."""
        self.protocol.connectionLost(Failure(ConnectionResetError("reset by peer")))
        self.protocol.close()
        self.assertFalse(self.transport.disconnecting)

    def test_lost(self) -> None:
        """Who waits is told of the connection's end."""
        asked = self.protocol.ask(1, "PING")
        self.protocol.connectionLost(Failure(ConnectionResetError("reset by peer")))
        self.assertIn("reset by peer", self.failureResultOf(asked, OutOfReach).getErrorMessage())
        self.lost("reset by peer")

    def test_no_redis(self) -> None:
        """What answers is a web server."""
        asked = self.protocol.ask(1, "PING")
        self.protocol.dataReceived(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        self.failureResultOf(asked, OutOfReach)
        self.assertTrue(self.transport.disconnecting)
        self.lost("it doesn't speak as Redis does")

    def test_not_asked(self) -> None:
        self.protocol.dataReceived(b"+PONG\r\n")
        self.assertTrue(self.transport.disconnecting)
        self.lost("what was not asked")

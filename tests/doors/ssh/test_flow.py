"""Tests for the flow of chatd.doors.ssh.session: a reader who stops costs at most what may wait for one person."""

from __future__ import annotations

from typing import Any

from chatd.wire.lifetime import SLOW_GOODBYE
from tests.doors.ssh.client import Client, SSHTestCase, names_in


class FlowTests(SSHTestCase):
    def waiting(self, client: Client) -> int:
        """Return how many bytes wait for a client, wherever it may be."""
        server = client.server
        [connection] = self.entrance.connections
        channel: Any = server.channel
        in_conch = sum(len(payload) for _, payload in server._blockedByKeyExchange or ())
        return connection.waiting + len(channel._waiting) + len(channel.buf) + in_conch

    def slow(self, **options: int) -> Client:
        return self.shell("alice", **options)

    def say_much(self) -> None:
        """Say far more than may wait for one reader."""
        for _ in range(60):
            self.hall.announce("x" * 1000)
            self.clock.advance(0.1)

    def test_window(self) -> None:
        """Who opens no window is sent no more than it has room for, then loses lines, and is told so later."""
        alice = self.slow(window=2000)
        alice.seen()
        self.say_much()
        self.assertLessEqual(self.waiting(alice), 2 * self.entrance.limits.sendq)
        alice.meet()
        self.assertLessEqual(len(alice.seen()), 2000)
        heard = ""
        for _ in range(60):
            alice.grow(1000)
            heard += self.said(alice)
        self.assertRegex(heard, r"-- \d+ lines skipped while your connection was slow\n")
        self.assertEqual(self.waiting(alice), 0)

    def test_drips(self) -> None:
        """A window that grows by a byte at a time is waited for until it is worth a packet."""
        alice = self.slow(window=1000)
        self.say_much()
        alice.meet()
        alice.got.clear()
        for _ in range(500):
            alice.grow(1)
        self.assertLessEqual(len(alice.got), 2)

    def test_socket(self) -> None:
        """Who does not read from the socket is sent no more."""
        alice = self.slow(window=1 << 30)
        alice.server.pauseProducing()
        alice.wire.clear()
        self.say_much()
        self.assertEqual(alice.wire.value(), b"")
        self.assertLessEqual(self.waiting(alice), self.entrance.limits.sendq)
        alice.server.resumeProducing()
        self.assertIn("lines skipped", self.said(alice))

    def test_key_exchange(self) -> None:
        """Who begins a key exchange and never ends it is sent no more; conch would keep all of it."""
        alice = self.slow(window=1 << 30)
        alice.sendKexInit()
        alice.server.dataReceived(alice.sent.value())
        alice.sent.clear()
        self.say_much()
        self.assertLessEqual(self.waiting(alice), 2 * self.entrance.limits.sendq)
        self.said(alice)
        self.assertIn("lines skipped", self.said(alice))

    def test_not_read_meanwhile(self) -> None:
        """While the socket takes nothing, nothing is read that would have to be answered."""
        alice = self.slow()
        alice.server.pauseProducing()
        self.assertEqual(alice.wire.producerState, "paused")
        alice.server.resumeProducing()
        self.assertEqual(alice.wire.producerState, "producing")

    def test_stalled(self) -> None:
        """Who takes nothing for a minute is disconnected; keepalives don't count."""
        self.shell("bob")
        alice = self.slow(window=600)
        self.say_much()
        self.clock.pump([10] * 7)
        self.assertEqual(names_in(self.hall), ["bob"])
        self.assertTrue(alice.wire.aborted)

    def test_closed(self) -> None:
        """A client that closes its session, and then takes nothing, is not waited for any more."""
        alice = self.slow()
        alice.close()
        alice.server.pauseProducing()
        self.clock.advance(0.1)
        calls: list[Any] = list(self.clock.getDelayedCalls())
        self.assertEqual([call.func.__name__ for call in calls], ["hang_up"])

    def test_slow_is_not_stalled(self) -> None:
        """Who takes little, but takes it, stays."""
        alice = self.slow(window=600)
        self.say_much()
        for _ in range(12):
            self.clock.advance(20)
            alice.grow(512)
        self.assertEqual(names_in(self.hall), ["alice"])

    def test_slow_goodbye(self) -> None:
        """Who leaves and takes nothing is given half a minute."""
        alice = self.slow(window=600)
        self.say_much()
        alice.type(b"quit\n")
        self.clock.advance(SLOW_GOODBYE - 1)
        self.assertTrue(alice.wire.connected)
        self.clock.advance(2)
        self.assertTrue(alice.wire.aborted)

    def test_goodbye_comes_whole(self) -> None:
        """Who leaves and takes all of it late gets all of it, in order."""
        alice = self.slow(window=600)
        alice.type(b"/h\n")
        alice.type(b"quit\n")
        seen = self.said(alice)
        for _ in range(40):
            alice.grow(600)
            seen += self.said(alice)
        self.assertTrue(seen.endswith("-- goodbye, alice\n"), seen[-300:])
        self.assertEqual(alice.status(), 0)

    def test_flood(self) -> None:
        """One connection is read at 64 KiB a second, whatever it sends."""
        alice = self.slow()
        for _ in range(600):
            alice.sendPacket(2, bytes(1000))
            alice.meet()
        self.assertEqual(alice.wire.producerState, "paused")
        self.clock.advance(5)
        self.assertEqual(alice.wire.producerState, "producing")

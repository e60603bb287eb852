"""Tests for chatd.doors.proxied: the PROXY protocol in front of the line door, in memory."""

from twisted.internet.error import ConnectionDone
from twisted.logger import capturedLogs, formatEvent
from twisted.python.failure import Failure

from chatd.core.bans import Ban
from chatd.doors.proxied import HEADER_WITHIN, NO_HEADER, ProxiedConnection, ProxiedFactory
from tests.doors.test_line import DoorTestCase, Line

FROM_MALLORY = b"PROXY TCP4 203.0.113.9 192.0.2.2 4711 2428\r\n"
VERSION_2 = bytes.fromhex("0d0a0d0a000d0a515549540a 21 11 000c cb007109 c0000202 1267 097c")


class ProxiedTests(DoorTestCase):
    def connect_by_proxy(self, *sent: bytes) -> tuple[ProxiedConnection, Line]:
        proxied = ProxiedFactory(self.factory, self.clock).buildProtocol(None)
        line = Line(proxied)
        proxied.makeConnection(line)
        for segment in sent:
            proxied.dataReceived(segment)
        return proxied, line

    def test_address(self) -> None:
        """The door is opened, and the person is asked, when it is known where they come from."""
        for header in (FROM_MALLORY, VERSION_2):
            proxied, line = self.connect_by_proxy()
            self.assertEqual((self.seen(line), len(self.entrance.connections)), ("", 0))
            proxied.dataReceived(header)
            self.assertIn("Nickname: ", self.seen(line))
            (connection,) = self.entrance.connections
            self.assertEqual(connection.session.address, "203.0.113.9:4711")
            proxied.dataReceived(b"alice\nhello\nquit\n")
            self.assertIn("<alice> hello\r\n-- goodbye, alice\r\n", self.seen(line))

    def test_with_the_header(self) -> None:
        """What arrives in one segment with the header is read."""
        _, line = self.connect_by_proxy(FROM_MALLORY + b"alice\nhello\n")
        self.assertIn("<alice> hello\r\n", self.seen(line))

    def test_banned(self) -> None:
        """A ban holds for the address in the header."""
        self.hall.bans.add(Ban("network", "203.0.113.0/24", None, ""))
        _, line = self.connect_by_proxy(FROM_MALLORY)
        self.assertIn("!! your address is banned", self.seen(line))
        self.assertFalse(line.connected)

    def test_unknown(self) -> None:
        """A proxy may not know the address; then its own counts."""
        self.connect_by_proxy(b"PROXY UNKNOWN\r\n")
        (connection,) = self.entrance.connections
        self.assertEqual(connection.session.address, "10.0.0.1:4000")

    def test_half_closed(self) -> None:
        """Who closes their side behind the header gets their answers."""
        proxied, line = self.connect_by_proxy(FROM_MALLORY[:7], FROM_MALLORY[7:], b"alice\nhello\n")
        proxied.readConnectionLost()
        proxied.writeConnectionLost()
        self.assertTrue(self.seen(line).endswith("<alice> hello\r\n-- goodbye, alice\r\n"))

    def test_no_header(self) -> None:
        """Who sends no header is told what is expected, and never reaches the door."""
        for sent in (b"alice\nhello\n", b"PROXY TCP9 nonsense\r\n", FROM_MALLORY.replace(b"4711", b"port")):
            with capturedLogs() as events:
                _, line = self.connect_by_proxy(sent)
            self.assertEqual(line.value(), NO_HEADER)
            self.assertFalse(line.connected)
            self.assertEqual(
                [formatEvent(event) for event in events],
                ["10.0.0.1:4000 was refused: no header of the PROXY protocol"],
            )
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_late_header(self) -> None:
        """A header is waited for only so long."""
        _, line = self.connect_by_proxy()
        self.clock.advance(HEADER_WITHIN)
        self.assertEqual((line.value(), line.connected), (NO_HEADER, False))

    def test_gone_before(self) -> None:
        """A proxy that only looks whether somebody listens leaves nothing behind, and no line in the log."""
        with capturedLogs() as events:
            proxied, line = self.connect_by_proxy()
            proxied.readConnectionLost()
            proxied.writeConnectionLost()
            closed, _ = self.connect_by_proxy()
            closed.connectionLost(Failure(ConnectionDone()))
        self.assertEqual((line.value(), line.connected, events), (b"", False, []))
        self.assertEqual(self.clock.getDelayedCalls(), [])

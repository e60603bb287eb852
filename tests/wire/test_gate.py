"""Tests for chatd.wire.gate."""

import contextlib
from dataclasses import replace

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatd.session.refusals import TooManyArrivals, TooManyConnections, TooManyFromAddress
from chatd.wire.addresses import neighbourhood, shown_address
from chatd.wire.gate import Gate
from chatd.wire.limits import Limits

UNLIMITED = Limits(0, 1, 0, 1, 100, 20, 20, sendq=16 * 1024, stall_timeout=60, peer_timeout=120, idle_timeout=None)
LIMITS = replace(
    UNLIMITED, line_rate=5, line_burst=10, byte_rate=4096, byte_burst=16384, max_connections=50, max_per_address=5
)


def tcp(host: str) -> IPv4Address | IPv6Address:
    return (IPv6Address if ":" in host else IPv4Address)("TCP", host, 99)


class GateTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.gate = Gate(LIMITS, self.clock)

    def test_in_all(self) -> None:
        """No more connections are let in than there may be; when one closes, another gets in."""
        for number in range(50):
            self.gate.admit(f"10.0.0.{number}")
        error = self.assertRaises(TooManyConnections, self.gate.admit, "10.0.1.1")
        self.assertEqual(error.limit, 50)
        self.gate.leave("10.0.1.1")
        self.gate.leave("10.0.0.1")
        self.gate.admit("10.0.1.1")

    def test_for_each_address(self) -> None:
        """One address may have so many connections open, whatever others have."""
        for _ in range(5):
            self.gate.admit("10.0.0.1")
        self.assertRaises(TooManyFromAddress, self.gate.admit, "10.0.0.1")
        self.gate.admit("10.0.0.2")
        self.gate.leave("10.0.0.1")
        self.gate.leave("10.0.0.1")
        self.gate.admit("10.0.0.1")

    def test_arrivals(self) -> None:
        """One address may connect 20 times within any 10 seconds, also if it closes at once."""
        admitted = []
        for _ in range(600):
            self.clock.advance(0.1)
            try:
                self.gate.admit("10.0.0.1")
            except TooManyArrivals:
                pass
            else:
                admitted.append(self.clock.seconds())
            self.gate.leave("10.0.0.1")
        self.assertEqual(len(admitted), 120)
        self.assertTrue(all(later - first >= 10 for first, later in zip(admitted, admitted[20:], strict=False)))

    def test_this_machine(self) -> None:
        """People on the machine itself are bound by the limit in all alone."""
        for _ in range(50):
            self.assertIsNone(self.gate.admit(""))
        self.assertRaises(TooManyConnections, self.gate.admit, "")

    def test_shared_pace(self) -> None:
        """Connections from one address share four times what one may say."""
        one, two = self.gate.admit("10.0.0.1"), self.gate.admit("10.0.0.1")
        assert one is not None and two is not None
        one.rate.spend(39, 0, self.clock.seconds())
        self.assertEqual(two.rate.wait(self.clock.seconds()), 0)
        one.rate.spend(1, 0, self.clock.seconds())
        self.assertAlmostEqual(two.rate.wait(self.clock.seconds()), 1 / 20)

    def test_forgets(self) -> None:
        """Addresses that nobody is connected from any more are forgotten."""
        for number in range(40):
            self.gate.admit(f"10.0.0.{number}")
            if number:
                self.gate.leave(f"10.0.0.{number}")
        self.clock.advance(11)
        self.gate.admit("10.0.0.99")
        self.assertEqual(set(self.gate._by_address), {"10.0.0.0", "10.0.0.99"})

    def test_refused_are_counted_out(self) -> None:
        """Who was refused leaves too, and leaves nothing behind."""
        for _ in range(6):
            with contextlib.suppress(TooManyFromAddress):
                self.gate.admit("10.0.0.1")
        for _ in range(6):
            self.gate.leave("10.0.0.1")
        self.assertEqual(self.gate.connections, 0)


class AddressTests(SynchronousTestCase):
    def test_neighbourhood(self) -> None:
        """IPv4 counts by address, IPv6 by /64; this machine's own addresses and Unix sockets are free."""
        for host, where in (
            ("10.0.0.1", "10.0.0.1"),
            ("::ffff:10.0.0.1", "10.0.0.1"),
            ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
            ("fe80::1%eth0", "fe80::/64"),
            ("127.0.0.1", ""),
            ("127.9.9.9", ""),
            ("::1", ""),
            ("::ffff:127.0.0.1", ""),
        ):
            self.assertEqual(neighbourhood(tcp(host)), where, host)
        self.assertEqual(neighbourhood(UNIXAddress("/x")), "")

    def test_shown(self) -> None:
        """Addresses are logged as people write them; IPv4 peers of a dual-stack socket as IPv4."""
        self.assertEqual(shown_address(tcp("10.0.0.1")), "10.0.0.1:99")
        self.assertEqual(shown_address(tcp("::ffff:10.0.0.1")), "10.0.0.1:99")
        self.assertEqual(shown_address(tcp("::ffff:127.0.0.1")), "127.0.0.1:99")
        self.assertEqual(shown_address(tcp("2001:db8::1")), "[2001:db8::1]:99")
        self.assertEqual(shown_address(UNIXAddress("/x")), "a Unix socket")

"""Tests for chatd.daemon.metrics, over in-memory connections."""

import subprocess
import sys
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.interfaces import IProtocol
from twisted.internet.testing import MemoryReactorClock, StringTransportWithDisconnection
from twisted.trial.unittest import SynchronousTestCase

from chatd.daemon.metrics import AT_ONCE, BEAT, MetricsService, is_local
from chatd.doors.control import ControlSocket
from chatd.doors.endpoints import longest_queue
from chatd.doors.line import LineFactory
from tests.daemon.test_service import CHECKOUT


class MetricsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.stats: dict[str, Any] = {
            "people": 3,
            "rooms": 2,
            "connections": 4,
            "lines_heard": 10,
            "lines_delivered": 30,
            "lines_skipped": 1,
            "silent_connections": 5,
            "refusals": {"NobodyHere": 2, "Muted": 1},
            "held_back_seconds": 1.5,
            "bytes_waiting": 77,
            "owners": 5,
            "owners_ok": 1,
            "history_ok": 0,
            "history_waiting": 12,
            "history_lost": 6,
            "draining": 0,
            "uptime_seconds": 9,
        }
        self.service = MetricsService("tcp:9428:interface=127.0.0.1", False, lambda: self.stats, self.reactor)
        self.service.privilegedStartService()
        self.service.startService()

    def connect(self) -> tuple[IProtocol, StringTransportWithDisconnection]:
        connection = self.reactor.tcpServers[0][1].buildProtocol(IPv4Address("TCP", "127.0.0.1", 4000))
        assert connection is not None
        transport = StringTransportWithDisconnection()
        transport.protocol = connection
        connection.makeConnection(transport)
        return connection, transport

    def get(self, path: str) -> tuple[int, str]:
        """Return the status and the text of a page."""
        connection, transport = self.connect()
        connection.dataReceived(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        head, _, text = transport.value().decode().partition("\r\n\r\n")
        return int(head.split()[1]), text

    def test_metrics(self) -> None:
        """Every figure is there, in Prometheus's form."""
        status, text = self.get("/metrics")
        self.assertEqual(status, 200)
        lines = text.splitlines()
        for line in (
            "chatd_people 3.0",
            "chatd_owners 5.0",
            "chatd_owners_ok 1.0",
            "chatd_history_ok 0.0",
            "chatd_history_waiting 12.0",
            "chatd_history_lost_total 6.0",
            "chatd_rooms 2.0",
            "chatd_connections 4.0",
            "chatd_lines_heard_total 10.0",
            "chatd_lines_delivered_total 30.0",
            "chatd_lines_skipped_total 1.0",
            "chatd_silent_connections_total 5.0",
            'chatd_refusals_total{kind="NobodyHere"} 2.0',
            'chatd_refusals_total{kind="Muted"} 1.0',
            "chatd_held_back_seconds_total 1.5",
            "chatd_bytes_waiting 77.0",
            "chatd_draining 0.0",
            "chatd_uptime_seconds 9.0",
            "# TYPE chatd_reactor_lag_seconds histogram",
        ):
            self.assertIn(line, lines)

    def test_lag(self) -> None:
        """The histogram counts how late the reactor is."""
        self.reactor.pump([BEAT] * 4)
        self.reactor.advance(BEAT + 0.3)
        text = self.get("/metrics")[1]
        self.assertIn('chatd_reactor_lag_seconds_bucket{le="0.001"} 4.0', text)
        self.assertIn('chatd_reactor_lag_seconds_bucket{le="0.25"} 4.0', text)
        self.assertIn('chatd_reactor_lag_seconds_bucket{le="0.5"} 5.0', text)

    def test_always_late(self) -> None:
        """A reactor that is late at every beat is late each time."""
        self.reactor.pump([BEAT + 0.4] * 25)
        text = self.get("/metrics")[1]
        self.assertIn('chatd_reactor_lag_seconds_bucket{le="0.25"} 0.0', text)
        self.assertIn('chatd_reactor_lag_seconds_bucket{le="0.5"} 25.0', text)

    def test_body(self) -> None:
        """A request with a body is cut off, before any of it is stored."""
        for length in ("Content-Length: 1000000", "Transfer-Encoding: chunked"):
            connection, transport = self.connect()
            connection.dataReceived(f"POST /metrics HTTP/1.1\r\nHost: x\r\n{length}\r\n\r\n".encode())
            self.assertFalse(transport.connected)

    def test_many(self) -> None:
        """Only so many connections are open at a time; the oldest makes room, so that silent ones block nobody."""
        silent = [self.connect()[1] for _ in range(AT_ONCE)]
        self.assertEqual(self.get("/healthz")[0], 200)
        self.assertEqual([transport.connected for transport in silent], [False] + [True] * (AT_ONCE - 1))

    def test_healthy(self) -> None:
        """/healthz says ok."""
        self.assertEqual(self.get("/healthz"), (200, "ok\n"))

    def test_late(self) -> None:
        """It fails when the reactor was more than 5 s late at its last beat, and recovers with it."""
        self.reactor.advance(BEAT + 4.9)
        self.assertEqual(self.get("/healthz")[0], 200)
        self.reactor.advance(BEAT + 5.1)
        status, text = self.get("/healthz")
        self.assertEqual(status, 503)
        self.assertIn("the reactor is 5.", text)
        self.reactor.pump([BEAT] * 2)
        self.assertEqual(self.get("/healthz")[0], 200)

    def test_late_and_not_over(self) -> None:
        """It fails too if the beat that is late is still to come."""
        self.reactor.rightNow += BEAT + 5.1
        self.assertEqual(self.get("/healthz")[0], 503)

    def test_draining(self) -> None:
        """It fails while nobody new gets in, so that a balancer sends people elsewhere."""
        self.stats["draining"] = 1
        self.assertEqual(self.get("/healthz"), (503, "draining: nobody new gets in\n"))

    def test_other_pages(self) -> None:
        """There is nothing else."""
        for path in ("/", "/metricsx", "/../etc/passwd"):
            self.assertEqual(self.get(path)[0], 404)

    def test_stop(self) -> None:
        """When it stops, no more beats come."""
        self.service.stopService()
        self.assertEqual(self.reactor.getDelayedCalls(), [])


LAST_WINS = "tcp:9428:interface=127.0.0.1:interface="


class LocalTests(SynchronousTestCase):
    def test_local(self) -> None:
        """Unix sockets and loopback addresses are this machine's alone."""
        for endpoint in (
            "unix:/run/chatd/metrics",
            "tcp:9428:interface=127.0.0.1",
            "tcp:interface=127.0.0.2:port=9428",
            r"tcp6:9428:interface=\:\:1",
            "tcp:9428:interface=localhost",
        ):
            self.assertTrue(is_local(endpoint), endpoint)

    def test_public(self) -> None:
        """All else may be reached by others, and is refused unless that is wanted."""
        for endpoint in (
            "tcp:9428",
            "tcp:9428:interface=10.0.0.1",
            r"tcp6:9428:interface=\:\:",
            "systemd:index=0",
            "",
            LAST_WINS,
        ):
            self.assertFalse(is_local(endpoint), endpoint)
        error = self.assertRaises(ValueError, MetricsService, "tcp:9428", False, dict, MemoryReactorClock())
        self.assertIn("--metrics-public", str(error))
        MetricsService("tcp:9428", True, dict, MemoryReactorClock())


class QueueTests(SynchronousTestCase):
    def test_longest(self) -> None:
        """As many may wait at the figures' port, and at that of operators, as the system allows."""
        reactor = MemoryReactorClock()
        figures = MetricsService("tcp:9428:interface=127.0.0.1", False, dict, reactor)
        operators = ControlSocket(self.mktemp(), LineFactory(None), reactor)  # type: ignore[arg-type]
        for service in (figures, operators):
            service.privilegedStartService()
        self.assertEqual(reactor.tcpServers[0][2], longest_queue())
        self.assertEqual(reactor.unixServers[0][2], longest_queue())


class NotInstalledTests(SynchronousTestCase):
    def test_not_installed(self) -> None:
        """Without prometheus_client, one line says what to install, and names no endpoint: none would work."""
        run = "import sys; sys.modules['prometheus_client'] = None; from chatd.daemon.service import *\n"
        run += "options = Options(); options.parseOptions(['--metrics=tcp:9428']); makeService(options)"
        done = subprocess.run((sys.executable, "-c", run), cwd=CHECKOUT, capture_output=True, text=True, timeout=20)
        said = "chatd: metrics tcp:9428: metrics need prometheus_client: pip install '.[metrics]'\n"
        self.assertEqual((done.returncode, done.stderr), (1, said))

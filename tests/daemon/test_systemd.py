"""Tests for chatd.daemon.systemd, with a socket in systemd's place."""

import os
import socket
from collections.abc import Callable

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatd.daemon.systemd import STATUS_EVERY, Notifier
from tests.short_folder import short_folder


class Reactor(Clock):
    """Runs at once what should run when it runs."""

    def callWhenRunning(self, call: Callable[..., object], *arguments: object) -> None:
        call(*arguments)


class NotifierTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = str(short_folder(self) / "notify")
        self.people = 0
        self.clock = Reactor()

    def listen(self, address: str) -> socket.socket:
        systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(systemd.close)
        systemd.bind(address)
        systemd.setblocking(False)
        return systemd

    def start(self, **environment: str) -> Notifier:
        notifier = Notifier(self.clock, lambda: f"{self.people} people", environment)
        notifier.startService()
        return notifier

    def told(self, systemd: socket.socket) -> list[str]:
        messages = []
        while True:
            try:
                messages.append(systemd.recv(4096).decode())
            except BlockingIOError:
                return messages

    def test_life(self) -> None:
        """systemd is told that the daemon is ready, who is here, and that it stops."""
        systemd = self.listen(self.path)
        notifier = self.start(NOTIFY_SOCKET=self.path)
        self.assertEqual(self.told(systemd), ["STATUS=0 people", "READY=1"])
        self.people = 7
        self.clock.advance(STATUS_EVERY)
        self.assertEqual(self.told(systemd), ["STATUS=7 people"])
        notifier.stopService()
        self.assertEqual(self.told(systemd), ["STOPPING=1"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_watchdog(self) -> None:
        """The watchdog is fed twice as often as it asks for, as long as the reactor runs."""
        systemd = self.listen(self.path)
        self.start(NOTIFY_SOCKET=self.path, WATCHDOG_USEC="4000000", WATCHDOG_PID=str(os.getpid()))
        self.told(systemd)
        self.clock.pump([0.5] * 8)
        self.assertEqual(self.told(systemd), ["WATCHDOG=1\nSTATUS=0 people"] * 2)

    def test_slow_watchdog(self) -> None:
        """With a slow watchdog, the status is told as often as without."""
        systemd = self.listen(self.path)
        self.start(NOTIFY_SOCKET=self.path, WATCHDOG_USEC="60000000")
        self.told(systemd)
        self.clock.advance(STATUS_EVERY)
        self.assertEqual(self.told(systemd), ["WATCHDOG=1\nSTATUS=0 people"])

    def test_watchdog_of_another(self) -> None:
        """A watchdog that waits for another process is not fed."""
        systemd = self.listen(self.path)
        self.start(NOTIFY_SOCKET=self.path, WATCHDOG_USEC="4000000", WATCHDOG_PID="1")
        self.assertEqual(self.told(systemd), ["STATUS=0 people", "READY=1"])

    def test_abstract(self) -> None:
        """The socket may have an abstract name."""
        systemd = self.listen(f"\0chatd-test-{os.getpid()}")
        self.start(NOTIFY_SOCKET=f"@chatd-test-{os.getpid()}")
        self.assertIn("READY=1", self.told(systemd))

    def test_nobody_listens(self) -> None:
        """Nothing is wrong where there is no systemd, or none any more."""
        for environment in ({}, {"NOTIFY_SOCKET": self.path}):
            notifier = self.start(**environment)
            self.clock.advance(STATUS_EVERY)
            notifier.stopService()
            self.assertEqual((notifier.running, self.clock.getDelayedCalls()), (0, []))

    def test_full(self) -> None:
        """A systemd that reads nothing is not waited for."""
        systemd = self.listen(self.path)
        self.start(NOTIFY_SOCKET=self.path)
        self.clock.pump([STATUS_EVERY] * 10_000)
        self.assertIn(len(self.told(systemd)), range(2, 10_000))

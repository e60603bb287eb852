"""What systemd is told of the daemon: that it is ready, how it is, that it still runs, that it stops (sd_notify(3))."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from twisted.application.internet import TimerService
from twisted.application.service import MultiService
from twisted.internet.defer import Deferred

STATUS_EVERY = 5.0  # seconds


class Notifier(MultiService):
    """Tells systemd, if it asks for that in the environment. A stuck reactor feeds no watchdog, and is restarted."""

    def __init__(self, reactor: Any, status: Callable[[], str], environment: Mapping[str, str] = os.environ) -> None:
        super().__init__()
        self._reactor = reactor
        self._status = status
        self._address = environment.get("NOTIFY_SOCKET", "")
        watchdog = int(environment.get("WATCHDOG_USEC", 0)) / 1_000_000
        if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
            watchdog = 0
        self._beat = "WATCHDOG=1\n" if watchdog else ""
        if self._address:
            timer = TimerService(min(STATUS_EVERY, watchdog / 2 or STATUS_EVERY), self._tell_status)
            timer.clock = reactor
            timer.setServiceParent(self)

    def startService(self) -> None:
        super().startService()
        self._reactor.callWhenRunning(self.tell, "READY=1")

    def stopService(self) -> Deferred[None]:
        self.tell("STOPPING=1")
        stopped: Deferred[None] = super().stopService()
        return stopped

    def tell(self, message: str) -> None:
        """Send a message; nothing is done if nobody listens, and nothing is ever waited for."""
        if self._address:
            address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
                out.setblocking(False)
                out.sendto(message.encode(), address)

    def _tell_status(self) -> None:
        self.tell(f"{self._beat}STATUS={self._status()}")

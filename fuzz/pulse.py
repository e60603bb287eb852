"""A connection that knows when the daemon has read what was sent before, so that chunks don't melt into one.

The kernel would otherwise hand a busy daemon a whole life at once, with all its chunks in one segment.
"""

from __future__ import annotations

import socket
from contextlib import suppress

BEAT = b"\xff\xfd\x06"  # IAC DO TIMING-MARK, which chatd answers always and at once
ANSWER = b"\xff\xfc\x06"


class Pulse:
    """Sits in a room of its own, and speaks nothing but telnet."""

    def __init__(self, port: int) -> None:
        self._is_back = True
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(b"pulse\n/join #pulse\n/lock\n")
        self._socket.setblocking(False)

    def beat(self) -> None:
        self._is_back = False
        self._socket.sendall(BEAT)

    def is_back(self) -> bool:
        """Return whether the daemon has answered the last beat."""
        with suppress(BlockingIOError):
            self._is_back |= ANSWER in self._socket.recv(65536)
        return self._is_back

    def close(self) -> None:
        self._socket.close()

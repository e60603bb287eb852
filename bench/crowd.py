"""Clients in any number: they connect, log in one small batch after the other, and read whatever comes."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.process import CannotMeasure, Process

LOGIN_WITHIN = 20.0  # seconds
SILENCE = 1.3  # seconds; longer than a server may gather notices before it tells them
SETTLES_WITHIN = 60.0  # seconds
CHUNK = 65536  # bytes


@dataclass
class Login:
    """What one client still has to send, and what it waits for each time."""

    connection: socket.socket
    steps: list[tuple[bytes, bytes]]
    heard: bytearray = field(default_factory=bytearray)

    def go_on(self, data: bytes) -> None:
        self.heard += data
        if self.steps and self.steps[0][1] in self.heard:
            del self.steps[0]
            self.send()

    def send(self) -> None:
        self.heard.clear()
        if self.steps:
            self.connection.sendall(self.steps[0][0])


class Crowd:
    """The clients of a server, in the order in which they logged in; unless `joins`, those of ngircd enter no room."""

    def __init__(self, process: Process, *, joins: bool = True) -> None:
        self.process = process
        self._joins = joins
        self.connections: list[socket.socket] = []
        self.lost = 0
        self._epoll = select.epoll()
        self._by_fd: dict[int, socket.socket] = {}
        self._logins: dict[int, Login] = {}

    @staticmethod
    def name(place: int) -> bytes:
        """Return the nickname of the client at a place in `connections`."""
        return b"g%05d" % place

    def grow(self, size: int) -> None:
        """Log in more clients until there are so many.

        @raises CannotMeasure: if the server doesn't let them in.
        """
        at_once = self.process.server.at_once
        while len(self.connections) < size:
            for _ in range(min(at_once, size - len(self.connections))):
                self._connect()
            deadline = time.monotonic() + LOGIN_WITHIN
            while self._logins:
                self._read(0.1)
                if self.lost or time.monotonic() > deadline:
                    raise CannotMeasure(f"{self.process.server.name} did not let client {len(self.connections)} in")
        self.settle()

    def settle(self) -> None:
        """Read until the server has said nothing for a while."""
        deadline = time.monotonic() + SETTLES_WITHIN
        while self._read(SILENCE) and time.monotonic() < deadline:
            pass

    def idle(self, seconds: float) -> None:
        """Do nothing but read for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._read(left)

    def close(self) -> None:
        self._epoll.close()
        for connection in self.connections:
            connection.close()

    def _connect(self) -> None:
        connection = socket.create_connection(("127.0.0.1", self.process.port), LOGIN_WITHIN)
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        steps = self.process.server.language.login(self.name(len(self.connections)))
        login = Login(connection, steps if self._joins else steps[:1])
        login.send()
        fd = connection.fileno()
        self.connections.append(connection)
        self._by_fd[fd], self._logins[fd] = connection, login
        self._epoll.register(fd, select.EPOLLIN)

    def _read(self, timeout: float) -> bool:
        """Read once what has come, waiting for it at most so many seconds; return whether there was anything."""
        ready = self._epoll.poll(timeout)
        for fd, _ in ready:
            try:
                data = self._by_fd[fd].recv(CHUNK)
            except OSError:
                data = b""
            if not data:
                self.lost += 1
                self._epoll.unregister(fd)
            elif login := self._logins.get(fd):
                login.go_on(data)
                if not login.steps:
                    del self._logins[fd]
        return bool(ready)


@contextmanager
def crowd_at(process: Process, size: int, *, joins: bool = True) -> Iterator[Crowd]:
    """Log so many clients in, and close them all at the end."""
    crowd = Crowd(process, joins=joins)
    try:
        crowd.grow(size)
        yield crowd
    finally:
        crowd.close()

"""A person at a real socket, and a house to meet in: what the session tests are played with."""

from __future__ import annotations

import re
import socket
from dataclasses import replace
from pathlib import Path

from twisted.internet import reactor, tcp
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from chatd.daemon.service import ChatService
from chatd.daemon.settings import Settings

_TELNET = re.compile(rb"\xff[\xfb-\xfe].", re.DOTALL)  # what is said to clients whose lines end as telnet's do


class Person(Protocol):
    """Types lines, and waits for what the screen should show next."""

    transport: tcp.Connection

    def __init__(self) -> None:
        self.screen = ""
        self.closed = False
        self._read = 0
        self._waiting: tuple[re.Pattern[str], Deferred[re.Match[str]]] | None = None
        self._until_closed: Deferred[None] = Deferred()

    def type(self, *lines: str) -> None:
        self.transport.write("".join(f"{line}\r\n" for line in lines).encode())

    async def sees(self, pattern: str) -> re.Match[str]:
        """Wait until a line behind those seen already matches; times stand in front of lines, and are skipped."""
        expected = re.compile(rf"(?:^|(?<=Nickname: ))(?:\d\d:\d\d )?{pattern}(?:\r\n|$(?<=: ))", re.MULTILINE)
        match = self._find(expected)
        if match is None:
            arrived: Deferred[re.Match[str]] = Deferred()
            self._waiting = (expected, arrived)
            match = await arrived
        return match

    async def sees_close(self) -> None:
        """Wait until the connection is closed."""
        await self._until_closed

    def seen(self, text: str) -> bool:
        """Whether a text was on the screen at any time."""
        return text in self.screen

    def dataReceived(self, data: bytes) -> None:
        self.screen += _TELNET.sub(b"", data).decode()
        if self._waiting is not None:
            expected, arrived = self._waiting
            match = self._find(expected)
            if match is not None:
                self._waiting = None
                arrived.callback(match)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.closed = True
        self._until_closed.callback(None)

    def _find(self, expected: re.Pattern[str]) -> re.Match[str] | None:
        match = expected.search(self.screen, self._read)
        if match is not None:
            self._read = match.end()
        return match


class SessionTestCase(TestCase):
    """A daemon on a free port, over real sockets."""

    timeout = 10
    settings = Settings(line_rate=0, byte_rate=0, state="")  # a new folder, unless one is named

    def setUp(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        listen = (f"tcp:{self.port}:interface=127.0.0.1",)
        state = self.settings.state or str(Path(self.mktemp()).absolute())
        self.service = ChatService(replace(self.settings, listen=listen, state=state), reactor)
        self.service.privilegedStartService()
        self.service.startService()
        self.addCleanup(self.stop)

    async def stop(self) -> None:
        if self.service.running:
            await self.service.stopService()

    async def connect(self) -> Person:
        person: Person = await connectProtocol(TCP4ClientEndpoint(reactor, "127.0.0.1", self.port), Person())
        return person

    async def enter(self, nickname: str) -> Person:
        """Return a person who has connected and given a nickname, and has been let in."""
        person = await self.connect()
        await person.sees("Nickname: ")
        person.type(nickname)
        await person.sees(f"-- you are {nickname} in #lobby; .*")
        return person

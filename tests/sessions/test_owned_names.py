"""Names that people own, over real sockets: a lost connection, lines for who is away, what was said before."""

from __future__ import annotations

import re
import socket
from dataclasses import replace

from twisted.internet.threads import deferToThread

from tests.keeping import SECRET
from tests.sessions.person import Person, SessionTestCase

LINES = 60
WIDE = "x" * 3_000


class OwnedNamesTests(SessionTestCase):
    settings = replace(SessionTestCase.settings, letters_days=30, history_days=7)

    async def register(self, name: str) -> Person:
        person = await self.enter(name)
        person.type("/register", SECRET, SECRET)
        await person.sees(f"(?:New password: Again: |Again: )?-- {name} is yours: .*")
        return person

    async def come(self, name: str) -> Person:
        """Return an owner who has come back."""
        person = await self.connect()
        await person.sees("Nickname: ")
        person.type(name, SECRET)
        return person

    async def test_come_back(self) -> None:
        """A name that was registered asks for its password, and the room's last lines are shown behind it."""
        alice = await self.register("alice")
        alice.type("hello", "quit")
        await alice.sees_close()
        alice = await self.come("alice")
        await alice.sees("-- you are alice in #lobby; .*")
        await alice.sees("-- the last line:")
        await alice.sees(r"\| \d\d:\d\d <alice> hello")
        self.assertNotIn(SECRET, alice.screen)

    async def test_lost_connection(self) -> None:
        """An owner takes over a connection that answers nothing; no line is missing, and the room sees nothing."""
        bob = await self.enter("bob")
        (await self.register("alice")).transport.loseConnection()
        await bob.sees("-- alice left")
        deaf = socket.socket()
        self.addCleanup(deaf.close)
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await deferToThread(deaf.connect, ("127.0.0.1", self.port))
        deaf.sendall(f"alice\n{SECRET}\n".encode())
        await bob.sees("-- alice joined")
        for number in range(LINES):
            bob.type(f"{number} {WIDE}")
        bob.type("@alice psst")
        await bob.sees(r"\[you -> alice\] psst")
        alice = await self.come("alice")
        await alice.sees("-- you were here already: your other connection is closed")
        await alice.sees(r"-- \d+ lines that your other connection may not have shown:")
        await alice.sees(r"\| \d\d:\d\d \[bob -> you\] psst")
        old = await deferToThread(self.read, deaf)
        shown = {int(number) for number in re.findall(r"<bob> (\d+) x", old + alice.screen)}
        self.assertEqual(shown, set(range(LINES)))
        self.assertIn("-- you came in from elsewhere; this connection is closed", old)
        alice.type("still here")
        await bob.sees("<alice> still here")
        self.assertEqual(bob.screen.count("alice joined"), 2)  # at first, and as the deaf one
        self.assertEqual(bob.screen.count("alice left"), 1)

    def read(self, connection: socket.socket) -> str:
        """Return what a connection is sent up to its end."""
        connection.settimeout(5)
        received = b""
        while data := connection.recv(65536):
            received += data
        return received.decode()

    async def test_letter(self) -> None:
        """A private line waits for an owner who is away, is shown once, and is deleted when it has arrived."""
        (await self.register("bob")).transport.loseConnection()
        alice = await self.enter("alice")
        alice.type("@bob lunch?")
        await alice.sees("-- bob is not here; your line is kept and bob reads it when they come, within 30 days")
        bob = await self.come("bob")
        await bob.sees("-- 1 private line came while you were away:")
        await bob.sees(r"\| \d\d:\d\d \[alice -> you\] lunch\?")
        bob.type("quit")
        await bob.sees_close()
        bob = await self.come("bob")
        await bob.sees("-- /h lists commands, .*")
        bob.type("/uptime")
        await bob.sees("-- open for .*")
        self.assertFalse(bob.seen("lunch?"))

    async def test_history(self) -> None:
        """What was said is found, and taken back, while people talk."""
        alice = await self.enter("alice")
        for number in range(30):
            alice.type(f"line {number}")
        alice.type("/last 25")
        await alice.sees("-- the last 25 lines:")
        await alice.sees(r"\| \d\d:\d\d <alice> line 29")
        alice.type("/search LINE 17")
        await alice.sees("-- 1 line has that:")
        alice.type("/forget")
        await alice.sees("-- 30 lines are forgotten here, .*")
        alice.type("/last")
        await alice.sees("-- nothing that was said here before is remembered")

    async def test_backup(self) -> None:
        """What is on the disk is copied while people talk, and the copy can be opened."""
        alice = await self.register("alice")
        alice.type("hello")
        await alice.sees("<alice> hello")
        where = await self.service.operations.backup("copy")
        self.settings = replace(self.settings, state=where)
        await self.stop()
        self.setUp()
        again = await self.come("alice")
        await again.sees(r"\| \d\d:\d\d <alice> hello")

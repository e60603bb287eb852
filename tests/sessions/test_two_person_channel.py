"""The two-person channel: only you and them, nothing stored."""

from dataclasses import replace
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.task import deferLater

from chatd.core.guard import PASTED
from tests.sessions.person import SessionTestCase


class CapacityTests(SessionTestCase):
    settings = replace(SessionTestCase.settings, capacity=2, history_lines=0)

    async def test_third_is_let_go(self) -> None:
        """Two fill the daemon; a third is told it is full and let go, until one of the two leaves."""
        alice, bob = await self.enter("alice"), await self.enter("bob")
        third = await self.connect()
        await third.sees("!! this chat is full .*")
        await third.sees_close()
        alice.type("hello")
        await bob.sees("<alice> hello")
        bob.type("quit")
        await bob.sees_close()
        await self.enter("carol")

    async def test_nothing_stored(self) -> None:
        """Nothing said is in any file, and nobody reads it later."""
        alice, bob = await self.enter("alice"), await self.enter("bob")
        alice.type("between you and me")
        await bob.sees("<alice> between you and me")
        grown = [path for path in Path().rglob("*") if path.is_file() and b"between you and me" in path.read_bytes()]
        self.assertEqual(grown, [])
        bob.type("quit")
        await bob.sees_close()
        carol = await self.enter("carol")
        carol.type("/last", "/search between")
        await carol.sees("-- nothing that was said here before is remembered")
        await carol.sees("-- nothing that is remembered has that")
        self.assertFalse(carol.seen("between you and me"))


class RoomTests(SessionTestCase):
    async def test_den(self) -> None:
        """/join, /lock and /invite give the same inside a bigger daemon."""
        alice, bob, carol = await self.enter("alice"), await self.enter("bob"), await self.enter("carol")
        alice.type("/join #den", "/lock", "/invite bob")
        await bob.sees("-- alice invites you to #den: .*")
        carol.type("/join #den", "/rooms")
        await carol.sees("!! #den is locked; .*")
        await carol.sees("-- rooms you can see: #lobby 2")
        bob.type("/join #den")
        await alice.sees("-- bob joined")
        bob.type("only you and me")
        await alice.sees("<bob> only you and me")
        carol.type("secret for the den")
        await carol.sees("!! not sent: secret for the den")
        await deferLater(reactor, 2 * PASTED)
        carol.type("is anybody here?")
        await carol.sees("<carol> is anybody here.")
        self.assertFalse(carol.seen("only you and me"))

"""The multi-user full-duplex chat: `to:username`, then lines go both ways between the two."""

from twisted.internet import reactor
from twisted.internet.task import deferLater

from chatd.core.guard import PASTED
from tests.sessions.person import SessionTestCase


class FullDuplexChatTests(SessionTestCase):
    async def test_name_in_use(self) -> None:
        """A name in use is refused."""
        await self.enter("alice")
        other = await self.connect()
        other.type("alice")
        await other.sees('!! "alice" is taken; .*')

    async def test_both_ways(self) -> None:
        """A name that isn't there is refused and another can be chosen; then lines go both ways between the two."""
        alice, bob, carol = await self.enter("alice"), await self.enter("bob"), await self.enter("carol")
        alice.type("to:bbo")
        await alice.sees(r'!! nobody here is called "bbo"; did you mean bob\?')
        alice.type("to:bob")
        await alice.sees("-- now talking to bob")
        bob.type("to:alice")
        await bob.sees("-- now talking to alice")
        alice.type("one")
        await bob.sees(r"\[alice -> you\] one")
        bob.type("two")
        await alice.sees(r"\[bob -> you\] two")
        alice.type("to:", "hello all")
        await carol.sees("<alice> hello all")
        for line in ("one", "two"):
            self.assertFalse(carol.seen(line))

    async def test_third_person(self) -> None:
        """When a third writes to someone in a conversation, that person's lines go to the third, never by surprise."""
        alice, bob, carol = await self.enter("alice"), await self.enter("bob"), await self.enter("carol")
        alice.type("to:bob")
        bob.type("to:alice")
        await bob.sees("-- now talking to alice")
        carol.type("@bob have you a minute?")
        await bob.sees(r"-- now talking to carol \(was alice\)")
        bob.type("as I said, alice", "and then again")
        await bob.sees("!! that may not have been meant for carol; .*")
        await bob.sees("!! not sent: as I said, alice")
        await bob.sees("!! not sent: and then again")
        await deferLater(reactor, 2 * PASTED)
        bob.type("yes, carol")
        await carol.sees(r"\[bob -> you\] yes, carol")
        self.assertFalse(carol.seen("as I said"))
        self.assertFalse(alice.seen("yes, carol"))

    async def test_quit(self) -> None:
        """quit logs out and the other is told; what the other then types is given back, not said to the room."""
        alice, bob, carol = await self.enter("alice"), await self.enter("bob"), await self.enter("carol")
        bob.type("to:alice")
        await bob.sees("-- now talking to alice")
        alice.type("quit")
        await alice.sees_close()
        await bob.sees("-- alice, whom you were talking to, has left; .*")
        bob.type("between us", "to:", "hello all")
        await bob.sees("!! alice has left; .*")
        await carol.sees("<bob> hello all")
        self.assertFalse(carol.seen("between us"))

"""The nickname chat room: many clients, one port."""

from twisted.internet.defer import ensureDeferred, gatherResults

from tests.sessions.person import SessionTestCase


class NicknameChatRoomTests(SessionTestCase):
    async def test_many(self) -> None:
        """The server asks each for a nickname, announces joined and left, and sends every line to all."""
        people = [await self.enter(f"guest{number}") for number in range(20)]
        people[7].type("hello, everybody")
        await gatherResults([ensureDeferred(person.sees("<guest7> hello, everybody")) for person in people])
        people[7].type("quit")
        others = [person for person in people if person is not people[7]]
        await gatherResults([ensureDeferred(person.sees("-- guest7 left")) for person in others])
        self.assertTrue(people[0].seen("-- guest1 joined"))

    async def test_vanishing(self) -> None:
        """A client that breaks in the middle of a login, a line or a broadcast is removed; nobody else is hurt."""
        alice, bob = await self.enter("alice"), await self.enter("bob")
        for half in ("", "ghost", "ghost\r\nhel", "ghost\r\n/ls\r\n/h\r\nhello\r\n"):
            ghost = await self.connect()
            ghost.transport.write(half.encode())
            await ghost.sees("-- welcome.*")
            ghost.transport.abortConnection()
            await ghost.sees_close()
        alice.type("still here?")
        await bob.sees(r"<alice> still here\?")
        alice.type("/ls")
        await alice.sees("-- 2 people are in #lobby: alice, bob")

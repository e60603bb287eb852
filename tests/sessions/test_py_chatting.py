"""PY_CHATTING: group and private chat over TCP, with /ls, /h, @name and /i."""

from tests.sessions.person import SessionTestCase


class PyChattingTests(SessionTestCase):
    async def test_nickname_is_asked_until_free(self) -> None:
        """A nickname has no spaces and is nobody else's; it is asked again until that is so."""
        await self.enter("alice")
        bob = await self.connect()
        for refused in ("alice", "al ice", "ALICE"):
            await bob.sees("Nickname: ")
            bob.type(refused)
            await bob.sees(f'!! "{refused}" .*')
        await bob.sees("Nickname: ")
        bob.type("bob")
        await bob.sees("-- you are bob in #lobby; 2 people are here: alice, bob")

    async def test_comings_and_goings(self) -> None:
        """Everyone is told who came and who left; /ls lists who is logged in, /h and /help explain."""
        alice, bob = await self.enter("alice"), await self.enter("bob")
        await alice.sees("-- bob joined")
        carol = await self.enter("carol")
        for person in (alice, bob):
            await person.sees("-- carol joined")
            person.type("/ls")
            await person.sees("-- 3 people are in #lobby: alice, bob, carol")
        for ask in ("/h", "/help"):
            alice.type(ask)
            await alice.sees("-- @name text .*")
            await alice.sees("-- quit .*")
        carol.type("quit")
        for person in (alice, bob):
            await person.sees("-- carol left")

    async def test_private(self) -> None:
        """@name sends all of the text to one person; both see it, nobody else; unknown names are refused."""
        alice, bob, carol = await self.enter("alice"), await self.enter("bob"), await self.enter("carol")
        alice.type("@bob meet me at noon", "@nobody meet me", "hello all")
        await bob.sees(r"\[alice -> you\] meet me at noon")
        await alice.sees(r"\[you -> bob\] meet me at noon")
        await alice.sees('!! nobody here is called "nobody"; your line was not sent')
        await carol.sees("<alice> hello all")
        self.assertFalse(carol.seen("meet me"))

    async def test_quiet(self) -> None:
        """/i shuts out group talk in both directions, and opens it again; system and private lines still come."""
        alice, bob = await self.enter("alice"), await self.enter("bob")
        await alice.sees("-- bob joined")
        alice.type("/i")
        await alice.sees("-- #lobby is off: .*")
        alice.type("nobody hears this")
        await alice.sees("!! you have turned the room off; .*")
        bob.type("group talk", "@alice private talk")
        await alice.sees(r"\[bob -> you\] private talk")
        await self.enter("carol")
        await alice.sees("-- carol joined")
        alice.type("/i")
        await alice.sees("-- #lobby is back on")
        bob.type("group again")
        await alice.sees("<bob> group again")
        self.assertFalse(alice.seen("group talk"))
        self.assertFalse(bob.seen("nobody hears this"))

    async def test_time_and_sender(self) -> None:
        """Every message bears its time and its sender."""
        alice, bob = await self.enter("alice"), await self.enter("bob")
        alice.type("hello", "@bob psst")
        await bob.sees(r"(?<=\d\d:\d\d )<alice> hello")
        await bob.sees(r"(?<=\d\d:\d\d )\[alice -> you\] psst")

    async def test_no_command_is_sent(self) -> None:
        """No line that begins with / is ever sent to anyone."""
        alice, bob = await self.enter("alice"), await self.enter("bob")
        alice.type("/lss", "/password hunter2", "/", " /oops")
        await alice.sees("!! .*oops.*")
        alice.type("the end")
        await bob.sees("<alice> the end")
        for line in ("lss", "hunter2", "oops"):
            self.assertFalse(bob.seen(line))

    async def test_not_logged_in(self) -> None:
        """A connection that has not logged in hears nothing."""
        alice, stranger = await self.enter("alice"), await self.connect()
        await stranger.sees("Nickname: ")
        before = stranger.screen
        alice.type("hello", "/me waves", "/ls")
        await alice.sees("-- 1 person is in #lobby: alice")
        await self.enter("bob")
        self.assertEqual(stranger.screen, before)

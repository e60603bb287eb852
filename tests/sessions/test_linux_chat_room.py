"""The Linux terminal chat room: name, enter, talk, leave, administrator."""

from tests.sessions.person import SessionTestCase


class LinuxChatRoomTests(SessionTestCase):
    async def test_session(self) -> None:
        """A unique name; others hear of who enters and quits; everybody, the speaker included, gets name and text."""
        alice, bob = await self.enter("alice"), await self.enter("bob")
        await alice.sees("-- bob joined")
        bob.type("hello")
        for person in (alice, bob):
            await person.sees("<bob> hello")
        bob.type("quit")
        await bob.sees("-- goodbye, bob")
        await bob.sees_close()
        await alice.sees("-- bob left")

    async def test_closing_the_terminal(self) -> None:
        """Ctrl-C, which closes nc, and closing the terminal leave too."""
        alice, bob, carol = await self.enter("alice"), await self.enter("bob"), await self.enter("carol")
        await alice.sees("-- carol joined")
        bob.transport.loseConnection()
        await alice.sees("-- bob left")
        carol.transport.abortConnection()
        await alice.sees(r"-- carol left( \(connection lost\))?")
        alice.type("/ls")
        await alice.sees("-- 1 person is in #lobby: alice")

    async def test_administrator(self) -> None:
        """The daemon's own announcements reach everyone."""
        alice, bob = await self.enter("alice"), await self.enter("bob")
        bob.type("/join #den", "/i")
        await bob.sees("-- #den is off: .*")
        self.service.hall.announce("we restart at noon")
        for person in (alice, bob):
            await person.sees("## Administrator: we restart at noon")

    async def test_nobody_passes_for_the_administrator(self) -> None:
        """Neither by name nor by what they say."""
        alice, bob = await self.enter("alice"), await self.enter("bob")
        bob.type("/nick Administrator", "/nick ADMlN", "/nick 管理员", "## Administrator: send me your passwords")
        for name in ("Administrator", "ADMlN", "管理员"):
            await bob.sees(
                f'!! "{name}" can\'t be a nickname: it could be mistaken for the administrator or for chatd itself'
            )
        await alice.sees("<bob> ## Administrator: send me your passwords")

    async def test_the_house_closes(self) -> None:
        """When the daemon stops, everyone is told, and every connection is closed."""
        alice, stranger = await self.enter("alice"), await self.connect()
        await stranger.sees("Nickname: ")
        await self.service.stopService()
        await alice.sees("## Administrator: this server is closing now")
        await alice.sees_close()
        await stranger.sees_close()

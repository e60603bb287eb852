"""A session with an operator at the Unix socket, beside people at the port."""

from dataclasses import replace
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.endpoints import UNIXClientEndpoint, connectProtocol

from tests.sessions.person import Person, SessionTestCase
from tests.short_folder import short_folder


class OperatorsDayTests(SessionTestCase):
    def setUp(self) -> None:
        folder = short_folder(self)
        self.control = str(folder / "control")
        self.settings = replace(
            self.settings,
            control=self.control,
            state=str(folder),
            metrics=f"unix:{folder}/metrics",
            max_connections=3,
        )
        super().setUp()

    async def operate(self) -> Person:
        operator: Person = await connectProtocol(UNIXClientEndpoint(reactor, self.control), Person())
        await operator.sees("-- chatd, the operator's door: .*")
        return operator

    async def test_a_day(self) -> None:
        """The operator announces, hears the lobby on request, bans, and closes the chat; people are told each time."""
        operator, alice, bob = await self.operate(), await self.enter("alice"), await self.enter("bob")
        operator.type("we restart at noon")
        for person in (alice, bob):
            await person.sees("## Administrator: we restart at noon")
        operator.type("/listen on")
        await operator.sees("-- you are listening to #lobby")
        bob.type("spam", "@alice more spam")
        await operator.sees("<bob> spam")
        operator.type("/ban bob 2h spam", "/bans")
        await operator.sees("-- bob is banned for 2 h; disconnected: bob")
        await operator.sees(r"-- bob is banned for (2 h|1 h 59 min): spam \(since .*\)")
        await bob.sees("!! you were banned by the administrator: for 2 h, spam")
        await bob.sees_close()
        await alice.sees(r"-- bob left \(banned by the administrator: for 2 h, spam\)")
        again = await self.connect()
        again.type("Bob")
        await again.sees(r'!! "Bob" is banned from this chat for .* more \(spam\); .*')
        self.assertFalse(operator.seen("more spam"))
        self.assertIn('"target": "bob"', (Path(self.control).parent / "bans.json").read_text())
        await self.stop()
        await alice.sees("## Administrator: this server is closing now")
        await operator.sees("-- goodbye")
        await operator.sees_close()

    async def test_full(self) -> None:
        """When as many people are connected as may be, an operator still gets in, and makes room."""
        people = [await self.enter(f"guest{number}") for number in range(3)]
        turned_away = await self.connect()
        await turned_away.sees(r"!! the limit on connections \(3\) is reached; .*")
        operator = await self.operate()
        operator.type("/kick guest1 make room")
        await people[1].sees("!! you were disconnected by the administrator: make room")
        await people[1].sees_close()
        await self.enter("guest3")

"""Sessions of people and operators in halls that are one, in simulated time."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.bans import Ban
from chatd.core.memory import LinesOf, Memory
from chatd.core.nickname import nickname
from chatd.core.relay import BanSet
from chatd.session.commands import a_person
from chatd.session.inputs import Ended, Input, Line
from chatd.session.moderation import take_ban
from chatd.session.operator_commands import an_operator
from chatd.session.session import Server, Session
from chatd.store.history import History
from tests.keeping import SECRET, keep_history, own_names
from tests.nodes.halls import Halls
from tests.session.test_operator import NotedDaemon
from tests.session.test_session import Screen


class SessionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.halls = Halls("a", "b")
        self.addCleanup(self.halls.stop)
        self.a, self.b = (Server(one.hall, "the lab") for one in self.halls.servers)
        self.alice, self.at_alice = self.enter(self.a, "alice")
        self.bob, self.at_bob = self.enter(self.b, "bob")
        self.at_operator = Screen()
        self.operator = Session(
            self.a, self.at_operator, "-", None, lambda session: an_operator(session, NotedDaemon())
        )
        self.halls.run(1.5)
        self.at_alice.take()
        self.at_bob.take()

    def enter(self, server: Server, name: str) -> tuple[Session, Screen]:
        screen = Screen()
        session = Session(server, screen, "10.0.0.1:99", None, a_person)
        session.begin()
        self.give(session, Line(name, self.halls.clock.seconds()))
        return session, screen

    def give(self, session: Session, given: Input, wait: float = 0.1) -> Deferred[None] | None:
        work = session.receive(given)
        working = None if work is None else Deferred.fromCoroutine(_of(work))
        self.halls.run(wait)
        return working

    def type(self, session: Session, line: str, wait: float = 0.1) -> Deferred[None] | None:
        return self.give(session, Line(line, self.halls.clock.seconds()), wait)

    def keep_history(self, server: Server) -> History:
        folder = Path(self.mktemp()).absolute()
        folder.mkdir()
        history = keep_history(server, folder, self.halls.clock)
        self.addCleanup(lambda: self.successResultOf(Deferred.fromCoroutine(history.close())))
        return history

    def cut_off_b(self, seconds: float) -> None:
        there = self.halls.servers[1]
        there.shared.is_cut = True
        there.shared.close()
        self.halls.run(seconds)

    def test_in_order(self) -> None:
        """What is asked for behind a line is answered behind its echo."""
        self.type(self.alice, "hello", wait=0)
        self.type(self.alice, "/uptime")
        shown = self.at_alice.take()
        self.assertIn("<alice> hello", shown[0])
        self.assertEqual(len(shown), 2)

    def test_ended(self) -> None:
        """Who ends their input sees their last line before the goodbye."""
        self.type(self.alice, "hello", wait=0)
        self.give(self.alice, Ended())
        shown = self.at_alice.take()
        self.assertIn("<alice> hello", shown[0])
        self.assertIn("goodbye", shown[-1])

    def test_names(self) -> None:
        """A name of another daemon's people is refused, at the entrance and by /nick."""
        _, screen = self.enter(self.a, "bob")
        self.assertTrue(any("taken" in line for line in screen.take()))
        self.type(self.alice, "/nick bob")
        self.assertIn("taken", self.at_alice.take()[0])
        self.type(self.alice, "/nick carol")
        self.assertIn("carol", self.b.hall.find("carol").nickname)

    def test_owner_cut_off(self) -> None:
        """An owner who can't have their name now is asked for the password again, which is told to nobody."""
        folder = Path(self.mktemp()).absolute()
        folder.mkdir()
        people = own_names(self.b, folder, self.halls.clock)
        self.successResultOf(Deferred.fromCoroutine(people.register(nickname("carol"), SECRET, None)))
        carol, screen = self.enter(self.b, "carol")
        self.cut_off_b(1)
        screen.take()
        for _ in range(2):
            self.type(carol, SECRET)
            shown = screen.take()
            self.assertIn("can't be asked just now", shown[0])
            self.assertEqual(shown[-1], "Password of carol: ")
        self.halls.servers[1].shared.is_cut = False
        self.halls.run(3)
        self.type(carol, SECRET)
        assert carol.member is not None
        self.assertEqual(carol.member.nickname, "carol")
        self.halls.run(1.5)
        self.assertNotIn(SECRET, "".join(self.at_alice.take() + self.at_bob.take()))

    def test_gone_meanwhile(self) -> None:
        """Whoever has gone when their name is granted leaves it free."""
        session = Session(self.a, Screen(), "10.0.0.1:99", None, a_person)
        session.begin()
        self.type(session, "dave", wait=0)
        self.give(session, Ended())
        self.halls.run(0.2)
        self.enter(self.b, "dave")
        self.assertTrue(self.b.hall.find("dave").here)

    def test_closing_meanwhile(self) -> None:
        """A name that was granted and can't be used is free again."""
        session = Session(self.a, Screen(), "10.0.0.1:99", None, a_person)
        session.begin()
        self.type(session, "dave", wait=0)
        self.a.hall.draining = True
        self.halls.run(0.2)
        self.enter(self.b, "dave")
        self.assertTrue(self.b.hall.find("dave").here)

    def test_moderation(self) -> None:
        """An operator kicks and renames people of the other daemon."""
        self.type(self.operator, "/rename bob rob")
        self.assertTrue(any("your nickname to rob" in line for line in self.at_bob.take()))
        self.type(self.operator, "/kick rob enough")
        self.assertTrue(any("disconnected" in line for line in self.at_bob.take()))

    def test_told_by_the_operator(self) -> None:
        """An operator tells somebody of the other daemon something, and is told when there is nobody any more."""
        self.type(self.operator, "/tell bob mind the step")
        self.assertEqual(self.at_bob.take(), ["## Administrator to you: mind the step"])
        self.assertEqual(self.at_operator.take()[-1], "-- bob was told")

    def test_turned_to(self) -> None:
        """A conversation with somebody of the other daemon begins with a line, and what follows goes there, too."""
        self.type(self.alice, "to:bob psst")
        self.type(self.alice, "you there?")
        self.assertEqual(self.at_bob.take(), ["[alice -> you] psst", "[alice -> you] you there?"])
        shown = ["[you -> bob] psst", "-- now talking to bob", "[you -> bob] you there?"]
        self.assertEqual(self.at_alice.take(), shown)

    def test_not_turned_to(self) -> None:
        """If they refuse it, a line that was typed right behind is given back, and goes to nobody."""
        self.type(self.bob, "/ignore alice")
        at = self.halls.clock.seconds()
        for line in ("to:bob psst", "and another"):
            self.give(self.alice, Line(line, at))
        shown = self.at_alice.take()
        self.assertEqual([line for line in shown if line.startswith("<")], [])
        self.assertEqual(
            [line for line in shown if line.startswith("!! not sent")],
            ["!! not sent: psst", "!! not sent: and another"],
        )

    def test_away(self) -> None:
        """Who is away without a reason is so everywhere, and told to those who write; then they are back."""
        self.type(self.bob, "/away")
        self.type(self.alice, "@bob psst")
        self.assertEqual(self.at_alice.take(), ["[you -> bob] psst", "-- bob is away"])
        self.assertEqual(self.a.hall.find("bob").away, "")
        self.type(self.bob, "/back")
        self.type(self.alice, "@bob psst")
        self.assertEqual(self.at_alice.take(), ["[you -> bob] psst"])
        self.assertIsNone(self.a.hall.find("bob").away)

    def test_not_remembered(self) -> None:
        """What somebody says who doesn't want it remembered is remembered on no node."""
        for server in (self.a, self.b):
            server.hall.remember(Memory(10))
        self.type(self.bob, "/remember off")
        self.type(self.bob, "a secret of mine")
        self.type(self.bob, "/remember on")
        self.type(self.bob, "not this")
        self.type(self.alice, "/last")
        shown = "\n".join(self.at_alice.take()[2:])
        self.assertIn("not this", shown)
        self.assertNotIn("secret", shown)

    def test_lock_refused(self) -> None:
        """A room that can't be locked, as the others are out of reach, keeps what it has on the disk."""
        history = self.keep_history(self.b)
        for line in ("/join #den", "/remember on", "keep this"):
            self.type(self.bob, line)
        self.cut_off_b(1)
        self.at_bob.take()
        self.type(self.bob, "/lock")
        self.assertIn("try again", self.at_bob.take()[0])
        kept = self.successResultOf(Deferred.fromCoroutine(history.last("#den", 10)))
        self.assertEqual([line.text for line in kept], ["keep this"])
        assert self.bob.member is not None
        self.assertTrue(self.bob.member.room.ring.archived)

    def test_locked_meanwhile(self) -> None:
        """A node that was out of reach forgets what it has of a room that was locked meanwhile; not of one that nobody
        wanted to be kept, though one of that name was before.
        """
        heard: list[LinesOf] = []
        there = self.halls.servers[1]
        there.link._news_heard = lambda news: heard.extend(news.which)
        self.keep_history(self.a)
        for lines in (["/remember on", "/lock"], ["/lock"]):
            self.cut_off_b(5)
            for line in ("/join #den", *lines):
                self.type(self.alice, line)
            self.halls.run(130)
            there.shared.is_cut = False
            self.halls.run(3)
            self.assertTrue(there.locked["#den"])
            self.assertEqual([one.room for one in heard], ["#den"])
            self.type(self.alice, "/join #lobby")

    def test_room_is_yours(self) -> None:
        """When the first inside a locked room leaves, the next one is told at their home, once."""
        self.type(self.alice, "/join #den")
        self.type(self.bob, "/join #den")
        self.type(self.alice, "/lock")
        self.at_bob.take()
        self.type(self.alice, "/leave")
        self.halls.run(1.5)
        told = [line for line in self.at_bob.take() if "yours" in line]
        self.assertEqual(told, ["-- #den is yours now: /unlock, /invite"])

    def test_name_of_another(self) -> None:
        """Who gets a private line under the name of another who wrote last is told first whose it was."""
        self.type(self.alice, "/join #den")
        self.type(self.alice, "@bob psst")
        self.type(self.alice, "/nick carol")
        self.enter(self.a, "alice")
        self.halls.run(1.5)
        self.at_bob.take()
        other = self.a.hall.find("alice")
        working = other.talk.whisper("bob", "hm?")
        assert working is not None
        Deferred.fromCoroutine(_of(working))
        self.halls.run(0.1)
        self.assertEqual(self.at_bob.take(), ["-- alice is now called carol", "[alice -> you] hm?"])

    def test_drained(self) -> None:
        """Those of the daemon that is drained alone are told where to go on, and so is whoever comes to it."""
        self.a.hall.elsewhere = "telnet b.example.org 2428"
        self.a.hall.draining = True
        self.a.hall.announce_closing(5)
        self.halls.run(0.1)
        there = "; go on at: telnet b.example.org 2428"
        self.assertIn(there, self.at_alice.take()[0])
        self.assertEqual(self.at_bob.take(), [])
        _, screen = self.enter(self.a, "carol")
        self.assertEqual(screen.take(), [f"!! this server is about to close and lets nobody in{there}"])
        _, screen = self.enter(self.b, "carol")
        self.assertTrue(any("you are carol" in line for line in screen.take()))

    def test_nodes(self) -> None:
        """An operator sees who is up."""
        self.type(self.operator, "/nodes")
        self.assertRegex(self.at_operator.take()[-1], r"a \(this one\): up since .*, 3 people are here, 0.0 s behind")

    def test_banned_while_cut_off(self) -> None:
        """Who was banned on another daemon while theirs was cut off is put out when it is back, however late."""
        node = self.halls.servers[1]
        node.hears_bans = self.take_bans
        for seconds in (1, 130):
            node.shared.is_cut = True
            node.shared.close()
            self.type(self.operator, "/ban bob")
            self.halls.run(seconds)
            node.shared.is_cut = False
            self.halls.run(3)
            self.assertIn("banned", self.at_bob.take()[-1])
            self.assertEqual(self.halls.servers[0].rooms, {"#lobby": ["alice"]})
            self.type(self.operator, "/unban bob")
            self.bob, self.at_bob = self.enter(self.b, "bob")

    def take_bans(self, news: Sequence[BanSet]) -> None:
        for one in news:
            take_ban(self.b, one)

    def test_bans(self) -> None:
        """Bans and mutes of another daemon hold for people here, until they are lifted."""
        mute, ban = Ban("mute", "bob", None, "loud"), Ban("name", "bob", None, "spam")
        for lifted in (False, True):
            take_ban(self.b, BanSet(mute, lifted))
        shown = self.at_bob.take()
        self.assertIn("has muted you", shown[0])
        self.assertIn("not muted any more", shown[1])
        take_ban(self.b, BanSet(ban, True))
        for _ in range(2):  # they are told once
            take_ban(self.b, BanSet(ban))
        self.assertEqual(["banned" in line for line in self.at_bob.take()], [True])


async def _of(work: Awaitable[None]) -> None:
    await work

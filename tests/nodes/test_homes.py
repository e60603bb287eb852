"""Owners who come in by another node while they are here by a connection that may be lost, in simulated time."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred

from chatd.core.events import Cause, Departure, Said, Whispered
from chatd.core.owners import SSHKey
from chatd.session.inputs import Line
from chatd.session.session import Session
from tests.keeping import SECRET
from tests.nodes.test_accounts import AccountsCase, At
from tests.session.test_session import Screen

LOST = Departure(Cause.LOST)


class TakeOverTests(AccountsCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.at_alice = self.register(self.a, "alice")
        self.bob, self.at_bob = self.b.come("bob")
        self.halls.run(2)
        self.at_alice.take()
        self.at_bob.take()

    def third(self) -> At:
        """Start one more node, which has all accounts."""
        node = self.at(self.halls.start("c"))
        node.node.link.alike.compare()
        self.halls.run(1)
        return node

    def heard_in_room(self, screen: Screen) -> list[str]:
        return [line for line in screen.take() if line.startswith("<")]

    def test_taken_over(self) -> None:
        """They are let in at once, the old connection is told why and closed, and nobody else notices."""
        session, screen = self.b.come("alice", SECRET)
        self.assert_shows(screen, "connection", "you are alice in #lobby; 2 people are here")
        self.assert_shows(self.at_alice, "you came in from elsewhere; this connection is closed")
        self.assertTrue(self.at_alice.closed)
        self.halls.run(2)
        self.assertEqual(self.at_bob.take(), [])
        for node in self.halls.servers:
            self.assertEqual(node.rooms, {"#lobby": ["alice", "bob"]})
        self.b.type(session, "hello")
        self.assert_shows(self.at_bob, "<alice> hello")
        self.b.type(session, "/quit")
        self.halls.run(2)
        self.assert_shows(self.at_bob, "alice left")
        assert self.bob.member is not None
        self.assertEqual(self.halls.memory.names.keys(), self.bob.member.name.keys)

    def test_what_comes_along(self) -> None:
        """Room, being away, whom they talk to and ignore, and what the old connection didn't bring go along."""
        self.b.come("carol")
        for line in ("/join #den", "/away lunch", "/ignore carol", "to:bob"):
            self.a.type(self.alice, line)
        self.at_alice.unreached = [Whispered(1.0, "bob", "did you get this?"), Said(1.0, "#den", "bob", "hello?")]
        session, screen = self.b.come("alice", SECRET)
        self.assert_shows(screen, "you are alice in #den", "now talking to bob", "did you get this?", "<bob> hello?")
        assert session.member is not None
        self.assertEqual(session.member.away, "lunch")
        self.assertEqual([other.nickname for other in session.member.ignoring], ["carol"])
        self.halls.run(20)
        for _ in range(2):
            self.b.type(session, "yes")
        self.assert_shows(self.at_bob, "[alice -> you] yes")

    def test_heard(self) -> None:
        """What others say to the room, or to them alone, they hear by the new connection."""
        _, screen = self.b.come("alice", SECRET)
        screen.take()
        _, at_carol = self.a.come("carol", "hello", "@alice psst")
        self.assert_shows(at_carol, "[you -> alice] psst")
        self.assert_shows(screen, "<carol> hello", "[carol -> you] psst")

    def register_bob(self) -> None:
        for line in ("/register", SECRET, SECRET):
            self.b.type(self.bob, line)

    def test_lifted_elsewhere(self) -> None:
        """What they have lifted at one node doesn't hold again when they come back to another."""
        self.a.come("carol")
        for line in ("/ignore bob", "/ignore carol", "/echo off"):
            self.a.type(self.alice, line)
        session, _ = self.b.come("alice", SECRET)
        self.b.type(session, "/unignore bob")
        session, screen = self.a.come("alice", SECRET)
        assert session.member is not None
        self.assertEqual([other.nickname for other in session.member.ignoring], ["carol"])
        self.b.type(self.bob, "hello")
        self.a.type(session, "hi")
        self.assertEqual(self.heard_in_room(screen), ["<bob> hello", "<alice> hi"])
        for node in self.halls.servers:
            self.assertEqual(node.hall.find("bob").ignored_by, frozenset())
            self.assertEqual(bool(node.hall.find("carol").ignored_by), node is self.a.node)

    def test_lifted_for_owner(self) -> None:
        """So it is with an owner whom they ignored, at a node where they were not at home before."""
        self.register_bob()
        self.a.type(self.alice, "/ignore bob")
        c = self.third()
        self.a.type(self.alice, "/quit")
        self.alice, _ = self.a.come("alice", SECRET)
        self.a.type(self.alice, "/unignore bob")
        for _ in range(2):
            session, screen = c.come("alice", SECRET)
            screen.take()
            self.b.type(self.bob, "hello")
            self.assertEqual(self.heard_in_room(screen), ["<bob> hello"])
            c.type(session, "/quit")
            self.halls.run(1)

    def test_ignored_without_an_answer(self) -> None:
        """If their old home says nothing they ignore other owners all the same."""
        self.register_bob()
        self.a.type(self.alice, "/ignore bob")
        self.a.node.shared.is_cut = True
        _, screen = self.b.come("alice", SECRET)
        self.halls.run(1.5)
        self.assert_shows(screen, "you are alice")
        self.b.type(self.bob, "hello")
        self.assertEqual(self.heard_in_room(screen), [])

    def test_ignored_out_of_sight(self) -> None:
        """Whom they ignore, and who is out of reach while they come over, they go on ignoring."""
        c = self.third()
        dave, _ = c.come("dave")
        self.a.type(self.alice, "/ignore dave")
        c.node.shared.is_cut = True
        self.halls.run(5)
        session, screen = self.b.come("alice", SECRET)
        c.node.shared.is_cut = False
        self.halls.run(3)
        c.type(dave, "hello")
        self.assertEqual(self.heard_in_room(screen), [])
        self.b.type(session, "/unignore dave")
        c.type(dave, "hello?")
        self.assertEqual(self.heard_in_room(screen), ["<dave> hello?"])

    def assert_talks_to_nobody(self, session: Session, screen: Screen) -> None:
        """They are told that bob has left, and what was meant for him alone is given back, and heard by nobody."""
        self.assert_shows(screen, "bob, whom you were talking to, has left")
        _, at_carol = self.b.come("carol")
        self.halls.run(20)
        for _ in range(2):
            self.b.type(session, "for bob alone")
            self.assert_shows(screen, "bob has left", "for bob alone")
        self.assertEqual(self.heard_in_room(at_carol), [])
        self.assertTrue(self.at_alice.closed)
        for node in self.halls.servers:
            self.assertEqual(node.rooms, {"#lobby": ["alice", "carol"]})

    def test_addressee_left_before(self) -> None:
        """Whom they talk to may have left before they come; they are at home here for all halls even so."""
        self.a.type(self.alice, "to:bob")
        self.b.type(self.bob, "/quit")
        session, screen = self.b.come("alice", SECRET)
        self.halls.run(2)
        self.assert_talks_to_nobody(session, screen)
        self.assertEqual(*(node.link.known().names for node in self.halls.servers))

    def test_addressee_leaves_meanwhile(self) -> None:
        """So may they in that very moment."""
        self.a.type(self.alice, "to:bob")
        self.a.node.shared.way = 0.02
        self.come_slowly()
        while not self.at_alice.closed:
            self.halls.run(0.001)
        self.b.type(self.bob, "/quit")
        self.halls.run(1)
        self.assert_talks_to_nobody(self.session, self.screen)

    def test_addressee_comes_elsewhere_too(self) -> None:
        """Whom they talk to may have come in elsewhere in that very moment, and is the same person."""
        self.register_bob()
        self.a.type(self.alice, "to:bob")
        c = self.third()
        session, at_bob = c.come("bob")
        self.a.node.shared.way = 0.2
        self.come_slowly()
        while not self.at_alice.closed:
            self.halls.run(0.001)
        c.type(session, SECRET)
        self.halls.run(1)
        self.assert_shows(at_bob, "you are bob")
        self.assert_shows(self.screen, "now talking to bob")
        self.halls.run(20)
        self.b.type(self.session, "for bob alone")
        self.assert_shows(at_bob, "[alice -> you] for bob alone")

    def test_by_key(self) -> None:
        """So it is with an SSH key, and back again to the first node."""
        owner = self.a.people.owners.named("alice")
        assert owner is not None
        self.a.do(self.a.people.add_key(owner.id, SSHKey("SHA256:k", "laptop", self.halls.clock.seconds())))
        _, screen = self.b.come("alice", key="SHA256:k")
        self.assert_shows(screen, "you are alice")
        session, again = self.a.come("alice", key="SHA256:k")
        self.assert_shows(again, "you are alice")
        self.assertTrue(screen.closed)
        self.a.type(session, "hello")
        self.assert_shows(self.at_bob, "<alice> hello")

    def test_one_command(self) -> None:
        """A single command takes over nobody."""
        _, screen = self.b.come("alice", SECRET, brief=True)
        self.assert_shows(screen, "taken")
        self.assertFalse(self.at_alice.closed)

    def come_slowly(self, way: float = 0.0005) -> None:
        """Give the password of alice at b, with the turn of coming over still ahead."""
        self.b.node.shared.way = way
        self.session, self.screen = self.b.come("alice")
        work = self.session.receive(Line(SECRET, self.halls.clock.seconds()))
        assert work is not None
        self.working = Deferred.fromCoroutine(_of(work))
        self.halls.run(0.001)

    def test_left_meanwhile(self) -> None:
        """Who leaves there in that moment comes in here as anybody does."""
        self.come_slowly(0.05)
        self.a.type(self.alice, "/quit")
        self.halls.run(0.5)
        self.assert_shows(self.screen, "you are alice in #lobby")
        for node in self.halls.servers:
            self.assertEqual(node.rooms, {"#lobby": ["alice", "bob"]})

    def test_lines_on_their_way(self) -> None:
        """What the old connection says before that is heard by all; and so is what comes behind, as theirs."""
        self.a.node.shared.way = 0.02
        self.come_slowly()
        typed = 0
        while not self.at_alice.closed:
            self.a.type(self.alice, f"line {typed}", wait=0.002)
            typed += 1
        self.halls.run(1)
        heard = [line.partition("> ")[2] for line in self.at_bob.take() if line.startswith("<alice>")]
        seen = self.at_alice.take()
        shown = [line.partition("> ")[2] for line in seen if line.startswith("<alice>")]
        there = [line.partition("> ")[2] for line in self.screen.take() if line.startswith("<alice>")]
        self.assertEqual(heard, [f"line {number}" for number in range(typed)])
        self.assertEqual(shown + there, heard)
        self.assertGreater(len(there), 2)

    def test_said_while_cut_off(self) -> None:
        """So is what was said while the others were out of reach, when these come to hear it."""
        self.a.node.shared.is_cut = True
        self.halls.run(1.2)
        self.assert_shows(self.at_alice, "can't be reached")
        self.a.type(self.alice, "hello?")
        self.assert_shows(self.at_alice, "<alice> hello?")
        _, screen = self.b.come("alice", SECRET)
        self.at_bob.take()
        self.a.node.shared.is_cut = False
        self.halls.run(2)
        self.assert_shows(self.at_bob, "<alice> hello?")
        self.assert_shows(screen, "<alice> hello?")
        self.assertTrue(self.at_alice.closed)
        self.assertEqual(self.a.node.rooms, self.b.node.rooms)

    def test_renamed_meanwhile(self) -> None:
        """Who is called otherwise in that moment comes under the new name."""
        self.come_slowly(0.05)
        self.a.type(self.alice, "/nick allie")
        self.halls.run(0.5)
        self.assert_shows(self.screen, "you are allie in #lobby")
        self.assertTrue(self.at_alice.closed)
        self.assertEqual(self.halls.memory.names, self.b.node.link.known().names)

    def test_renamed_too_late(self) -> None:
        """Who wants another name in that moment, too late, keeps the one that they have, and the other is free."""
        self.a.node.shared.way = 0.05
        session, screen = self.b.come("alice")
        self.a.type(self.alice, "/nick allie", wait=0.12)
        self.b.type(session, SECRET)
        self.halls.run(1)
        self.assert_shows(screen, "you are alice in #lobby")
        self.assertEqual(self.halls.memory.names, self.b.node.link.known().names)
        self.assertEqual(self.a.node.rooms, self.b.node.rooms)

    def test_gone_meanwhile(self) -> None:
        """Who has gone when their turn comes has left, by whatever connection they were here."""
        for cancels in (False, True):
            self.come_slowly()
            self.session.lost(LOST)
            if cancels:
                self.working.addErrback(lambda failure: failure.trap(CancelledError))
                self.working.cancel()
            self.halls.run(3)
            for node in self.halls.servers:
                self.assertEqual(node.rooms, {"#lobby": ["bob"]})
            self.assertEqual(self.halls.memory.names, self.a.node.link.known().names)
            self.alice, self.at_alice = self.a.come("alice", SECRET)
            self.halls.run(1)

    def test_leaving(self) -> None:
        """Who is just leaving by another connection of the same node comes in anew, once they have left."""
        self.a.node.shared.way = 0.05
        for ends in (False, True):
            session, screen = self.a.come("alice")
            self.a.type(self.alice, "/quit", wait=0.01)
            self.a.type(session, SECRET, wait=0.01)
            if ends:
                session.lost(LOST)
            self.halls.run(2)
            here = [] if ends else ["alice"]
            for node in self.halls.servers:
                self.assertEqual(node.rooms, {"#lobby": [*here, "bob"]})
            self.alice = session
            if not ends:
                self.assert_shows(screen, "you are alice in #lobby")

    def test_both_gone(self) -> None:
        """Who leaves there in that moment, and has gone here as well, is nowhere."""
        self.come_slowly(0.05)
        self.a.type(self.alice, "/quit")
        self.session.lost(LOST)
        self.halls.run(3)
        for node in self.halls.servers:
            self.assertEqual(node.rooms, {"#lobby": ["bob"]})
        self.assertEqual(self.halls.memory.names, self.a.node.link.known().names)

    def test_gone_before_all_has_come(self) -> None:
        """Whose connection is lost before their old home has said what it knows has left, too."""
        self.a.node.shared.is_cut = True
        session, _ = self.b.come("alice", SECRET)
        session.lost(LOST)
        self.halls.run(6)
        self.assertEqual(self.b.node.rooms, {"#lobby": ["bob"]})

    def test_no_answer(self) -> None:
        """If their old home says nothing they are here all the same, without what it knows: their first line may be
        for somebody whom they talked to there, and is given back.
        """
        self.a.type(self.alice, "to:bob")
        self.a.node.shared.is_cut = True
        session, screen = self.b.come("alice", SECRET)
        self.halls.run(1.5)
        self.assert_shows(screen, "you are alice in #lobby", "/h lists commands")
        self.at_bob.take()
        self.b.type(session, "for bob alone")
        self.assert_shows(screen, "for bob alone")
        self.assertEqual(self.heard_in_room(self.at_bob), [])
        self.halls.run(5)
        self.a.node.shared.is_cut = False
        self.halls.run(6)
        self.b.type(session, "hello")
        self.assert_shows(self.at_bob, "<alice> hello")
        self.assertEqual(self.a.node.rooms, self.b.node.rooms)

    def test_cut_off(self) -> None:
        """While the others are out of reach nobody comes over, and is told so."""
        self.b.node.shared.is_cut = True
        self.b.node.shared.close()
        self.halls.run(1.5)
        _, screen = self.b.come("alice", SECRET)
        self.assert_shows(screen, "can't be")
        self.assertFalse(self.at_alice.closed)

    def test_cut_off_meanwhile(self) -> None:
        """Whose turn doesn't come in time is told so; when it comes nobody waits for it, and they leave."""
        self.come_slowly()
        self.b.node.shared.is_cut = True
        self.b.node.shared.close()
        self.halls.run(5)
        self.assert_shows(self.screen, "can't be")
        self.b.node.shared.is_cut = False
        self.halls.run(6)
        for node in self.halls.servers:
            self.assertEqual(node.rooms, {"#lobby": ["bob"]})
        self.b.type(self.session, "alice")
        self.b.type(self.session, SECRET)
        self.assert_shows(self.screen, "you are alice in #lobby")


async def _of(work: object) -> None:
    await work  # type: ignore[misc]

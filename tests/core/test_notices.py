"""Tests for chatd.core.notices: what a room is told of who comes, goes and takes another name."""

from chatd.core.events import Joined, Left, LockTurned, Renamed, Said, Whispered
from tests.core.test_hall import CLOSED, HallTestCase, gone


class NoticesTests(HallTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice = self.enter("alice")
        self.now = self.clock.seconds()

    def test_quiet_room(self) -> None:
        """In a quiet room each is told at once."""
        bob = self.enter("bob")
        self.assertEqual(self.heard(self.alice), [Joined(self.now, "#lobby", ("bob",))])
        bob.leave(gone("tired"))
        self.assertEqual(self.heard(self.alice), [Left(self.now + 10, "#lobby", ("bob",), gone("tired"))])

    def test_gathered(self) -> None:
        """When people come fast, the first is told at once and all others together, a second later."""
        for name in ("bob", "carol", "dave"):
            self.hall.enter(name, lambda events: None)
        self.assertEqual(self.heard(self.alice), [Joined(self.now, "#lobby", ("bob",))])
        self.clock.advance(0.9)
        self.assertEqual(self.heard(self.alice), [])
        self.clock.advance(0.1)
        self.assertEqual(self.heard(self.alice), [Joined(self.now + 1, "#lobby", ("carol", "dave"))])
        self.hall.enter("erin", lambda events: None)
        self.assertEqual(self.heard(self.alice), [])
        self.clock.advance(1)
        self.assertEqual(self.heard(self.alice), [Joined(self.now + 2, "#lobby", ("erin",))])

    def test_each_kind(self) -> None:
        """Who left is told first, then who took another name, then who came."""
        bob, carol = self.enter("bob"), self.enter("carol")
        self.heard(self.alice)
        self.hall.enter("dave", lambda events: None)
        carol.leave()
        bob.rename("carol")
        self.hall.enter("bob", lambda events: None)
        self.clock.advance(1)
        now = self.clock.seconds()
        self.assertEqual(
            self.heard(self.alice)[1:],
            [
                Left(now, "#lobby", ("carol",), CLOSED),
                Renamed(now, "#lobby", (("bob", "carol"),)),
                Joined(now, "#lobby", ("bob",)),
            ],
        )

    def test_came_and_went(self) -> None:
        """Who joins and leaves within the same second isn't mentioned."""
        self.enter("bob").leave()
        self.heard(self.alice)
        self.hall.enter("carol", lambda events: None).leave()
        self.clock.advance(5)
        self.assertEqual(self.heard(self.alice), [])

    def test_renamed_twice(self) -> None:
        """Two new names within a second are told as one; back again as none; for an arrival as the arrival's name."""
        bob, carol = self.enter("bob"), self.enter("carol")
        self.heard(self.alice)
        dave = self.hall.enter("dave", lambda events: None)
        bob.rename("rob")
        bob.rename("robert")
        carol.rename("caroline")
        carol.rename("carol")
        erin = self.hall.enter("erin", lambda events: None)
        erin.rename("erika")
        self.clock.advance(1)
        now = self.clock.seconds()
        self.assertEqual(
            self.heard(self.alice)[1:],
            [Renamed(now, "#lobby", (("bob", "robert"),)), Joined(now, "#lobby", ("erika",))],
        )
        dave.leave()
        bob.rename("bob")
        bob.leave()
        self.clock.advance(1)
        self.assertEqual(self.heard(self.alice), [Left(now + 1, "#lobby", ("dave", "robert"), None)])

    def test_one_reason(self) -> None:
        """A reason is told if one person left, and left out if several did."""
        bob, carol, dave = self.enter("bob"), self.enter("carol"), self.enter("dave")
        self.heard(self.alice)
        bob.leave(gone("one"))
        carol.leave(gone("two"))
        dave.leave(gone("three"))
        self.clock.advance(1)
        now = self.clock.seconds()
        self.assertEqual(
            self.heard(self.alice),
            [Left(now - 1, "#lobby", ("bob",), gone("one")), Left(now, "#lobby", ("carol", "dave"), None)],
        )

    def test_nobody_speaks_before_they_are_known(self) -> None:
        """What is still untold of somebody is told before they are heard."""
        bob = self.enter("bob")
        self.heard(self.alice)
        bob.rename("rob")
        self.heard(self.alice)
        now = self.clock.seconds()
        bob.rename("bobby")
        bob.talk.say("hello")
        bob.rename("robert")
        bob.talk.whisper("alice", "psst")
        self.assertEqual(
            self.heard(self.alice),
            [
                Renamed(now, "#lobby", (("rob", "bobby"),)),
                Said(now, "#lobby", "bobby", "hello"),
                Renamed(now, "#lobby", (("bobby", "robert"),)),
                Whispered(now, "robert", "psst"),
            ],
        )

    def test_nor_lock(self) -> None:
        """Nor do they lock a room before that."""
        bob = self.enter("bob")
        bob.move("#den")
        self.alice.move("#den")
        self.heard(self.alice)
        bob.rename("rob")
        bob.turn_lock(True)
        self.assertEqual([type(event) for event in self.heard(self.alice)], [Renamed, LockTurned])

    def test_empty_room(self) -> None:
        """Nothing is timed for a room that is empty."""
        self.hall.enter("bob", lambda events: None).leave()
        self.alice.leave()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_thousands_arriving(self) -> None:
        """However many arrive, everybody is told once a second, and each of them is mentioned."""
        members = []
        for number in range(500):
            events: list[object] = []
            members.append((self.hall.enter(f"guest{number}", events.extend), events))
            self.clock.advance(0.01)
        self.clock.advance(1)
        notices = [event for event in self.heard(self.alice) if isinstance(event, Joined)]
        self.assertLessEqual(len(notices), 7)
        self.assertEqual([name for notice in notices for name in notice.nicknames], [f"guest{n}" for n in range(500)])

"""Tests for chatd.core.hall: who is here, under which names, in which rooms."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.events import Announced, Event, Joined, Left, Said
from chatd.core.hall import Hall
from chatd.core.member import Member
from chatd.core.refusals import BadNickname, HallFull, NicknameTaken, NobodyHere, NoSuchRoom


class HallTestCase(SynchronousTestCase):
    """A hall, and what each person in it has been told so far."""

    capacity: int | None = None

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.hall = Hall(self.clock, self.capacity)
        self.told: dict[Member, list[Event]] = {}

    def enter(self, nickname: str) -> Member:
        """Let somebody in, then wait until the next notice would be told at once."""
        events: list[Event] = []
        member = self.hall.enter(nickname, events.append)
        self.told[member] = events
        self.clock.advance(10)
        return member

    def heard(self, member: Member) -> list[Event]:
        """Take what a person was told since the last call."""
        events = self.told[member]
        fresh = events[:]
        events.clear()
        return fresh

    def forget(self) -> None:
        """Take what everybody was told."""
        for member in self.told:
            self.heard(member)


class EnterTests(HallTestCase):
    def test_enter(self) -> None:
        """Who enters is a member of the hall and of the lobby, and the others are told."""
        alice = self.enter("Alice")
        bob = self.enter("bob")
        self.assertEqual(list(self.hall.members), [alice, bob])
        self.assertEqual(list(self.hall.lobby.members), [alice, bob])
        self.assertEqual(self.heard(alice), [Joined(1010, ("bob",))])
        self.assertEqual(self.heard(bob), [])

    def test_taken(self) -> None:
        """A name that is somebody's, or looks like it, is refused, and nothing changes."""
        alice = self.enter("Alice")
        for typed in ("Alice", "ALICE", "ａlice", "AIice", "a1ice"):
            error = self.assertRaises(NicknameTaken, self.enter, typed)
            self.assertIn("is taken", str(error))
        self.assertEqual(list(self.hall.members), [alice])
        self.assertEqual(self.heard(alice), [])

    def test_bad_nickname(self) -> None:
        """A name that breaks a rule is refused, and nothing changes."""
        self.assertRaises(BadNickname, self.enter, "al ice")
        self.assertEqual(list(self.hall.members), [])

    def test_free_again(self) -> None:
        """A name is free as soon as its holder has left, under all its spellings."""
        self.enter("AIice").leave()
        self.enter("alice")
        self.assertRaises(NicknameTaken, self.enter, "AIice")

    def test_find(self) -> None:
        """People are found by any spelling of their name."""
        alice = self.enter("Alice")
        for typed in ("alice", "ALICE", "ａlice", "аlice"):
            self.assertIs(self.hall.find(typed), alice)
        error = self.assertRaises(NobodyHere, self.hall.find, "bbo", "psst")
        self.assertEqual(str(error), 'nobody here is called "bbo"; your line was not sent')
        self.assertEqual(error.unsent, "psst")

    def test_find_prefers_the_name_itself(self) -> None:
        """Ivan is not found where only lvan, with a small L, is."""
        self.enter("lvan")
        self.assertRaises(NobodyHere, self.hall.find, "Ivan")

    def test_unknown_room(self) -> None:
        """A room that nobody opened isn't there."""
        self.assertRaises(NoSuchRoom, self.hall.find_room, "#den")
        self.assertIs(self.hall.find_room("#LOBBY"), self.hall.lobby)

    def test_announce(self) -> None:
        """An announcement reaches everybody, in every room, quiet or not, and is one clean line."""
        alice, bob = self.enter("alice"), self.enter("bob")
        alice.move("#den")
        bob.set_quiet(True)
        self.forget()
        self.hall.announce("noon:\r\n\x1b[2Jrestart")
        for member in (alice, bob):
            self.assertEqual(self.heard(member), [Announced(1020, "noon:restart")])


class CapacityTests(HallTestCase):
    capacity = 2

    def test_full(self) -> None:
        """A hall for two holds two; when one leaves, there is room again."""
        alice = self.enter("alice")
        self.enter("bob")
        error = self.assertRaises(HallFull, self.enter, "carol")
        self.assertIn("2 of 2", str(error))
        alice.leave()
        self.enter("carol")


class LeaveTests(HallTestCase):
    def test_leave(self) -> None:
        """Who leaves is nowhere any more, and the others are told why."""
        alice, bob = self.enter("alice"), self.enter("bob")
        self.forget()
        bob.leave("good\x07bye ")
        self.assertFalse(bob.here)
        self.assertEqual(list(self.hall.members), [alice])
        self.assertEqual(list(self.hall.lobby.members), [alice])
        self.assertEqual(self.heard(alice), [Left(1020, ("bob",), "goodbye")])
        self.assertEqual(self.heard(bob), [])

    def test_leaving_twice(self) -> None:
        """Leaving again does nothing, even if somebody else has the name by then."""
        alice, bob = self.enter("alice"), self.enter("bob")
        bob.leave()
        second = self.enter("bob")
        self.forget()
        bob.leave()
        self.assertIs(self.hall.find("bob"), second)
        self.assertEqual(self.heard(alice), [])

    def test_empty_room_closes(self) -> None:
        """A room ends with its last member; the lobby stays."""
        alice = self.enter("alice")
        alice.move("#den")
        alice.leave()
        self.assertEqual(list(self.hall.rooms.values()), [self.hall.lobby])

    def test_what_is_on_its_way(self) -> None:
        """What is still delivered to somebody who has left does no harm."""
        alice = self.enter("alice")
        alice.leave()
        alice.deliver(Said(0, "bob", "hello"))
        self.assertEqual(self.heard(alice), [])

    def test_ties_are_cut(self) -> None:
        """Nobody who stays keeps somebody who left in an ignore list, or as whom to answer."""
        alice, bob = self.enter("alice"), self.enter("bob")
        alice.ignore("bob")
        bob.ignore("alice")
        bob.talk_to("alice")
        bob.leave()
        self.assertEqual((alice.ignoring, alice.ignored_by, alice.talked_to_by), (set(), set(), {}))


class BrokenDeliveryTests(HallTestCase):
    def test_broadcast_goes_on(self) -> None:
        """One hearer's failure is logged, and all others hear the line."""
        alice = self.enter("alice")

        def broken(event: Event) -> None:
            raise ZeroDivisionError

        self.hall.enter("bob", broken)
        carol = self.enter("carol")
        self.flushLoggedErrors(ZeroDivisionError)
        self.forget()
        alice.say("hello")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(self.heard(alice), [Said(1020, "alice", "hello")])
        self.assertEqual(self.heard(carol), [Said(1020, "alice", "hello")])

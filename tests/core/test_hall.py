"""Tests for chatd.core.hall: who is here, under which names, in which rooms."""

from ipaddress import ip_address

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.bans import Ban
from chatd.core.events import Announced, Cause, Departure, Event, Events, Joined, Left, Renamed, Said
from chatd.core.hall import Hall
from chatd.core.member import Member
from chatd.core.ports import Subscriber
from chatd.core.refusals import (
    BadNickname,
    Banned,
    HallClosing,
    HallFull,
    LooksLike,
    Muted,
    NicknameBanned,
    NicknameTaken,
    NobodyHere,
    NoSuchRoom,
    NotHeardBy,
    RoomLooksLike,
)

CLOSED = Departure(Cause.CLOSED)


def gone(why: str) -> Departure:
    return Departure(Cause.QUIT, why)


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
        member = self.hall.enter(nickname, events.extend)
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
        self.assertEqual(self.heard(alice), [Joined(1010, "#lobby", ("bob",))])
        self.assertEqual(self.heard(bob), [])

    def test_taken(self) -> None:
        """A name that is somebody's, or looks like it, is refused, and nothing changes."""
        alice = self.enter("Alice")
        for typed in ("Alice", "ALICE", "ａlice", "AIice", "a1ice"):
            error = self.assertRaises(NicknameTaken, self.enter, typed)
            self.assertEqual(error.holder, "Alice")
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
        """People are found by their name in any case and width, not by what looks like it."""
        alice = self.enter("Alice")
        for typed in ("alice", "ALICE", "ａlice"):
            self.assertIs(self.hall.find(typed), alice)
        for typed in ("аlice", "AIice", "a1ice", "alicé"):
            self.assertEqual(self.assertRaises(LooksLike, self.hall.find, typed).nickname, "Alice", typed)
        error = self.assertRaises(NobodyHere, self.hall.find, "bbo", "psst")
        self.assertEqual((error.typed, error.unsent), ("bbo", "psst"))
        self.assertEqual(error.unsent, "psst")

    def test_find_prefers_the_name_itself(self) -> None:
        """Ivan is not found where only lvan, with a small L, is."""
        self.enter("lvan")
        self.assertRaises(LooksLike, self.hall.find, "Ivan")

    def test_unknown_room(self) -> None:
        """A room that nobody opened isn't there."""
        self.assertRaises(NoSuchRoom, self.hall.find_room, "#den")
        self.assertIs(self.hall.find_room("#LOBBY"), self.hall.lobby)

    def test_rooms_that_look_alike(self) -> None:
        """No second room stands beside the lobby under a name that looks like it."""
        for typed in ("#Lobby", "#Iobby", "#l0bby", "#ІОВВУ", "#ΙΟΒΒΥ", "#ᏞᎾᏴᏴᎩ", "#ʟᴏʙʙʏ"):
            if typed != "#Lobby":
                self.assertRaises(RoomLooksLike, self.hall.open_room, typed)
        self.assertIs(self.hall.open_room("#Lobby"), self.hall.lobby)
        self.assertIsNot(self.hall.open_room("#hobby"), self.hall.lobby)

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
        self.assertEqual(error.capacity, 2)
        alice.leave()
        self.enter("carol")


class LeaveTests(HallTestCase):
    def test_leave(self) -> None:
        """Who leaves is nowhere any more, and the others are told why."""
        alice, bob = self.enter("alice"), self.enter("bob")
        self.forget()
        bob.leave(gone("good\x07bye "))
        self.assertFalse(bob.here)
        self.assertEqual(list(self.hall.members), [alice])
        self.assertEqual(list(self.hall.lobby.members), [alice])
        self.assertEqual(self.heard(alice), [Left(1020, "#lobby", ("bob",), gone("goodbye"))])
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
        alice.deliver((Said(0, "#lobby", "bob", "hello"),))
        self.assertEqual(self.heard(alice), [])

    def test_ties_are_cut(self) -> None:
        """Nobody who stays keeps somebody who left in an ignore list, or as whom to answer."""
        alice, bob = self.enter("alice"), self.enter("bob")
        alice.ignore("bob")
        bob.ignore("alice")
        bob.talk.choose("alice")
        bob.leave()
        self.assertEqual((alice.ignoring, alice.ignored_by, alice.talk.talked_to_by), (set(), set(), set()))


class BrokenDeliveryTests(HallTestCase):
    def test_broadcast_goes_on(self) -> None:
        """One hearer's failure is logged, and all others hear the line."""
        alice = self.enter("alice")

        def broken(events: Events) -> None:
            raise ZeroDivisionError

        self.hall.enter("bob", broken)
        carol = self.enter("carol")
        self.flushLoggedErrors(ZeroDivisionError)
        self.forget()
        alice.talk.say("hello")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(self.heard(alice), [Said(1020, "#lobby", "alice", "hello")])
        self.assertEqual(self.heard(carol), [Said(1020, "#lobby", "alice", "hello")])


class Listener:
    """Somebody who is no member."""

    nickname = "listener"
    is_selective = False

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self.deliver = self.heard.extend

    def hears(self, speaker: object) -> bool:
        return True


_: type[Subscriber] = Listener


class ListenTests(HallTestCase):
    def test_listen(self) -> None:
        """Who listens hears who comes and goes in the whole hall, and what is said in the lobby, until it is enough."""
        listener = Listener()
        alice, bob = self.enter("alice"), self.enter("bob")
        self.hall.listen(listener, self.hall.lobby)
        bob.move("#den")
        bob.talk.say("psst")
        alice.talk.whisper("bob", "psst")
        alice.talk.say("hello")
        self.assertEqual(listener.heard, [Said(1020, "#lobby", "alice", "hello")])
        self.clock.advance(10)
        bob.rename("rob")
        self.clock.advance(10)
        bob.leave(gone("bye"))
        self.clock.advance(10)
        self.enter("carol")
        self.hall.announce("noon")
        self.assertEqual(
            listener.heard[1:],
            [
                Renamed(1030, "#den", (("bob", "rob"),)),
                Left(1040, "#den", ("rob",), gone("bye")),
                Joined(1050, "#lobby", ("carol",)),
                Announced(1060, "noon"),
            ],
        )
        self.hall.listen_no_more(listener)
        self.hall.listen_no_more(listener)
        alice.talk.say("hello")
        self.enter("dave")
        self.assertEqual(len(listener.heard), 5)

    def test_no_member(self) -> None:
        """Nobody sees who listens, and who is ignored by all is heard by them."""
        listener = Listener()
        self.hall.listen(listener, self.hall.lobby)
        alice, bob = self.enter("alice"), self.enter("bob")
        self.assertEqual(list(self.hall.lobby.members), [alice, bob])
        bob.ignore("alice")
        alice.talk.say("hello")
        self.assertIn(Said(1020, "#lobby", "alice", "hello"), listener.heard)

    def test_in_order(self) -> None:
        """Nobody is heard before it is told that they came, or what they are called now."""
        listener = Listener()
        self.hall.listen(listener, self.hall.lobby)
        alice, bob = (self.hall.enter(name, lambda events: None) for name in ("alice", "bob"))
        bob.talk.say("hello")
        bob.rename("rob")
        bob.talk.say("it's me")
        alice.leave(gone("bye"))
        self.assertEqual(
            listener.heard,
            [
                Joined(1000, "#lobby", ("alice",)),
                Joined(1000, "#lobby", ("bob",)),
                Said(1000, "#lobby", "bob", "hello"),
                Renamed(1000, "#lobby", (("bob", "rob"),)),
                Said(1000, "#lobby", "rob", "it's me"),
                Left(1000, "#lobby", ("alice",), gone("bye")),
            ],
        )


class AdmissionTests(HallTestCase):
    def test_closing(self) -> None:
        """When the hall is closing, nobody else comes in, and those inside stay."""
        alice = self.enter("alice")
        self.hall.draining = True
        self.assertRaises(HallClosing, self.enter, "bob")
        alice.talk.say("hello")
        self.assertEqual(self.heard(alice), [Said(1010, "#lobby", "alice", "hello")])

    def test_banned_name(self) -> None:
        """Under a banned name nobody comes in, and nobody takes it inside."""
        self.hall.bans.add(Ban("name", "bob", None, ""))
        self.assertRaises(NicknameBanned, self.enter, "Bob")
        alice = self.enter("alice")
        self.assertRaises(NicknameBanned, alice.rename, "bob")
        self.assertEqual(alice.nickname, "alice")

    def test_banned_address(self) -> None:
        """From a banned address nobody is admitted."""
        self.hall.bans.add(Ban("network", "10.0.0.0/24", None, ""))
        self.assertRaises(Banned, self.hall.check_admission, ip_address("10.0.0.1"))
        self.hall.check_admission(ip_address("10.0.1.1"))
        self.hall.check_admission()

    def test_muted(self) -> None:
        """Nothing that somebody muted types reaches anyone; what others say still reaches them."""
        alice, bob = self.enter("alice"), self.enter("bob")
        bob.talk.whisper("alice", "psst")
        self.hall.bans.add(Ban("mute", "alice", None, ""))
        self.forget()
        for attempt in (
            lambda: alice.talk.say("x"),
            lambda: alice.talk.act("x"),
            lambda: alice.talk.whisper("bob", "x"),
            lambda: alice.talk.answer("x"),
            lambda: alice.rename("x"),
            lambda: alice.set_away("x"),
            lambda: alice.invite("bob"),
            lambda: alice.move("#alice-shouts"),
        ):
            self.assertRaises(Muted, attempt)
        self.assertEqual(list(self.hall.rooms), ["#lobby"])
        alice.set_away(None)
        bob.talk.say("hello")
        self.assertEqual(self.heard(bob), [Said(1020, "#lobby", "bob", "hello")])
        self.assertEqual(self.heard(alice), [Said(1020, "#lobby", "bob", "hello")])

    def test_renamed_by_the_hall(self) -> None:
        """The hall renames even somebody muted, who stays muted."""
        alice = self.enter("alice")
        self.hall.bans.add(Ban("mute", "alice", None, ""))
        self.hall.rename(alice, "eve")
        self.assertEqual(alice.nickname, "eve")
        self.assertRaises(Muted, alice.talk.say, "x")


class CountsTests(HallTestCase):
    def test_lines(self) -> None:
        """A line is heard once, and delivered once to each who hears it; what is refused is neither."""
        alice, bob, carol = self.enter("alice"), self.enter("bob"), self.enter("carol")
        alice.talk.say("hello")
        self.assertEqual((self.hall.counts.heard, self.hall.counts.delivered), (1, 3))
        carol.ignore("alice")
        alice.talk.act("waves")
        self.assertEqual((self.hall.counts.heard, self.hall.counts.delivered), (2, 5))
        bob.talk.whisper("alice", "psst")
        self.assertEqual((self.hall.counts.heard, self.hall.counts.delivered), (3, 7))
        self.assertRaises(NobodyHere, bob.talk.whisper, "dave", "psst")
        self.assertRaises(NotHeardBy, alice.talk.whisper, "carol", "psst")
        self.assertEqual((self.hall.counts.heard, self.hall.counts.delivered), (3, 7))

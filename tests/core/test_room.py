"""Tests for chatd.core.room, and for how members use rooms."""

from collections.abc import Iterable

from chatd.core.events import (
    Acted,
    AddresseeAway,
    Invited,
    Joined,
    Left,
    LockTurned,
    Renamed,
    Said,
    Spoken,
    WentElsewhere,
)
from chatd.core.ports import Subscriber
from chatd.core.refusals import (
    BadRoomName,
    InRoomAlready,
    LobbyStaysOpen,
    LockKept,
    NameKept,
    NicknameTaken,
    NobodyHere,
    NotFirstMember,
    NotHeardBy,
    NothingSaid,
    NotIgnored,
    RoomLocked,
    ThatIsYou,
    TooSlow,
    YouAreQuiet,
)
from tests.core.test_hall import CLOSED, HallTestCase, gone


class TalkTests(HallTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob, self.carol = map(self.enter, ("alice", "bob", "carol"))
        self.forget()

    def test_say(self) -> None:
        """A line reaches everybody in the room, the speaker included."""
        self.alice.talk.say("hello")
        for member in (self.alice, self.bob, self.carol):
            self.assertEqual(self.heard(member), [Said(1030, "#lobby", "alice", "hello")])

    def test_speak(self) -> None:
        """What is typed goes to the room as long as nobody was chosen."""
        self.alice.talk.speak("hello")
        self.assertEqual(self.heard(self.bob), [Said(1030, "#lobby", "alice", "hello")])

    def test_act(self) -> None:
        """So does an action."""
        self.alice.talk.act("waves")
        self.assertEqual(self.heard(self.bob), [Acted(1030, "#lobby", "alice", "waves")])

    def test_clean(self) -> None:
        """The core trusts no door: what is said and done is cleaned."""
        self.alice.talk.say("a\x1b[2J\r\nb")
        self.alice.talk.act("\u202ewaves")
        self.assertEqual(
            self.heard(self.bob), [Said(1030, "#lobby", "alice", "ab"), Acted(1030, "#lobby", "alice", "waves")]
        )

    def test_nothing(self) -> None:
        """A line of which nothing can be shown is refused."""
        for text in ("", "   ", "\x07", "\u3000"):
            self.assertRaises(NothingSaid, self.alice.talk.say, text)
        self.assertEqual(self.heard(self.bob), [])

    def test_other_room(self) -> None:
        """A line stays in its room."""
        self.carol.move("#den")
        self.forget()
        self.alice.talk.say("hello")
        self.assertEqual(self.heard(self.carol), [])

    def test_quiet(self) -> None:
        """Who is quiet neither hears nor says room lines; notices still come."""
        self.bob.set_quiet(True)
        self.alice.talk.say("hello")
        error = self.assertRaises(YouAreQuiet, self.bob.talk.say, "hm")
        self.assertEqual(error.unsent, "hm")
        self.assertRaises(YouAreQuiet, self.bob.talk.act, "nods")
        self.carol.leave()
        self.assertEqual(self.heard(self.bob), [Left(1030, "#lobby", ("carol",), CLOSED)])
        self.bob.set_quiet(False)
        self.alice.talk.say("again")
        self.assertEqual(self.heard(self.bob), [Said(1030, "#lobby", "alice", "again")])

    def test_quiet_in_another_room(self) -> None:
        """Who is quiet stays so when they change rooms."""
        self.bob.set_quiet(True)
        self.bob.move("#den")
        self.alice.move("#den")
        self.clock.advance(10)
        self.forget()
        self.alice.talk.say("hello")
        self.assertEqual(self.heard(self.bob), [])

    def test_echo(self) -> None:
        """Who wants no echo doesn't hear what they themselves say; the others do."""
        self.alice.echo = False
        self.alice.talk.say("hello")
        self.assertEqual(self.heard(self.alice), [])
        self.assertEqual(self.heard(self.bob), [Said(1030, "#lobby", "alice", "hello")])
        self.bob.talk.say("hi")
        self.assertEqual(self.heard(self.alice), [Said(1030, "#lobby", "bob", "hi")])

    def test_ignore(self) -> None:
        """Who ignores somebody hears none of their lines, whatever they call themselves; all others do."""
        self.bob.ignore("alice")
        self.alice.talk.say("one")
        self.alice.rename("malice")
        self.alice.talk.act("two")
        self.assertEqual(self.heard(self.bob), [Renamed(1030, "#lobby", (("alice", "malice"),))])
        self.assertEqual(len(self.heard(self.carol)), 3)
        self.bob.unignore("malice")
        self.alice.talk.say("three")
        self.assertEqual(self.heard(self.bob), [Said(1030, "#lobby", "malice", "three")])

    def test_ignore_refused(self) -> None:
        """One can ignore others who are here, and end only what was begun."""
        self.assertRaises(ThatIsYou, self.bob.ignore, "bob")
        self.assertRaises(NobodyHere, self.bob.ignore, "dave")
        self.assertRaises(NotIgnored, self.bob.unignore, "alice")

    def test_rename(self) -> None:
        """The room is told of a new name; the old one is free."""
        self.alice.rename("Alicia")
        self.assertEqual(self.heard(self.alice), [Renamed(1030, "#lobby", (("alice", "Alicia"),))])
        self.assertEqual(self.alice.nickname, "Alicia")
        self.bob.rename("alice")
        self.assertIs(self.hall.find("alice"), self.bob)

    def test_rename_to_another_spelling(self) -> None:
        """One's own name may be spelled differently, and is still one's own."""
        self.alice.rename("AIice")
        self.assertIs(self.hall.find("AIice"), self.alice)
        self.alice.rename("alice")
        self.assertIs(self.hall.find("alice"), self.alice)

    def test_rename_refused(self) -> None:
        """A name that is taken, or one's own already, changes nothing."""
        self.assertRaises(NicknameTaken, self.alice.rename, "BOB")
        self.assertRaises(NameKept, self.alice.rename, "alice")
        self.assertIs(self.hall.find("alice"), self.alice)
        self.assertEqual(self.heard(self.bob), [])

    def test_ignored_words(self) -> None:
        """Of an ignored person one sees that they are away and that they leave, and not what they say of it."""
        self.bob.ignore("alice")
        self.alice.set_away("BUY NOW")
        self.bob.talk.whisper("alice", "psst")
        self.assertIn(AddresseeAway(1030, "alice", ""), self.heard(self.bob))
        self.forget()
        self.alice.leave(gone("BUY NOW"))
        self.assertEqual(self.heard(self.bob), [Left(1030, "#lobby", ("alice",), gone(""))])
        self.assertEqual(self.heard(self.carol), [Left(1030, "#lobby", ("alice",), gone("BUY NOW"))])

    def test_ignoring_costs_nobody_else(self) -> None:
        """Who ignores somebody hears all others, in order; for all others the audience stays one."""
        self.carol.ignore("alice")
        carried: list[tuple[object, ...]] = []
        self.hall.lobby._broadcaster = Carrying(carried)
        for speaker in (self.alice, self.bob, self.alice):
            speaker.talk.say("hello")
        audiences = [audience for audience, _ in carried]
        self.assertTrue(all(audience is audiences[0] for audience in audiences))
        self.assertEqual([selected for _, selected in carried], [[], [self.carol], []])


class Carrying:
    """A broadcaster that notes what it is given."""

    def __init__(self, carried: list[tuple[object, ...]]) -> None:
        self._carried = carried

    def carry(self, line: Spoken, audience: tuple[Subscriber, ...], selected: Iterable[Subscriber] = ()) -> None:
        self._carried.append((audience, list(selected)))

    def settle(self) -> None:
        """Nothing waits."""


class MoveTests(HallTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = self.enter("alice"), self.enter("bob")
        self.alice.move("#Den")
        self.clock.advance(10)
        self.forget()

    def test_move(self) -> None:
        """Both rooms are told; the new room is the same under any spelling."""
        self.bob.move("#den")
        self.assertEqual(self.heard(self.alice), [Joined(1030, "#Den", ("bob",))])
        self.clock.advance(10)
        self.bob.move("#lobby")
        self.assertEqual(self.heard(self.alice), [WentElsewhere(1040, "#Den", ("bob",))])

    def test_already_there(self) -> None:
        """Nobody moves to where they are."""
        self.assertRaises(InRoomAlready, self.alice.move, "#DEN")

    def test_bad_name(self) -> None:
        """A room's name keeps the rules."""
        self.assertRaises(BadRoomName, self.alice.move, "den")

    def test_empty_room_closes(self) -> None:
        """A room ends when its last member moves; who opens it again finds it unlocked."""
        self.alice.turn_lock(True)
        self.alice.move("#lobby")
        self.assertNotIn("#Den", [room.name for room in self.hall.rooms.values()])
        self.bob.move("#den")
        self.assertFalse(self.bob.room.locked)

    def test_lock(self) -> None:
        """A locked room is closed to all but the invited; those inside are told."""
        self.alice.turn_lock(True)
        self.assertEqual(self.heard(self.alice), [LockTurned(1030, "#Den", "alice", True)])
        self.assertRaises(RoomLocked, self.bob.move, "#den")
        self.assertIs(self.bob.room, self.hall.lobby)
        self.assertFalse(self.bob.may_enter(self.alice.room))
        self.alice.turn_lock(False)
        self.bob.move("#den")

    def test_invite(self) -> None:
        """The invited are told and get in, under whatever name; they may come again."""
        self.alice.turn_lock(True)
        self.alice.invite("bob")
        self.assertEqual(self.heard(self.bob), [Invited(1030, "#Den", "alice")])
        self.bob.rename("rob")
        self.bob.move("#den")
        self.bob.move("#lobby")
        self.assertTrue(self.bob.may_enter(self.alice.room))

    def test_invitation_ends_with_the_room(self) -> None:
        """An invitation doesn't open another room of the same name."""
        self.alice.turn_lock(True)
        self.alice.invite("bob")
        self.alice.move("#lobby")
        self.alice.move("#den")
        self.alice.turn_lock(True)
        self.assertRaises(RoomLocked, self.bob.move, "#den")

    def test_invite_refused(self) -> None:
        """One invites others who are elsewhere and want to hear of it."""
        self.assertRaises(ThatIsYou, self.alice.invite, "alice")
        self.bob.ignore("alice")
        self.assertRaises(NotHeardBy, self.alice.invite, "bob")
        self.bob.unignore("alice")
        self.bob.move("#den")
        self.assertRaises(InRoomAlready, self.alice.invite, "bob")

    def test_invited_before_the_lock(self) -> None:
        """Who was invited by somebody who may not lock the room doesn't get in once it is locked."""
        carol, dave = self.enter("carol"), self.enter("dave")
        self.bob.move("#den")
        self.bob.invite("carol")
        self.alice.invite("dave")
        self.bob.invite("dave")
        self.alice.turn_lock(True)
        self.assertRaises(RoomLocked, carol.move, "#den")
        dave.move("#den")

    def test_invite_untold(self) -> None:
        """Nobody is invited whose connection can't take the invitation."""
        slow = self.hall.enter("dave", lambda event: False)
        self.assertRaises(TooSlow, self.alice.invite, "dave")
        self.assertEqual(slow.invitations, {})

    def test_only_the_first_locks(self) -> None:
        """Who came later can't lock, unlock, or invite into a locked room; when the first leaves, the next can."""
        self.bob.move("#den")
        self.assertRaises(NotFirstMember, self.bob.turn_lock, True)
        carol = self.enter("carol")
        self.bob.invite("carol")
        self.alice.turn_lock(True)
        error = self.assertRaises(NotFirstMember, self.bob.invite, "carol")
        self.assertEqual(error.first, "alice")
        self.alice.move("#lobby")
        self.bob.turn_lock(False)
        self.assertTrue(carol.may_enter(self.bob.room))

    def test_lock_refused(self) -> None:
        """The lobby stays open, and a room is locked once."""
        self.assertRaises(LobbyStaysOpen, self.bob.turn_lock, True)
        self.assertRaises(LockKept, self.alice.turn_lock, False)
        self.alice.turn_lock(True)
        self.assertRaises(LockKept, self.alice.turn_lock, True)

"""Tests for chatd.core.talk: private lines and private conversations."""

from chatd.core.events import (
    AddresseeAway,
    AddresseeChanged,
    AddresseeLeft,
    Events,
    Invited,
    Left,
    Renamed,
    Said,
    Whispered,
    WhisperSent,
)
from chatd.core.refusals import (
    AddresseeGone,
    AddresseeUnclear,
    NobodyHere,
    NobodyToAnswer,
    NotHeardBy,
    NothingSaid,
    NotInThatRoom,
    ThatIsYou,
    TooSlow,
)
from tests.core.test_hall import HallTestCase


class WhisperTests(HallTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob, self.carol = map(self.enter, ("alice", "bob", "carol"))
        self.forget()

    def test_whisper(self) -> None:
        """A private line is seen by the two of them alone, all of it, in whatever rooms they are."""
        self.bob.move("#den")
        self.forget()
        self.alice.talk.whisper("BOB", "psst, you")
        self.assertEqual(self.heard(self.bob), [Whispered(1030, "alice", "psst, you")])
        self.assertEqual(self.heard(self.alice), [WhisperSent(1030, "bob", "psst, you")])
        self.assertEqual(self.heard(self.carol), [])

    def test_name_of_another(self) -> None:
        """Who is about to hear from a name is told first that it was another's, though that was in another room."""
        self.alice.talk.whisper("bob", "it is me")
        for person in (self.alice, self.carol):
            person.move("#den")
        self.clock.advance(5)
        self.alice.leave()
        self.carol.rename("alice")
        self.forget()
        self.carol.talk.whisper("bob", "and now?")
        self.carol.talk.whisper("bob", "well?")
        now = self.hall.now()
        self.assertEqual(
            self.heard(self.bob),
            [Left(now, None, ("alice",), None), Whispered(now, "alice", "and now?"), Whispered(now, "alice", "well?")],
        )

    def test_name_given_up(self) -> None:
        """Likewise if the other goes by a new name now; an invitation is heard too."""
        self.alice.talk.whisper("bob", "it is me")
        for person in (self.alice, self.carol):
            person.move("#den")
        self.alice.rename("ann")
        self.carol.rename("alice")
        self.forget()
        self.carol.invite("bob")
        now = self.hall.now()
        self.assertEqual(self.heard(self.bob), [Renamed(now, None, (("alice", "ann"),)), Invited(now, "#den", "alice")])

    def test_name_told_of_already(self) -> None:
        """Whoever was in the room has been told there; who came in later has not."""
        dave = self.enter("dave")
        dave.move("#den")
        self.alice.talk.whisper("bob", "it is me")
        self.alice.talk.whisper("dave", "it is me")
        self.alice.leave()
        self.clock.advance(5)
        dave.move("#lobby")
        self.carol.rename("alice")
        self.clock.advance(5)
        self.forget()
        self.carol.talk.whisper("bob", "and now?")
        self.carol.talk.whisper("dave", "and now?")
        now = self.hall.now()
        self.assertEqual(self.heard(self.bob), [Whispered(now, "alice", "and now?")])
        self.assertEqual(self.heard(dave), [Left(now, None, ("alice",), None), Whispered(now, "alice", "and now?")])

    def test_quiet(self) -> None:
        """Private lines reach the quiet, and the quiet may write them."""
        self.bob.set_quiet(True)
        self.alice.talk.whisper("bob", "psst")
        self.bob.talk.whisper("alice", "hm?")
        self.assertEqual(self.heard(self.bob), [Whispered(1030, "alice", "psst"), WhisperSent(1030, "alice", "hm?")])

    def test_clean(self) -> None:
        """Private lines are cleaned like all others."""
        self.alice.talk.whisper("bob", "a\x1b[2J\nb")
        self.assertEqual(self.heard(self.bob), [Whispered(1030, "alice", "ab")])

    def test_refused(self) -> None:
        """A line to nobody, to oneself or of nothing is refused and given back."""
        error = self.assertRaises(NobodyHere, self.alice.talk.whisper, "bbo", "psst")
        self.assertEqual(error.unsent, "psst")
        error = self.assertRaises(ThatIsYou, self.alice.talk.whisper, "alice", "psst")
        self.assertEqual(error.unsent, "psst")
        self.assertRaises(NothingSaid, self.alice.talk.whisper, "bob", "  ")
        self.assertRaises(NothingSaid, self.alice.talk.whisper, "bob", "\u3164\u2800")
        self.assertEqual(self.heard(self.alice), [])

    def test_ignored(self) -> None:
        """Who is ignored learns that the line did not arrive."""
        self.bob.ignore("alice")
        self.assertRaises(NotHeardBy, self.alice.talk.whisper, "bob", "psst")
        self.assertEqual(self.heard(self.bob), [])

    def test_away(self) -> None:
        """Who writes to somebody away is told so, and why."""
        self.bob.set_away("lunch\x07 ")
        self.alice.talk.whisper("bob", "psst")
        self.assertEqual(
            self.heard(self.alice), [WhisperSent(1030, "bob", "psst"), AddresseeAway(1030, "bob", "lunch")]
        )
        self.bob.set_away(None)
        self.alice.talk.whisper("bob", "psst")
        self.assertEqual(self.heard(self.alice), [WhisperSent(1030, "bob", "psst")])

    def test_too_slow(self) -> None:
        """A private line that can't be delivered is refused, not lost in silence."""
        slow = self.hall.enter("dave", lambda event: False)
        error = self.assertRaises(TooSlow, self.alice.talk.whisper, "dave", "psst")
        self.assertEqual(error.unsent, "psst")
        self.assertIsNone(slow.talk.wrote_last)
        self.assertNotIn(WhisperSent, map(type, self.heard(self.alice)))

    def test_never_switched_untold(self) -> None:
        """Whose connection can't take the news that the addressee changed keeps the one they know."""
        taken = iter([True, False])
        slow = self.hall.enter(
            "dave", lambda events: next(taken) if isinstance(events[0], Whispered | AddresseeChanged) else True
        )
        slow.talk.choose("bob")
        self.alice.talk.whisper("dave", "psst")
        self.assertIs(slow.talk.addressee, self.bob)

    def test_broken_delivery(self) -> None:
        """A private line whose delivery fails is refused as well, and the failure is logged."""

        def broken(events: Events) -> None:
            raise ZeroDivisionError

        self.hall.enter("dave", broken)
        self.assertRaises(TooSlow, self.alice.talk.whisper, "dave", "psst")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_answer(self) -> None:
        """An answer goes to who wrote last, under whatever name."""
        self.alice.talk.whisper("bob", "one")
        self.carol.talk.whisper("bob", "two")
        self.carol.rename("caroline")
        self.forget()
        self.clock.advance(15)
        self.bob.talk.answer("hm?")
        self.assertEqual(self.heard(self.carol), [Whispered(1045, "bob", "hm?")])
        self.assertEqual(self.heard(self.alice), [])

    def test_answer_refused(self) -> None:
        """There must have been somebody, and they must still be here."""
        error = self.assertRaises(NobodyToAnswer, self.bob.talk.answer, "hm?")
        self.assertEqual(error.unsent, "hm?")
        self.alice.talk.whisper("bob", "psst")
        self.alice.leave()
        self.enter("alice")
        error = self.assertRaises(AddresseeGone, self.bob.talk.answer, "hm?")
        self.assertEqual(error.unsent, "hm?")


class ConversationTests(HallTestCase):
    """`to:name`, and what happens when a third person writes."""

    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob, self.carol = map(self.enter, ("alice", "bob", "carol"))
        self.alice.talk.choose("bob")
        self.bob.talk.choose("alice")
        self.forget()

    def test_both_ways(self) -> None:
        """Between two who chose each other lines go both ways, and nobody else hears them."""
        self.alice.talk.speak("one")
        self.bob.talk.speak("two")
        self.assertEqual(self.heard(self.alice), [WhisperSent(1030, "bob", "one"), Whispered(1030, "bob", "two")])
        self.assertEqual(self.heard(self.carol), [])

    def test_action(self) -> None:
        """An action goes to the addressee too, not to the room."""
        self.alice.talk.act("waves")
        self.assertEqual(self.heard(self.bob), [Whispered(1030, "alice", "* alice waves")])
        self.assertEqual(self.heard(self.carol), [])
        self.assertRaises(NothingSaid, self.alice.talk.act, " ")

    def test_back_to_the_room(self) -> None:
        """`to:` and `to:#lobby` talk to the room again."""
        for name in ("", "#LOBBY"):
            self.alice.talk.choose("bob")
            self.alice.talk.choose(name)
            self.alice.talk.speak("hello")
            self.assertEqual(self.heard(self.carol), [Said(1030, "#lobby", "alice", "hello")])

    def test_refused(self) -> None:
        """Nobody, oneself and another room can't be chosen; the choice stays what it was."""
        self.assertRaises(NobodyHere, self.alice.talk.choose, "bbo")
        self.assertRaises(ThatIsYou, self.alice.talk.choose, "alice")
        self.assertRaises(NotInThatRoom, self.alice.talk.choose, "#den")
        self.clock.advance(2)
        self.alice.talk.speak("psst")
        self.assertEqual(self.heard(self.bob), [Whispered(1032, "alice", "psst")])

    def test_refused_choice(self) -> None:
        """A line typed right behind a choice that was refused goes to nobody: it was meant for whom was not found."""
        self.alice.talk.choose("")
        self.assertRaises(NobodyHere, self.alice.talk.choose, "bbo")
        self.assertRaises(AddresseeUnclear, self.alice.talk.speak, "secret", typed_at=1029)
        self.clock.advance(1)
        error = self.assertRaises(AddresseeUnclear, self.alice.talk.speak, "for bob alone")
        self.assertEqual(error.addressee, "#lobby")
        self.assertRaises(NobodyHere, self.alice.talk.choose, "bbo")
        self.clock.advance(1)
        self.assertRaises(AddresseeUnclear, self.alice.talk.act, "whispers")
        self.assertEqual(self.heard(self.bob) + self.heard(self.carol), [])
        self.clock.advance(1)
        self.alice.talk.speak("hello, all")
        self.assertEqual(self.heard(self.bob), [Said(1033, "#lobby", "alice", "hello, all")])

    def test_third_person(self) -> None:
        """When a third person writes, the lines go to the third from then on, and one is told."""
        self.carol.talk.whisper("bob", "psst")
        self.assertEqual(
            self.heard(self.bob), [Whispered(1030, "carol", "psst"), AddresseeChanged(1030, "carol", "alice")]
        )
        self.clock.advance(15)
        self.bob.talk.speak("hm?")
        self.assertEqual(self.heard(self.carol), [WhisperSent(1030, "bob", "psst"), Whispered(1045, "bob", "hm?")])
        self.assertEqual(self.heard(self.alice), [])

    def test_first_line_after_a_switch(self) -> None:
        """The first line within 15 seconds of a switch is given back; the next one goes to the new addressee."""
        self.carol.talk.whisper("bob", "psst")
        self.forget()
        self.clock.advance(14.9)
        error = self.assertRaises(AddresseeUnclear, self.bob.talk.speak, "as I said, alice")
        self.assertEqual(error.unsent, "as I said, alice")
        self.assertEqual([self.heard(member) for member in (self.alice, self.bob, self.carol)], [[], [], []])
        self.clock.advance(0.25)
        self.bob.talk.speak("hello, carol")
        self.assertEqual(self.heard(self.carol), [Whispered(1045.15, "bob", "hello, carol")])

    def test_lines_that_had_to_wait(self) -> None:
        """Lines typed before a switch, but heard after it, are all given back: they were meant for the one before."""
        self.carol.talk.whisper("bob", "psst")
        self.clock.advance(10)
        self.forget()
        for _ in range(3):
            self.assertRaises(AddresseeUnclear, self.bob.talk.speak, "as I said", typed_at=1029.9)
        self.assertRaises(AddresseeUnclear, self.bob.talk.act, "waves", typed_at=1031)
        self.assertRaises(AddresseeUnclear, self.bob.talk.speak, "pasted with that", typed_at=1031)
        self.bob.talk.speak("hello, carol", typed_at=1032)
        self.assertEqual(self.heard(self.carol), [Whispered(1040, "bob", "hello, carol")])

    def test_chosen_after_a_switch(self) -> None:
        """A choice made after a switch stands at once."""
        self.carol.talk.whisper("bob", "psst")
        self.bob.talk.choose("alice")
        self.forget()
        self.bob.talk.speak("as I said")
        self.assertEqual(self.heard(self.alice), [Whispered(1030, "bob", "as I said")])

    def test_partner_writes(self) -> None:
        """A line from whom one talks to changes nothing."""
        self.alice.talk.whisper("bob", "psst")
        self.bob.talk.speak("hm?")
        self.assertNotIn(AddresseeChanged, map(type, self.heard(self.bob)))

    def test_in_the_room(self) -> None:
        """Who talks to the room goes on talking to it, whoever writes privately."""
        self.alice.talk.whisper("carol", "psst")
        self.carol.talk.speak("hello, all")
        self.assertEqual(self.heard(self.bob), [Said(1030, "#lobby", "carol", "hello, all")])

    def test_partner_leaves(self) -> None:
        """When the other leaves, one is told, and no line falls through to the room until one chooses anew."""
        self.alice.leave()
        self.assertEqual(self.heard(self.bob)[-1], AddresseeLeft(1030, "alice"))
        self.enter("alice")
        self.forget()
        for text in ("one", "two"):
            error = self.assertRaises(AddresseeGone, self.bob.talk.speak, text)
            self.assertEqual(error.unsent, text)
        self.assertRaises(AddresseeGone, self.bob.talk.act, "waves")
        self.assertEqual(self.heard(self.carol), [])
        self.bob.talk.choose("")
        self.bob.talk.speak("three")
        self.assertEqual(self.heard(self.carol), [Said(1040, "#lobby", "bob", "three")])

    def test_partner_is_renamed(self) -> None:
        """A private conversation follows the person, who is heard of in any room."""
        self.alice.move("#den")
        self.forget()
        self.alice.rename("alicia")
        self.assertEqual(self.heard(self.bob), [Renamed(1030, None, (("alice", "alicia"),))])
        self.carol.rename("alice")
        self.forget()
        self.bob.talk.speak("psst")
        self.assertEqual(self.heard(self.alice), [Whispered(1030, "bob", "psst")])
        self.assertEqual(self.heard(self.carol), [])

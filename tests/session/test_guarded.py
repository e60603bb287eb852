"""What a session gives back rather than say it to somebody for whom it was not meant, and what it doesn't show."""

from chatd.core.events import Cause, Departure
from chatd.session.entering import AwaitingNickname
from chatd.session.inputs import Command, Line, Refused
from chatd.session.refusals import NotText
from tests.session.test_commands import CommandTestCase


class GuardTests(CommandTestCase):
    def test_choice_that_cannot_be_read(self) -> None:
        """Behind a choice that was no text, what is typed ahead is given back."""
        self.alice.receive(Refused(NotText(), chooses=True))
        self.assertEqual(self.type("secret")[1], "!! not sent: secret")
        self.alice.receive(Refused(NotText()))
        self.clock.advance(3)
        self.assertEqual(self.type("hello"), ["<alice> hello"])

    def test_choice_that_is_not_understood(self) -> None:
        """So it is behind a command that would have chosen, but was mistyped, by a program too."""
        for typed in ("/join", "/join my den", "/jion #den", "/leave den", "/prt"):
            self.assertEqual(self.type(typed, "secret")[-1], "!! not sent: secret", typed)
            self.clock.advance(3)
        self.alice.receive(Command("join", {}))
        self.assertEqual(self.type("secret")[-1], "!! not sent: secret")
        self.clock.advance(3)
        for typed in ("/me", "/foo", "/mute bob"):
            self.assertEqual(self.type(typed, "hello")[-1], "<alice> hello", typed)

    def test_reply_typed_before(self) -> None:
        """An answer that was typed before another wrote is given back."""
        typed_at = self.clock.seconds()
        self.clock.advance(1)
        self.bob.type("@alice hi")
        self.alice_sees.take()
        self.alice.receive(Line("/r secret", typed_at))
        self.assertEqual(self.alice_sees.take()[1], "!! not sent: secret")

    def test_name_that_changed_hands(self) -> None:
        """A line to a name is given back if who has it got it only behind it."""
        typed_at = self.clock.seconds()
        self.clock.advance(1)
        self.carol.type("/nick mallory")
        self.clear()
        for line in ("@mallory secret", "to:mallory secret"):
            self.alice.receive(Line(line, typed_at))
            self.assertEqual(self.alice_sees.take()[1], "!! not sent: secret")
        self.assertEqual(self.carol_sees.take(), [])

    def test_dismissed_without_a_session(self) -> None:
        """Somebody without a connection can be put out too."""
        member = self.hall.enter("bot", lambda events: None)
        member.dismiss(Departure(Cause.KICKED))
        self.assertFalse(member.here)

    def test_invited_twice(self) -> None:
        """Who is in the room can't be invited to it."""
        self.assertEqual(self.type("/invite bob"), ["!! bob is in #lobby already"])

    def test_rooms_before_the_nickname(self) -> None:
        """Somebody without a nickname sees no locked room."""
        talk, _ = self.connect()
        self.bob.type("/join den", "/lock")
        state = talk._state
        assert isinstance(state, AwaitingNickname)
        self.assertEqual([state.sees(room) for room in self.hall.rooms.values()], [True, False])

    def test_a_word_with_a_space(self) -> None:
        """A program gives a word where one is wanted, or is told the usage."""
        self.alice.receive(Command("join", {"room": "#a b"}))
        self.assertIn("!! usage: /join #room", self.alice_sees.take()[-1])
